"""The files of an appeal over HTTP, for staff."""

from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from services.intake.api import act_context
from services.intake.attachments import queries
from services.intake.attachments.acts import (
    AttachmentAct,
    Release,
    ReleaseAttachment,
    Removal,
    RemoveAttachment,
)
from services.intake.attachments.answers import FILE, StaffAttachment
from services.intake.attachments.document import Adder, StoredFile
from services.intake.attachments.domain.adding import attachment_of
from services.intake.attachments.domain.reading import files_shown_to
from services.intake.attachments.downloading import download
from services.intake.attachments.uploading import Upload, forget, receive
from services.intake.document import AppealDocument
from services.intake.resources import desk_of
from services.intake.work import Work
from shared.appeals.document import no_such_appeal, not_dispatched_to_unit
from shared.appeals.readers import FieldKind
from shared.database.connection import Connection
from shared.roles import UNIT
from shared.service.accounts import Caller
from shared.web.answers import Items
from shared.web.reads import put_on_record
from shared.web.request import Acting, Called, Reading, Requested, WriteContext
from shared.web.uploads import RAW_BODY, FileNameHeader, Uploading
from shared.web.writer import Answer

router = APIRouter(tags=["attachments"])


@router.post(
    "/appeals/{appeal_id}/attachments",
    summary="上传附件 / Add an attachment",
    response_model=StaffAttachment,
    status_code=201,
    openapi_extra=RAW_BODY,
)
async def add(
    appeal_id: UUID,
    http: Request,
    conn: Reading,
    request: Uploading,
    file_name: FileNameHeader = None,
    for_enterprise: bool = False,
) -> Response:
    """Add a file, which is the body as it is; `for_enterprise`: the enterprise may read it."""
    who = adder(request.caller)
    appeal = await _readable(conn, appeal_id, who)
    upload = Upload(http, request, appeal, who, file_name, for_enterprise)
    return await receive(desk_of(request.context), upload)


@router.get(
    "/appeals/{appeal_id}/attachments/{attachment_id}",
    summary="下载附件 / Download an attachment",
    response_class=StreamingResponse,
    responses=FILE,
)
async def read(
    appeal_id: UUID,
    attachment_id: UUID,
    conn: Reading,
    called: Called,
    request: Requested,
    http_request: Request,
) -> Response:
    """The content of a file, as a download; that it was read is on record."""
    reader = adder(called)
    appeal = await _readable(conn, appeal_id, reader)
    attachment = attachment_of(appeal, attachment_id, reader)
    await put_on_record(http_request, [appeal_id], [FieldKind.TEXT.value], purpose="attachment")
    return await download(desk_of(request.context), appeal, attachment, reader)


@router.post(
    "/appeals/{appeal_id}/attachments/{attachment_id}/removals",
    summary="删除附件 / Remove an attachment",
    response_model=Items[StaffAttachment],
)
async def remove(
    appeal_id: UUID, attachment_id: UUID, conn: Reading, body: Removal, request: Acting
) -> Response:
    """Who added a file removes it while the appeal stands as then; later the office does, with a reason."""
    who = adder(request.caller)
    appeal = await _readable(conn, appeal_id, who)
    return await removed(request, appeal, RemoveAttachment(attachment_id, who, body.reason))


@router.post(
    "/appeals/{appeal_id}/attachments/{attachment_id}/releases",
    summary="公开附件 / Release an attachment",
    response_model=Items[StaffAttachment],
)
async def release(
    appeal_id: UUID, attachment_id: UUID, conn: Reading, body: Release, request: Acting
) -> Response:
    """Let the enterprise read a file of staff, or units one of an enterprise that they may not know."""
    who = adder(request.caller)
    appeal = await _readable(conn, appeal_id, who)
    return await perform(request, appeal.appeal_id, ReleaseAttachment(attachment_id, who, body.to))


async def _readable(conn: Connection, appeal_id: UUID, reader: Adder) -> AppealDocument:
    """The appeal, where a unit reads it. What is confidential was refused before."""
    appeal = await queries.appeal(conn, appeal_id)
    if appeal is None:
        raise no_such_appeal()
    if reader.role == UNIT and reader.code not in appeal.reading_units():
        raise not_dispatched_to_unit()
    return appeal


def adder(caller: Caller) -> Adder:
    """The caller as attachments name it."""
    return Adder(str(caller.role), caller.code, caller.name)


async def removed(request: WriteContext, appeal: AppealDocument, act: RemoveAttachment) -> Response:
    """Take a file away: first from the appeal, and where that is written, from where it is kept."""
    hashes = {attachment.attachment_id: attachment.sha256 for attachment in appeal.attachments}
    answer = await perform(request, appeal.appeal_id, act)
    if act.attachment_id in hashes:  # not where the request is repeated, and gets its first answer
        file = StoredFile(appeal.appeal_id, act.attachment_id, hashes[act.attachment_id])
        await forget(desk_of(request.context), file)
    return answer


async def perform(request: WriteContext, appeal_id: UUID, act: AttachmentAct) -> Response:
    """Do `act`; answers the files that its doer may read now."""

    def do(work: Work) -> Answer:
        request.check(work.appeal(appeal_id).version)
        context = act_context(request, work, appeal_id)
        appeal = work.attach(appeal_id, act, context)
        items = files_shown_to(appeal, act.who, context.calendar.zone)
        return Answer(orjson.dumps({"items": items}).decode(), 200, str(appeal.version))

    return await request.write([appeal_id], do)
