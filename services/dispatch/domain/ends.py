"""When a limit of a leg ends, and what length is usual for it. Pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from services.dispatch.domain.context import ActContext
from services.dispatch.leg import LegDocument
from shared.rules.pack.table import holding
from shared.rules.pack.triggers import Start
from shared.rules.terms import Kind, PackWord
from shared.rules.time import ends
from shared.rules.time.limits import Limit
from shared.rules.time.pauses import Pause

NEVER = datetime.max.replace(tzinfo=UTC)
Spans = tuple[tuple[str, str], ...]
"""A unit's own office hours."""


def ends_at(
    limit: Limit, own_hours: Spans | None, start: datetime, context: ActContext, pauses: Sequence[Pause] = ()
) -> datetime:
    """When `limit` ends that starts at `start`; `NEVER` beyond the end of the calendar, or while paused."""
    hours = context.pack.office_hours.hours(own_hours)
    try:
        return ends.due(limit, start, context.calendar, hours, pauses).due_at or NEVER
    except (ValueError, OverflowError):
        return NEVER


def known_pauses(leg: LegDocument, context: ActContext) -> list[Pause] | None:
    """The leg's pauses up to now, each no longer than its cap; None where an earlier release kept none.

    One that is open counts as ended now.
    """
    if len(leg.pause_spans) < leg.pauses or context.pack.pauses is None:
        return None if leg.pauses else []
    rule = context.pack.pauses
    caps = {ground.ground: ground.cap for ground in rule.grounds}
    pauses = []
    for span in leg.pause_spans:
        cap = context.pack.limit(caps.get(span.ground or "", rule.cap))
        end = min(span.ended_at or context.at, ends_at(cap, leg.office_hours, span.started_at, context))
        pauses.append(Pause(span.started_at, end))
    return pauses


def end_of_day(day: date, context: ActContext) -> datetime:
    """24:00 of a day in the jurisdiction."""
    return datetime.combine(day + timedelta(days=1), time(), context.calendar.zone).astimezone(UTC)


def today(context: ActContext) -> date:
    """The day on which the act is done, in the jurisdiction."""
    return context.at.astimezone(context.calendar.zone).date()


def usual_limit(deadline: PackWord, kind: str, context: ActContext) -> Limit | None:
    """The pack's own limit for a deadline of the first round; None where it has none."""
    rules = [
        rule
        for rule in holding(context.pack, Kind(kind), 1)
        if rule.deadline == deadline and rule.start == Start.ROUND and rule.limit
    ]
    return context.pack.limit(rules[0].limit) if rules and rules[0].limit else None
