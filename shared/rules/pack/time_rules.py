"""A pack's rules of time: limits, limits set case by case, reminders, office hours."""

from datetime import date
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from shared.rules.pack.parts import LimitOrSetting, Rule, Strict, Title
from shared.rules.pack.rounds import EVERY_ROUND, Rounds
from shared.rules.pack.triggers import OF_THE_CASE, USUAL_START, Start
from shared.rules.terms import DeadlineKind, Kind, PackWord
from shared.rules.time.hours import Change, OfficeHours, Spans


class Owner(StrEnum):
    """Whose a leg's deadline is: the unit's, or the office's, which then bears what follows."""

    UNIT = "unit"
    OFFICE = "office"


class HoursChange(Strict):
    """Other office hours from the day `since` on; where `yearly`, from that day of each later year too."""

    since: date
    yearly: bool = False
    spans: Spans


class OfficeHoursRule(Rule):
    """Office hours of units that have none of their own, as local times; a span may run past midnight.

    `changes` are other hours from a day on. With `after_hours`, what is received after hours or on a day off
    counts as received on the next working day.
    """

    spans: tuple[tuple[str, str], ...]
    changes: tuple[HoursChange, ...] = ()
    after_hours: Literal["next_working_day"] | None = None

    @model_validator(mode="after")
    def readable(self) -> Self:
        """ValueError for what makes no office hours."""
        self.hours()
        return self

    def hours(self, own: Spans | None = None) -> OfficeHours:
        """The hours; with `own` those of a unit that has its own, under what the pack says of after hours."""
        next_day = self.after_hours is not None
        if own:
            return OfficeHours.parse(own, next_day=next_day)
        changes = [Change(change.since, change.spans, change.yearly) for change in self.changes]
        return OfficeHours.parse(self.spans, changes, next_day=next_day)


class LimitRule(Rule):
    """One deadline's limit, in the rounds and for the kinds of appeal named; all kinds where none is.

    `starts` is an act or a stage; left out, what usually starts it. Without `limit` the stage that starts
    it brings the dates, one deadline each, and what meets them meets one at a time, the earliest first; a
    promise brings its day, and the step of a lift the time to gather.
    With `outlasts` a leg's completion does not end it: it runs until it is met or passes.
    """

    deadline: PackWord
    title: Title | None = None
    starts: PackWord | None = None
    of: Owner = Owner.UNIT
    rounds: Rounds = EVERY_ROUND
    kinds: frozenset[Kind] = frozenset()
    limit: LimitOrSetting | None = None
    outlasts: bool = False

    @property
    def start(self) -> str:
        """What starts it."""
        return self.starts or USUAL_START.get(self.deadline, Start.ROUND)

    @property
    def of_the_case(self) -> bool:
        """Whether it is of the whole case, not of a leg."""
        return self.start in OF_THE_CASE

    @model_validator(mode="after")
    def of_a_piece(self) -> Self:
        """ValueError for what does not go together."""
        if self.of_the_case and self.rounds != EVERY_ROUND:
            raise ValueError(f"'{self.deadline}' is of the whole case and has no rounds: leave `rounds` out")
        if self.outlasts and self.of_the_case:
            raise ValueError(
                f"'{self.deadline}' is of the whole case, no completion ends it: leave `outlasts` out"
            )
        if self.title is None and self.deadline not in list(DeadlineKind):
            raise ValueError(f"'{self.deadline}' is no usual deadline: give it a `title`, zh and en")
        return self


class OwnLimits(Rule):
    """Deadlines for which a leg may bring its own limit at dispatch; it wins over the pack's."""

    deadlines: tuple[PackWord, ...]


class Reminder(Rule):
    """A reminder when `percent` of the time between start and due moment has elapsed."""

    percent: int = Field(ge=1, le=99)
    deadlines: tuple[PackWord, ...]
