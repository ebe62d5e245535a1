"""From the outbox to Kafka, in order for each key, and the watermarks that make judgement possible.

Each service has one relay at a time: the process that holds the advisory lock. It reads the horizon (a moment
up to which all transactions have ended), then sends the unsent rows, and only then sends the horizon as a
watermark into every partition: so everything that occurred up to a watermark lies before it. Where the broker
was replaced, or acknowledges offsets that it had used before, all rows of the outbox are sent again. The
inboxes of those who hear them drop what they have seen.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    RecordListTooLargeError,
    UnknownError,
)
from aiokafka.structs import RecordMetadata
from sqlalchemy import text

from shared.audit.links import ChainWriter
from shared.database.connection import Connection, Database
from shared.database.locks import Lock, take_for_session
from shared.database.retry import keep_running
from shared.messaging import message_spans, wire
from shared.messaging.batching import Pace
from shared.messaging.broker import (
    BrokerClient,
    NoIdempotence,
    WrongPartitions,
    key_hash,
    may_pass,
    track_topics,
)
from shared.messaging.clients import connected
from shared.messaging.parked import OUTBOX, park_unsendable
from shared.messaging.sizes import LARGEST_RECORD, LARGEST_REQUEST
from shared.messaging.topics import Topics, events_topic, parked_topic
from shared.service.clock import Clock, epoch_ns
from shared.service.settings import Settings
from shared.service.standing import Place, Standing
from shared.telemetry.metrics import Gauge, Rows, Telemetry

BATCH = 2_000
POLL_S = 0.5
GATHER_S = 0.002
"""After news, so that other transactions that commit at this moment come along."""
QUIET_GAP_S, BUSY_GAP_S = 0.05, 0.15

TRY_LOCK = take_for_session(Lock.RELAY)
_UNSENT = text(
    """
    select seq, topic, event_id, key, type, occurred_at, traceparent, body
    from outbox where sent_at is null and topic <> all(cast(:refused as text[])) order by seq limit :limit
    """
)
_MARK = text(
    """
    with marked as (update outbox set sent_at = now() where seq = any(cast(:seqs as bigint[])))
    update relay set offsets = cast(:offsets as jsonb)
    """
)
_NEWEST = text("select max(seq) from outbox where sent_at is null and topic <> all(cast(:refused as text[]))")
_HOLD = text("select hold_at from relay where hold_until > clock_timestamp()")
_BEGIN = text("insert into relay (single) values (true) on conflict do nothing")
_STATE = text("select cluster, offsets from relay")
_SAVE_STATE = text("update relay set cluster = :cluster, offsets = cast(:offsets as jsonb)")
_FORGET_OFFSETS = text("update relay set offsets = '{}'")
_UNSEND = text("update outbox set sent_at = null where sent_at is not null")


UNSENDABLE = (MessageSizeTooLargeError, RecordListTooLargeError)
"""What a broker says of a record that it will never take."""


class ProducerSpent(Exception):
    """The broker refused a batch. It refuses all that an idempotent producer sends after the gap."""


class LogLost(Exception):
    """The broker no longer has records that it had acknowledged."""


class Relay:
    """Sends one service's outbox. `poke()` when there is news, `ask()` when somebody waits to judge."""

    def __init__(
        self,
        service: str,
        engine: Database,
        settings: Settings,
        clock: Clock,
        log: structlog.typing.FilteringBoundLogger,
        telemetry: Telemetry,
        standing: Standing,
    ) -> None:
        self.topic = events_topic(service)
        self.upto: datetime | None = None
        """The watermark sent last."""
        self.limit: datetime | None = None
        """No watermark goes past this moment: events that occurred after it are still to be made."""
        self._service = service
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._log = log
        self._news = asyncio.Event()
        self._asks = False
        self._hurried = False
        self._pause_s = settings.busy_watermark_s
        self._watermark_at = float("-inf")
        self._pace = Pace(QUIET_GAP_S, BUSY_GAP_S)
        self._chain = ChainWriter(service)
        self._offsets: dict[str, int] = {}
        """The next offset by `topic/partition`; under the topic alone, how many partitions it has."""
        self._topics = Topics((self.topic, parked_topic(service)), log, _seconds)
        self._telemetry = telemetry
        self._stand = standing.stand("relay", _place)
        self._active = False
        metrics = telemetry.metrics
        metrics.add_gauge(
            Gauge("huying_relay_active", "1 where this process relays"), lambda: [((), float(self._active))]
        )
        metrics.add_gauge(
            Gauge("huying_own_watermark_age_seconds", "Since the watermark this service said last"), self._age
        )

    def _age(self) -> Rows:
        if not self._active or self.upto is None:
            return []
        return [((), (self._clock.now() - self.upto).total_seconds())]

    def poke(self) -> None:
        """Look at the outbox, and send a watermark soon: something was written or heard."""
        self._pause_s = self._settings.busy_watermark_s
        self._news.set()

    def hurry(self) -> None:
        """Send a watermark at once: another service waits to judge."""
        self._hurried = True
        self.poke()

    def ask(self) -> None:
        """Send a watermark at once, and with it ask the other services for theirs."""
        self._asks = True
        self.hurry()

    async def run(self) -> None:
        """Relay until cancelled; a broker or a database that is away is waited for."""
        await keep_running(self._session_or_resend, self._log, "relay", may_pass=may_pass)

    async def _session_or_resend(self) -> None:
        try:
            await self._session()
        except LogLost as error:
            await self._resend_all(repr(error))
        finally:
            self._stand.session_ended()

    async def _session(self) -> None:
        """Everything runs on the connection that has the lock: who loses the lock sends nothing more."""
        async with self._engine.connect() as conn:
            await self._wait_for_lock(conn)
            self._active = True
            try:
                async with BrokerClient(self._settings) as broker:
                    await self._load_offsets(conn, broker.cluster)
                    await self._chain.begin(conn, self._engine, self._clock.now())
                    await self._topics.begin(broker)
                    await self._relay(conn, broker)
            finally:
                self._active = False
                await conn.invalidate()

    async def _wait_for_lock(self, conn: Connection) -> None:
        while not (await conn.execute(TRY_LOCK)).scalar_one():
            self._stand.passed()  # another process relays
            await asyncio.sleep(1)

    async def _relay(self, conn: Connection, broker: BrokerClient) -> None:
        while True:
            with suppress(ProducerSpent):
                async with self._producing() as producer:
                    await track_topics(producer, self._topics.own)
                    while True:
                        await broker.check()
                        await self._rest(await self._turn(conn, broker, producer))

    @asynccontextmanager
    async def _producing(self) -> AsyncIterator[AIOKafkaProducer]:
        """A producer that was started. Raises `NoIdempotence` where the broker takes no idempotent one."""
        producer = AIOKafkaProducer(
            **self._settings.client(),
            acks="all",
            linger_ms=2,
            max_batch_size=262_144,
            max_request_size=LARGEST_REQUEST,
            enable_idempotence=self._settings.idempotent_producer,
            request_timeout_ms=10_000,
        )
        try:
            async with connected(producer):
                yield producer
        except UnknownError as error:
            if self._settings.idempotent_producer and self.upto is None:
                raise NoIdempotence(self._settings.bootstrap) from error
            raise

    async def _load_offsets(self, conn: Connection, cluster: str) -> None:
        """Take up where the last relay stopped; on another broker, from the start of the outbox."""
        await conn.execute(_BEGIN)
        state = (await conn.execute(_STATE)).one()
        if state.cluster not in (None, cluster):
            await self._resend_all(f"cluster {state.cluster} became {cluster}")
            state = (await conn.execute(_STATE)).one()
        wanted = self._settings.partitions
        if (before := state.offsets.get(self.topic, wanted)) != wanted:
            raise WrongPartitions(f"{self.topic} (as the database has it)", before, wanted)
        self._offsets = {**state.offsets, self.topic: wanted}
        values = {"cluster": cluster, "offsets": orjson.dumps(self._offsets).decode()}
        await conn.execute(_SAVE_STATE, values)

    async def _resend_all(self, reason: str) -> None:
        """Mark all rows of the outbox as unsent: the broker lost what it had."""
        self._log.warning("all retained events are sent again", topic=self.topic, reason=reason)
        async with self._engine.begin() as conn:
            await conn.execute(_FORGET_OFFSETS)
            await conn.execute(_UNSEND)

    async def _rest(self, sent: int) -> None:
        """Wait for news, or until a watermark is due."""
        due_s = self._watermark_at + self._pause_s - _seconds()
        try:
            async with asyncio.timeout(due_s if 0 < due_s < POLL_S else POLL_S):
                await self._news.wait()
        except TimeoutError:
            return
        await asyncio.sleep(GATHER_S)
        await self._pace.rest(sent)

    async def _turn(self, conn: Connection, broker: BrokerClient, producer: AIOKafkaProducer) -> int:
        """Send all unsent rows, then the watermark that they reach; returns how many rows were sent."""
        self._news.clear()
        self._pace.begin()
        horizon = await self._horizon(conn) if self._watermark_is_due() else None
        sent = await self._send_unsent(conn, broker, producer)
        if horizon is not None and (self._asks or self.upto is None or horizon > self.upto):
            await self._send_watermarks(producer, horizon)
            if not (sent or self._news.is_set()):
                self._pause_s = min(self._pause_s * 2, self._settings.idle_watermark_s)
        if sent:
            self._pause_s = self._settings.busy_watermark_s
        return sent

    def _watermark_is_due(self) -> bool:
        waited = _seconds() - self._watermark_at >= self._pause_s
        return waited or self._asks or self._hurried or self._settings.clock == "driven"

    async def _horizon(self, conn: Connection) -> datetime:
        moments = (await self._clock.horizon(conn), (await conn.execute(_HOLD)).scalar(), self.limit)
        return min(moment for moment in moments if moment is not None)

    async def _send_unsent(self, conn: Connection, broker: BrokerClient, producer: AIOKafkaProducer) -> int:
        """Send the rows that were committed before this moment; returns how many. Raises `ProducerSpent`."""
        sent, newest = 0, None
        self._topics.ask_again()
        while rows := (await conn.execute(_UNSENT, {"limit": BATCH, "refused": self._topics.refused})).all():
            if newest is None and len(rows) == BATCH:
                newest = (await conn.execute(_NEWEST, {"refused": self._topics.refused})).scalar()
            if not all([await self._topics.exists(broker, topic) for topic in {row.topic for row in rows}]):
                continue
            self._stand.at(rows)
            spent = await self._send(producer, rows)
            await self._chain.add(conn, rows, self._clock.now())
            offsets = orjson.dumps(self._offsets).decode()
            await conn.execute(_MARK, {"seqs": [row.seq for row in rows], "offsets": offsets})
            self._stand.passed()
            if spent:
                raise ProducerSpent
            sent += len(rows)
            if newest is None or rows[-1].seq >= newest:
                break
        return sent

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Any]) -> bool:
        """Send rows; those that can never be sent are laid aside, and the others go on.

        Returns whether the broker refused a batch, after which the producer is spent.
        """
        began_ns = epoch_ns()
        await track_topics(producer, {row.topic for row in rows})
        small = [row for row in rows if _size(row) <= LARGEST_RECORD]
        acknowledgements = [await self._enqueue(producer, row) for row in small]
        answers = await asyncio.gather(*acknowledgements, return_exceptions=True)
        spent = any(isinstance(answer, UNSENDABLE) for answer in answers)
        sent: list[tuple[Any, RecordMetadata]] = []
        failed = []
        for row, answer in zip(small, answers, strict=True):
            if not isinstance(answer, BaseException):
                sent.append((row, answer))
            elif spent and isinstance(answer, (*UNSENDABLE, OutOfOrderSequenceNumber)):
                failed.append(row)
            else:
                self._stand.reason = f"row {row.seq} to {row.topic}: {type(answer).__name__}"
                raise answer
        sent += await self._send_one_by_one(failed)
        for row in rows:
            if (size := _size(row)) > LARGEST_RECORD:
                await self._lay_aside(row, f"{size} bytes are more than {LARGEST_RECORD}")
        self._note_offsets([record for _, record in sent])
        self._telemetry.metrics.count_relayed(row.topic for row, _ in sent)
        for row, record in sent:
            message_spans.export_send_span(self._telemetry.tracer, row, record, began_ns)
        return spent

    async def _enqueue(self, producer: AIOKafkaProducer, row: Any) -> asyncio.Future[RecordMetadata]:
        acknowledgement: asyncio.Future[RecordMetadata] = await producer.send(
            row.topic,
            key=row.key.encode(),
            partition=self._partition(row.topic, row.key),
            value=row.body.encode(),
            headers=wire.headers(self._service, row.type, row.event_id, row.occurred_at, row.traceparent),
        )
        return acknowledgement

    async def _send_one_by_one(self, rows: Sequence[Any]) -> list[tuple[Any, RecordMetadata]]:
        """Send rows whose batches were refused, in their order; one that is refused alone is laid aside."""
        waiting, sent = deque(rows), []
        while waiting:
            async with self._producing() as producer:
                await track_topics(producer, {row.topic for row in waiting})
                while waiting:
                    row = waiting.popleft()
                    try:
                        sent.append((row, await (await self._enqueue(producer, row))))
                    except UNSENDABLE as error:
                        reason = f"the broker refuses {_size(row)} bytes: {type(error).__name__}"
                        await self._lay_aside(row, reason)
                        break
        return sent

    async def _lay_aside(self, row: Any, reason: str) -> None:
        reason = f"cannot be sent: {reason}"
        async with self._engine.begin() as conn:
            is_new = await park_unsendable(conn, self._service, row, reason)
        if is_new:
            self._log.error("parked", topic=row.topic, seq=row.seq, reason=reason)
            self._telemetry.metrics.count_parked(row.topic)

    def _partition(self, topic: str, key: str) -> int | None:
        """By HUYING_PARTITIONS for an own topic, also while some are added; else the producer chooses."""
        return key_hash(key) % self._settings.partitions if topic in self._topics.own else None

    async def _send_watermarks(self, producer: AIOKafkaProducer, upto: datetime) -> None:
        asks, self._asks, self._hurried = self._asks, False, False
        acknowledgements = []
        for partition in range(self._settings.partitions):
            after = self._offsets.get(f"{self.topic}/{partition}", 0)
            watermark = wire.Watermark(upto=upto, after=after, asks=asks)
            headers = wire.headers(self._service, wire.WATERMARK, uuid4(), upto, None)
            body = watermark.model_dump_json().encode()
            acknowledgements.append(
                await producer.send(self.topic, partition=partition, value=body, headers=headers)
            )
        self._note_offsets(await asyncio.gather(*acknowledgements))
        self.upto = upto
        self._watermark_at = _seconds()

    def _note_offsets(self, sent: Sequence[RecordMetadata]) -> None:
        """Note the offsets that the broker gave. Raises `LogLost` where it gave one of them before."""
        lost = False
        for record in sorted(sent, key=lambda record: record.offset):
            partition = f"{record.topic}/{record.partition}"
            lost = lost or record.offset < self._offsets.get(partition, 0)
            self._offsets[partition] = record.offset + 1
        if lost:
            raise LogLost(self.topic)


def _place(row: Any) -> Place:
    return Place(OUTBOX, None, row.seq)


def _size(row: Any) -> int:
    """The bytes of a row's key and body."""
    return len(row.key.encode()) + len(row.body.encode())


def _seconds() -> float:
    return asyncio.get_running_loop().time()
