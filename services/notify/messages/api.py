"""Messages over HTTP: the inboxes, what an enterprise was told, and all messages about a case."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.notify.answers import CaseMessage, InboxMessage, ReadMessage, ToldMessage
from services.notify.messages import queries
from services.notify.messages.inboxes import inbox_of, inboxes_of
from services.notify.messages.queries import POSITION
from services.notify.messages.work import mark_read
from shared.appeals.document import no_such_appeal
from shared.service.errors import NotFound
from shared.service.receipts import opens
from shared.web.answers import PageOf
from shared.web.request import Called, Paged, Reading, Requested, json
from shared.web.status import CodeHeader, NumberPath

router = APIRouter(tags=["notify"])


@router.get("/inbox", summary="收件箱 / Read the inbox", response_model=PageOf[InboxMessage])
async def inbox(
    conn: Reading,
    called: Called,
    page: Paged,
    unread: Annotated[bool, Query()] = False,
    head: Annotated[bool, Query()] = False,
) -> Response:
    """The caller's messages, the newest first; with `unread` only those that were not read.

    With `head` a unit reads what is meant for its head. `acknowledgement` is there where one is asked for.
    """
    rows = await queries.inbox_page(conn, page, inbox_of(called, head=head), unread=unread)
    return page.answer(rows, *POSITION)


@router.post(
    "/inbox/{message_id}/read", summary="标为已读 / Mark a message as read", response_model=ReadMessage
)
async def read(message_id: UUID, request: Requested) -> Response:
    """Mark one of the caller's messages as read; the first time stays."""
    async with request.context.engine.begin() as conn:
        at = await request.context.clock.stamp(conn)
        row = await mark_read(conn, at, message_id, inboxes_of(request.caller))
        if row is None:
            raise NotFound("收件箱中没有这条消息", "no such message in this inbox", "message_id")
    return json(dict(row))


@router.get(
    "/status/{registration_number}",
    summary="凭回执码查询通知 / Read what the enterprise was told",
    response_model=PageOf[ToldMessage],
)
async def status(
    registration_number: NumberPath,
    conn: Reading,
    page: Paged,
    receipt_code: CodeHeader,
) -> Response:
    """What the enterprise was told, the newest first, for whoever holds the receipt code."""
    row = await queries.receipt_of(conn, registration_number)
    if not opens(receipt_code, row and row.hash) or row is None:
        raise NotFound("挂号编号或回执码有误", "no appeal has this number and receipt code")
    return page.answer(await queries.enterprise_page(conn, page, row.appeal_id), *POSITION)


@router.get(
    "/appeals/{appeal_id}/messages",
    summary="一件诉求的全部通知 / All messages about a case",
    response_model=PageOf[CaseMessage],
)
async def messages(appeal_id: UUID, conn: Reading, page: Paged) -> Response:
    """All messages about one case, the newest first."""
    if not await queries.has_case(conn, appeal_id):
        raise no_such_appeal()
    return page.answer(await queries.case_page(conn, page, appeal_id), *POSITION)
