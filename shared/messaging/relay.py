"""From the outbox to Kafka, in order for each key, and the watermarks that make judgement possible.

Each service has one relay at a time: the process that holds the advisory lock. It reads the horizon (a moment
up to which all transactions have ended), then sends the unsent rows, and only then sends the horizon as a
watermark into every partition: so everything that occurred up to a watermark lies before it. Where the broker
was replaced, or acknowledges offsets that it had used before, all rows of the outbox are sent again. The
inboxes of those who hear them drop what they have seen.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any

import orjson
import structlog
from aiokafka import AIOKafkaProducer
from sqlalchemy import text

from shared.audit.links import ChainWriter
from shared.database.connection import Connection, Database
from shared.database.locks import Lock, take_for_session
from shared.database.retry import keep_running
from shared.messaging.batching import Pace
from shared.messaging.broker import BrokerClient, WrongPartitions, may_pass, track_topics
from shared.messaging.outbox import UnsentRow
from shared.messaging.parked import OUTBOX
from shared.messaging.sending import LogLost, Sender
from shared.messaging.topics import Topics, events_topic, parked_topic
from shared.service.clock import Clock
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
    select seq, topic, event_id, key, type, occurred_at, traceparent, body, salt
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


class ProducerSpent(Exception):
    """The broker refused a batch. It refuses all that an idempotent producer sends after the gap."""


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
        self.limit: datetime | None = None
        """No watermark goes past this moment: events that occurred after it are still to be made."""
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
        self._topics = Topics((self.topic, parked_topic(service)), log, _seconds)
        self._stand = standing.stand("relay", _place)
        self._sender = Sender(service, engine, settings, self._topics.own, log, telemetry, self._stand)
        self._active = False
        metrics = telemetry.metrics
        metrics.add_gauge(
            Gauge("huying_relay_active", "1 where this process relays"), lambda: [((), float(self._active))]
        )
        metrics.add_gauge(
            Gauge("huying_own_watermark_age_seconds", "Since the watermark this service said last"), self._age
        )

    @property
    def upto(self) -> datetime | None:
        """The watermark sent last."""
        return self._sender.upto

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
                async with self._sender.producing() as producer:
                    await track_topics(producer, self._topics.own)
                    while True:
                        await broker.check()
                        await self._rest(await self._turn(conn, broker, producer))

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
        self._sender.offsets = {**state.offsets, self.topic: wanted}
        values = {"cluster": cluster, "offsets": orjson.dumps(self._sender.offsets).decode()}
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
            asks, self._asks, self._hurried = self._asks, False, False
            await self._sender.send_watermarks(producer, horizon, asks=asks)
            self._watermark_at = _seconds()
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

    async def _unsent(self, conn: Connection) -> list[UnsentRow]:
        rows = await conn.execute(_UNSENT, {"limit": BATCH, "refused": self._topics.refused})
        return [UnsentRow.of(conn, row) for row in rows]

    async def _send_unsent(self, conn: Connection, broker: BrokerClient, producer: AIOKafkaProducer) -> int:
        """Send the rows that were committed before this moment; returns how many. Raises `ProducerSpent`."""
        sent, newest = 0, None
        self._topics.ask_again()
        while rows := await self._unsent(conn):
            if newest is None and len(rows) == BATCH:
                newest = (await conn.execute(_NEWEST, {"refused": self._topics.refused})).scalar()
            if not all([await self._topics.exists(broker, topic) for topic in {row.topic for row in rows}]):
                continue
            self._stand.at(rows)
            spent = await self._sender.send(producer, rows)
            await self._chain.add(conn, rows, self._clock.now())
            offsets = orjson.dumps(self._sender.offsets).decode()
            await conn.execute(_MARK, {"seqs": [row.seq for row in rows], "offsets": offsets})
            self._stand.passed()
            if spent:
                raise ProducerSpent
            sent += len(rows)
            if newest is None or rows[-1].seq >= newest:
                break
        return sent


def _place(row: Any) -> Place:
    return Place(OUTBOX, None, row.seq)


def _seconds() -> float:
    return asyncio.get_running_loop().time()
