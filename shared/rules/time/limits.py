"""What a limit is: how long it lasts, a number and a unit; and the end that `ends` finds for it."""

from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from shared.named import Named


class LimitUnit(Named):
    """What a limit counts (domain.md, Time)."""

    NATURAL_DAYS = "natural_days", "自然日"
    WORKING_DAYS = "working_days", "工作日"
    HALF_WORKING_DAYS = "half_working_days", "半个工作日", "半日"
    WORKING_HOURS = "working_hours", "工作小时", "小时"
    MONTHS = "months", "个月", "月"


class Limit(BaseModel):
    """A limit: `number` of `unit`; `roll` moves an end on a day off to the end of the next working day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1, le=3660)
    unit: LimitUnit
    roll: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """When a limit ends. `due_at` and `last_day` are None while an open pause keeps it from ending.

    `due_at` is UTC and still in time. `last_day` is local; a due moment at 24:00 belongs to it.
    `provisional`: the calendar was asked and a year from start to end has no holiday notice.
    """

    due_at: datetime | None
    last_day: date | None
    provisional: bool


SUSPENDED = Due(None, None, False)
