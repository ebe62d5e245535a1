"""Notify over HTTP: the inboxes of units, leaders and the office, and what an enterprise was told."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Response
from sqlalchemy import text

from services.notify.acknowledgements import work as acknowledgements
from shared.database.connection import Connection
from shared.messaging.outbox import Pending, publish
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.errors import Conflict, Forbidden, NotFound
from shared.service.receipts import opens
from shared.telemetry import spans
from shared.web.request import Called, Page, Paged, Reading, Requested, json, no_cursor

router = APIRouter(tags=["notify"])

_POSITION = ("created_at", "occurred_at", "id")
_COLUMNS = "cast(id as text), registration_number, subject, body, occurred_at, created_at"
_ACKNOWLEDGEMENT = (
    "(select json_build_object('state', a.state, 'due_at', a.due_at, 'ended_at', a.ended_at)"
    " from acknowledgements a where a.id = messages.acknowledgement) as acknowledgement"
)


def _inbox(caller: Caller, *, head: bool = False) -> str:
    """Where the caller's messages are: `office`, `regulator`, or role and code.

    The unit's head has an inbox beside the handlers' one.
    """
    if caller.role in (AccountRole.OFFICE, AccountRole.REGULATOR):
        return str(caller.role)
    if caller.code is None:
        raise Forbidden(
            "本账号未指明单位或领导，没有收件箱", "this account has no inbox: give it a code in the accounts"
        )
    return f"{'head' if head and caller.role == AccountRole.UNIT else caller.role}:{caller.code}"


async def _messages(
    conn: Connection, page: Page, columns: str, where: str, values: dict[str, Any]
) -> Response:
    """A page of messages, the newest first."""
    after = ""
    if page.after is not None:
        after = "and (created_at, occurred_at, id) < (:created_at, :occurred_at, :id)"
        values = values | _after(page.after)
    rows = await conn.execute(
        text(
            f"select {columns} from messages where {where} {after} "
            "order by created_at desc, occurred_at desc, messages.id desc limit :limit"
        ),
        {**values, "limit": page.limit + 1},
    )
    return page.answer([dict(row) for row in rows.mappings()], *_POSITION)


def _after(cursor: list[Any]) -> dict[str, Any]:
    try:
        created_at, occurred_at, id_ = cursor
        return {
            "created_at": datetime.fromisoformat(created_at).astimezone(UTC),
            "occurred_at": datetime.fromisoformat(occurred_at).astimezone(UTC),
            "id": UUID(id_),
        }
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise no_cursor() from error


@router.get("/inbox")
async def inbox(
    conn: Reading,
    called: Called,
    page: Paged,
    unread: Annotated[bool, Query()] = False,
    head: Annotated[bool, Query()] = False,
) -> Response:
    """The caller's messages, the newest first; with `unread` those alone that were not read.

    With `head` a unit reads what is meant for its head. `acknowledgement` is there where one is asked for.
    """
    where = "recipient = :recipient" + (" and read_at is null" if unread else "")
    columns = f"{_COLUMNS}, cast(appeal_id as text), template, read_at, {_ACKNOWLEDGEMENT}"
    return await _messages(conn, page, columns, where, {"recipient": _inbox(called, head=head)})


@router.post("/inbox/{message_id}/read")
async def read(message_id: UUID, request: Requested) -> Response:
    """Mark one of the caller's messages as read; the first time stays."""
    async with request.context.engine.begin() as conn:
        row = await conn.execute(
            text(
                """
                update messages set read_at = coalesce(read_at, :at)
                where id = :id and recipient in (:recipient, :head) returning cast(id as text), read_at
                """
            ),
            {
                "at": await request.context.clock.stamp(conn),
                "id": message_id,
                "recipient": _inbox(request.caller),
                "head": _inbox(request.caller, head=True),
            },
        )
        if (found := row.mappings().one_or_none()) is None:
            raise NotFound("收件箱中没有这条消息", "no such message in this inbox", "message_id")
    return json(dict(found))


_OWN = text(
    """
    select m.registration_number, m.acknowledgement, a.state, a.ended_at, a.ended_by
    from messages m left join acknowledgements a on a.id = m.acknowledgement
    where m.id = :id and m.recipient in (:recipient, :head)
    """
)
_READ = text("update messages set read_at = coalesce(read_at, :at) where id = :id")


async def _require_asking(conn: Connection, message_id: UUID, own: dict[str, str]) -> None:
    found = (await conn.execute(_OWN, {"id": message_id, **own})).one_or_none()
    if found is None:
        raise NotFound("收件箱中没有这条消息", "no such message in this inbox", "message_id")
    if found.acknowledgement is None:
        raise Conflict(
            "这条消息无须签收", "this message asks for no acknowledgement: read it, that is all", "message_id"
        )


@router.post("/inbox/{message_id}/acknowledged")
async def acknowledge(message_id: UUID, request: Requested) -> Response:
    """Acknowledge one of the caller's messages about a card or a lift; the first time stays.

    It counts for whoever was asked before, too, and climbs no further.
    """
    own = {"recipient": _inbox(request.caller), "head": _inbox(request.caller, head=True)}
    async with request.context.engine.begin() as conn:
        at = await request.context.clock.stamp(conn)
        await _require_asking(conn, message_id, own)
        await conn.execute(_READ, {"id": message_id, "at": at})
        row = await acknowledgements.acknowledge(
            conn, message_id, list(own.values()), request.caller.name, at
        )
        (found,) = await conn.execute(_OWN, {"id": message_id, **own})
        if row is not None:
            said = acknowledgements.acknowledged(row, found.registration_number, at)
            await publish(conn, [Pending(said, spans.said(said)).message("notify")])
    request.context.relay.poke()
    return json({"id": message_id, "state": found.state, "ended_at": found.ended_at, "by": found.ended_by})


@router.get("/status/{registration_number}")
async def status(
    registration_number: Annotated[str, Path(pattern=r"^[A-Z]{2,6}-[0-9]{8}-[0-9]{5,9}$")],
    conn: Reading,
    page: Paged,
    receipt_code: Annotated[str, Header(max_length=100)],
) -> Response:
    """What the enterprise was told, the newest first, for whoever holds the receipt code."""
    row = (
        await conn.execute(
            text(
                """
                select appeal_id, file->>'receipt_hash' as hash from appeals
                where registration_number = :number
                """
            ),
            {"number": registration_number},
        )
    ).one_or_none()
    if not opens(receipt_code, row and row.hash) or row is None:
        raise NotFound("挂号编号或回执码有误", "no appeal has this number and receipt code")
    return await _messages(
        conn, page, _COLUMNS, "recipient = :recipient", {"recipient": f"enterprise:{row.appeal_id}"}
    )


@router.get("/appeals/{appeal_id}/messages")
async def messages(appeal_id: UUID, conn: Reading, page: Paged) -> Response:
    """All messages about one case, the newest first."""
    known = await conn.execute(text("select 1 from appeals where appeal_id = :id"), {"id": appeal_id})
    if known.scalar() is None:
        raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
    columns = f"{_COLUMNS}, cast(appeal_id as text), recipient, template, read_at, traceparent"
    return await _messages(conn, page, columns, "appeal_id = :appeal", {"appeal": appeal_id})
