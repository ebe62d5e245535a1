"""Texts as they are searched: folded to letters and digits, and cut into words of two letters. Pure.

Chinese is written without blanks, and most of its words have two characters. Trigrams are blind to these, so
an index holds the bigrams of a text. A text that holds a word holds all bigrams of the word; the reverse is
not true of words of three letters and more, so whoever has the text looks again.
"""

import unicodedata
from collections.abc import Iterable

SHORTEST = 2
"""Letters of a word that can be searched."""


def folded(text: str) -> str:
    """The letters and digits of `text`, in lower case and half width. What stands between them is dropped."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def bigrams(texts: Iterable[str | None]) -> list[str]:
    """Every two neighbouring letters of each folded text, each once, in order; none across two texts."""
    every = map(folded, filter(None, texts))
    return sorted({text[place : place + 2] for text in every for place in range(len(text) - 1)})


def searched_words(query: str) -> list[str]:
    """The folded words of what a person searches for, as blanks part them; words without letters drop out."""
    return [word for word in map(folded, query.split()) if word]
