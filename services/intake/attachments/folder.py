"""Files kept in a folder. A file arrives beside them, is forced to the disk, and then gets its name."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from pathlib import Path

from services.intake.attachments.document import StoredFile
from services.intake.attachments.storage import PART_BYTES, Listed, away, file_of, key_of, missing

LISTED_AT_ONCE = 500


class Folder:
    """Keeps files below `path`; `source` files are moved there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def put(self, file: StoredFile, source: Path) -> None:
        try:
            await asyncio.to_thread(_move, source, self._path / key_of(file))
        except OSError as error:
            raise away() from error

    async def read(self, file: StoredFile) -> AsyncIterator[bytes]:
        try:
            opened = await asyncio.to_thread((self._path / key_of(file)).open, "rb")
        except OSError as error:
            raise missing(file) from error
        with opened:
            while part := await asyncio.to_thread(opened.read, PART_BYTES):
                yield part

    async def has(self, file: StoredFile) -> bool:
        return await asyncio.to_thread((self._path / key_of(file)).is_file)

    async def remove(self, file: StoredFile) -> None:
        try:
            await asyncio.to_thread((self._path / key_of(file)).unlink, missing_ok=True)
        except OSError as error:
            raise away() from error

    async def listed(self) -> AsyncIterator[Sequence[Listed]]:
        walk = self._walk()
        while some := await asyncio.to_thread(lambda: list(islice(walk, LISTED_AT_ONCE))):
            yield some

    def _walk(self) -> Iterator[Listed]:
        for path in self._path.glob("??/*/*"):
            file = file_of(path.relative_to(self._path).as_posix())
            if file is not None:
                try:
                    yield Listed(file, path.stat().st_mtime)
                except FileNotFoundError:  # removed meanwhile
                    continue


def _move(source: Path, target: Path) -> None:
    """Give `source` its name for good: what has the name is whole, even after a power cut."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.stat().st_dev != target.parent.stat().st_dev:  # a rename stays within one file system
        source = shutil.copyfile(source, target.parent / f"{target.name}.part")
    source.touch()  # the sweep counts its age from now on
    with source.open("rb") as content:
        os.fsync(content.fileno())
    source.replace(target)
    for folder in (target.parent, target.parent.parent, target.parent.parent.parent):
        _force(folder)


def _force(folder: Path) -> None:
    """Force the names in a folder to the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
