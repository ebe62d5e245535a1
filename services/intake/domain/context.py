"""The context of an act: when it is done, by whom, and under which rules. Pure."""

from dataclasses import dataclass
from datetime import datetime

from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendar


@dataclass(frozen=True, slots=True)
class ActContext:
    """When an act is done, by whom, and under which pack and calendar.

    `past`: an import. Intake has not heard yet what the units did then, so that the appeal was completed or
    rated is taken as a fact. `by_staff`: by an account, not by the enterprise with its receipt code.
    `urgings_a_day`: how often a working day one may ask for haste.
    """

    at: datetime
    by: str
    pack: Pack
    calendar: Calendar
    past: bool = False
    by_staff: bool = True
    urgings_a_day: int = 1
