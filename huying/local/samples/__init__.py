"""The invented city 皖泽市: its units, leaders and appeals under way, read from the files beside.

Times in the files are told from today, so the city is always as fresh as the day it is brought in.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.dispatch.acts import past as dispatch_acts
from services.dispatch.acts.directory import UnitBody
from services.dispatch.leg import leg_id
from services.escalation.leaders.api import LeaderBody
from services.intake import acts as intake_acts
from services.intake import past_acts
from services.intake.domain.registration import imported_id
from shared.files import strict_yaml
from shared.files.yaml_mistakes import Place
from shared.service.clock import WallClock
from shared.web.bodies import Body, Code

SAMPLES = Path(__file__).parent
SETTINGS = SAMPLES / "settings.yaml"
PROCEDURES = (
    "qingyang-2023-arrears",
    "xx-city-2022-arrears",
    "bowu-2022-award",
    "xx-city-2022-award",
    "xuancheng-2024-approval",
    "xx-city-2022-clues",
)
"""What is offered beside the appeal, under numbers from `SETTINGS`, unless the city says what it offers."""
SOURCE = "sample"
ZONE = ZoneInfo("Asia/Shanghai")
WEEKDAYS = {"saturday": 5, "sunday": 6}
MINUTE = timedelta(minutes=1)


class Day(Body):
    """A local day told from today; `weekday` is the last such day until then."""

    days_ago: int
    weekday: Literal["saturday", "sunday"] | None = None

    def day(self, now: datetime) -> date:
        """The day that is meant if `now` is today."""
        day = now.astimezone(ZONE).date() - timedelta(days=self.days_ago)
        return day - timedelta(days=(day.weekday() - WEEKDAYS[self.weekday]) % 7) if self.weekday else day


class When(Day):
    """A local time of such a day."""

    at: time

    def moment(self, now: datetime) -> datetime:
        """The moment that is meant if `now` is today."""
        return datetime.combine(self.day(now), self.at, ZONE)


class Step(When):
    """An act of intake or dispatch with its fields; `leg` counts the appeal's legs from 0."""

    model_config = ConfigDict(extra="allow")

    act: str
    leg: int | None = None


class LiveStep(Body):
    """What somebody does once the judge has spoken, with the fields of that act's body."""

    model_config = ConfigDict(extra="allow")

    act: Literal["serve", "acknowledge", "contest", "instruct", "sign_off", "close"]


class Appeal(intake_acts.Register, When):
    """An appeal, what followed, and what people do at once after it was brought in."""

    id: past_acts.SourceId
    pack: str = "bozhou-2024"
    then: tuple[Step, ...] = ()
    live: tuple[LiveStep, ...] = ()

    @property
    def appeal_id(self) -> UUID:
        """Its id once it was brought in."""
        return imported_id(SOURCE, self.id)

    def registration(self, now: datetime) -> past_acts.PastAppeal:
        """Its registration."""
        fields = self.model_dump(include=set(intake_acts.Register.model_fields))
        return past_acts.PastAppeal(
            **fields, source_id=self.id, pack=self.pack, occurred_at=self._times(now)[0]
        )

    def followed(self, now: datetime) -> Iterator[past_acts.AnyPast | dispatch_acts.PastAct]:
        """What followed, in order. Raises ValidationError for a step that is no act."""
        for step, at in zip(self.then, self._times(now)[1:], strict=True):
            fields = {"act": step.act, **_resolved(step.model_extra or {}, now)}
            if step.act in LATER:
                yield _LATER.validate_python({**fields, "source_id": self.id, "occurred_at": at})
            else:
                leg = {} if step.leg is None else {"leg_id": leg_id(self.appeal_id, step.leg)}
                yield dispatch_acts.PastAct.model_validate(
                    {"appeal_id": self.appeal_id, "occurred_at": at, "act": {**fields, **leg}}
                )

    def _times(self, now: datetime) -> list[datetime]:
        """When it was registered and when each step was; what would lie ahead was minutes ago, in order."""
        moments = [self.moment(now), *(step.moment(now) for step in self.then)]
        last = len(moments)
        return [min(moment, now - (last - i) * MINUTE) for i, moment in enumerate(moments)]


LATER = ("withdraw", "rate", "reopen")
_LATER: TypeAdapter[past_acts.AnyPast] = TypeAdapter(past_acts.AnyPast)


def _resolved(value: Any, now: datetime) -> Any:
    """`value` with every time told from today replaced by what it means."""
    if isinstance(value, list):
        return [_resolved(entry, now) for entry in value]
    if not isinstance(value, dict):
        return value
    if "at" in value:
        return When.model_validate(value).moment(now)
    if "days_ago" in value:
        return Day.model_validate(value).day(now)
    return {name: _resolved(entry, now) for name, entry in value.items()}


class Unit(UnitBody):
    """A unit of the city."""

    code: Code


class Leader(LeaderBody):
    """A leader of the city."""

    code: Code


class _UnitsFile(Body):
    units: tuple[Unit, ...]


class _LeadersFile(Body):
    leaders: tuple[Leader, ...]


class _AppealsFile(Body):
    appeals: tuple[Appeal, ...] = Field(min_length=1)


def load_appeals(path: Path) -> tuple[Appeal, ...]:
    """The appeals of a file. Raises `Mistakes`, which names file and line."""
    return strict_yaml.read(path, _AppealsFile, _wrong_steps).appeals


def _wrong_steps(file: _AppealsFile) -> Iterable[tuple[Place, str]]:
    now = WallClock().now()
    for i, appeal in enumerate(file.appeals):
        times = [appeal.moment(now), *(step.moment(now) for step in appeal.then)]
        if times != sorted(times):
            yield ("appeals", i, "then"), "the steps are not in order of time"
        for j, step in enumerate(appeal.then):
            try:
                list(appeal.model_copy(update={"then": (step,)}).followed(now))
            except ValidationError as error:
                mistake = error.errors(include_url=False)[0]
                where = ".".join(map(str, mistake["loc"]))
                yield ("appeals", i, "then", j), f"{where}: {mistake['msg']}"


def _none(_file: BaseModel) -> Iterable[tuple[Place, str]]:
    return ()


@cache
def units() -> tuple[Unit, ...]:
    """The units of the city, parents first."""
    return strict_yaml.read(SAMPLES / "units.yaml", _UnitsFile, _none).units


@cache
def leaders() -> tuple[Leader, ...]:
    """The leaders of the city."""
    return strict_yaml.read(SAMPLES / "leaders.yaml", _LeadersFile, _none).leaders


@cache
def appeals() -> tuple[Appeal, ...]:
    """The appeals of the city."""
    return load_appeals(SAMPLES / "appeals.yaml")
