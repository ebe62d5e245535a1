"""Who has to acknowledge a card or a lift, and who is told where nobody does: the acknowledgement climbs.

Times are those of events. It climbs only once the topic of the cards is known up to then, so that an
acknowledgement in a backlog is not missed; each step starts when the one before it ended. What was
acknowledged late, before anybody found the time passed, does not climb any more.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import text

from services.notify.domain import OFFICE, CaseDocument
from services.notify.messages.routing import Message
from shared import events
from shared.database.connection import Connection
from shared.events import Event, NoticeAcknowledged, NoticeNotAcknowledged

TOPIC = "escalation.events"
STEP = 200


class AcknowledgementState(StrEnum):
    """How an acknowledgement stands. `needless`: what it was about is no more."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    NEEDLESS = "needless"


_CARD = {
    events.CardAcknowledged: AcknowledgementState.ACKNOWLEDGED,
    events.CardAppealed: AcknowledgementState.ACKNOWLEDGED,
    events.CardWithdrawn: AcknowledgementState.NEEDLESS,
    events.CardCleared: AcknowledgementState.NEEDLESS,
}
_LIFT = {
    events.AppealInstructed: AcknowledgementState.ACKNOWLEDGED,
    events.AppealSignedOff: AcknowledgementState.ACKNOWLEDGED,
}
_CASE = {
    events.AppealClosed: AcknowledgementState.NEEDLESS,
    events.AppealWithdrawn: AcknowledgementState.NEEDLESS,
}

_OPEN = text(
    """
    insert into acknowledgements
      (id, appeal_id, card_id, template, recipient, message_id, asked_at, due_at, traceparent)
    select id, appeal_id, card_id, template, recipient, id, asked_at, due_at, traceparent
    from unnest(
      cast(:ids as uuid[]), cast(:appeals as uuid[]), cast(:cards as uuid[]), cast(:templates as text[]),
      cast(:recipients as text[]), cast(:asked as timestamptz[]), cast(:dues as timestamptz[]),
      cast(:traces as text[])
    ) as t (id, appeal_id, card_id, template, recipient, asked_at, due_at, traceparent)
    on conflict do nothing
    """
)
_END = text(
    """
    with said as (
      select * from unnest(
        cast(:appeals as uuid[]), cast(:cards as uuid[]), cast(:whole as boolean[]), cast(:states as text[]),
        cast(:times as timestamptz[]), cast(:bys as text[])
      ) with ordinality as t (appeal_id, card_id, whole, state, at, by, place)
    ), ended as (
      select distinct on (a.id) a.id, said.state, said.at, said.by
      from said join acknowledgements a on a.appeal_id = said.appeal_id and a.state = 'open'
        and (said.whole or a.card_id is not distinct from said.card_id)
      order by a.id, said.at, said.place
    )
    update acknowledgements a set state = e.state, ended_at = e.at, ended_by = e.by, due_at = null
    from ended e where e.id = a.id
    returning a.*
    """
)
_DUE = text(
    """
    select id, appeal_id, due_at from acknowledgements
    where due_at <= least(:at, (
      select case when count(*) = :partitions then min(watermark) end from heard where topic = :topic))
    order by due_at, id limit :most
    """
)
_LOCKED = text(
    """
    select a.* from acknowledgements a
    join unnest(cast(:ids as uuid[]), cast(:dues as timestamptz[])) as t (id, due_at)
      on t.id = a.id and t.due_at = a.due_at
    order by a.due_at, a.id for update of a
    """
)
_CLIMBED = text(
    """
    update acknowledgements a set level = a.level + 1, recipient = t.recipient, message_id = t.message_id,
      due_at = t.due_at
    from unnest(
      cast(:ids as uuid[]), cast(:recipients as text[]), cast(:messages as uuid[]),
      cast(:dues as timestamptz[])
    ) as t (id, recipient, message_id, due_at)
    where t.id = a.id
    """
)
_BY_RECIPIENT = text(
    """
    update acknowledgements a set state = 'acknowledged', ended_at = :at, ended_by = :by, due_at = null
    from messages m
    where m.id = :message and m.recipient = any(cast(:recipients as text[])) and a.id = m.acknowledgement
      and a.state = 'open'
    returning a.*
    """
)


class AcknowledgementRequest(NamedTuple):
    """A message that asks for an acknowledgement until `due_at`; `card_id` of a card."""

    message: Message
    card_id: UUID | None
    due_at: datetime
    traceparent: str


class AcknowledgementEnd(NamedTuple):
    """What an event says of open acknowledgements: of one card, of the lift, or of the `whole` case."""

    event: Event
    card_id: UUID | None
    whole: bool
    state: AcknowledgementState


class EscalationStep(NamedTuple):
    """One step up: whose message waits, who hears of it by which message, and until when they may."""

    id: UUID
    to: str
    message_id: UUID
    due_at: datetime | None


def ended(event: Event) -> AcknowledgementEnd | None:
    """What `event` means for acknowledgements; None where nothing."""
    kind = type(event)
    if kind in _CARD:
        return AcknowledgementEnd(event, getattr(event, "card_id", None), False, _CARD[kind])
    if kind in _LIFT:
        return AcknowledgementEnd(event, None, False, _LIFT[kind])
    return AcknowledgementEnd(event, None, True, _CASE[kind]) if kind in _CASE else None


def superior(recipient: str, level: int, file: CaseDocument) -> str | None:
    """Who is told next: of a unit its head, then the leader in charge, or the office where nobody is.

    Of a leader who was asked first the office. None at the top. `level` is how often it climbed.
    """
    kind, _, code = recipient.partition(":")
    if kind == "unit":
        return f"head:{code}"
    if kind == "head":
        leader = file.unit_leader(code)
        return f"leader:{leader}" if leader else OFFICE
    return OFFICE if kind == "leader" and level == 0 else None


async def open_all(conn: Connection, asked: Sequence[AcknowledgementRequest]) -> None:
    """Write with the messages themselves by when they must be acknowledged."""
    if asked:
        await conn.execute(
            _OPEN,
            {
                "ids": [one.message.id for one in asked],
                "appeals": [one.message.appeal_id for one in asked],
                "cards": [one.card_id for one in asked],
                "templates": [one.message.template for one in asked],
                "recipients": [one.message.recipient for one in asked],
                "asked": [one.message.occurred_at for one in asked],
                "dues": [one.due_at for one in asked],
                "traces": [one.traceparent for one in asked],
            },
        )


async def end_all(conn: Connection, found: Sequence[AcknowledgementEnd]) -> list[Any]:
    """End what these events end; the rows that changed."""
    if not found:
        return []
    rows = await conn.execute(
        _END,
        {
            "appeals": [one.event.appeal_id for one in found],
            "cards": [one.card_id for one in found],
            "whole": [one.whole for one in found],
            "states": [one.state for one in found],
            "times": [one.event.occurred_at for one in found],
            "bys": [one.event.type for one in found],
        },
    )
    return rows.all()


async def due(conn: Connection, at: datetime, partitions: int) -> list[Any]:
    """What climbs at `at`, the oldest first: id, case, and when it was due."""
    values = {"at": at, "partitions": partitions, "topic": TOPIC, "most": STEP}
    return (await conn.execute(_DUE, values)).all()


async def locked(conn: Connection, found: Sequence[Any]) -> list[Any]:
    """Those of the found that nobody let climb or ended meanwhile, locked."""
    values = {"ids": [row.id for row in found], "dues": [row.due_at for row in found]}
    return (await conn.execute(_LOCKED, values)).all()


async def climbed(conn: Connection, climbs: Sequence[EscalationStep]) -> None:
    """Keep who was told, and until when they may acknowledge."""
    if climbs:
        ids, to, messages, dues = zip(*climbs, strict=True)
        values = {"ids": ids, "recipients": to, "messages": messages, "dues": dues}
        await conn.execute(_CLIMBED, {name: list(found) for name, found in values.items()})


async def acknowledge(
    conn: Connection, message_id: UUID, recipients: Sequence[str], by: str, at: datetime
) -> Any:
    """Whoever was asked acknowledges; the row, or None where nothing was open."""
    values = {"message": message_id, "recipients": list(recipients), "by": by, "at": at}
    return (await conn.execute(_BY_RECIPIENT, values)).one_or_none()


def not_acknowledged(row: Any, to: str, number: str, at: datetime) -> NoticeNotAcknowledged:
    """That one step passed, said at `at`. Its id is the same however often it is made."""
    return NoticeNotAcknowledged(
        id=uuid5(row.id, f"not acknowledged {row.level}"),
        occurred_at=at,
        appeal_id=row.appeal_id,
        registration_number=number,
        message_id=row.message_id,
        recipient=row.recipient,
        to=to,
        template=row.template,
        due_at=row.due_at,
    )


def acknowledged(row: Any, number: str, at: datetime) -> NoticeAcknowledged:
    """That it was acknowledged, said at `at`. Its id is the same however often it is made."""
    return NoticeAcknowledged(
        id=uuid5(row.id, "acknowledged"),
        occurred_at=at,
        appeal_id=row.appeal_id,
        registration_number=number,
        message_id=row.message_id,
        recipient=row.recipient,
        template=row.template,
        by=row.ended_by,
    )
