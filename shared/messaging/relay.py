"""From the outbox to Kafka, in order per case, and the watermarks that make judgement possible.

One relay a service: whoever holds the advisory lock. It reads the horizon first, sends what is unsent
next, and only then says the horizon as a watermark into every partition: so all that occurred up to it
lies before it. Where the broker was replaced, or acknowledges offsets it had used before, all that the
outbox retains is sent again. Inboxes drop what was seen.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownError
from aiokafka.structs import RecordMetadata
from sqlalchemy import text

from shared.audit.links import Links
from shared.database.connection import Connection, Database
from shared.database.locks import Lock, take_for_session
from shared.database.retry import keep_running
from shared.messaging import message_spans, wire
from shared.messaging.batching import Pace
from shared.messaging.broker import Bus, NoIdempotence, WrongPartitions, end, hash_of, may_pass
from shared.messaging.topics import Topics, events_topic, parked_topic
from shared.service.clock import Clock, epoch_ns
from shared.service.settings import Settings
from shared.telemetry.metrics import Gauge, Rows, Telemetry

BATCH = 2_000
POLL_S = 0.5
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


class LogLost(Exception):
    """The broker no longer has what it had acknowledged."""


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
    ) -> None:
        self.topic = events_topic(service)
        self.upto: datetime | None = None
        self.limit: datetime | None = None
        """No watermark past this moment: events that occurred after it are still to be made."""
        self._service = service
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._log = log
        self._news = asyncio.Event()
        self._asks = False
        self._hurried = False
        self._pause_s = settings.busy_watermark_s
        self._said_at = float("-inf")
        self._pace = Pace(QUIET_GAP_S, BUSY_GAP_S)
        self._links = Links(service)
        self._offsets: dict[str, int] = {}
        """By topic and partition; under the topic alone, how many partitions it has."""
        self._topics = Topics((self.topic, parked_topic(service)), log, _seconds)
        self._telemetry = telemetry
        self._active = False
        metrics = telemetry.metrics
        metrics.read(
            Gauge("huying_relay_active", "1 where this process relays"), lambda: [((), float(self._active))]
        )
        metrics.read(
            Gauge("huying_own_watermark_age_seconds", "Since the watermark this service said last"), self._age
        )

    def _age(self) -> Rows:
        if not self._active or self.upto is None:
            return []
        return [((), (self._clock.now() - self.upto).total_seconds())]

    def poke(self) -> None:
        """Something was written or heard: look at the outbox, and say a watermark soon."""
        self._pause_s = self._settings.busy_watermark_s
        self._news.set()

    def hurry(self) -> None:
        """Say a watermark at once: somebody waits to judge."""
        self._hurried = True
        self.poke()

    def ask(self) -> None:
        """Say a watermark at once, and ask the others for theirs."""
        self._asks = True
        self.hurry()

    async def run(self) -> None:
        """Relay until cancelled; what fails for a time is tried again."""
        await keep_running(self._session_or_forget, self._log, "relay", may_pass=may_pass)

    async def _session_or_forget(self) -> None:
        try:
            await self._session()
        except LogLost as error:
            await self._forget(repr(error))

    async def _session(self) -> None:
        """All on the one connection that has the lock: without the lock nothing more is sent."""
        async with self._engine.connect() as conn:
            await self._become_only(conn)
            self._active = True
            try:
                async with Bus(self._settings) as bus:
                    await self._remember(conn, bus.cluster)
                    await self._links.begin(conn, self._engine, self._clock.now())
                    await self._topics.begin(bus)
                    await self._relay(conn, bus)
            finally:
                self._active = False
                await conn.invalidate()

    async def _become_only(self, conn: Connection) -> None:
        while not (await conn.execute(TRY_LOCK)).scalar_one():  # noqa: ASYNC110 - another process holds it
            await asyncio.sleep(1)

    async def _relay(self, conn: Connection, bus: Bus) -> None:
        producer = AIOKafkaProducer(
            **self._settings.client(),
            acks="all",
            linger_ms=2,
            max_batch_size=262_144,
            enable_idempotence=self._settings.idempotent_producer,
            request_timeout_ms=10_000,
        )
        try:
            await producer.start()
            await producer.client.set_topics(self._topics.own)  # a refresh forgets topics that nobody added
            while True:
                await bus.check()
                await self._rest(await self._turn(conn, bus, producer))
        except UnknownError as error:
            if self._settings.idempotent_producer and self.upto is None:
                raise NoIdempotence(self._settings.bootstrap) from error
            raise
        finally:
            await end(producer.stop())

    async def _remember(self, conn: Connection, cluster: str) -> None:
        await conn.execute(text("insert into relay (single) values (true) on conflict do nothing"))
        row = (await conn.execute(text("select cluster, offsets from relay"))).one()
        if row.cluster not in (None, cluster):
            await self._forget(f"cluster {row.cluster} became {cluster}")
            row = (await conn.execute(text("select cluster, offsets from relay"))).one()
        wanted = self._settings.partitions
        if (before := row.offsets.get(self.topic, wanted)) != wanted:
            raise WrongPartitions(f"{self.topic} (as the database has it)", before, wanted)
        self._offsets = {**row.offsets, self.topic: wanted}
        values = {"cluster": cluster, "offsets": orjson.dumps(self._offsets).decode()}
        await conn.execute(
            text("update relay set cluster = :cluster, offsets = cast(:offsets as jsonb)"), values
        )

    async def _forget(self, reason: str) -> None:
        """The broker lost what it had: all that is retained is to be sent again."""
        self._log.warning("all retained events are sent again", topic=self.topic, reason=reason)
        async with self._engine.begin() as conn:
            await conn.execute(text("update relay set offsets = '{}'"))
            await conn.execute(text("update outbox set sent_at = null where sent_at is not null"))

    async def _rest(self, sent: int) -> None:
        due_s = self._said_at + self._pause_s - _seconds()
        try:
            async with asyncio.timeout(due_s if 0 < due_s < POLL_S else POLL_S):
                await self._news.wait()
        except TimeoutError:
            return
        await asyncio.sleep(0.002)  # others come along
        await self._pace.rest(sent)

    async def _turn(self, conn: Connection, bus: Bus, producer: AIOKafkaProducer) -> int:
        """Send all that is unsent, then say how far that reaches; returns how many rows went."""
        self._news.clear()
        self._pace.begin()
        horizon = await self._horizon(conn) if self._is_due() else None
        sent = await self._drain(conn, bus, producer)
        if horizon is not None and (self._asks or self.upto is None or horizon > self.upto):
            await self._say(producer, horizon)
            if not (sent or self._news.is_set()):
                self._pause_s = min(self._pause_s * 2, self._settings.idle_watermark_s)
        if sent:
            self._pause_s = self._settings.busy_watermark_s
        return sent

    def _is_due(self) -> bool:
        """Whether it is time for a watermark."""
        waited = _seconds() - self._said_at >= self._pause_s
        return waited or self._asks or self._hurried or self._settings.clock == "driven"

    async def _horizon(self, conn: Connection) -> datetime:
        moments = (await self._clock.horizon(conn), (await conn.execute(_HOLD)).scalar(), self.limit)
        return min(moment for moment in moments if moment is not None)

    async def _drain(self, conn: Connection, bus: Bus, producer: AIOKafkaProducer) -> int:
        """Send what was committed before this moment; returns how many rows went."""
        sent, newest = 0, None
        self._topics.ask_again()
        while rows := (await conn.execute(_UNSENT, {"limit": BATCH, "refused": self._topics.refused})).all():
            if newest is None and len(rows) == BATCH:
                newest = (await conn.execute(_NEWEST, {"refused": self._topics.refused})).scalar()
            if not all([await self._topics.finds(bus, topic) for topic in {row.topic for row in rows}]):
                continue
            await self._send(producer, rows)
            await self._links.add(conn, rows, self._clock.now())
            offsets = orjson.dumps(self._offsets).decode()
            await conn.execute(_MARK, {"seqs": [row.seq for row in rows], "offsets": offsets})
            sent += len(rows)
            if newest is None or rows[-1].seq >= newest:
                break
        return sent

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Any]) -> None:
        began_ns = epoch_ns()
        for topic in {row.topic for row in rows}:
            await producer.client.add_topic(topic)
        waiting = [
            await producer.send(
                row.topic,
                key=row.key.encode(),
                partition=self._partition(row.topic, row.key),
                value=row.body.encode(),
                headers=wire.headers(self._service, row.type, row.event_id, row.occurred_at, row.traceparent),
            )
            for row in rows
        ]
        records = await asyncio.gather(*waiting)
        self._acknowledged(records)
        self._telemetry.metrics.relayed(row.topic for row in rows)
        for row, record in zip(rows, records, strict=True):
            message_spans.sent(self._telemetry.tracer, row, record, began_ns)

    def _partition(self, topic: str, key: str) -> int | None:
        """Of a topic of ours what the number of partitions says, even where some were added just now."""
        return hash_of(key) % self._settings.partitions if topic in self._topics.own else None

    async def _say(self, producer: AIOKafkaProducer, upto: datetime) -> None:
        asks, self._asks, self._hurried = self._asks, False, False
        waiting = []
        for partition in range(self._settings.partitions):
            after = self._offsets.get(f"{self.topic}/{partition}", 0)
            mark = wire.Watermark(upto=upto, after=after, asks=asks)
            headers = wire.headers(self._service, wire.WATERMARK, uuid4(), upto, None)
            body = mark.model_dump_json().encode()
            waiting.append(await producer.send(self.topic, partition=partition, value=body, headers=headers))
        self._acknowledged(await asyncio.gather(*waiting))
        self.upto = upto
        self._said_at = _seconds()

    def _acknowledged(self, records: Sequence[RecordMetadata]) -> None:
        lost = False
        for record in sorted(records, key=lambda record: record.offset):
            place = f"{record.topic}/{record.partition}"
            lost = lost or record.offset < self._offsets.get(place, 0)
            self._offsets[place] = record.offset + 1
        if lost:
            raise LogLost(self.topic)


def _seconds() -> float:
    return asyncio.get_running_loop().time()
