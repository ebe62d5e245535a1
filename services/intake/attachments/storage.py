"""Where the files of appeals are kept: one interface, in a folder or in S3-compatible object storage.

A file's key names its appeal, its attachment and the SHA-256 of its content, so that anybody can check a file
by its key, all files of an appeal lie together, and no two attachments share a file.
"""

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol
from uuid import UUID

from services.intake.attachments.document import StoredFile
from shared.service.errors import Unavailable

PART_BYTES = 256 * 1024
"""Of a file that is read, in one part."""
_KEY = re.compile(r"[0-9a-f]{2}/([0-9a-f-]{36})/([0-9a-f-]{36})\.([0-9a-f]{64})")


class Missing(Unavailable):
    """A file is not where it is kept: whoever runs the system must know."""

    code = "file_missing"


class Listed(NamedTuple):
    """A file that is kept, and when it was written: seconds since 1970."""

    file: StoredFile
    written_at: float


class Storage(Protocol):
    """Keeps files by key. A file is there as a whole or not at all. Unavailable where that cannot be done."""

    async def put(self, file: StoredFile, source: Path) -> None:
        """Keep the content of `source`, which may be moved."""

    def read(self, file: StoredFile) -> AsyncIterator[bytes]:
        """The content in parts. Missing where there is none."""

    async def has(self, file: StoredFile) -> bool:
        """Whether the file is kept."""

    async def remove(self, file: StoredFile) -> None:
        """Keep the file no more. It may be gone already."""

    def listed(self) -> AsyncIterator[Sequence[Listed]]:
        """All files, some at a time. What has no key of ours is left out."""


def key_of(file: StoredFile) -> str:
    """The key under which a file is kept."""
    return f"{str(file.appeal_id)[:2]}/{file.appeal_id}/{file.attachment_id}.{file.sha256}"


def file_of(key: str) -> StoredFile | None:
    """The file of a key; None for any other text."""
    if (match := _KEY.fullmatch(key)) is None:
        return None
    appeal_id, attachment_id, sha256 = match.groups()
    try:
        return StoredFile(UUID(appeal_id), UUID(attachment_id), sha256)
    except ValueError:
        return None


def missing(file: StoredFile) -> Missing:
    """The refusal of a file that is not kept."""
    return Missing(
        "附件文件暂不可用，请联系运维",
        f"the file of attachment {file.attachment_id} is not where it is kept: tell who runs the system",
    )


def away() -> Unavailable:
    """The refusal where files cannot be kept or read now."""
    return Unavailable("附件存储暂不可用，请稍后再试", "attachments cannot be stored now: try again later")
