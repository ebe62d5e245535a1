"""What an upload does from its first byte to its answer, by whomever it is sent."""

import contextlib
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import orjson
from fastapi import Request, Response

from services.intake.api import act_context
from services.intake.attachments.acts import AddAttachment
from services.intake.attachments.desk import AttachmentDesk
from services.intake.attachments.document import Adder, NewFile, StoredFile
from services.intake.attachments.domain.adding import check_may_add
from services.intake.attachments.domain.reading import files_shown_to
from services.intake.attachments.spool import arrived
from services.intake.document import AppealDocument
from services.intake.work import Work
from shared.events import ENTERPRISE
from shared.service.errors import HuyingError, Unavailable
from shared.web.request import WriteContext
from shared.web.streamed import parts
from shared.web.uploads import once_of_file
from shared.web.writer import Answer


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that `who` adds to an appeal, as it stood when the upload began."""

    http: Request
    request: WriteContext
    appeal: AppealDocument
    who: Adder
    name: str | None
    for_enterprise: bool = False


async def receive(desk: AttachmentDesk, upload: Upload) -> Response:
    """Take the file in, and make it part of the appeal. What is refused, or breaks off, leaves nothing."""
    most = _most(desk, upload.who)
    _check(desk, upload, most)
    with desk.place(upload.appeal.appeal_id):
        async with arrived(desk.folder, parts(upload.http, desk.bounds)) as file:
            once = once_of_file(upload.http, file.sha256)
            new = await desk.keep(
                upload.appeal.appeal_id, file, upload.name, for_enterprise=upload.for_enterprise
            )
            return await _add(desk, replace(upload, request=replace(upload.request, once=once)), new, most)


def _most(desk: AttachmentDesk, who: Adder) -> int:
    settings = desk.settings
    return settings.attachments_public if who.role == ENTERPRISE else settings.attachments_staff


def _check(desk: AttachmentDesk, upload: Upload, most: int) -> None:
    """Refuse before the first byte what would be refused at the end; a repeated request gets its answer."""
    if "idempotency-key" not in upload.http.headers:
        check_may_add(upload.appeal, upload.who, most, desk.arriving(upload.appeal.appeal_id))


async def _add(desk: AttachmentDesk, upload: Upload, new: NewFile, most: int) -> Response:
    """Make a stored file part of its appeal; where that is refused it is stored no more.

    Where it is not known whether that was written (`Unavailable`), the sweep finds out later.
    """
    appeal_id, is_added = upload.appeal.appeal_id, False

    def do(work: Work) -> Answer:
        nonlocal is_added
        context = act_context(upload.request, work, appeal_id)
        appeal = work.attach(appeal_id, AddAttachment(new, upload.who, most), context)
        is_added = True
        return Answer(_answer(appeal, new, upload.who, context.calendar.zone), 201, str(appeal.version))

    try:
        answer = await upload.request.write([appeal_id], do)
    except Unavailable:
        raise
    except HuyingError:
        await forget(desk, StoredFile(appeal_id, new.attachment_id, new.sha256))
        raise
    if not is_added:  # the answer to an earlier request with the same key
        await forget(desk, StoredFile(appeal_id, new.attachment_id, new.sha256))
    return answer


async def forget(desk: AttachmentDesk, file: StoredFile) -> None:
    """Store a file no more. Where that fails, the sweep removes it."""
    with contextlib.suppress(Unavailable):
        await desk.storage.remove(file)


def _answer(appeal: AppealDocument, new: NewFile, who: Adder, zone: ZoneInfo) -> str:
    """The added file, as who added it reads it."""
    added = next(
        file for file in files_shown_to(appeal, who, zone) if file["attachment_id"] == new.attachment_id
    )
    return orjson.dumps(added).decode()
