"""Messages over HTTP: the inboxes, what an enterprise was told, and all messages about a case."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.notify.answers import CaseMessage, EnterpriseMessages, InboxMessage, ReadMessage
from services.notify.messages import queries
from services.notify.messages.answering import text_of
from services.notify.messages.inboxes import inbox_of, inboxes_of
from services.notify.messages.queries import POSITION
from services.notify.messages.routing import table
from services.notify.messages.work import mark_read
from services.notify.reading import as_read_by
from shared.appeals.answers import PublicAnswer
from shared.appeals.asking import AnswersUnavailable, answers_client
from shared.appeals.document import no_such_appeal
from shared.service.errors import NotFound
from shared.service.receipts import opens
from shared.service.service import ServiceContext
from shared.web.answers import PageOf
from shared.web.paging import Paged
from shared.web.request import Called, Reading, Requested, json
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
    response_model=EnterpriseMessages,
)
async def status(
    registration_number: NumberPath,
    conn: Reading,
    page: Paged,
    receipt_code: CodeHeader,
    request: Requested,
) -> Response:
    """What the enterprise was told, the newest first, for whoever holds the receipt code."""
    row = await queries.receipt_of(conn, registration_number)
    if not opens(receipt_code, row and row.hash) or row is None:
        raise NotFound("挂号编号或回执码有误", "no appeal has this number and receipt code")
    messages = await queries.enterprise_page(conn, page, row.appeal_id)
    answers = await _answers(request.context, row.appeal_id, messages)
    items = [_with_answer(message, answers or ()) for message in messages[: page.limit]]
    following = page.after_last(messages, *POSITION)
    return json({"items": items, "next": following, "answers_complete": answers is not None})


async def _answers(
    context: ServiceContext, appeal_id: UUID, messages: Sequence[dict[str, Any]]
) -> list[PublicAnswer] | None:
    """What units and the office answered, where a message tells of it; None if dispatch cannot be asked."""
    if not any(table().answered_event(message["template"]) for message in messages):
        return []
    client = answers_client(context)
    try:
        return await client.answers_of(appeal_id) if client else None
    except AnswersUnavailable as error:
        context.log.warning("dispatch does not tell the answers", reason=str(error))
        return None


def _with_answer(message: dict[str, Any], answers: Sequence[PublicAnswer]) -> dict[str, Any]:
    """A message to the enterprise with the text that it tells of."""
    template = message.pop("template")
    return {**message, "answer": text_of(answers, template, message["occurred_at"])}


@router.get(
    "/appeals/{appeal_id}/messages",
    summary="一件诉求的全部通知 / All messages about a case",
    response_model=PageOf[CaseMessage],
)
async def messages(appeal_id: UUID, conn: Reading, called: Called, page: Paged) -> Response:
    """All messages about one case, the newest first."""
    if not await queries.has_case(conn, appeal_id):
        raise no_such_appeal()
    rows = await queries.case_page(conn, page, appeal_id)
    return page.answer([as_read_by(called.role, row) for row in rows], *POSITION)
