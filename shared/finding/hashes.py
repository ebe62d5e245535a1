"""Keyed hashes of bigrams and of the ends of phone numbers: an index that does not store what it indexes.

BLAKE2b with a key is a message authentication code (RFC 7693): without the key nobody can tell which words or
numbers a hash stands for by trying them all. Who reads the index still sees which appeals share a hash, and
how common each one is.
"""

import hashlib
import re
from collections.abc import Iterable

from shared.finding.words import bigrams

SHORTEST_TAIL = 4
_WORD, _PHONE, _KEY = b"word", b"phone", b"key"
_EXTENSION = "转"
_NO_DIGIT = re.compile(r"[^0-9]")


class Hashes:
    """Hashes under one key, as the 64-bit integers of the database."""

    def __init__(self, key: str) -> None:
        self._key = hashlib.sha256(key.encode()).digest()
        self.key_id = self._hash(_KEY, "")
        """Tells hashes of this key from those of another."""

    def words(self, *texts: str | None) -> list[int]:
        """The hashes of every bigram of these texts, each once, in order."""
        return sorted({self._hash(_WORD, bigram) for bigram in bigrams(texts)})

    def tails(self, phones: Iterable[str | None]) -> list[int]:
        """The hashes of every end of these numbers, from four digits to the whole number."""
        numbers = [digits(phone) for phone in phones if phone]
        ends = {number[start:] for number in numbers for start in range(len(number) - SHORTEST_TAIL + 1)}
        return sorted(self._hash(_PHONE, end) for end in ends)

    def tail(self, end: str) -> int:
        """The hash of the end of a phone number, or of the whole."""
        return self._hash(_PHONE, digits(end))

    def _hash(self, kind: bytes, text: str) -> int:
        digest = hashlib.blake2b(text.encode(), digest_size=8, key=self._key, person=kind)
        return int.from_bytes(digest.digest(), signed=True)


def digits(phone: str) -> str:
    """The digits of a phone number without its extension and without the country code of China."""
    return _NO_DIGIT.sub("", phone.partition(_EXTENSION)[0].strip().removeprefix("+86"))
