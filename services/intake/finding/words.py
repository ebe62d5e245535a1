"""What of an appeal is indexed by hashes: its texts and its phones. Pure."""

from typing import Any, NamedTuple
from uuid import UUID

from shared.finding.hashes import Hashes

_EXTENT = 20_000
"""Letters of a text that are indexed."""


class IndexedAppeal(NamedTuple):
    """A row of the index."""

    appeal_id: UUID
    received_at: Any
    key_id: int
    words: list[str]
    tails: list[str]


def indexed(
    hashes: Hashes, appeal_id: UUID, received_at: Any, texts: list[str | None], phones: list[str | None]
) -> IndexedAppeal:
    """The row of an appeal with these texts and phones."""
    words, tails = hashes.words(*texts), hashes.tails(phones)
    return IndexedAppeal(appeal_id, received_at, hashes.key_id, list(map(str, words)), list(map(str, tails)))


def texts_and_phones(appeal: dict[str, Any]) -> tuple[list[str | None], list[str | None]]:
    """The texts and the phones of an appeal's document."""
    enterprise = appeal.get("enterprise") or {}
    text = str(appeal["text"])[:_EXTENT]
    return [appeal["title"], text, enterprise.get("name")], [enterprise.get("phone")]
