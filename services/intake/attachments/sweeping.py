"""Removes files that belong to no appeal: those that a crash left between the file and its row."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from services.intake.attachments import queries
from services.intake.attachments.desk import AttachmentDesk
from services.intake.attachments.spool import INCOMING
from services.intake.attachments.storage import Listed
from services.intake.resources import desk_of
from services.intake.settings import settings_of
from shared.database.errors import is_transient
from shared.database.retry import keep_running
from shared.service.clock import epoch_s
from shared.service.errors import Unavailable
from shared.service.service import ServiceContext


async def sweep_attachments(context: ServiceContext) -> None:
    """Sweep again and again, where attachments are set up."""
    if settings_of(context).attachments is None:
        return
    await keep_running(
        lambda: sweep(context),
        context.log,
        "sweep of attachments",
        rest_s=settings_of(context).attachment_sweep_s,
        pause_s=60.0,
        may_pass=lambda error: is_transient(error) or isinstance(error, Unavailable | OSError),
    )


async def sweep(context: ServiceContext) -> None:
    """Remove the files that are old enough and belong to no appeal."""
    desk, removed = desk_of(context), 0
    before = epoch_s() - settings_of(context).attachment_orphan_s
    async for some in desk.storage.listed():
        removed += await _sweep_some(context, desk, [listed for listed in some if listed.written_at < before])
    removed += await asyncio.to_thread(_sweep_incoming, desk.folder / INCOMING, before)
    if removed:
        context.log.warning("removed files that belong to no appeal", files=removed)


async def _sweep_some(context: ServiceContext, desk: AttachmentDesk, some: Sequence[Listed]) -> int:
    if not some:
        return 0
    known = await queries.known_files(context.reader.reading(), {listed.file.appeal_id for listed in some})
    orphans = [
        listed.file for listed in some if (listed.file.appeal_id, listed.file.attachment_id) not in known
    ]
    for file in orphans:
        await desk.storage.remove(file)
    return len(orphans)


def _sweep_incoming(folder: Path, before: float) -> int:
    """Remove what uploads left that ended with their process."""
    old = [path for path in folder.glob("*") if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
