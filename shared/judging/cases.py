"""What the tables of both judging services share: when a case is due, and which case cannot be judged."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects import postgresql as pg

from shared.database.connection import Connection
from shared.messaging.outbox import OutboxRow, publish
from shared.messaging.parked import ParkedRecord, announcement

_TIME = sa.DateTime(timezone=True)
_STUCK = """
    with stuck as (
      update cases set next_due_at = null, unjudged_from = null, stuck = t.reason
      from unnest(cast(:ids as uuid[]), cast(:reasons as text[])) as t (id, reason)
      where {key} = t.id
      returning cast({key} as text) as key, {number} || ': ' || t.reason as reason
    )
    insert into parked (topic, partition, "offset", cluster, key, headers, body, reason)
    select cast(:topic as text), 0, 0, key || ' ' || clock_timestamp(), key, '{{}}', '', reason from stuck
    where not exists (
      select from parked p where p.topic = :topic and p.key = stuck.key and p.redriven_at is null
    )
    returning topic, key, reason, parked_at
"""
_MENDED = """
    with mended as (update cases set stuck = null where {key} = any(cast(:ids as uuid[])))
    update parked set redriven_at = now()
    where topic = :topic and redriven_at is null and key = any(cast(:keys as text[]))
"""
_AGAIN = """
    update cases set next_due_at = coalesce(cast(file->>'judged_upto' as timestamptz), '2000-01-01 00:00Z')
    where stuck is not null
"""
_WAITING = text(
    """
    select (select min(next_due_at) from cases where next_due_at is not null) as next_due_at,
      (select min(unjudged_from) from cases where unjudged_from is not null) as unjudged_from
    """
)
_JUDGED_UPTO = text("select max(cast(file->>'judged_upto' as timestamptz)) from cases")
_LOOK_AGAIN = """
    with open as (
      select {key} from cases where file->'deadlines' @> cast(:deadline as jsonb) order by {key} for update
    )
    update cases c set next_due_at = least(next_due_at, cast(:moment as timestamptz))
    from open where c.{key} = open.{key}
    returning c.{key}
"""


class Cases:
    """The table `cases` of one service. `key` and `number` name its columns for the case's id and number."""

    def __init__(self, service: str, key: str, number: str) -> None:
        self.stuck_topic = f"{service}.cases"
        """The topic under which cases that cannot be judged are parked, by their id."""
        self._key = key
        self._service = service
        self._stuck = text(_STUCK.format(key=key, number=number))
        self._mended = text(_MENDED.format(key=key))
        self._one_again = text(f"{_AGAIN} and {key} = cast(:key as uuid)")
        self.number = text(f"select {number} as number from cases where {key} = :id")
        """Selects the number of the case with the id `:id`."""
        self.ids = text(
            f"select {key} as id, {number} as number from cases"
            f" where {number} = any(cast(:numbers as text[]))"
        )
        """Selects id and number of the cases with the numbers `:numbers`."""
        self._look_again = text(_LOOK_AGAIN.format(key=key))

    def columns(self) -> list[sa.Column[Any] | sa.Index]:
        """The columns and indexes that judgement needs."""
        return [
            sa.Column("next_due_at", _TIME),
            sa.Column("unjudged_from", _TIME, comment="when its oldest unjudged act occurred"),
            sa.Column("stuck", sa.Text, comment="why it cannot be judged"),
            sa.Index("cases_due", "next_due_at", postgresql_where=sa.text("next_due_at is not null")),
            sa.Index(
                "cases_unjudged", "unjudged_from", postgresql_where=sa.text("unjudged_from is not null")
            ),
            sa.Index("cases_stuck", self._key, postgresql_where=sa.text("stuck is not null")),
        ]

    async def mark_stuck(self, conn: Connection, stuck: Mapping[UUID, str], mended: Collection[UUID]) -> None:
        """Park the `stuck` cases, each with its reason; unpark the `mended` ones, which can be judged."""
        if stuck:
            values = {"ids": list(stuck), "reasons": list(stuck.values())}
            rows = await conn.execute(self._stuck, values | {"topic": self.stuck_topic})
            await publish(conn, [self._announcement(row) for row in rows])
        if mended:
            values = {"ids": list(mended), "keys": [str(id_) for id_ in mended]}
            await conn.execute(self._mended, values | {"topic": self.stuck_topic})

    def _announcement(self, row: Any) -> OutboxRow:
        content = {"topic": row.topic, "key": row.key, "reason": row.reason}
        return announcement(self._service, row.key, row.parked_at, content)

    async def judge_again(self, conn: Connection, parked: ParkedRecord, _at: datetime) -> None:
        """Have a parked case judged again."""
        assert parked.key is not None
        await conn.execute(self._one_again, {"key": UUID(parked.key.decode())})

    async def judge_all_again(self, conn: Connection) -> None:
        """Have all parked cases judged again."""
        await conn.execute(text(_AGAIN))

    async def look_again(self, conn: Connection, deadline: str, moment: datetime) -> int:
        """Have the cases judged as of `moment` that hold a deadline like this JSON; returns how many."""
        values = {"deadline": deadline, "moment": moment}
        return len((await conn.execute(self._look_again, values)).all())

    async def judged_upto(self, conn: Connection) -> datetime | None:
        """The latest moment up to which a case was judged."""
        upto: datetime | None = (await conn.execute(_JUDGED_UPTO)).scalar()
        return upto

    async def waiting(self, conn: Connection) -> tuple[datetime | None, datetime | None]:
        """When the next case is due, and when the oldest act occurred that its case was not judged by."""
        row = (await conn.execute(_WAITING)).one()
        return row.next_due_at, row.unjudged_from


def history(metadata: sa.MetaData, key: str, *more: sa.Column[Any]) -> None:
    """Add the table of the events that cases are judged by; its index is named after the key."""
    sa.Table(
        "history",
        metadata,
        sa.Column("event_id", pg.UUID, primary_key=True),
        sa.Column(key, pg.UUID, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        *more,
        sa.Index(f"history_{key.removesuffix('_id')}", key),
    )


def earlier(*moments: datetime | None) -> datetime | None:
    """The earliest of the moments that are given; None where none is."""
    return min((moment for moment in moments if moment is not None), default=None)
