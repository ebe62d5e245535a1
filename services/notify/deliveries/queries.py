"""Reads deliveries with every attempt, and the timeline of the messages about a case."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notify.addresses import address_of
from services.notify.deliveries.domain import DeliveryState
from shared.database.connection import Connection
from shared.judging.sight import Sight, seen
from shared.web.paging import Page, no_cursor

_COLUMNS = """
    cast(d.id as text), cast(d.message_id as text), m.registration_number, cast(m.appeal_id as text),
    m.template, m.subject, d.recipient, d.channel, d.address, d.urgent, d.state, d.attempts, d.outcome,
    d.code, d.reason, d.provider_id, cast(d.parcel as text), d.next_at, d.written_at, d.changed_at,
    (select coalesce(json_agg(json_build_object(
       'at', a.at, 'outcome', a.outcome, 'code', a.code, 'reason', a.reason, 'provider_id', a.provider_id,
       'segments', a.segments) order by a.id), '[]'::json)
     from attempts a where a.delivery_id = d.id) as tried
"""
_ACKNOWLEDGEMENTS = text(
    """
    select cast(a.id as text), cast(a.message_id as text), cast(a.card_id as text), a.template, m.recipient,
      a.recipient as asked, a.level, a.state, a.asked_at, a.due_at, a.ended_at, a.ended_by
    from acknowledgements a join messages m on m.id = a.id
    where a.appeal_id = :appeal order by a.asked_at, a.id
    """
)
_TIMELINE = text(
    """
    select m.created_at as at, 'written' as what, m.recipient, 'inbox' as channel, m.template, m.subject,
      null as code, null as by, cast(m.id as text) as message_id
    from messages m where m.appeal_id = :appeal
    union all
    select m.read_at, 'read', m.recipient, 'inbox', m.template, m.subject, null, null, cast(m.id as text)
    from messages m where m.appeal_id = :appeal and m.read_at is not null
    union all
    select t.at, t.outcome, d.recipient, d.channel, m.template, m.subject, t.code, null, cast(m.id as text)
    from messages m join deliveries d on d.message_id = m.id join attempts t on t.delivery_id = d.id
    where m.appeal_id = :appeal
    union all
    select a.ended_at, a.state, a.recipient, 'inbox', a.template, m.subject, null, a.ended_by,
      cast(a.message_id as text)
    from acknowledgements a join messages m on m.id = a.message_id
    where a.appeal_id = :appeal and a.ended_at is not null
    order by at, message_id, what desc
    """
)
_OF_CASE = text(
    f"""
    select {_COLUMNS} from messages m join deliveries d on d.message_id = m.id
    where m.appeal_id = :appeal order by d.written_at, d.id
    """
)

_UNREACHED = text(
    """
    select reason from inquiries i where appeal_id = :appeal and next_at is null
      and not exists (select 1 from contacts where recipient = 'enterprise:' || i.appeal_id)
    """
)


async def timeline(conn: Connection, appeal_id: UUID) -> list[dict[str, Any]]:
    """What happened to the messages about one case, in the order of time."""
    rows = await conn.execute(_TIMELINE, {"appeal": appeal_id})
    return [dict(row) for row in rows.mappings()]


async def deliveries_of(conn: Connection, appeal_id: UUID) -> list[dict[str, Any]]:
    """The deliveries of one case, each with its attempts."""
    rows = await conn.execute(_OF_CASE, {"appeal": appeal_id})
    return [_readable(conn, row) for row in rows]


def _readable(conn: Connection, row: Any) -> dict[str, Any]:
    return {**row, "address": address_of(conn, row.recipient, row.address)}


async def acknowledgements_of(conn: Connection, appeal_id: UUID) -> list[dict[str, Any]]:
    """The acknowledgements of one case, the oldest first."""
    rows = await conn.execute(_ACKNOWLEDGEMENTS, {"appeal": appeal_id})
    return [dict(row) for row in rows.mappings()]


async def why_unreached(conn: Connection, appeal_id: UUID) -> str | None:
    """Why no message to the enterprise of one case leaves the inbox; None where it is reached."""
    reason: str | None = (await conn.execute(_UNREACHED, {"appeal": appeal_id})).scalar()
    return reason


async def deliveries_in(
    conn: Connection, sight: Sight, page: Page, state: DeliveryState
) -> list[dict[str, Any]]:
    """Up to one more delivery in `state` than the page holds, of cases in `sight`, the last changed first."""
    values: dict[str, Any] = {**sight.values, "state": state, "limit": page.limit + 1}
    after = ""
    if page.after is not None:
        after = "and (d.changed_at, d.id) < (:changed_at, :id)"
        values |= _cursor(page.after)
    rows = await conn.execute(
        text(
            f"""
            select {_COLUMNS} from deliveries d join messages m on m.id = d.message_id
            join appeals c on c.appeal_id = m.appeal_id
            where d.state = :state and {seen("c.file")} {after}
            order by d.changed_at desc, d.id desc limit :limit
            """
        ),
        values,
    )
    return [_readable(conn, row) for row in rows]


def _cursor(after: list[Any]) -> dict[str, Any]:
    try:
        changed_at, id_ = after
        return {"changed_at": datetime.fromisoformat(changed_at).astimezone(UTC), "id": UUID(id_)}
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise no_cursor() from error
