"""Reads and writes how far the replies of each bank were read; finds the time of a receipt."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from shared.database.connection import Connection
from shared.database.rows import ManyRows
from shared.service.clock import EPOCH

_BANKS = text("select code from banks where bank->'ways' ? 'kafka' order by code")
_START = ManyRows(
    """
    insert into bank_replies as r (bank, partition, cluster, next_offset)
    select :bank, t.partition, :cluster, 0 from {rows}
    on conflict (bank, partition) do update set cluster = excluded.cluster,
      next_offset = case when r.cluster = excluded.cluster then r.next_offset else 0 end,
      log_end = case when r.cluster = excluded.cluster then r.log_end end,
      looked_at = case when r.cluster = excluded.cluster then r.looked_at end
    returning partition, next_offset
    """,
    {"partition": "int"},
)
_MOVE = ManyRows(
    """
    update bank_replies r set next_offset = t.end_offset, log_end = greatest(t.log_end, t.end_offset),
      looked_at = :at
    from {rows}
    where r.bank = :bank and r.cluster = :cluster and r.partition = t.partition
      and r.next_offset = t.start_offset
    returning r.partition
    """,
    {"partition": "int", "start_offset": "bigint", "end_offset": "bigint", "log_end": "bigint"},
)
_COMPLETE = ManyRows(
    """
    update bank_replies r set log_end = t.end_offset, looked_at = :at, complete_upto = case
      when r.next_offset >= t.end_offset then greatest(r.complete_upto, cast(:upto as timestamptz))
      else r.complete_upto end
    from {rows}
    where r.bank = :bank and r.cluster = :cluster and r.partition = t.partition
    returning r.next_offset >= t.end_offset as complete
    """,
    {"partition": "int", "end_offset": "bigint"},
)
_COMPLETE_UPTO = text(
    "select bank, min(coalesce(complete_upto, :unknown)) as upto from bank_replies group by bank"
)
_RECEIPT_AT = text("select occurred_at from outbox where event_id = :id")


class ReplySource(NamedTuple):
    """The replies of one bank on one Kafka cluster."""

    bank: str
    cluster: str


class Stretch(NamedTuple):
    """Records of one partition from `start_offset` up to, without, `end_offset`.

    `log_end` is the offset of the next record that will be written, as far as it is known.
    """

    partition: int
    start_offset: int
    end_offset: int
    log_end: int


async def banks_on_kafka(conn: Connection) -> list[str]:
    """The codes of the banks whose integrations include Kafka."""
    return list((await conn.execute(_BANKS)).scalars())


async def next_offsets(conn: Connection, source: ReplySource, partitions: Collection[int]) -> dict[int, int]:
    """The next offset to read of each partition; on another cluster than before each starts at 0."""
    rows = await _START.execute(conn, [(partition,) for partition in partitions], **source._asdict())
    return {row.partition: row.next_offset for row in rows}


async def move(conn: Connection, source: ReplySource, stretches: Sequence[Stretch], at: datetime) -> bool:
    """Move the next offset of each partition to the end of its stretch.

    False where another replica has moved one of them: then the transaction must not commit.
    """
    moved = await _MOVE.execute(conn, stretches, at=at, **source._asdict())
    return len(moved.all()) == len(stretches)


async def mark_complete(
    conn: Connection, source: ReplySource, end_offsets: Mapping[int, int], upto: datetime, at: datetime
) -> bool:
    """Keep that all replies up to `upto` were read, in each partition read as far as its end offset.

    False where a partition was not. The end offsets are kept, too, as they were at `at`.
    """
    marked = await _COMPLETE.execute(conn, list(end_offsets.items()), upto=upto, at=at, **source._asdict())
    completes = [row.complete for row in marked]
    return len(completes) == len(end_offsets) and all(completes)


async def complete_upto(conn: Connection) -> dict[str, datetime]:
    """Up to when all replies of each bank are in this database; `EPOCH` where nothing is known."""
    rows = await conn.execute(_COMPLETE_UPTO, {"unknown": EPOCH})
    return {row.bank: row.upto for row in rows}


async def receipt_at(conn: Connection, receipt_id: UUID) -> datetime | None:
    """The time of a receipt that was given."""
    at: datetime | None = (await conn.execute(_RECEIPT_AT, {"id": receipt_id})).scalar()
    return at
