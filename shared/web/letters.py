"""Letters that nobody sees: cut off, or refused where nothing else is left. Pure."""

import re
import unicodedata
from collections.abc import Collection
from typing import Any

_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates (Unicode UAX #9): they make a text read otherwise than it is written."""
_EDGES = "".join(
    map(chr, (*b" \t\r\n", 0xA0, 0xAD, 0x61C, 0x1680, 0x180E, *range(0x2000, 0x2010), 0x2028, 0x2029, 0x202F))
) + "".join(map(chr, (*range(0x205F, 0x2065), 0x3000, 0xFEFF)))
_UNSEEN = {"Cf", "Cc", "Zs", "Zl", "Zp"}
_BLANK = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Fillers and the empty Braille cell, which Unicode counts among letters and symbols."""
_SELECTORS = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_LETTERS = "0-9A-Za-z\u4e00-\u9fff"
_USUAL = re.compile(f"[{_LETTERS}]([^\u202a-\u202e\u2066-\u2069]*[{_LETTERS}\u3002\uff01\uff1f.!?])?")
"""Texts that begin with a Chinese or ASCII letter and end with one, or with 。 ！ ？: all of it can stay."""


def visible(text: str) -> str:
    """`text` without changes of direction and unseen letters at its ends; empty where nothing can be seen.

    Joiners within a text stay: Uyghur, Indic scripts and emoji are written with them.
    """
    if _USUAL.fullmatch(text):
        return text
    text = _DIRECTION.sub("", text)
    if all(
        unicodedata.category(letter) in _UNSEEN or letter in _BLANK for letter in _SELECTORS.sub("", text)
    ):
        return ""
    return text.strip(_EDGES)


DEEPEST = 32
"""Levels of objects and lists in a JSON value. The deepest body that a route takes has seven."""


def all_visible(value: Any, verbatim: Collection[str] = (), levels: int = DEEPEST) -> Any:
    """A JSON value with every text as `visible` leaves it; the names of fields stay. Of `verbatim` fields
    one that can be seen stays as it is.

    RecursionError where it is nested deeper than `levels`.
    """
    if isinstance(value, str):
        return value if value.isascii() and value.isalnum() else visible(value)
    if not isinstance(value, dict | list):
        return value
    if not levels:
        raise RecursionError(value)
    if isinstance(value, list):
        return [all_visible(part, (), levels - 1) for part in value]
    return {
        name: part
        if name in verbatim and isinstance(part, str) and visible(part)
        else all_visible(part, (), levels - 1)
        for name, part in value.items()
    }


def plain(text: str) -> str:
    """`text` as an ASCII keyboard writes it: no unseen letters; digits, brackets and dashes half-width."""
    if text.isascii():
        return " ".join(text.split())
    seen = (letter for letter in text if unicodedata.category(letter) != "Cf")
    folded = _DASHES.sub("-", unicodedata.normalize("NFKC", _DASHES.sub("-", "".join(seen))))
    digits = (str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in folded)
    return " ".join("".join(digits).split())
