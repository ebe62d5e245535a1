"""The context of an act: when it is done, by whom, and under which rules. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.dispatch.document import JudgedDeadline, Unit
from shared.directory.leaders import Leaders
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendar
from shared.service.accounts import Caller

NOBODY_KNOWN = Leaders()


@dataclass(frozen=True, slots=True)
class ActContext:
    """When an act is done, by whom, and what it is checked against beside the appeal.

    `units`: the directory entries of the units that an assignment names, and of the legs whose unit's head
    must sign. `deadlines`: as last judged. `past`: an import, of which nothing has been judged or heard yet.
    `leaders`: the directory, by which a leader's rank is known.
    """

    at: datetime
    by: Caller
    pack: Pack
    calendar: Calendar
    units: Mapping[str, Unit] = field(default_factory=dict)
    deadlines: tuple[JudgedDeadline, ...] = ()
    past: bool = False
    leaders: Leaders = NOBODY_KNOWN
