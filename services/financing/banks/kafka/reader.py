"""Reads the replies of one bank on Kafka, with offsets of its own.

The offset is kept in the database and moves in the transaction that has the effect, so a reply has its effect
once, whatever is killed. What cannot be read is answered on the bank's receipts and parked.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from services.financing.banks.kafka import queries, receipts, topics
from services.financing.banks.kafka.queries import ReplySource, Stretch
from services.financing.banks.kafka.replies import BankReply, appended_at, read, unread, without_content
from services.financing.banks.queries import ReportKey
from services.financing.banks.reporting import take_report
from services.financing.contract_receipts import ReceiptCode, ReportOutcome, ReportReceipt
from services.financing.work import Work
from shared.database.connection import Connection
from shared.database.retry import keep_running
from shared.messaging import message_spans
from shared.messaging.broker import may_pass
from shared.messaging.clients import connected
from shared.messaging.fetching import BoundedConsumer, Fetcher
from shared.messaging.parked import park
from shared.messaging.records import ReceivedRecord, place_of
from shared.messaging.settling import settle
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.clock import TICK
from shared.service.service import ServiceContext
from shared.telemetry.context import use_span
from shared.telemetry.spans import Span, transaction_spans

BATCH = 100
"""Replies of one transaction: a flood of one bank takes its turn among the others."""
COMPLETE_EVERY_S = 2.0
APPEND_SKEW = timedelta(seconds=1)
"""How far the broker's clock may be from the database's."""
_PARKED = (ReceiptCode.MALFORMED, ReceiptCode.NOT_PROCESSED)


class _ReadElsewhere(Exception):
    """Another replica has read on meanwhile."""


class BankReader:
    """Reads the replies of one bank."""

    def __init__(self, context: ServiceContext, bank: str, cluster: str, partitions: int) -> None:
        self._context = context
        self._log = context.log.bind(bank=bank)
        self._source = ReplySource(bank, cluster)
        self._partitions = [TopicPartition(topics.replies(bank), index) for index in range(partitions)]
        self._next_offsets: dict[int, int] = {}
        self._log_ends: dict[int, int] = {}
        """By partition the offset of the next reply that the bank will write, as the last fetch told it."""
        self._fetcher = Fetcher(context.settings, self._log)
        self._stand = context.standing.stand(f"reader of {bank}", place_of)
        self._asked_at = float("-inf")
        self._complete_upto: datetime | None = None

    async def run(self) -> None:
        """Read until cancelled; wait while the broker or the database is away."""
        try:
            await keep_running(self._session, self._log, "bank replies", may_pass=may_pass)
        finally:
            self._stand.passed()

    async def _session(self) -> None:
        settings = self._context.settings
        consumer = BoundedConsumer(
            settings,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=settings.fetch_wait_ms,
        )
        consumer.assign(self._partitions)
        async with connected(consumer):
            await self._seek(consumer)
            while True:
                batches = await self._fetcher.fetch(consumer, timeout_ms=200, max_records=BATCH)
                self._note_log_ends(consumer)
                try:
                    if batches:
                        await self._settle([record for batch in batches.values() for record in batch])
                    else:
                        await self._mark_complete(consumer)
                except _ReadElsewhere:
                    await self._seek(consumer)

    def _note_log_ends(self, consumer: BoundedConsumer) -> None:
        for partition in self._partitions:
            if (log_end := consumer.highwater(partition)) is not None:
                self._log_ends[partition.partition] = log_end

    async def _seek(self, consumer: BoundedConsumer) -> None:
        """Read on at the offsets that the database holds."""
        partitions = [partition.partition for partition in self._partitions]
        async with self._context.engine.begin() as conn:
            self._next_offsets = await queries.next_offsets(conn, self._source, partitions)
        for partition in self._partitions:
            consumer.seek(partition, self._next_offsets[partition.partition])

    async def _settle(self, records: Sequence[ConsumerRecord]) -> None:
        passed_on = (_ReadElsewhere,)
        await settle(records, self._transact, without_content, self._log, self._stand, passed_on=passed_on)

    async def _mark_complete(self, consumer: BoundedConsumer) -> None:
        """Keep up to when all replies were read. The end offsets are asked for after that moment."""
        now, context = asyncio.get_running_loop().time(), self._context
        if context.settings.clock == "wall" and now < self._asked_at + COMPLETE_EVERY_S:
            return
        async with context.engine.connect() as conn:
            at = await context.clock.stamp(conn)
        upto = at - (APPEND_SKEW if context.settings.clock == "wall" else TICK)
        if upto == self._complete_upto:
            return
        end_offsets = await consumer.end_offsets(self._partitions)
        by_number = {partition.partition: offset for partition, offset in end_offsets.items()}
        ahead = await self._ahead(consumer)
        async with context.engine.begin() as conn:
            if ahead:
                await self._move(conn, ahead, at)
            complete = await queries.mark_complete(conn, self._source, by_number, upto, at)
        self._next_offsets |= ahead
        self._asked_at = now
        if complete:  # else a reply came meanwhile, and the same moment is asked about again
            self._complete_upto = upto
        context.news.set()

    async def _ahead(self, consumer: BoundedConsumer) -> dict[int, int]:
        """The positions beyond the last replies: the marker that ends a transaction takes an offset, too."""
        positions = {tp.partition: await consumer.position(tp) for tp in self._partitions}
        return {number: at for number, at in positions.items() if at > self._next_offsets[number]}

    async def _transact(self, records: Sequence[ConsumerRecord], failed: str | None) -> None:
        replies = [read(record) for record in records]
        with transaction_spans() as spans:
            await self._take(replies, failed, spans)
        self._context.wake()

    async def _take(self, replies: Sequence[BankReply], failed: str | None, spans: list[Span]) -> None:
        """Take replies in one transaction; where `failed` is given it is the reason why they are parked."""
        bank, cluster = self._source
        async with self._context.engine.begin() as conn:
            at = await self._context.clock.stamp(conn)
            next_offsets = {reply.raw.partition: reply.raw.offset + 1 for reply in replies}
            await self._move(conn, next_offsets, at)
            work = Work(conn, at)
            await work.load(self._keys(replies) if failed is None else ())
            answers = [self._answer_in_span(work, reply, failed, spans) for reply in replies]
            await work.flush()
            for reply, receipt in zip(replies, answers, strict=True):
                if receipt.code in _PARKED:
                    await park(
                        conn, "financing", cluster, ReceivedRecord(reply.raw, None, failed or receipt.en)
                    )
            sources = [topics.source_id(cluster, reply.raw) for reply in replies]
            await receipts.give(conn, bank, zip(sources, replies, answers, strict=True))
        self._next_offsets |= next_offsets
        self._context.telemetry.metrics.count_said(work.published)

    async def _move(self, conn: Connection, next_offsets: Mapping[int, int], at: datetime) -> None:
        """Move the offsets of partitions on. Raises `_ReadElsewhere` where another replica did."""
        stretches = [
            Stretch(partition, self._next_offsets[partition], next_offset, self._log_ends.get(partition, 0))
            for partition, next_offset in next_offsets.items()
        ]
        if not await queries.move(conn, self._source, stretches, at):
            raise _ReadElsewhere

    def _keys(self, replies: Sequence[BankReply]) -> set[Any]:
        reports = [reply.report for reply in replies if reply.report is not None]
        bank = self._source.bank
        return {key for report in reports for key in (report.leg, ReportKey(bank, report.report_id))}

    def _answer_in_span(
        self, work: Work, reply: BankReply, failed: str | None, spans: list[Span]
    ) -> ReportReceipt:
        """Answer a reply under a span below the trace context that the bank sent along."""
        sent = (dict(reply.raw.headers).get("traceparent") or b"").decode(errors="replace")
        span = message_spans.begin_record_span(
            self._context.telemetry.tracer, reply.raw, sent, *reply.named()
        )
        span.attributes["huying.peer"] = self._source.bank
        spans.append(span)
        use_span(span)
        receipt = self._answer(work, reply, failed)
        span.error = "parked" if receipt.code in _PARKED else None
        return receipt

    def _answer(self, work: Work, reply: BankReply, failed: str | None) -> ReportReceipt:
        at = appended_at(reply.raw, work.at) if self._context.settings.clock == "wall" else work.at
        bank, cluster = self._source
        source = topics.source_id(cluster, reply.raw)
        if reply.report is None or failed is not None:
            receipt = unread(reply, at, ours=failed is not None)
        else:
            work.by = Caller(bank, AccountRole.BANK, bank)
            receipt = take_report(work, bank, reply.report, at, source)
        if receipt.outcome is not ReportOutcome.ACCEPTED:
            work.keep_unrecorded(receipts.unrecorded(bank, source, at, receipt, reply))
        return receipt
