"""What makes a service, and what it runs on: database, relay, writer, consumer and web application."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from fastapi import APIRouter
from fastapi.routing import APIRoute
from sqlalchemy import TextClause
from starlette.types import ASGIApp

from shared.audit import seals
from shared.database import gauges
from shared.database.connection import Database
from shared.database.errors import DATABASE_ERRORS, DatabaseAway, is_about_connecting
from shared.database.migrations import migrate, migration_engine
from shared.database.retry import keep_running
from shared.encryption import proofs
from shared.encryption.keyring import KeyRing
from shared.encryption.renewal import EncryptedColumn, Renewal
from shared.events import Event
from shared.files import strict_yaml
from shared.messaging.consumer import Consumer, Handlers
from shared.messaging.encrypted import BACKBONE
from shared.messaging.outbox import WorkFactory
from shared.messaging.redriving import Redrives
from shared.messaging.relay import Relay
from shared.messaging.topics import events_topic
from shared.service.accounts import Accounts
from shared.service.clock import EPOCH, Clock, DrivenClock, WallClock
from shared.service.retention import PARKED, Retained, retain
from shared.service.settings import Settings
from shared.service.standing import Standing
from shared.telemetry import logs
from shared.telemetry.exporter import OtlpExporter
from shared.telemetry.metrics import Counter, GaugeQuery, Metrics, Telemetry
from shared.telemetry.spans import Tracer
from shared.web import access, ops
from shared.web.access import Access
from shared.web.fields import NO_FIELDS, FieldTable
from shared.web.hiding import Hiding
from shared.web.origins import IN_TWO_PLACES, Origins
from shared.web.problems import Amendments
from shared.web.reads import tell_of_reads
from shared.web.routes import Description, Titles, application
from shared.web.tokens import Tokens
from shared.web.writer import Writer

FORGET_EVERY_S = 3600.0
TITLES = "columns.yaml"
NUMBER_S = 1.0
"""How long a span waits for the number of its case."""


async def _nothing(_context: "ServiceContext") -> None:
    """Most services prepare nothing."""


@dataclass(frozen=True)
class Service:
    """What makes a service. The framework knows nothing of a service but what is handed in here."""

    name: str
    work: Callable[["ServiceContext"], WorkFactory]
    """Returns what makes units of work, with what they need of the settings."""
    access: Access
    """Which roles may call which of its own routes."""
    migrations: Path
    """The folder of its alembic migrations."""
    routers: tuple[APIRouter, ...]
    case_attribute: str
    """The span attribute that holds the id of a case."""
    case_parameters: tuple[str, ...]
    """The path parameters that hold the id of a case."""
    number_of_case: TextClause
    """Selects the number of the case with the id `:id`."""
    cases_of_numbers: TextClause
    """Selects `id` and `number` of the cases with the numbers `:numbers`."""
    reads_event: Callable[[datetime, Sequence[Mapping[str, Any]]], Event] | None = None
    """Makes the event that tells of reads of personal data, of its moment and their entries."""
    fields: FieldTable = NO_FIELDS
    """Which role reads which kind of field of its cases."""
    hiding: Hiding | None = None
    """Which of its cases are kept from whom; None where everybody with a role reads every case."""
    settings: type[Settings] = Settings
    resources: Callable[["ServiceContext"], Any] = lambda _: None
    """Loads what it needs besides, such as rule packs; kept as `ServiceContext.resources`."""
    hears: tuple[str, ...] = ()
    handlers: Handlers = field(default_factory=dict)
    tasks: tuple[Callable[["ServiceContext"], Coroutine[Any, Any, None]], ...] = ()
    prepare: Callable[["ServiceContext"], Awaitable[None]] = _nothing
    """Runs after the migrations and before all else. What it raises refuses the start."""
    redrives: Redrives = field(default_factory=dict)
    amended_refusals: Amendments = field(default_factory=dict)
    """By method and path of a route, what adds to its refusals."""
    pages: "Callable[[ServiceContext], ASGIApp] | None" = None
    """Makes the application of pages for people; it answers every address that is no service's."""
    streamed: frozenset[str] = frozenset()
    """Method and path of the routes that read their bodies part by part (`shared.web.streamed`)."""
    encrypted: tuple[EncryptedColumn, ...] = ()
    """Its own columns with encrypted values, beside those that every service has."""
    retained_besides: tuple[Retained, ...] = ()
    """Its own kinds of data that a rule of the city may end."""
    gauges: tuple[GaugeQuery, ...] = ()
    counters: tuple[Counter, ...] = ()
    """Counters of its own; `counted_events` counts an event in one of them by type when it is committed."""
    counted_events: Mapping[str, Counter] = field(default_factory=dict)
    kept_events: Mapping[str, str] = field(default_factory=dict)
    """Types of events that keep the trace in which they are said, with the reason."""

    @property
    def table(self) -> Access:
        """Which roles may call which of all its routes."""
        return {**self.access, **ops.ACCESS}

    @property
    def routes(self) -> list[APIRoute]:
        """Its own routes and those that every service has."""
        routers = (*self.routers, ops.router)
        return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]

    @property
    def examples(self) -> Path:
        """The file with an example of each answer, made by `python -m tests.examples`."""
        return self.migrations.parent / "examples.json"

    @property
    def titles(self) -> Titles:
        """The titles of the columns of its lists, by method and path."""
        files = (self.migrations.parent / TITLES, Path(ops.__file__).parent / TITLES)
        return {route: titles for file in files for route, titles in strict_yaml.values(file).items()}

    @property
    def encrypted_columns(self) -> tuple[EncryptedColumn, ...]:
        """All its columns with encrypted values."""
        return (*BACKBONE, *self.encrypted)

    @property
    def retained(self) -> tuple[Retained, ...]:
        """All its kinds of data that a rule of the city may end."""
        return (*self.retained_besides, PARKED)

    @property
    def topics(self) -> list[str]:
        """The topics it hears."""
        return [events_topic(name) for name in self.hears]


class ServiceContext:
    """A service with all that it runs on: settings, database, relay, writer, consumer, web application."""

    def __init__(self, service: Service, settings: Settings, exporter: OtlpExporter | None = None) -> None:
        self.service = service
        self.settings = settings
        self.telemetry = _telemetry(service, settings, exporter)
        self.log = logs.log(service.name)
        self.access = service.table
        access.check(self.access, service.routes)
        self.accounts = Accounts.load(settings.accounts)
        self.tokens = Tokens.load(service.name, settings.token_keys)
        self.origins = Origins()
        self.telemetry.metrics.add_gauge(IN_TWO_PLACES, lambda: [((), float(self.origins.in_two_places()))])
        self.seal_key = seals.read_key(settings.seal_key) if settings.seal_key else None
        self.zone = settings.time_zone()
        self.resources = service.resources(self)
        starts_at = settings.clock_starts_at or EPOCH
        self.clock: Clock = DrivenClock(starts_at) if settings.clock == "driven" else WallClock()
        self.ring = KeyRing.load(service.name, settings.data_keys)
        self.engine = Database(settings.database, ring=self.ring)
        self.reader = Database(settings.database, 5, self.ring)
        self.read_news = asyncio.Event()
        """Set when a read of personal data was put on record."""
        self.news = asyncio.Event()
        """Set when a watermark was received, or something was written here."""
        self.standing = Standing(self.reader, self.telemetry.metrics, settings.standing_limit_s)
        self.relay = Relay(
            service.name, self.engine, settings, self.clock, self.log, self.telemetry, self.standing
        )
        self.closing = contextlib.AsyncExitStack()
        """Closes what was opened beside the database, when the service ends."""
        self.work = service.work(self)
        """Makes a unit of work, given a connection in a transaction and the time."""
        self.writer = Writer(self.engine, self.clock, self.work, self.wake, self.telemetry.metrics)
        self.consumer = Consumer(
            service.name,
            service.topics,
            service.handlers,
            self.work,
            self.engine,
            settings,
            self.clock,
            self,
            self.log,
            service.redrives,
            self.telemetry,
            self.standing,
        )
        self.description = description_of(service)
        self.app = application(
            self.description,
            (*service.routers, ops.router),
            service.amended_refusals,
            service.streamed,
            service.titles,
        )
        self.app.state.service = self

    def batch_committed(self, *, events: int, watermarks: int, asked: bool) -> None:
        """The consumer committed a batch with so many events and watermarks; `asked` asks for a watermark."""
        if watermarks:
            self.news.set()
        if events:
            self.relay.poke()
        if asked:
            self.relay.hurry()

    async def number_of(self, case_id: UUID) -> str | None:
        """The number of a case, for its span. None where there is none, or no answer within a second."""
        with contextlib.suppress(*DATABASE_ERRORS):
            async with asyncio.timeout(NUMBER_S):
                rows = await self.reader.reading().execute(self.service.number_of_case, {"id": case_id})
                return cast("str | None", rows.scalar())
        return None

    def wake(self) -> None:
        """Wake the relay and whoever waits for news: something was written, or the clock was moved."""
        self.news.set()
        self.relay.poke()

    async def start(self) -> None:
        """Migrate the database and prepare the service. Any error refuses the start.

        `DatabaseAway` where the database does not answer or does not let the service in.
        """
        try:
            await self._prepare()
        except DATABASE_ERRORS as error:
            if not is_about_connecting(error):
                raise
            raise DatabaseAway(self.service.name, self.settings.database, error) from error

    async def _prepare(self) -> None:
        engine = migration_engine(self.settings.database)
        try:
            await migrate(engine, self.service.migrations)
        finally:
            await engine.dispose()
        async with self.engine.begin() as conn:
            await proofs.check(conn, conn.ring, self.service.name)
        await self.service.prepare(self)

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """The tasks that run beside the web server."""
        tasks: list[Coroutine[Any, Any, None]] = [
            self.relay.run(),
            self.writer.run(),
            keep_running(self.writer.forget, self.log, "kept answers", rest_s=FORGET_EVERY_S),
            self._renewing(),
            retain(self),
            *(task(self) for task in self.service.tasks),
        ]
        if self.service.reads_event is not None:
            tasks.append(tell_of_reads(self))
        if self.seal_key is not None:
            name, key = self.service.name, self.seal_key
            tasks.append(seals.seal_daily(name, self.engine, self.clock, self.zone, key, self.log))
        if self.service.hears:
            tasks.append(self.consumer.run())
        return tasks

    def _renewing(self) -> Coroutine[Any, Any, None]:
        """Keeps what is encrypted under the current key."""
        assert self.ring is not None  # without one it did not start
        if self.ring.current is None:
            self.log.warning(
                "personal data are written in plain until `huying keys begin`", ring=str(self.ring.file)
            )
        renewal = Renewal(self.engine, self.ring, self.service.encrypted_columns)
        return keep_running(renewal.turn, self.log, "encryption")


def _telemetry(service: Service, settings: Settings, exporter: OtlpExporter | None) -> Telemetry:
    metrics = Metrics(
        service.name, (*gauges.BACKBONE, *service.gauges), service.counters, service.counted_events
    )
    tracer = Tracer(service.name, settings.trace_ratio, exporter, service.case_attribute, service.kept_events)
    return Telemetry(tracer, metrics)


def description_of(service: Service) -> Description:
    """What becomes the OpenAPI document of a service once its routes are described."""
    return Description(
        service.table,
        service.examples,
        service.hiding.parameters if service.hiding else (),
        service.case_parameters,
        title=f"Huying {service.name}",
        description=f"The {service.name} service of Huying (呼应).",
        docs_url=None,  # `shared.web.docs` serves it
        redoc_url=None,
    )
