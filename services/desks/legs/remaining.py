"""The working time that a leg has left, by the hours of its unit."""

from datetime import datetime

from services.desks.rows.cases import Row
from shared.judging.rulebook import PackMissing, rulebook
from shared.rules.time.hours import OFFICE_HOURS, OfficeHours
from shared.rules.time.remaining import working_minutes
from shared.service.service import ServiceContext


def with_remaining(row: Row, context: ServiceContext, now: datetime) -> Row:
    """A row of a list of legs with the minutes that are left, in place of the hours of its unit."""
    shown = {name: value for name, value in row.items() if name != "office_hours"}
    due_at = row["due_at"]
    if due_at is None:
        return {**shown, "remaining_minutes": None}
    minutes = working_minutes(now, due_at, rulebook(context).calendar, _hours(row, context))
    return {**shown, "remaining_minutes": minutes}


def _hours(row: Row, context: ServiceContext) -> OfficeHours:
    """The leg's own hours; those of the pack where it has none or they cannot be read."""
    own = row["office_hours"]
    try:
        hours = rulebook(context).pack_of(row["pack"]).office_hours
    except PackMissing:
        return OFFICE_HOURS
    try:
        return hours.hours(tuple((opens, closes) for opens, closes in own or ()))
    except ValueError:
        return hours.hours()
