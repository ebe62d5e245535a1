"""A bank's three topics on Kafka, and the reader of its replies: one for each bank, with offsets of its own.

The offset moves in the transaction that has the effect, so a reply has its effect once, whatever is killed.
What cannot be read is answered on the bank's receipts and parked. Of no bank is another one's reader aware.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord
from sqlalchemy import text

from services.financing.banks.kafka.receipts import answer, receipts, replies, requests, source_id
from services.financing.banks.kafka.replies import BankReply, appended_at, read, unread
from services.financing.contract import Receipt, ReceiptCode
from services.financing.work import ReportKey, Work
from shared.database.connection import Connection
from shared.database.retry import keep_running
from shared.messaging import message_spans
from shared.messaging.broker import Bus, TopicRefused, end, may_pass
from shared.messaging.parked import park
from shared.messaging.records import Record
from shared.messaging.settling import settle
from shared.service.clock import EPOCH, TICK
from shared.service.service import ServiceContext
from shared.telemetry.context import use_span
from shared.telemetry.spans import Span, together

BATCH = 100
"""Replies of one transaction: a flood of one bank takes its turn among the others."""
LOOK_S = 0.5
ASK_AGAIN_S = 10.0
COMPLETE_EVERY_S = 2.0
_PARKED = (ReceiptCode.MALFORMED, ReceiptCode.NOT_PROCESSED)
APPEND_SKEW = timedelta(seconds=1)
"""How far the broker's clock may be from the database's."""

_BANKS = text("select code from banks where bank->'ways' ? 'kafka' order by code")
_START = text(
    """
    insert into bank_replies as r (bank, partition, cluster, next_offset)
    select :bank, partition, :cluster, 0 from unnest(cast(:partitions as int[])) as t (partition)
    on conflict (bank, partition) do update set cluster = excluded.cluster,
      next_offset = case when r.cluster = excluded.cluster then r.next_offset else 0 end
    returning partition, next_offset
    """
)
_MOVE = text(
    """
    update bank_replies r set next_offset = t.upto
    from unnest(cast(:partitions as int[]), cast(:starts as bigint[]), cast(:uptos as bigint[]))
      as t (partition, start, upto)
    where r.bank = :bank and r.cluster = :cluster and r.partition = t.partition and r.next_offset = t.start
    returning r.partition
    """
)
_COMPLETE = text(
    """
    update bank_replies r set complete_upto = greatest(r.complete_upto, cast(:upto as timestamptz))
    from unnest(cast(:partitions as int[]), cast(:ends as bigint[])) as t (partition, end_offset)
    where r.bank = :bank and r.cluster = :cluster and r.partition = t.partition
      and r.next_offset >= t.end_offset
    returning r.partition
    """
)
_COMPLETE_UPTO = text(
    "select bank, min(coalesce(complete_upto, :unknown)) as upto from bank_replies group by bank"
)


async def complete_upto(conn: Connection) -> dict[str, datetime]:
    """Up to when all that each bank wrote on Kafka is in this database; long ago where nothing is known."""
    rows = await conn.execute(_COMPLETE_UPTO, {"unknown": EPOCH})
    return {row.bank: row.upto for row in rows}


class _Elsewhere(Exception):
    """Another replica read on meanwhile."""


class BankReader:
    """Reads the replies of one bank."""

    def __init__(self, context: ServiceContext, bank: str, cluster: str, partitions: int) -> None:
        self._context = context
        self._bank = bank
        self._log = context.log.bind(bank=bank)
        self._cluster = cluster
        self._places = [TopicPartition(replies(bank), index) for index in range(partitions)]
        self._next: dict[int, int] = {}
        self._said_at = float("-inf")
        self._complete: datetime | None = None

    async def run(self) -> None:
        """Read until cancelled; what passes by itself is waited for."""
        await keep_running(self._session, self._log, "bank replies", may_pass=may_pass)

    async def _session(self) -> None:
        settings = self._context.settings
        consumer = AIOKafkaConsumer(
            **settings.client(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=settings.fetch_wait_ms,
        )
        consumer.assign(self._places)
        try:
            await consumer.start()
            await self._seek(consumer)
            while True:
                records = await consumer.getmany(timeout_ms=200, max_records=BATCH)
                if not records:
                    await self._tell_complete(consumer)
                    continue
                try:
                    batch = [record for part in records.values() for record in part]
                    await settle(batch, self._transact, self._log, passed_on=(_Elsewhere,))
                except _Elsewhere:
                    await self._seek(consumer)
        finally:
            await end(consumer.stop())

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        """Start where the database stands; on another broker, from its start."""
        values = {
            "bank": self._bank,
            "cluster": self._cluster,
            "partitions": [place.partition for place in self._places],
        }
        async with self._context.engine.begin() as conn:
            self._next = {row.partition: row.next_offset for row in await conn.execute(_START, values)}
        for place in self._places:
            consumer.seek(place, self._next[place.partition])

    async def _tell_complete(self, consumer: AIOKafkaConsumer) -> None:
        """Keep up to when all is read: the ends of the partitions, asked for after that moment."""
        now, context = asyncio.get_running_loop().time(), self._context
        if context.settings.clock == "wall" and now < self._said_at + COMPLETE_EVERY_S:
            return
        async with context.engine.connect() as conn:
            at = await context.clock.stamp(conn)
        upto = at - (APPEND_SKEW if context.settings.clock == "wall" else TICK)
        if upto == self._complete:
            return
        ends = await consumer.end_offsets(self._places)
        values = {
            "bank": self._bank,
            "cluster": self._cluster,
            "upto": upto,
            "partitions": [place.partition for place in ends],
            "ends": list(ends.values()),
        }
        async with context.engine.connect() as conn:
            complete = (await conn.execute(_COMPLETE, values)).all()
        self._said_at = now
        if len(complete) == len(ends):  # else something came meanwhile: the same moment is asked about again
            self._complete = upto
        context.news.set()

    async def _transact(self, records: Sequence[ConsumerRecord], reason: str | None) -> None:
        found = [read(record) for record in records]
        with together() as spans:
            await self._take(found, records, reason, spans)
        self._context.wake()

    async def _take(
        self,
        found: Sequence[BankReply],
        records: Sequence[ConsumerRecord],
        reason: str | None,
        spans: list[Span],
    ) -> None:
        async with self._context.engine.begin() as conn:
            at = await self._context.clock.stamp(conn)
            uptos = await self._move(conn, records)
            desk = Work(conn, at)
            await desk.load(self._keys(found))
            given = [self._traced(desk, one, at, reason, spans) for one in found]
            await desk.flush()
            for one, receipt in zip(found, given, strict=True):
                if receipt.code in _PARKED:
                    await park(conn, "financing", self._cluster, Record(one.raw, None, reason or receipt.en))
            ids = [source_id(self._cluster, one.raw) for one in found]
            await answer(conn, self._bank, ids, found, given)
        self._next |= uptos
        self._context.telemetry.metrics.said(desk.published)

    async def _move(self, conn: Connection, records: Sequence[ConsumerRecord]) -> dict[int, int]:
        """Move the offsets past `records`. Raises `_Elsewhere` where another replica did."""
        uptos: dict[int, int] = {}
        for record in records:
            uptos[record.partition] = record.offset + 1
        values = {
            "bank": self._bank,
            "cluster": self._cluster,
            "partitions": list(uptos),
            "starts": [self._next[partition] for partition in uptos],
            "uptos": list(uptos.values()),
        }
        if len((await conn.execute(_MOVE, values)).all()) < len(uptos):
            raise _Elsewhere
        return uptos

    def _keys(self, found: Sequence[BankReply]) -> set[Any]:
        reports = [one.report for one in found if one.report is not None]
        return {key for one in reports for key in (one.leg, ReportKey(self._bank, one.report_id))}

    def _traced(
        self, desk: Work, reply: BankReply, at: datetime, reason: str | None, spans: list[Span]
    ) -> Receipt:
        """The report, under a span below the context that the bank sent along."""
        sent = dict(reply.raw.headers).get("traceparent", b"").decode(errors="replace")
        span = message_spans.heard(self._context.telemetry.tracer, reply.raw, sent, *reply.named())
        span.attributes["huying.peer"] = self._bank
        spans.append(span)
        use_span(span)
        receipt = self._report(desk, reply, at, reason)
        span.error = "parked" if receipt.code in _PARKED else None
        return receipt

    def _report(self, desk: Work, reply: BankReply, at: datetime, reason: str | None) -> Receipt:
        if self._context.settings.clock == "wall":
            at = appended_at(reply.raw, at)
        if reply.report is None or reason is not None:
            return unread(reply, at, ours=reason is not None)
        return desk.report(self._bank, reply.report, at, source_id(self._cluster, reply.raw))


async def hear_banks(context: ServiceContext) -> None:
    """The task that reads the replies of every bank on Kafka, as the directory has them."""

    async def session() -> None:
        async with Bus(context.settings) as bus:
            await _readers(context, bus)

    await keep_running(session, context.log, "readers of banks", may_pass=may_pass)


async def _readers(context: ServiceContext, bus: Bus) -> None:
    """Start a reader for each bank that comes, end that of each that goes, until the broker is another."""
    reading: dict[str, asyncio.Task[None]] = {}
    ask_at: dict[str, float] = {}
    try:
        while True:
            await bus.check()
            banks = set((await context.reader.reading().execute(_BANKS)).scalars())
            now = asyncio.get_running_loop().time()
            for bank in {bank for bank in banks - reading.keys() if ask_at.get(bank, now) <= now}:
                ask_at[bank] = now + ASK_AGAIN_S
                if partitions := await _partitions(context, bus, bank):
                    reading[bank] = asyncio.create_task(
                        BankReader(context, bank, bus.cluster, partitions).run()
                    )
            for bank in reading.keys() - banks:
                reading.pop(bank).cancel()
            for task in reading.values():
                if task.done():
                    task.result()
            await asyncio.sleep(LOOK_S)
    finally:
        for task in reading.values():
            task.cancel()
        await asyncio.gather(*reading.values(), return_exceptions=True)


async def _partitions(context: ServiceContext, bus: Bus, bank: str) -> int:
    """Of the bank's replies, its topics made where need be; 0 while the broker refuses them."""
    try:
        await bus.ensure([requests(bank), replies(bank), receipts(bank)], others=True)
    except TopicRefused as error:
        context.log.error("a bank's topics are refused", bank=bank, reason=str(error))
        return 0
    return await bus.partitions(replies(bank))
