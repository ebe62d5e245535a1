"""Reads messages: pages of an inbox or a case, and what a message asks for."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notify.messages.stored import readable
from shared.database.connection import Connection
from shared.web.paging import Page, no_cursor

POSITION = ("created_at", "occurred_at", "id")
"""The columns that a page of messages is ordered by."""
_COLUMNS = "cast(id as text), registration_number, subject, body, occurred_at, created_at"
_ACKNOWLEDGEMENT = (
    "(select json_build_object('state', a.state, 'due_at', a.due_at, 'ended_at', a.ended_at)"
    " from acknowledgements a where a.id = messages.acknowledgement) as acknowledgement"
)
_ASKING = text(
    """
    select m.registration_number, m.acknowledgement, a.state, a.ended_at, a.ended_by
    from messages m left join acknowledgements a on a.id = m.acknowledgement
    where m.id = :id and m.recipient = any(cast(:inboxes as text[]))
    """
)
_RECEIPT = text(
    "select appeal_id, file->>'receipt_hash' as hash from appeals where registration_number = :number"
)
_HAS_CASE = text("select 1 from appeals where appeal_id = :id")


async def inbox_page(conn: Connection, page: Page, inbox: str, *, unread: bool) -> list[dict[str, Any]]:
    """Messages of one inbox, the newest first; only those not read where `unread`."""
    where = "recipient = :recipient" + (" and read_at is null" if unread else "")
    columns = f"{_COLUMNS}, cast(appeal_id as text), template, read_at, {_ACKNOWLEDGEMENT}"
    return await _page(conn, page, columns, where, {"recipient": inbox})


async def enterprise_page(conn: Connection, page: Page, appeal_id: UUID) -> list[dict[str, Any]]:
    """What the enterprise of a case was told, each with its template, the newest first."""
    columns = f"{_COLUMNS}, template"
    return await _page(
        conn, page, columns, "recipient = :recipient", {"recipient": f"enterprise:{appeal_id}"}
    )


async def case_page(conn: Connection, page: Page, appeal_id: UUID) -> list[dict[str, Any]]:
    """All messages about one case, the newest first."""
    columns = f"{_COLUMNS}, cast(appeal_id as text), recipient, template, read_at, traceparent"
    return await _page(conn, page, columns, "appeal_id = :appeal", {"appeal": appeal_id})


async def has_case(conn: Connection, appeal_id: UUID) -> bool:
    """Whether the case is known here."""
    return (await conn.execute(_HAS_CASE, {"id": appeal_id})).scalar() is not None


async def receipt_of(conn: Connection, registration_number: str) -> Any:
    """The case with this number: appeal_id and the hash of its receipt code; None without one."""
    return (await conn.execute(_RECEIPT, {"number": registration_number})).one_or_none()


async def acknowledgement_of(conn: Connection, message_id: UUID, inboxes: Collection[str]) -> Any:
    """What a message of these inboxes asks for, and whether that was ended; None without the message."""
    values = {"id": message_id, "inboxes": list(inboxes)}
    return (await conn.execute(_ASKING, values)).one_or_none()


async def _page(
    conn: Connection, page: Page, columns: str, where: str, values: dict[str, Any]
) -> list[dict[str, Any]]:
    """Up to one more message than the page holds."""
    after = ""
    if page.after is not None:
        after = "and (created_at, occurred_at, id) < (:created_at, :occurred_at, :id)"
        values = values | _cursor(page.after)
    rows = await conn.execute(
        text(
            f"select {columns} from messages where {where} {after} "
            "order by created_at desc, occurred_at desc, messages.id desc limit :limit"
        ),
        {**values, "limit": page.limit + 1},
    )
    return [readable(conn, row) for row in rows]


def _cursor(after: list[Any]) -> dict[str, Any]:
    try:
        created_at, occurred_at, id_ = after
        return {
            "created_at": datetime.fromisoformat(created_at).astimezone(UTC),
            "occurred_at": datetime.fromisoformat(occurred_at).astimezone(UTC),
            "id": UUID(id_),
        }
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise no_cursor() from error
