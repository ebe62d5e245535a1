"""Texts as they are searched: folded to letters and digits, and cut into words of two letters. Pure.

Chinese is written without blanks, and most of its words have two characters. Trigrams are blind to these, so
an index holds the bigrams of a text. A text that holds a word holds all bigrams of the word; the reverse is
not true of words of three letters and more, so whoever has the text looks again.
"""

import re
import unicodedata
from collections.abc import Iterable
from operator import add

SHORTEST = 2
"""Letters of a word that can be searched."""
_USUAL = re.compile(
    "[\0-\x7f\u4e00-\u9fff"  # ASCII, Chinese characters
    "\u2014\u2018-\u201d\u2026\u3000-\u3002\u3008-\u3011\uff01-\uff0f\uff1a-\uff20]*"  # — “” … 。 《》 ，？
)
"""Texts that the Unicode normalisation would change in their punctuation alone, which is dropped anyway."""
_BETWEEN_LETTERS = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """The letters and digits of `text`, in lower case and half width. What stands between them is dropped."""
    if _USUAL.fullmatch(text):
        plain = text.lower()
    else:
        plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _BETWEEN_LETTERS.sub("", plain)


def bigrams(texts: Iterable[str | None]) -> list[str]:
    """Every two neighbouring letters of each folded text, each once, in order; none across two texts."""
    every = map(folded, filter(None, texts))
    return sorted(set().union(*(map(add, text, text[1:]) for text in every)))


def searched_words(query: str) -> list[str]:
    """The folded words of what a person searches for, as blanks part them; words without letters drop out."""
    return [word for word in map(folded, query.split()) if word]
