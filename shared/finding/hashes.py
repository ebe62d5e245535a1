"""Keyed hashes of bigrams, of ends of phone numbers and of whole texts: an index without what it indexes.

BLAKE2b with a key is a message authentication code (RFC 7693): without the key nobody can tell which words or
numbers a hash stands for by trying them all. Who reads the index still sees which appeals share a hash, and
how common each one is.
"""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache, partial

from shared.finding.words import bigrams, folded

SHORTEST_TAIL = 4
KEPT = 20_000
"""So many bigrams are kept with their hashes, those in use: few words make up most of all texts."""
_WORD, _PHONE, _WHOLE = b"word", b"phone", b"whole"
_BETWEEN = "\x1f"
_EXTENSION = "转"
_NO_DIGIT = re.compile(r"[^0-9]")


class Hashes:
    """Hashes under one key, as the 64-bit integers of the database."""

    def __init__(self, key: str) -> None:
        self._key = hashlib.sha256(key.encode()).digest()
        self.version = hashlib.sha256(b"version 2" + self._key).hexdigest()[:16]
        """Tells what was hashed under this key, and as this release hashes, from all else."""
        self._begun = {
            kind: hashlib.blake2b(digest_size=8, key=self._key, person=kind)
            for kind in (_WORD, _PHONE, _WHOLE)
        }
        """Hashes into which the key went: a copy costs a tenth of a new one."""
        self._word = lru_cache(KEPT)(partial(self._hash, _WORD))

    def words(self, *texts: str | None) -> list[int]:
        """The hashes of every bigram of these texts, each once, in order."""
        return sorted(set(map(self._word, bigrams(texts))))

    def tails(self, phones: Iterable[str | None]) -> list[int]:
        """The hashes of every end of these numbers, from four digits to the whole number."""
        numbers = [digits(phone) for phone in phones if phone]
        ends = {number[start:] for number in numbers for start in range(len(number) - SHORTEST_TAIL + 1)}
        return sorted(self._hash(_PHONE, end) for end in ends)

    def tail(self, end: str) -> int:
        """The hash of the end of a phone number, or of the whole."""
        return self._hash(_PHONE, digits(end))

    def whole(self, sort: str, *texts: str) -> int:
        """The hash of these texts, each folded, as a whole; `sort` says what they are, e.g. a credit code."""
        return self._hash(_WHOLE, _BETWEEN.join([sort, *map(folded, texts)]))

    def _hash(self, kind: bytes, text: str) -> int:
        digest = self._begun[kind].copy()
        digest.update(text.encode())
        return int.from_bytes(digest.digest(), signed=True)


def digits(phone: str) -> str:
    """The digits of a phone number without its extension and without the country code of China."""
    return _NO_DIGIT.sub("", phone.partition(_EXTENSION)[0].strip().removeprefix("+86"))
