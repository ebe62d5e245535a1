"""Erases the personal data of appeals that ended long ago, by a rule of the city."""

from datetime import datetime
from uuid import UUID

from services.intake import acts
from services.intake.attachments.document import StoredFile
from services.intake.attachments.uploading import forget
from services.intake.domain.context import ActContext
from services.intake.resources import desk_of, hashes_of
from services.intake.retaining import queries
from services.intake.work import Work
from shared.judging.rulebook import rulebook
from shared.service.errors import Conflict
from shared.service.retention import Retained, Then
from shared.service.service import ServiceContext
from shared.web.writer import Answer

RULE = "retention"
"""Who acts."""


async def erase_due(context: ServiceContext, moment: datetime) -> int:
    """Erase some of what ended before this moment; returns of how many appeals."""
    ids = await queries.due(context.reader.reading(), moment)
    for appeal_id in ids:
        await _erase(context, appeal_id)
    return len(ids)


async def _erase(context: ServiceContext, appeal_id: UUID) -> None:
    rules, hashes, files = rulebook(context), hashes_of(context), list[StoredFile]()

    def do(work: Work) -> Answer:
        before = work.appeal(appeal_id)
        own = ActContext(work.at, RULE, rules.pack_of(before.pack), rules.calendar)
        appeal = work.perform(appeal_id, acts.ErasePersons(), own)
        work.index(appeal, hashes)
        files.extend(StoredFile(appeal_id, file.attachment_id, file.sha256) for file in before.attachments)
        return Answer("")

    try:
        await context.writer.write([appeal_id], do)
    except Conflict:
        return  # it was reopened meanwhile
    for file in files:
        await forget(desk_of(context), file)


ENDED_CASES = Retained("ended_cases", Then.ERASE, "the appeal ended", queries.count_due, erase_due)
