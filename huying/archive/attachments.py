"""The files of appeals beside an export: copied out, and at a rebuild checked and put back.

The export itself holds the hash of every file, in the events and in the records of the appeals.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path

from huying.archive.databases import connected
from services.intake.attachments.document import StoredFile
from services.intake.attachments.storage import Storage, key_of
from services.intake.attachments.storages import storage_of
from services.intake.settings import IntakeSettings
from shared.service.errors import Unavailable

_FILES = """
    select appeal_id, (a->>'attachment_id')::uuid as attachment_id, a->>'sha256' as sha256
    from appeals, jsonb_array_elements(coalesce(file->'attachments', '[]')) a order by 1, 2
"""
MOST_NAMED = 20


@dataclass
class Inventory:
    """How many files are as the appeals say, and the keys of those that are missing or altered."""

    intact: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, file: StoredFile, *, intact: bool) -> None:
        """Count a file."""
        if intact:
            self.intact += 1
        else:
            self.wrong.append(key_of(file))

    def sentence(self) -> str:
        """The inventory in one line."""
        if not self.wrong:
            return f"{self.intact:,} attachments, each as it was stored / 附件均与原样一致"
        named = ", ".join(self.wrong[:MOST_NAMED])
        return (
            f"{self.intact:,} attachments are as they were stored; {len(self.wrong):,} are missing or"
            f" altered: {named} / 有附件缺失或被改动"
        )


def storage_beside(url: str, state: Path | None) -> Storage:
    """Where the city keeps its files: below `state`, unless the environment names another place (HUYING_…).

    ValueError where neither does.
    """
    folder = {} if state is None or "HUYING_ATTACHMENTS" in os.environ else {"attachments": state.absolute()}
    storage = storage_of(IntakeSettings(database=url, **folder))  # type: ignore[arg-type]
    if storage is None:
        raise ValueError(
            "where the attachments are kept is not known: set HUYING_ATTACHMENTS, or HUYING_ATTACHMENT_S3_…"
            " / 请用 HUYING_ATTACHMENTS 指明附件所在"
        )
    return storage


async def has_any(url: str) -> bool:
    """Whether any appeal has a file."""
    async for _ in _files(url):
        return True
    return False


async def save(url: str, storage: Storage, folder: Path) -> Inventory:
    """Copy the files of all appeals into a folder; those that are there already stay."""
    inventory = Inventory()
    async for file in _files(url):
        target = folder / key_of(file)
        if not await asyncio.to_thread(_is_intact, target, file):
            await _copy(storage, file, target)
        inventory.add(file, intact=await asyncio.to_thread(_is_intact, target, file))
    return inventory


async def check(url: str, storage: Storage) -> Inventory:
    """Read every file of every appeal where it is kept, and compare its hash."""
    inventory = Inventory()
    async for file in _files(url):
        inventory.add(file, intact=await _hash(storage, file) == file.sha256)
    return inventory


async def put_back(url: str, storage: Storage, folder: Path) -> Inventory:
    """Put the files that the appeals name back from a folder; those that are kept already stay."""
    inventory = Inventory()
    async for file in _files(url):
        source = folder / key_of(file)
        intact = await _hash(storage, file) == file.sha256
        if not intact and await asyncio.to_thread(_is_intact, source, file):
            copy = source.with_suffix(".copy")
            await asyncio.to_thread(shutil.copyfile, source, copy)
            await storage.put(file, copy)
            await asyncio.to_thread(copy.unlink, missing_ok=True)
            intact = await _hash(storage, file) == file.sha256
        inventory.add(file, intact=intact)
    return inventory


async def _files(url: str) -> AsyncIterator[StoredFile]:
    async with connected("intake", url) as conn, conn.transaction(readonly=True):
        async for row in conn.cursor(_FILES, prefetch=500):
            yield StoredFile(row["appeal_id"], row["attachment_id"], row["sha256"])


async def _copy(storage: Storage, file: StoredFile, target: Path) -> None:
    """Copy a file that is kept. One that is missing is left out."""
    await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    try:
        with await asyncio.to_thread(part.open, "wb") as out:
            async for content in storage.read(file):
                await asyncio.to_thread(out.write, content)
    except Unavailable:
        await asyncio.to_thread(part.unlink, missing_ok=True)
        return
    await asyncio.to_thread(part.replace, target)


async def _hash(storage: Storage, file: StoredFile) -> str | None:
    """The hash of a file as it is kept; None where it is not."""
    hash_ = sha256()
    try:
        async for content in storage.read(file):
            hash_.update(content)
    except Unavailable:
        return None
    return hash_.hexdigest()


def _is_intact(path: Path, file: StoredFile) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as content:
        return file_digest(content, "sha256").hexdigest() == file.sha256
