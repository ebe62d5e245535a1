"""An invented past of intake and desks alone, by which searches and lists are measured.

Twenty times as fast to make as a whole city (`city.py`). The units of work and the handlers of both services
write it; dispatch, escalation and notify know nothing of these cases, and no event of them is exported.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import text

from huying.archive.databases import Urls
from huying.local.grow.invented import InventedCase, Invention, unit_events
from services import migrations
from services.desks.handlers import HANDLERS as DESKS_HANDLERS
from services.desks.work import Work as DesksWork
from services.intake.handlers import HANDLERS as INTAKE_HANDLERS
from services.intake.work import Work as IntakeWork
from shared.database.connection import Database
from shared.database.migrations import migrate, migration_engine
from shared.encryption.keyring import KeyRing
from shared.finding.hashes import Hashes
from shared.rules.pack import pack_files
from shared.rules.time.calendar import Calendar

BATCH = 1_000
ZONE = "Asia/Shanghai"
WRITTEN = ("intake", "desks")
_IS_EMPTY = text("select not exists (select from appeals)")


async def write(
    urls: Urls,
    count: int,
    until: datetime,
    hashes: Hashes,
    rings: Mapping[str, KeyRing],
    seed: int = 1,
) -> None:
    """Write `count` cases of the two years before `until` into these databases.

    ValueError where they have cases already.
    """
    for service in WRITTEN:
        engine = migration_engine(urls[service])
        try:
            await migrate(engine, migrations(service))
        finally:
            await engine.dispose()
    intake, desks = (Database(urls[service], ring=rings[service]) for service in WRITTEN)
    try:
        await _check_empty(intake, desks)
        calendar = Calendar.load(ZoneInfo(ZONE))
        invention = Invention(pack_files.load("bozhou-2024"), calendar, calendar.zone, until, seed)
        await _write_units(desks, until)
        written = 0
        for batch in _batches(invention.cases(count)):
            await _write_intake(intake, batch, until, hashes)
            await _write_desks(desks, batch, until)
            written += len(batch)
            if written % (20 * BATCH) == 0:
                typer.echo(f"{written:,} of {count:,} cases", err=True)
        for database in (intake, desks):
            async with database.connect() as conn:
                await conn.execute(text("vacuum analyze"))
    finally:
        await intake.dispose()
        await desks.dispose()


def _batches(cases: Iterator[InventedCase]) -> Iterator[list[InventedCase]]:
    while batch := list(islice(cases, BATCH)):
        yield batch


async def _check_empty(*databases: Database) -> None:
    for database in databases:
        async with database.connect() as conn:
            if not (await conn.execute(_IS_EMPTY)).scalar_one():
                raise ValueError(
                    "this city has cases already: grow a past in a new state folder (--state)"
                    " / 该目录下已有诉求，请用 --state 指定新的目录"
                )


async def _write_units(desks: Database, at: datetime) -> None:
    async with desks.begin() as conn:
        work = DesksWork(conn, at)
        for event in unit_events(at):
            DESKS_HANDLERS[type(event)](work, event)
        await work.flush()


async def _write_intake(
    intake: Database, batch: Sequence[InventedCase], at: datetime, hashes: Hashes
) -> None:
    async with intake.begin() as conn:
        work = IntakeWork(conn, at)
        for case in batch:
            work.keep(case.appeal)
            work.index(case.appeal, hashes)
            for event in case.history:
                if type(event) in INTAKE_HANDLERS:
                    INTAKE_HANDLERS[type(event)](work, event)
        await work.flush()


async def _write_desks(desks: Database, batch: Sequence[InventedCase], at: datetime) -> None:
    async with desks.begin() as conn:
        work = DesksWork(conn, at)
        for case in batch:
            for event in case.history:
                DESKS_HANDLERS[type(event)](work, event)
        await work.flush()
