"""The only module that asks what time it is.

`WallClock` follows the database server, so that the times of a transaction and the watermark that
covers it come from one clock. `DrivenClock` stands still until its driver moves it.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import text

from shared.service.errors import Invalid

if TYPE_CHECKING:
    from shared.database.connection import Connection

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any event: where a driven clock starts, and the moment up to which nothing is judged yet."""
TICK = timedelta(microseconds=1)
SKEW = timedelta(seconds=10)
"""How far the clocks of two machines may be apart."""
_NOW = text("select now()")

READER = "huying-reader"
"""The name of connections that write nothing. Their long transactions hold up no judgement."""

# A transaction takes its start time a moment before it can be seen in pg_stat_activity.
# The margin covers that moment; see docs/decisions/0003-watermarks-in-band.md.
_HORIZON = text(
    """
    select least(clock_timestamp() - interval '50 milliseconds', min(xact_start)) - interval '1 microsecond'
    from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
      and application_name <> 'huying-reader'
    """
)


def epoch_ns() -> int:
    """Nanoseconds since 1970 by this machine's clock, for spans and ages. Nothing is judged by it."""
    return time.time_ns()


def epoch_s() -> int:
    """Seconds since 1970 by this machine's clock, for signatures: receivers compare them with their own.

    A service's clock may stand elsewhere: a sandbox is days ahead.
    """
    return int(time.time())


class Clock(Protocol):
    """Time for one service."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def check_import(self, occurred_at: datetime) -> None:
        """Refuse (`Invalid`) the time of an imported act that the clock does not allow."""

    def occurred(self, started_at: datetime) -> datetime:
        """The `occurred_at` of events of a transaction that started at `started_at` by the database."""

    async def stamp(self, conn: "Connection") -> datetime:
        """The same for the transaction of `conn`. It costs a round trip."""

    def latest_claim(self) -> datetime:
        """No service can have come further than this moment: a claim that it has is not believed."""

    async def horizon(self, conn: "Connection") -> datetime:
        """A moment up to which (inclusive) every transaction of this database has ended."""


class WallClock:
    """The time of the database server."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def check_import(self, occurred_at: datetime) -> None:
        if occurred_at > self.now():
            raise Invalid(
                "时间在将来：历史事项的时间不能晚于现在", "this time lies in the future", "occurred_at"
            )

    def occurred(self, started_at: datetime) -> datetime:
        return started_at

    async def stamp(self, conn: "Connection") -> datetime:
        at: datetime = (await conn.execute(_NOW)).scalar_one()
        return at

    def latest_claim(self) -> datetime:
        return self.now() + SKEW

    async def horizon(self, conn: "Connection") -> datetime:
        upto: datetime = (await conn.execute(_HORIZON)).scalar_one()
        return upto


class DrivenClock:
    """The time that its driver sets. It never goes back."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def check_import(self, occurred_at: datetime) -> None:
        if occurred_at < self._now:
            raise Invalid(
                "该时间之前的事项已经判定", "what lies before this was judged already", "occurred_at"
            )

    def advance(self, now: datetime) -> None:
        self._now = max(self._now, now.astimezone(UTC))

    def occurred(self, started_at: datetime) -> datetime:
        return self._now

    async def stamp(self, conn: "Connection") -> datetime:
        return self._now

    def latest_claim(self) -> datetime:
        """None: the driver moves clocks one after the other, and others may be ahead of this one."""
        return datetime.max.replace(tzinfo=UTC)

    async def horizon(self, conn: "Connection") -> datetime:
        return self._now - TICK
