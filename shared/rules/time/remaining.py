"""How much working time lies between two moments. Pure."""

from datetime import datetime

from shared.rules.time.calendar import Calendar
from shared.rules.time.hours import OfficeHours
from shared.rules.time.office_clock import office_us

_MINUTE_US = 60_000_000


def working_minutes(start: datetime, end: datetime, calendar: Calendar, hours: OfficeHours) -> int:
    """The whole minutes that an office with these hours works from `start` to `end`; negative if `end` lies
    before. ValueError beyond the calendar.
    """
    first = min(hours.index(moment.astimezone(calendar.zone).date()) for moment in (start, end))
    worked = office_us(end, calendar, hours, first) - office_us(start, calendar, hours, first)
    minutes = abs(worked) // _MINUTE_US
    return minutes if worked >= 0 else -minutes
