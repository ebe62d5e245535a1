"""`huying grow`: a consistent past of all services, so that everybody can measure on a city of some age.

Cases are handled by the domain of the services and judged by the judge; what they say is in the outboxes and
hash chains, and in the inboxes of all who heard it. Nothing passes through a broker, and loans have no past.
"""

import asyncio
import contextlib
import heapq
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import text

from huying.archive.databases import Urls, making
from huying.local.cluster import PARTITIONS
from huying.local.data_keys import made_ring
from huying.local.grow.invented import unit_events
from huying.local.grow.lives import ENDED, LONGEST, OPEN, CityRules, Ending, Lives
from huying.local.grow.works import GROWN, Works
from huying.local.search_key import search_key
from services import migrations
from services.dispatch.document import Unit
from services.dispatch.queries import save_unit
from services.escalation.leaders.directory import Directory
from services.escalation.leaders.directory import Unit as KnownUnit
from services.escalation.tables import CASES
from services.notify.config import NotifyConfig
from services.notify.messages.words import PackNames, names_in
from shared.database.connection import Database
from shared.database.migrations import migrate, migration_engine
from shared.encryption.keyring import KeyRing
from shared.finding.hashes import Hashes
from shared.judging import calendars
from shared.messaging import wire
from shared.messaging.watermarks import save_watermarks
from shared.rules.pack import pack_files
from shared.rules.time.calendar import Calendar
from shared.rules.time.notices import published

BATCH = 250
PACK = "bozhou-2024"
_IS_EMPTY = text("select not exists (select from outbox)")
_COUNT_ON = text("select setval(pg_get_serial_sequence('outbox', 'seq'), greatest(max(seq), 1)) from outbox")
_MAY_IDLE = text("set local idle_in_transaction_session_timeout = 0")
"""The cases of a batch live while its transactions are open."""
_VACUUM = text("vacuum analyze")


class Size(NamedTuple):
    """How many cases there are, how many of them open, and over how many years they were registered."""

    cases: int
    open: int
    years: float

    def check(self) -> None:
        """ValueError where the numbers do not fit each other."""
        if self.open > self.cases:
            raise ValueError(
                f"--open {self.open} is more than --cases {self.cases}: the open ones are among the cases"
                " / --open 不能多于 --cases"
            )
        if timedelta(days=365) * self.years <= 2 * LONGEST:
            raise ValueError("--years is a quarter at least / --years 至少为四分之一年")


class Birth(NamedTuple):
    """When a case is registered, and what it comes to."""

    at: datetime
    ending: Ending


async def grow(state: Path, size: Size, until: datetime, seed: int = 1) -> None:
    """Write a past that ends at `until` into a city below `state`. ValueError where it has one already."""
    size.check()
    async with making(state, None) as urls:
        hashes = Hashes(search_key(state))
        rings = {service.name: KeyRing(service.name, made_ring(state, service.name)) for service in GROWN}
        await write(urls, size, until, hashes, rings, seed)


async def write(
    urls: Urls, size: Size, until: datetime, hashes: Hashes, rings: Mapping[str, KeyRing], seed: int = 1
) -> None:
    """As `grow`, into these databases."""
    until = until.astimezone(UTC)
    for service, url in urls.items():
        await _migrate(service, url)
    async with _databases(urls, rings) as databases:
        for database in databases.values():
            await _check_empty(database)
        rules = _rules(until)
        said: Counter[str] = Counter()
        await _write_units(databases, rules, until - timedelta(days=365) * size.years, said)
        await _write_cases(databases, rules, Lives(rules, hashes, seed), births(size, until, seed), said)
        await _finish(databases, until)


def births(size: Size, until: datetime, seed: int) -> Iterator[Birth]:
    """All cases by registration: ended ones over the years, open ones over the last weeks."""
    began, ended_by = until - timedelta(days=365) * size.years, until - LONGEST
    chance = random.Random(seed)
    ended = _spread_over(began, ended_by, size.cases - size.open, ENDED, chance)
    return heapq.merge(ended, _spread_over(ended_by, until, size.open, OPEN, chance))


def _spread_over(
    since: datetime, until: datetime, count: int, endings: Mapping[Ending, int], chance: random.Random
) -> Iterator[Birth]:
    for index in range(count):
        (ending,) = chance.choices(list(endings), list(endings.values()))
        yield Birth(since + (until - since) * (index + chance.random()) / count, ending)


async def _migrate(service: str, url: str) -> None:
    engine = migration_engine(url)
    try:
        await migrate(engine, migrations(service))
    finally:
        await engine.dispose()


@contextlib.asynccontextmanager
async def _databases(urls: Urls, rings: Mapping[str, KeyRing]) -> AsyncIterator[dict[str, Database]]:
    databases = {service.name: Database(urls[service.name], ring=rings[service.name]) for service in GROWN}
    try:
        yield databases
    finally:
        for database in databases.values():
            await database.dispose()


async def _check_empty(database: Database) -> None:
    async with database.connect() as conn:
        if not (await conn.execute(_IS_EMPTY)).scalar_one():
            raise ValueError(
                "this city has a past already: grow one in a new state folder (--state)"
                " / 该目录下已有数据，请用 --state 指定新的目录"
            )


def _rules(until: datetime) -> CityRules:
    pack = pack_files.load(PACK)
    entries = unit_events(until)
    units = {entry.code: Unit(code=entry.code, name=entry.name, kind=entry.kind) for entry in entries}
    known = {code: KnownUnit(code, unit.name, unit.kind, None) for code, unit in units.items()}
    calendar = Calendar.load(ZoneInfo(pack.zone))
    return CityRules(pack, calendar, units, Directory(units=known), until)


def _notify_config(rules: CityRules) -> NotifyConfig:
    """Messages of the past stay in the inboxes, and nobody has still to acknowledge any."""

    @cache
    def names_of(_ref: str | None) -> PackNames:
        return names_in(rules.pack)

    return NotifyConfig(
        names_of=names_of,
        is_confidential=lambda _: False,
        zone=rules.calendar.zone,
        acknowledge_by=lambda _ref, _since: None,
        channels=(),
        registrars=frozenset(),
    )


@contextlib.asynccontextmanager
async def _works(
    databases: Mapping[str, Database], at: datetime, config: NotifyConfig, said: Counter[str]
) -> AsyncIterator[Works]:
    """The units of work of one transaction in each database; they are written at the end."""
    async with contextlib.AsyncExitStack() as stack:
        conns = {name: await stack.enter_async_context(db.begin()) for name, db in databases.items()}
        for conn in conns.values():
            await conn.execute(_MAY_IDLE)
        works = Works(conns, at, config, said)
        yield works
        await works.flush()


async def _write_units(
    databases: Mapping[str, Database], rules: CityRules, at: datetime, said: Counter[str]
) -> None:
    async with _works(databases, at, _notify_config(rules), said) as works:
        for event in unit_events(at):
            works.dispatch.emit(event)
        for unit in rules.units.values():
            await save_unit(works.dispatch.conn, unit)
        works.spread()


async def _write_cases(
    databases: Mapping[str, Database],
    rules: CityRules,
    lives: Lives,
    cases: Iterator[Birth],
    said: Counter[str],
) -> None:
    config, written = _notify_config(rules), 0
    while batch := list(islice(cases, BATCH)):
        async with _works(databases, batch[-1].at, config, said) as works:
            await works.intake.load({birth.at.astimezone(rules.calendar.zone).date() for birth in batch})
            for birth in batch:
                lives.live(works, birth.at, birth.ending)
        written += len(batch)
        if written % (20 * BATCH) == 0:
            typer.echo(f"{written:,} cases, {said.total():,} events", err=True)


async def _finish(databases: Mapping[str, Database], until: datetime) -> None:
    """Let numbers count on; say which calendar escalation knows, and up to when it has heard everything."""
    async with databases["escalation"].begin() as conn:
        await calendars.record_published(conn, CASES, published(), until)
        topics = ("intake.events", "dispatch.events")
        marks = {
            (topic, n): wire.Watermark(upto=until, after=0) for topic in topics for n in range(PARTITIONS)
        }
        await save_watermarks(conn, "", marks)
    for database in databases.values():
        async with database.connect() as conn:
            await conn.execute(_COUNT_ON)
    await asyncio.gather(*(_vacuum(database) for database in databases.values()))


async def _vacuum(database: Database) -> None:
    async with database.connect() as conn:
        await conn.execute(_VACUUM)
