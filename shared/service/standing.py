"""Where the tasks of a service stand: each at the record or row that it tries, since it first tried it.

A task that gets past its place stands nowhere, nor does one whose database or broker is away. So a task that
stands for long hangs, or tries one thing again and again, while both answer.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Generic, NamedTuple, TypeVar

from shared.database.connection import Database, ping
from shared.database.errors import DATABASE_ERRORS, is_transient
from shared.service.clock import epoch_ns
from shared.service.errors import Unavailable
from shared.telemetry.metrics import Gauge, Metrics, Rows

STANDING_S = Gauge(
    "huying_standing_seconds",
    "How long a task has tried the record or row that it is at",
    ("task", "topic", "partition"),
)

Item = TypeVar("Item")


class Place(NamedTuple):
    """The offset of a record; or the number of a row of the outbox, without a partition."""

    topic: str
    partition: int | None
    number: int

    def __str__(self) -> str:
        if self.partition is None:
            return f"{self.topic} row {self.number}"
        return f"{self.topic}/{self.partition} offset {self.number}"


class Stand(Generic[Item]):
    """Where one task stands. `place_of` gives the place of what it tries."""

    def __init__(self, task: str, place_of: Callable[[Item], Place], database: Database) -> None:
        self.task = task
        self.place: Place | None = None
        self.since_ns = 0
        self.reason = ""
        """Why the last try failed."""
        self._place_of = place_of
        self._database = database
        self._tried = False

    def at(self, items: Sequence[Item]) -> None:
        """The task tries these items, and is at the first of them."""
        self._tried = True
        if items and (place := self._place_of(items[0])) != self.place:
            self.place, self.since_ns, self.reason = place, epoch_ns(), ""

    def passed(self) -> None:
        """The task got past its place, or waits for something else."""
        self.place = None

    async def failed(self, error: BaseException) -> None:
        """The try failed. Where the database is away that is no fault of what was tried."""
        self.reason = type(error).__name__
        if is_transient(error):
            try:
                await ping(self._database.reading())
            except DATABASE_ERRORS:
                self.passed()

    def session_ended(self) -> None:
        """The session failed. Where it tried nothing, the broker or the database is away."""
        if not self._tried:
            self.passed()
        self._tried = False

    def age_s(self) -> float:
        """How long it has stood at its place."""
        return (epoch_ns() - self.since_ns) / 1e9


class Standing:
    """Where the tasks of one service stand."""

    def __init__(self, database: Database, metrics: Metrics, limit_s: float) -> None:
        self._database = database
        self._limit_s = limit_s
        self._stands: dict[str, Stand[object]] = {}
        metrics.add_gauge(STANDING_S, self._ages)

    def stand(self, task: str, place_of: Callable[[Item], Place]) -> Stand[Item]:
        """The stand of a task. A task of this name that ran before is forgotten."""
        stand = Stand(task, place_of, self._database)
        self._stands[task] = stand  # type: ignore[assignment]
        return stand

    def check(self) -> None:
        """Raise `Unavailable` where a task has stood at one place for too long: names the longest."""
        stand = max(self._standing(), key=Stand.age_s, default=None)
        if stand is None or stand.age_s() <= self._limit_s:
            return
        since = f"{datetime.fromtimestamp(stand.since_ns // 10**9, UTC):%Y-%m-%d %H:%M:%S} UTC"
        why = f" ({stand.reason})" if stand.reason else ""
        raise Unavailable(
            f"任务 {stand.task} 自 {since} 起停在 {stand.place}{why}",
            f"{stand.task} has stood at {stand.place} since {since}{why}",
        )

    def _standing(self) -> list[Stand[object]]:
        return [stand for stand in self._stands.values() if stand.place is not None]

    def _ages(self) -> Rows:
        for stand in self._standing():
            if (place := stand.place) is not None:
                partition = "" if place.partition is None else str(place.partition)
                yield (stand.task, place.topic, partition), stand.age_s()
