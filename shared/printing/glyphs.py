"""Which letters the fonts of documents have; any other is printed as 〓, the mark for a missing one."""

import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn

MISSING = "〓"
RAISED_AND_LOWERED = "⁰⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"
"""Letters of chemistry and units that Noto Serif SC lacks; Libertinus Serif, within typst, has them."""
_SEGMENTED_COVERAGE = 12


def fonts() -> tuple[Path, Path]:
    """The files of the fonts in which documents are set."""
    return Path(pylopdf_fonts_zh_cn.serif_path()), Path(pylopdf_fonts_zh_cn.sans_path())


def printable(text: str) -> str:
    """`text` in letters that the fonts have: 〓 for any other, nothing for one without a shape of its own."""
    return text if known().issuperset(text) else "".join(map(_printed, text))


def printable_parts(part: Any) -> Any:
    """A part of a document, with each text in it `printable`."""
    if isinstance(part, str):
        return printable(part)
    if isinstance(part, dict):
        return {name: printable_parts(value) for name, value in part.items()}
    return [printable_parts(value) for value in part]


def _printed(letter: str) -> str:
    if letter in known():
        return letter
    match unicodedata.category(letter):
        case "Cc" | "Zs" | "Zl" | "Zp":
            return " "
        case "Cf" | "Mn" | "Me":
            return ""
    return MISSING


@cache
def known() -> frozenset[str]:
    """The letters that every font has; no controls and no marks of direction."""
    covered = set.intersection(*(set(_covered(font.read_bytes())) for font in fonts()))
    letters = {chr(code) for code in covered}
    return frozenset(
        RAISED_AND_LOWERED + "".join(letter for letter in letters if unicodedata.category(letter)[0] != "C")
    )


def _covered(font: bytes) -> Iterator[int]:
    """The code points in a font's table `cmap` (OpenType 1.9, subtable format 12)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    directory = (struct.unpack_from(">4sIII", font, 12 + 16 * place) for place in range(tables))
    start = next(offset for tag, _, offset, _ in directory if tag == b"cmap")
    (subtables,) = struct.unpack_from(">H", font, start + 2)
    for place in range(subtables):
        (offset,) = struct.unpack_from(">I", font, start + 8 + 8 * place)
        kind, _, _, _, groups = struct.unpack_from(">HHIII", font, start + offset)
        if kind == _SEGMENTED_COVERAGE:
            for group in range(groups):
                first, last, _ = struct.unpack_from(">III", font, start + offset + 16 + 12 * group)
                yield from range(first, last + 1)
            return
