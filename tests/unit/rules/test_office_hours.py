"""Office hours that change, run past midnight or round the clock, and what comes in after them.

The reference lays out every minute of some weeks and counts: it knows no bisection and no clock reading.
"""

import os
import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.rules.time.calendar import Calendar
from shared.rules.time.ends import due
from shared.rules.time.hours import OFFICE_HOURS, Change, OfficeHours, time_of_day
from shared.rules.time.limits import Due, Limit, LimitUnit
from shared.rules.time.pauses import Pause
from shared.rules.wording.explain import explain
from shared.rules.wording.walk import walk

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(SHANGHAI)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
EXAMPLES = int(os.environ.get("HISTORIES", "60")) // 2
FIRST, DAYS = date(2026, 4, 27), 30  # May Day and a make-up Saturday, 05-09, lie ahead
USUAL = (("08:30", "12:00"), ("14:30", "17:30"))
SUMMER = (("08:00", "12:00"), ("15:00", "18:00"))
NIGHT = (("22:00", "06:00"),)
ROUND_THE_CLOCK = (("00:00", "24:00"),)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def limit(number: int, unit: LimitUnit, roll: bool = False) -> Limit:
    return Limit(number=number, unit=unit, roll=roll)


def due_on(each: Limit, start: str, hours: OfficeHours, *pauses: Pause) -> str:
    due_at = due(each, at(start), CALENDAR, hours, pauses).due_at
    assert due_at
    return f"{due_at.astimezone(SHANGHAI):%m-%d %H:%M}"


HOURS_OF_MAY = OfficeHours.parse(USUAL, [Change(date(2026, 5, 1), SUMMER)])
YEARLY = OfficeHours.parse(
    USUAL, [Change(date(2024, 5, 1), SUMMER, yearly=True), Change(date(2024, 10, 1), USUAL, yearly=True)]
)


@pytest.mark.parametrize(
    ("number", "unit", "start", "hours", "expected"),
    [
        # 1 h left on Thu 04-30, 05-01 to 05-05 off; Wed 05-06 from 08:00: 3 h
        (4, LimitUnit.WORKING_HOURS, "04-30 16:30", HOURS_OF_MAY, "05-06 11:00"),
        (4, LimitUnit.WORKING_HOURS, "04-30 16:30", OFFICE_HOURS, "05-06 11:30"),
        # half of the 390 minutes of 04-30: 60 there, 135 on 05-06 from 08:00
        (1, LimitUnit.HALF_WORKING_DAYS, "04-30 16:30", HOURS_OF_MAY, "05-06 10:15"),
        # half of the 420 minutes of 05-06
        (1, LimitUnit.HALF_WORKING_DAYS, "05-06 08:00", HOURS_OF_MAY, "05-06 11:30"),
        (1, LimitUnit.WORKING_DAYS, "04-29 10:00", HOURS_OF_MAY, "04-30 17:30"),
        (1, LimitUnit.WORKING_DAYS, "04-30 10:00", HOURS_OF_MAY, "05-06 18:00"),
        (1, LimitUnit.WORKING_DAYS, "04-30 10:00", YEARLY, "05-06 18:00"),
        (1, LimitUnit.WORKING_DAYS, "10-09 10:00", YEARLY, "10-10 17:30"),
        # a night on duty: Mon 04-27 22:00 to Tue 06:00 is Monday's
        (3, LimitUnit.WORKING_HOURS, "04-27 23:00", OfficeHours.parse(NIGHT), "04-28 02:00"),
        (3, LimitUnit.WORKING_HOURS, "04-28 05:00", OfficeHours.parse(NIGHT), "04-29 00:00"),
        # the shift of Thu 04-30 ends on May Day; that of 05-05, a day off, is none
        (8, LimitUnit.WORKING_HOURS, "04-30 22:00", OfficeHours.parse(NIGHT), "05-01 06:00"),
        (1, LimitUnit.WORKING_HOURS, "05-01 05:30", OfficeHours.parse(NIGHT), "05-06 22:30"),
        (1, LimitUnit.WORKING_HOURS, "05-06 03:00", OfficeHours.parse(NIGHT), "05-06 23:00"),
        # the last working day closes on the morning after it, here of May Day
        (1, LimitUnit.WORKING_DAYS, "04-29 10:00", OfficeHours.parse(NIGHT), "05-01 06:00"),
        (1, LimitUnit.HALF_WORKING_DAYS, "04-30 23:00", OfficeHours.parse(NIGHT), "05-01 03:00"),
        (30, LimitUnit.WORKING_HOURS, "04-30 10:00", OfficeHours.parse(ROUND_THE_CLOCK), "05-06 16:00"),
        (1, LimitUnit.WORKING_DAYS, "04-29 10:00", OfficeHours.parse(ROUND_THE_CLOCK), "05-01 00:00"),
        (1, LimitUnit.HALF_WORKING_DAYS, "04-27 18:00", OfficeHours.parse(ROUND_THE_CLOCK), "04-28 06:00"),
        (1, LimitUnit.WORKING_DAYS, "04-29 10:00", OfficeHours.parse([("20:00", "00:00")]), "05-01 00:00"),
        (2, LimitUnit.WORKING_HOURS, "04-27 23:00", OfficeHours.parse([("13:00", "24:00")]), "04-28 14:00"),
    ],
)
def test_each_day_counts_by_the_hours_that_held_on_it(
    number: int, unit: LimitUnit, start: str, hours: OfficeHours, expected: str
) -> None:
    assert due_on(limit(number, unit), start, hours) == expected


def test_a_pause_over_a_change_of_hours_moves_the_end_by_what_was_open_in_it() -> None:
    pause = Pause(at("04-30 16:30"), at("05-06 10:00"))  # 1 h of 04-30, 2 h of 05-06

    assert due_on(limit(4, LimitUnit.WORKING_HOURS), "04-30 15:30", HOURS_OF_MAY, pause) == "05-06 16:00"


def test_a_later_time_table_takes_the_place_of_a_yearly_one_from_its_day_on() -> None:
    changes = [
        Change(date(2024, 5, 1), SUMMER, yearly=True),
        Change(date(2024, 10, 1), USUAL, yearly=True),
        Change(date(2026, 5, 1), (("07:30", "12:00"),), yearly=True),
    ]
    hours = OfficeHours.parse(USUAL, changes)

    assert [hours.on(date(year, month, 7)).closes_us // 3_600_000_000 for year, month in MONTHS] == [
        17,
        18,
        17,
        18,
        12,
        17,
        12,
    ]


MONTHS = ((2024, 4), (2024, 5), (2024, 10), (2025, 9), (2026, 5), (2026, 11), (2027, 6))


@pytest.mark.parametrize(
    ("spans", "changes", "rule"),
    [
        ((), (), "at least one span"),
        ((("12:00", "12:00"),), (), "are empty; write 00:00 to 24:00 for round the clock"),
        ((("12:00", "08:30"),), (), "from 12:00 to 08:30 end before they begin"),
        ((("22:00", "02:00"), ("03:00", "04:00")), (), "from 22:00 to 02:00 end before they begin"),
        ((("08:30", "12:00"), ("11:00", "17:00")), (), "from 11:00 begin before 12:00"),
        ((("14:00", "17:00"), ("08:30", "12:00")), (), "from 08:30 begin before 17:00"),
        ((("08:00", "17:00"), ("22:00", "09:00")), (), "to 09:00 end after those of the next day begin"),
        ((("24:00", "06:00"),), (), "no day begins at 24:00; write 00:00"),
        ((("08:00", "24:30"),), (), "'24:30' is no time of day; write it like 08:30, up to 24:00"),
        ((("8.30", "12:00"),), (), "'8.30' is no time of day"),
        ((("08:30+08:00", "12:00"),), (), "has a zone"),
        (USUAL, (Change(date(2026, 5, 1), ()),), "at least one span"),
        (USUAL, (Change(date(2026, 5, 1), SUMMER), Change(date(2026, 5, 1), USUAL)), "put them in order"),
        (USUAL, (Change(date(2026, 5, 1), SUMMER), Change(date(2025, 5, 1), USUAL)), "put them in order"),
        (USUAL, (Change(date(2024, 2, 29), SUMMER, yearly=True),), "not every year has this day"),
        (USUAL, (Change(date(1999, 5, 1), SUMMER),), "the calendar knows 2004 to 2099"),
        (USUAL, (Change(date(2026, 5, 1), (("22:00", "09:00"),)),), "to 09:00 end after"),
        (USUAL, tuple(Change(date(2026, 5, 1) + n * DAY, SUMMER) for n in range(41)), "more than 40 times"),
    ],
)
def test_hours_that_make_no_sense_are_refused_with_a_sentence(
    spans: tuple[tuple[str, str], ...], changes: tuple[Change, ...], rule: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(rule)):
        OfficeHours.parse(spans, changes)


def test_24_00_is_the_end_of_a_day_and_equal_hours_are_one_object() -> None:
    assert time_of_day("24:00") == 24 * time_of_day("01:00")
    assert OfficeHours.parse([["20:00", "24:00"]]).tables[0].written == (("20:00", "24:00"),)  # type: ignore[list-item]
    assert OfficeHours.parse(USUAL, [Change(date(2026, 5, 1), SUMMER)]) is HOURS_OF_MAY


NEXT_DAY = OfficeHours.parse(USUAL, next_day=True)


@pytest.mark.parametrize(
    ("each", "start", "expected"),
    [
        (limit(1, LimitUnit.WORKING_DAYS), "04-27 17:30", "04-28 17:30"),  # at the close of business
        (limit(1, LimitUnit.WORKING_DAYS), "04-27 17:31", "04-29 17:30"),
        (limit(1, LimitUnit.WORKING_DAYS), "04-27 07:00", "04-28 17:30"),  # before the office opens
        (limit(1, LimitUnit.WORKING_DAYS), "04-27 13:00", "04-28 17:30"),  # over lunch
        (limit(1, LimitUnit.WORKING_DAYS), "05-02 10:00", "05-07 17:30"),  # on a day off: as on 05-06
        (limit(1, LimitUnit.NATURAL_DAYS), "04-30 18:00", "05-08 00:00"),  # as on 05-06: 24:00 of 05-07
        (limit(1, LimitUnit.MONTHS), "04-30 18:00", "06-07 00:00"),
        (limit(4, LimitUnit.WORKING_HOURS), "04-27 18:00", "04-28 15:00"),  # its clock stands anyhow
        (limit(1, LimitUnit.HALF_WORKING_DAYS), "04-27 18:00", "04-28 11:45"),
    ],
)
def test_what_comes_after_hours_counts_as_received_on_the_next_working_day(
    each: Limit, start: str, expected: str
) -> None:
    assert due_on(each, start, NEXT_DAY) == expected
    assert walk(each, at(start), CALENDAR, NEXT_DAY).due_at == due(each, at(start), CALENDAR, NEXT_DAY).due_at


def test_what_comes_within_a_shift_past_midnight_is_received_on_its_own_day() -> None:
    night, one_day = OfficeHours.parse(NIGHT, next_day=True), limit(1, LimitUnit.NATURAL_DAYS)

    assert due_on(one_day, "05-01 05:00", night) == "05-03 00:00"  # in the shift of 04-30
    assert due_on(one_day, "05-01 07:00", night) == "05-08 00:00"  # as on 05-06


@cache
def minutes_open(hours: OfficeHours) -> tuple[set[datetime], list[tuple[date, datetime]]]:
    """The open minutes of some weeks by their local start, and when each working day closes, laid out."""
    open_minutes, closings = set(), []
    for day in (FIRST + DAY * n for n in range(-3, DAYS + 20)):
        if CALENDAR.is_working_day(day):
            midnight = datetime.combine(day, time())
            for opens, closes in hours.on(day).written:
                start, end = (
                    midnight + timedelta(hours=int(text[:2]), minutes=int(text[3:]))
                    for text in (opens, closes)
                )
                end += DAY if end < start else timedelta()
                while start < end:
                    open_minutes.add(start)
                    start += MINUTE
            closings.append((day, end))
    return open_minutes, closings


def counted(each: Limit, start: datetime, hours: OfficeHours, pauses: list[Pause]) -> datetime | None:
    """The local moment at which a limit in working hours or days ends, minute by minute and day by day."""
    open_minutes, closings = minutes_open(hours)

    def stands_still(moment: datetime) -> bool:
        aware = moment.replace(tzinfo=SHANGHAI)
        return any(pause.start <= aware and (pause.end is None or aware < pause.end) for pause in pauses)

    if each.unit is LimitUnit.WORKING_DAYS:
        received, left = start.date(), each.number
        midnight = datetime.combine(received, time())
        in_time = [
            day == received or (day == received - DAY and end > midnight)
            for day, end in closings
            if start <= end
        ]
        if hours.next_day and not any(in_time):
            received = next(day for day, _ in closings if day > received)
        for day, end in closings:
            left -= day > received and not stands_still(end)
            if not left:
                return end
    left = each.number * 60
    if each.unit is LimitUnit.HALF_WORKING_DAYS:
        opens = hours.on(start.date()).written
        spans = [[int(text[:2]) * 60 + int(text[3:]) for text in span] for span in opens]
        left = each.number * sum((b - a) if b > a else b + 1440 - a for a, b in spans) // 2
    for _ in range((DAYS + 20) * 1440):
        left -= start in open_minutes and not stands_still(start)
        start += MINUTE
        if not left:
            return start
    return None


times = st.integers(0, 47).map(lambda half_hours: half_hours * 30)


@st.composite
def spans(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    """One to three spans; the last at times to 24:00, or past midnight but not into the next day's hours."""
    edges = sorted(draw(st.sets(times, min_size=2, max_size=6)))
    edges = edges[: len(edges) // 2 * 2]
    last = draw(st.sampled_from(["", "", "24:00", "next day"]))
    if last == "24:00":
        edges[-1] = 1440
    if last == "next day":
        edges[-1] = draw(st.integers(0, 6)) * 30
    written = [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in edges]
    return tuple(zip(written[::2], written[1::2], strict=True))


@st.composite
def office_hours(draw: st.DrawFn) -> OfficeHours:
    since = draw(st.lists(st.integers(0, DAYS), max_size=3, unique=True).map(sorted))
    changes = [Change(FIRST + DAY * days, draw(spans())) for days in since]
    try:
        return OfficeHours.parse(draw(spans()), changes, next_day=draw(st.booleans()))
    except ValueError:
        return OfficeHours.parse(NIGHT, next_day=draw(st.booleans()))


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_counting_minute_by_minute_gives_the_same_end_for_any_hours(data: st.DataObject) -> None:
    hours = data.draw(office_hours())
    start = datetime.combine(FIRST, time()) + data.draw(st.integers(0, 12 * 1440)) * MINUTE
    unit = data.draw(
        st.sampled_from([LimitUnit.WORKING_HOURS, LimitUnit.HALF_WORKING_DAYS, LimitUnit.WORKING_DAYS])
    )
    each = limit(data.draw(st.integers(1, 6)) * 2, unit)
    begins = data.draw(st.lists(st.integers(-1440, 14 * 1440), max_size=2))
    aware = start.replace(tzinfo=SHANGHAI)
    pauses = [
        Pause(aware + begin * MINUTE, aware + (begin + data.draw(st.integers(1, 3000))) * MINUTE)
        for begin in begins
    ]

    expected = counted(each, start, hours, pauses)
    end = due(each, aware, CALENDAR, hours, pauses)
    walked = walk(each, aware, CALENDAR, hours, pauses)

    if expected:
        assert end.due_at == expected.replace(tzinfo=SHANGHAI)
    assert Due(walked.due_at, walked.last_day, walked.provisional) == end


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_the_minutes_of_an_explanation_are_open_and_as_many_as_the_limit(data: st.DataObject) -> None:
    hours = data.draw(office_hours())
    start = datetime.combine(FIRST, time()) + data.draw(st.integers(0, 12 * 1440)) * MINUTE
    each = limit(data.draw(st.integers(1, 8)), LimitUnit.WORKING_HOURS)
    open_minutes, _ = minutes_open(hours)

    explanation = explain(each, start.replace(tzinfo=SHANGHAI), CALENDAR, hours)["en"]
    line = next(line for line in explanation.splitlines() if line.startswith("Counted"))
    if "…" in line:
        return
    minutes = []
    for month, day, opens, closes, next_day in re.findall(
        r"(\d\d)-(\d\d) (\d\d:\d\d) to (\d\d:\d\d)( the next day)?", line
    ):
        midnight = datetime(2026, int(month), int(day))  # noqa: DTZ001 - local
        moment, end = (midnight + timedelta(microseconds=time_of_day(text)) for text in (opens, closes))
        end += DAY if next_day else timedelta()
        while moment < end:
            minutes.append(moment)
            moment += MINUTE

    assert len(minutes) == each.number * 60
    assert set(minutes) <= open_minutes
    last = minutes[-1] + MINUTE
    written = f"{last:%Y-%m-%d %H:%M}" if last.time() != time() else f"{last.date() - DAY} 24:00"
    assert f"Due {written}." in explanation


def test_an_explanation_names_the_hours_of_each_part_of_a_limit_that_spans_a_change() -> None:
    explanation = explain(limit(4, LimitUnit.WORKING_HOURS), at("04-30 16:30"), CALENDAR, HOURS_OF_MAY)

    assert (
        "Office hours: 08:30–12:00, 14:30–17:30; since 05-01 08:00–12:00, 15:00–18:00." in explanation["en"]
    )
    assert "工作时间：08:30–12:00、14:30–17:30；05-01 起 08:00–12:00、15:00–18:00。" in explanation["zh"]
    assert "计工作时间 240 分钟：04-30 16:30 至 17:30、05-06 08:00 至 11:00。" in explanation["zh"]
    assert (
        "Office hours"
        not in explain(limit(1, LimitUnit.NATURAL_DAYS), at("04-30 16:30"), CALENDAR, YEARLY)["en"]
    )


def test_an_explanation_of_a_night_says_what_is_of_the_next_day() -> None:
    explanation = explain(
        limit(8, LimitUnit.WORKING_HOURS), at("04-30 20:00"), CALENDAR, OfficeHours.parse(NIGHT)
    )

    assert "04-30 22:00 至 次日 06:00" in explanation["zh"]
    assert "04-30 22:00 to 06:00 the next day" in explanation["en"]
    clock = explain(
        limit(24, LimitUnit.WORKING_HOURS), at("04-27 00:00"), CALENDAR, OfficeHours.parse(ROUND_THE_CLOCK)
    )
    assert "04-27 00:00 至 24:00" in clock["zh"]
    assert "2026-04-27 24:00 到期。" in clock["zh"]


def test_an_explanation_says_as_received_on_which_day_something_counts() -> None:
    explanation = explain(limit(1, LimitUnit.WORKING_DAYS), at("04-30 18:00"), CALENDAR, NEXT_DAY)

    assert explanation["zh"].startswith(
        "2026-04-30 18:00 非工作时间收到，视为 05-06 收到，当日不计；时限 1 个工作日。"
    )
    assert explanation["en"].startswith(
        "Received 2026-04-30 18:00, after hours, so as on 05-06, not counted: 1 working day."
    )


def test_a_shift_over_the_hour_that_a_zone_repeats_ends_by_the_clock_on_the_wall() -> None:
    zone = ZoneInfo("America/New_York")  # 2026-11-01, a Sunday: 02:00 becomes 01:00
    calendar = Calendar.of(zone, "none", [])
    start = datetime(2026, 10, 30, 22, tzinfo=zone)

    for hours in (OfficeHours.parse([("22:00", "06:00")]), OfficeHours.parse(ROUND_THE_CLOCK)):
        for number in range(1, 40):
            each = limit(number, LimitUnit.WORKING_HOURS)
            assert walk(each, start, calendar, hours).due_at == due(each, start, calendar, hours).due_at
    assert start.astimezone(UTC).hour == 2


def test_office_hours_are_390_minutes_unless_a_unit_has_its_own() -> None:
    assert OFFICE_HOURS.tables[0].day_us == 390 * 60_000_000
    assert OfficeHours.parse([("09:00", "12:00")]).tables[0].day_us == 180 * 60_000_000
    assert OfficeHours.parse(USUAL) is OFFICE_HOURS
