"""Files on their way in: written part by part beside the stored ones, and gone whatever happens."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, NamedTuple
from uuid import uuid4

from services.intake.attachments.storage import away
from shared.service.errors import Invalid

INCOMING = "incoming"
"""The folder of files on their way in, below the one of the settings."""
BLOCK_BYTES = 256 * 1024
"""So much of a file is gathered before it is written."""
ANEW = ".anew"
"""Ends the name of what is written anew, without metadata, from a file on its way in."""


class Arrived(NamedTuple):
    """A file that has arrived as a whole, with its hash."""

    path: Path
    size: int
    sha256: str


@asynccontextmanager
async def arrived(folder: Path, parts: AsyncIterator[bytes]) -> AsyncIterator[Arrived]:
    """The file that `parts` make up, for as long as the block lasts. Invalid for an empty one."""
    path = folder / INCOMING / f"{uuid4().hex}.part"
    try:
        yield await _written(path, parts)
    finally:
        for name in (path, path.with_suffix(ANEW)):
            await asyncio.to_thread(name.unlink, missing_ok=True)


async def _written(path: Path, parts: AsyncIterator[bytes]) -> Arrived:
    try:
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        with await asyncio.to_thread(_opened, path) as out:
            writing = _Writing(out)
            async for part in parts:
                await writing.take(part)
            await writing.flush()
    except OSError as error:
        raise away() from error
    if not writing.size:
        raise Invalid("文件是空的", "the file is empty", "body")
    return Arrived(path, writing.size, writing.hash.hexdigest())


def _opened(path: Path) -> IO[bytes]:
    """A new file that its owner alone may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


class _Writing:
    """Writes and hashes a file in blocks, beside the event loop."""

    def __init__(self, out: IO[bytes]) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        self._out = out
        self._block = bytearray()

    async def take(self, part: bytes) -> None:
        self._block += part
        if len(self._block) >= BLOCK_BYTES:
            await self.flush()

    async def flush(self) -> None:
        block, self._block = self._block, bytearray()
        self.size += len(block)
        await asyncio.to_thread(self._write, block)

    def _write(self, block: bytearray) -> None:
        self.hash.update(block)
        self._out.write(block)


def measured(path: Path) -> Arrived:
    """A file on the disk, with its size and hash."""
    with path.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return Arrived(path, path.stat().st_size, sha256)
