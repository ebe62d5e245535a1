"""The calendars as they became known: each is recorded once, with the moment from which it was known.

Recording a calendar takes the lock that every judgement shares. So when the open cases are marked to be
judged again, every judgement by the old calendar has ended, and every later one reads the new calendar.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects import postgresql as pg

from shared.database import locks
from shared.database.connection import Connection
from shared.database.locks import Lock
from shared.judging.cases import Cases
from shared.rules.time.calendar import Calendars
from shared.rules.time.notices import Known, Notice, Published, recorded
from shared.service.clock import EPOCH, TICK

_SHARE = locks.wait_for_shared(Lock.CALENDARS)
_ALONE = locks.wait_for(Lock.CALENDARS)
_ALL = text("select id, version, known_from, loaded, data from calendars order by id")
_ADD = text(
    """
    insert into calendars (version, known_from, loaded, data)
    values (:version, :known_from, :loaded, cast(:data as jsonb))
    """
)


def add_table(metadata: sa.MetaData) -> None:
    """Add the table of calendars."""
    sa.Table(
        "calendars",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded", sa.Boolean, nullable=False, comment="by people, not with a release"),
        sa.Column("data", pg.JSONB, nullable=False),
    )


class KnownCalendars:
    """The calendars of one service, read from its database again when one was added."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._newest: int | None = None
        self._calendars: Calendars | None = None

    async def share(self, conn: Connection) -> None:
        """Keep others from adding a calendar while this transaction runs."""
        await conn.execute(_SHARE)

    async def upto(self, conn: Connection, newest: int | None) -> Calendars:
        """The calendars up to the one with the id `newest`."""
        if self._calendars is None or newest != self._newest:
            self._calendars = Calendars.of(self._zone, [known for known, _ in await _records(conn)])
            self._newest = newest
        return self._calendars


async def known(conn: Connection) -> list[Known]:
    """What became known, in order."""
    return [record for record, _ in await _records(conn)]


async def record_published(conn: Connection, cases: Cases, published: Published, at: datetime) -> str | None:
    """Record the notices of this release and of the city's file that are new.

    Returns the version of the calendar that they make; None where none is new. A year that people loaded
    stays as they loaded it. The first calendar counts as known since ever.
    """
    await conn.execute(_ALONE)
    records = await _records(conn)
    if not records:
        await _add(conn, published.version, EPOCH, published.notices, loaded=False)
        return published.version
    years = _years(record for record, _ in records)
    loaded = {notice.year for record, by_people in records if by_people for notice in record.notices}
    new = [n for n in published.notices if n.year not in loaded and not n.moves_as(years.get(n.year))]
    if not new:
        return None
    judged_upto = await cases.judged_upto(conn)
    newest = records[-1][0]
    known_from = max(at, newest.known_from, (judged_upto or EPOCH) + TICK)
    version = f"{newest.version}+{published.version}"
    await _add(conn, version, known_from, new, loaded=False)
    await _look_again(conn, cases, known_from, provisional_only=_only_provisional(new, years))
    return version


async def record_loaded(conn: Connection, cases: Cases, notice: Notice, at: datetime) -> tuple[Known, int]:
    """Record a year's notice that people loaded; the same notice again changes nothing.

    Returns what became known, and how many cases will be judged again.
    """
    await conn.execute(_ALONE)
    records = [record for record, _ in await _records(conn)]
    years = _years(records)
    before = years.get(notice.year)
    if before is not None and before.notice == notice.notice and notice.moves_as(before):
        return records[-1], 0
    version = f"{records[-1].version}+{notice.year}:{notice.notice}"
    loaded = Known(version, max(at, records[-1].known_from), (notice,))
    await _add(conn, version, loaded.known_from, [notice], loaded=True)
    again = await _look_again(
        conn, cases, loaded.known_from, provisional_only=_only_provisional([notice], years)
    )
    return loaded, again


def _years(records: Iterable[Known]) -> dict[int, Notice]:
    return {notice.year: notice for record in records for notice in record.notices}


def _only_provisional(new: Iterable[Notice], years: Collection[int]) -> bool:
    """Whether the new notices change no day of a year that had a notice."""
    days = {day.year for notice in new for day in (*notice.off, *notice.work)}
    return not days & set(years)


async def _records(conn: Connection) -> list[tuple[Known, bool]]:
    return [
        (Known(row.version, row.known_from, tuple(map(recorded, row.data))), row.loaded)
        for row in await conn.execute(_ALL)
    ]


async def _add(
    conn: Connection, version: str, known_from: datetime, notices: Collection[Notice], *, loaded: bool
) -> None:
    data = orjson.dumps([notice.data() for notice in notices]).decode()
    values: dict[str, Any] = {"version": version, "known_from": known_from, "loaded": loaded, "data": data}
    await conn.execute(_ADD, values)


async def _look_again(conn: Connection, cases: Cases, known_from: datetime, *, provisional_only: bool) -> int:
    deadline = {"verdict": "open", "provisional": True} if provisional_only else {"verdict": "open"}
    return await cases.look_again(conn, orjson.dumps([deadline]).decode(), known_from)
