"""One process runs a service: web server, consumer, writer, relay and timers are tasks of one group.

The death of any ends the process, and whoever supervises it starts it again.
"""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import uvicorn
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from sqlalchemy import TextClause, text
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.audit import seals
from shared.database import gauges
from shared.database.connection import Database
from shared.database.errors import DATABASE_ERRORS
from shared.database.migrations import migrate, migration_engine
from shared.messaging.consumer import Consumer, Handlers, Redrives
from shared.messaging.outbox import WorkFactory
from shared.messaging.relay import Relay
from shared.messaging.topics import events_topic
from shared.rules.pack import pack
from shared.rules.time.calendar import Calendar
from shared.service.accounts import Accounts
from shared.service.clock import Clock, DrivenClock, WallClock
from shared.service.errors import NotFound, PackMissing
from shared.service.settings import Settings
from shared.telemetry import logs
from shared.telemetry.exporter import SPANS, OtlpExporter
from shared.telemetry.metrics import GaugeQuery, Metrics, Telemetry
from shared.telemetry.spans import Tracer
from shared.web import access, openapi, ops, problems
from shared.web.access import Access
from shared.web.direct import Application
from shared.web.request import authorize
from shared.web.writer import Writer

NUMBERED = text("select registration_number from appeals where appeal_id = :id")
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
NUMBER_S = 1.0
"""How long a span waits for the number of its case."""


@dataclass(frozen=True)
class Service:
    """What makes a service: its name, what it hears and does, its routes, and tasks beside them.

    `batch` returns what makes the service's units of work; what they need of the settings is handed in there.
    """

    name: str
    batch: Callable[["ServiceContext"], WorkFactory]
    access: Access
    """Which roles may call which of its own routes."""
    hears: tuple[str, ...] = ()
    handlers: Handlers = field(default_factory=dict)
    routers: tuple[APIRouter, ...] = ()
    tasks: tuple[Callable[["ServiceContext"], Coroutine[Any, Any, None]], ...] = ()
    prepare: Callable[["ServiceContext"], Awaitable[None]] | None = None
    redrives: Redrives = field(default_factory=dict)
    gauges: tuple[GaugeQuery, ...] = ()
    numbered: TextClause = NUMBERED

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
    def topics(self) -> list[str]:
        """The topics it hears."""
        return [events_topic(name) for name in self.hears]


class ServiceContext:
    """One service with everything it runs on."""

    def __init__(self, service: Service, settings: Settings, exporter: OtlpExporter | None = None) -> None:
        self.service = service
        self.settings = settings
        self.telemetry = _telemetry(service, settings, exporter)
        self.log = logs.log(service.name)
        self.access = service.table
        self.accounts = Accounts.load(settings.accounts)
        self.pack = pack.load(settings.pack, settings.pack_settings)
        self.procedures = {ref: pack.load(ref, settings.pack_settings) for ref in settings.procedures}
        self.seal_key = seals.read_key(settings.seal_key) if settings.seal_key else None
        self.calendar = Calendar.load(_zone(settings.zone), settings.calendar)
        starts_at = settings.clock_starts_at or EPOCH
        self.clock: Clock = DrivenClock(starts_at) if settings.clock == "driven" else WallClock()
        self.engine = Database(settings.database)
        self.reader = Database(settings.database, 5)
        self.news = asyncio.Event()
        """Set when watermarks were heard, or something was written here."""
        self.relay = Relay(service.name, self.engine, settings, self.clock, self.log, self.telemetry)
        self.work = service.batch(self)
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
        )
        self.app = build_app(self)

    def heard(self, *, events: int, watermarks: int, asked: bool) -> None:
        """A batch was committed."""
        if watermarks:
            self.news.set()
        if events:
            self.relay.poke()
        if asked:
            self.relay.hurry()

    def pack_of(self, ref: str) -> pack.Pack:
        """The pack a case names; the city's own may come from a file. PackMissing where it is not here."""
        for own in (self.pack, *self.procedures.values()):
            if ref == own.ref:
                return own
        try:
            return pack.load(ref, self.settings.pack_settings)
        except pack.PackError as error:
            self.log.error("a case's pack is not here", pack=ref, reason=str(error))
            raise PackMissing(
                f"规则包 {ref} 不在本系统：请运维放回该版本的规则包文件，或其本地规定的该版本",
                f"rule pack {ref} is not here: put back that version of it, or of its settings (see the log)",
            ) from error

    async def number_of(self, case_id: UUID) -> str | None:
        """The number of a case, for its span; None where there is none, or the database has no time."""
        with contextlib.suppress(*DATABASE_ERRORS):
            async with asyncio.timeout(NUMBER_S):
                found = await self.reader.reading().execute(self.service.numbered, {"id": case_id})
                return cast("str | None", found.scalar())
        return None

    def wake(self) -> None:
        """Something was written, or the clock was moved."""
        self.news.set()
        self.relay.poke()

    async def start(self) -> None:
        """Bring the database up to date; refuse to start where something is wrong."""
        engine = migration_engine(self.settings.database)
        try:
            await migrate(engine, self.service.name)
        finally:
            await engine.dispose()
        if self.service.prepare is not None:
            await self.service.prepare(self)

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """What runs beside the web server."""
        found: list[Coroutine[Any, Any, None]] = [
            self.relay.run(),
            self.writer.run(),
            self.writer.forget(),
            *(task(self) for task in self.service.tasks),
        ]
        if self.seal_key is not None:
            zone = self.calendar.zone
            found.append(
                seals.keep(self.service.name, self.engine, self.clock, zone, self.seal_key, self.log)
            )
        return [*found, self.consumer.run()] if self.service.hears else found


def _telemetry(service: Service, settings: Settings, exporter: OtlpExporter | None) -> Telemetry:
    metrics = Metrics(service.name, (*gauges.BACKBONE, *service.gauges))
    return Telemetry(Tracer(service.name, settings.trace_ratio, exporter), metrics)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError as error:
        raise ValueError(
            f"HUYING_ZONE is {name}, which is no time zone: write it like Asia/Shanghai"
        ) from error


def build_app(running: ServiceContext) -> Application:
    """The service's web application: its routes, the shared ones, and the guards around them."""
    name = running.service.name
    app = Application(
        title=f"Huying {name}",
        description=f"The {name} service of Huying (呼应).",
        dependencies=[Depends(authorize)],
        redoc_url=None,
    )
    for router in (*running.service.routers, ops.router):
        app.include_router(router)
    access.check(running.access, running.service.routes)
    app.call_directly(running.service.routes)
    problems.install(app)
    openapi.describe(app)
    app.state.service = running
    return app


def under_one_port(apps: Mapping[str, ASGIApp]) -> ASGIApp:
    """Each service's application below its name."""

    async def root(scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].split("/", 2)[1]
        if name not in apps:
            names = ", ".join(f"/{name}" for name in apps)
            answer = problems.from_error(NotFound("没有这个地址", f"nothing is here: try {names}"))
            return await answer(scope, receive, send)
        await apps[name]({**scope, "root_path": f"/{name}"}, receive, send)

    return root


@contextlib.asynccontextmanager
async def running(
    services: Sequence[Service], settings: Callable[[str], Settings]
) -> AsyncIterator[list[ServiceContext]]:
    """Services with their tasks, without a web server; leaving ends them."""
    outlets: dict[str, OtlpExporter] = {}
    found = []
    for service in services:
        its = settings(service.name)
        if (to := its.otlp_endpoint) is not None and to not in outlets:
            outlets[to] = OtlpExporter.to(to)
        found.append(ServiceContext(service, its, outlets[to] if to else None))
    for to, exporter in outlets.items():  # one alone counts for all who share it: so a sum is right
        first = next(one for one in found if one.settings.otlp_endpoint == to)
        first.telemetry.metrics.count(SPANS, exporter.counted)
    try:
        for one in found:
            await one.start()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(task) for one in found for task in one.tasks()]
            try:
                yield found
            finally:
                for task in tasks:
                    task.cancel()
    finally:
        for one in found:
            await one.engine.dispose()
            await one.reader.dispose()
        for exporter in outlets.values():
            await exporter.close()


async def serve(
    services: Sequence[Service],
    settings: Callable[[str], Settings],
    ready: Callable[[list[ServiceContext]], Awaitable[None]] | None = None,
    beside: Mapping[str, ASGIApp] | None = None,
) -> None:
    """Run services under one port, each below its name, until cancelled or one of their tasks dies.

    `beside` are applications that are no services, below theirs.
    """
    async with running(services, settings) as found:
        root = under_one_port({**{one.service.name: one.app for one in found}, **(beside or {})})
        first = found[0].settings
        async with listening(root, first.host, first.port) as serving:
            if ready is not None:
                await ready(found)
            _spare_the_collector()
            await serving


@contextlib.asynccontextmanager
async def listening(root: ASGIApp, host: str, port: int) -> AsyncIterator[asyncio.Task[None]]:
    """A web server that answers by now; it ends when this is left. The task ends when the server does."""
    server = uvicorn.Server(
        uvicorn.Config(
            root,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            lifespan="off",
        )
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
        yield serving
        server.should_exit = True


def _spare_the_collector() -> None:
    """What is there by now stays: it need not be looked through again, nor every 700 objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
