"""When a limit ends, and when a part of its time is over.

On the office clock the paused time does not count, to the microsecond. Where office hours change, each day
counts by the hours that held on it. Half a working day is half of the office time of the day on which the
limit starts.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from shared.rules.time.calendar import Calendar
from shared.rules.time.day_limits import any_provisional, in_days, in_days_at_a_stretch
from shared.rules.time.hours import OFFICE_HOURS, OfficeHours
from shared.rules.time.limits import SUSPENDED, Due, Limit, LimitUnit
from shared.rules.time.office_clock import DAY, closes_at, office_moment, office_us
from shared.rules.time.pauses import Pause, merged_spans

HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000
MINUTE = timedelta(minutes=1)
NO_DAY = timedelta()
TICK = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def due(
    limit: Limit,
    started_at: datetime,
    calendar: Calendar,
    hours: OfficeHours = OFFICE_HOURS,
    pauses: Sequence[Pause] = (),
    *,
    whole_minutes: bool = False,
    pauses_at_due: bool = False,
) -> Due:
    """When `limit` ends that started at `started_at` (aware). `whole_minutes`: half a day is rounded up.

    `pauses_at_due`: a pause that begins at the due moment stops the clock too.

    ValueError for a start without zone, or one or an end outside the calendar where it is asked.
    """
    if started_at.tzinfo is None:
        raise ValueError(f"started_at {started_at} has no zone; give an aware time")
    unit, number = limit.unit, limit.number
    if unit is LimitUnit.HALF_WORKING_DAYS:
        held = hours.only or hours.on(started_at.astimezone(calendar.zone).date())
        length_us = number * held.day_us // 2
        if whole_minutes:
            length_us = -(-length_us // MINUTE_US) * MINUTE_US
        return _on_office_clock(length_us, started_at, calendar, hours, pauses, pauses_at_due)
    if unit is LimitUnit.WORKING_HOURS:
        return _on_office_clock(number * HOUR_US, started_at, calendar, hours, pauses, pauses_at_due)
    closing = hours if unit is LimitUnit.WORKING_DAYS else None
    start = started_at.astimezone(calendar.zone).date()
    if hours.next_day:
        received_on = counts_as_received(started_at, calendar, hours)
        return in_days(unit, number, limit.roll, received_on, calendar, closing, pauses, start.year)
    if pauses:
        return in_days(unit, number, limit.roll, start, calendar, closing, pauses)
    return in_days_at_a_stretch(unit, number, limit.roll, start, calendar, closing)


def counts_as_received(moment: datetime, calendar: Calendar, hours: OfficeHours) -> date:
    """The local day on which something counts as received: where the hours say so, after hours the next one.

    After hours is after the close of business and on days off, but for a shift that began the day before.
    """
    day = moment.astimezone(calendar.zone).date()
    if not hours.next_day:
        return day
    for opened in (day - DAY, day) if hours.overnight else (day,):
        if calendar.is_working_day(opened) and moment <= closes_at(opened, hours, calendar):
            return day
    return calendar.working_day(day, 1)


def _on_office_clock(
    length_us: int,
    started_at: datetime,
    calendar: Calendar,
    hours: OfficeHours,
    pauses: Sequence[Pause],
    pauses_at_due: bool,
) -> Due:
    day, first = _begins_on(started_at, calendar, hours)
    target = office_us(started_at, calendar, hours, first) + length_us
    for start, end in merged_spans(pauses) if pauses else ():
        if end is not None and end <= started_at:
            continue
        before = office_us(max(start, started_at), calendar, hours, first)
        if before > target or (
            before == target
            and not (pauses_at_due and start == office_moment(target, calendar, hours, first)[0])
        ):
            break
        if end is None:
            return SUSPENDED
        if before == target:  # nothing is left of the limit: it ends when the pause does
            return _ends_with_pause(end, day, calendar)
        target += office_us(end, calendar, hours, first) - before
    due_at, last = office_moment(target, calendar, hours, first)
    return Due(due_at, last, any_provisional(day.year, last.year, calendar))


def _ends_with_pause(end: datetime, day: date, calendar: Calendar) -> Due:
    last = end.astimezone(calendar.zone).date()
    return Due(end.astimezone(UTC), last, any_provisional(day.year, last.year, calendar))


def _begins_on(started_at: datetime, calendar: Calendar, hours: OfficeHours) -> tuple[date, int]:
    """The day whose shift may go on at the start, and the time-table with which readings begin."""
    day = started_at.astimezone(calendar.zone).date() - (DAY if hours.overnight else NO_DAY)
    return day, 0 if hours.only else hours.index(day)


def part_over_at(
    percent: int,
    limit: Limit | None,
    ran: tuple[datetime, datetime],
    calendar: Calendar,
    hours: OfficeHours,
    pauses: Sequence[Pause],
) -> datetime:
    """When `percent` of the time that counts is over, of a limit that `ran` from and to; a whole minute.

    Office hours count for limits in working time, all hours for others and for given moments; pauses never.
    """
    by_office_clock = limit is not None and limit.unit not in (LimitUnit.NATURAL_DAYS, LimitUnit.MONTHS)

    started_at, due_at = ran
    _, first = _begins_on(started_at, calendar, hours)

    def shown_us(moment: datetime) -> int:
        return office_us(moment, calendar, hours, first) if by_office_clock else (moment - EPOCH) // TICK

    target = start_us = shown_us(started_at)
    lost = [(max(start, started_at), end) for start, end in merged_spans(pauses) if end and end > started_at]
    lost_us = sum(shown_us(min(end, due_at)) - shown_us(min(start, due_at)) for start, end in lost)
    target += -(-(shown_us(due_at) - start_us - lost_us) * percent // 100)
    for start, end in lost:
        before = shown_us(start)
        if before >= target:
            break
        target += shown_us(end) - before
    over_at = office_moment(target, calendar, hours, first)[0] if by_office_clock else EPOCH + target * TICK
    return over_at + (EPOCH - over_at) % MINUTE
