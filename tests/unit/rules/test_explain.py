"""Explanations, and the day-by-day walk against the arithmetic it explains."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.rules.time.calendar import Calendar
from shared.rules.time.ends import due
from shared.rules.time.hours import OFFICE_HOURS, OfficeHours
from shared.rules.time.limits import Due, Limit, LimitUnit
from shared.rules.time.pauses import Pause
from shared.rules.wording.explain import explain
from shared.rules.wording.walk import Fate, walk

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(SHANGHAI)
LONG = OfficeHours.parse((("07:59", "11:01"), ("11:01", "11:30"), ("13:00", "23:59")))


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


def limit(number: int, unit: LimitUnit, roll: bool = False) -> Limit:
    return Limit(number=number, unit=unit, roll=roll)


def walked(*args: object, **kwargs: object) -> Due:
    full = walk(*args, **kwargs)
    return Due(full.due_at, full.last_day, full.provisional)


LIMITS = [
    limit(1, LimitUnit.NATURAL_DAYS),
    limit(3, LimitUnit.NATURAL_DAYS, roll=True),
    limit(1, LimitUnit.WORKING_DAYS),
    limit(3, LimitUnit.WORKING_DAYS),
    limit(1, LimitUnit.HALF_WORKING_DAYS),
    limit(3, LimitUnit.HALF_WORKING_DAYS),
    limit(4, LimitUnit.WORKING_HOURS),
    limit(1, LimitUnit.MONTHS),
    limit(1, LimitUnit.MONTHS, roll=True),
]
WEEKS = [
    datetime(2024, 2, 8, tzinfo=UTC),
    datetime(2024, 9, 28, tzinfo=UTC),
    datetime(2024, 12, 28, tzinfo=UTC),
    datetime(2025, 1, 24, tzinfo=UTC),
    datetime(2025, 9, 27, tzinfo=UTC),
    datetime(2025, 12, 29, tzinfo=UTC),
    datetime(2026, 2, 11, tzinfo=UTC),
    datetime(2026, 9, 29, tzinfo=UTC),
    datetime(2026, 12, 28, tzinfo=UTC),
]


@pytest.mark.parametrize("week", WEEKS, ids=[f"{week:%Y-%m-%d}" for week in WEEKS])
def test_walk_and_arithmetic_agree_in_every_part_of_a_week_with_holidays(week: datetime) -> None:
    for minute in range(0, 7 * 24 * 60, 7):
        start = week + timedelta(minutes=minute)
        for each in LIMITS:
            assert walked(each, start, CALENDAR) == due(each, start, CALENDAR), (each, start)


@pytest.mark.parametrize("unit", list(LimitUnit))
@pytest.mark.parametrize("roll", [False, True])
def test_walk_and_arithmetic_agree_on_the_minutes_around_every_edge(unit: LimitUnit, roll: bool) -> None:
    edges = [(0, 0), (8, 30), (12, 0), (14, 30), (17, 30)]
    for day in range(10, 29):
        for hour, minute in edges:
            for seconds in (-1, 0, 1):
                start = at(2026, 2, day, hour, minute) + timedelta(seconds=seconds)
                each = limit(2, unit, roll)
                assert walked(each, start, CALENDAR) == due(each, start, CALENDAR), start


FIRST = datetime(2023, 12, 1, tzinfo=UTC)


@st.composite
def moments(draw: st.DrawFn, within: timedelta) -> timedelta:
    """A time span, often on a full minute, half hour or day."""
    step = draw(st.sampled_from([1, 60, 1800, 43200]))
    return timedelta(seconds=draw(st.integers(0, int(within.total_seconds()) // step)) * step)


@st.composite
def paused(draw: st.DrawFn, start: datetime) -> list[Pause]:
    """Up to four pauses around and after the start, overlapping or not, at times one still open."""
    pauses = []
    for _ in range(draw(st.integers(0, 4))):
        begin = start - timedelta(days=5) + draw(moments(timedelta(days=40)))
        still = draw(st.integers(0, 9)) == 0
        pauses.append(Pause(begin, None if still else begin + draw(moments(timedelta(days=12)))))
    return pauses


@settings(max_examples=600, deadline=None)
@given(data=st.data())
def test_walk_and_arithmetic_agree_whatever_the_pauses(data: st.DataObject) -> None:
    start = FIRST + data.draw(moments(timedelta(days=1100)))
    each = limit(
        data.draw(st.integers(1, 12)), data.draw(st.sampled_from(LimitUnit)), data.draw(st.booleans())
    )
    hours = data.draw(st.sampled_from([OFFICE_HOURS, LONG]))
    pauses = data.draw(paused(start))

    assert walked(each, start, CALENDAR, hours, pauses) == due(each, start, CALENDAR, hours, pauses)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_pause_never_brings_the_end_nearer(data: st.DataObject) -> None:
    start = FIRST + data.draw(moments(timedelta(days=1100)))
    each = limit(
        data.draw(st.integers(1, 12)), data.draw(st.sampled_from(LimitUnit)), data.draw(st.booleans())
    )
    with_pauses = due(each, start, CALENDAR, pauses=data.draw(paused(start))).due_at
    without = due(each, start, CALENDAR).due_at

    assert without is not None
    assert with_pauses is None or with_pauses >= without


def test_a_walk_says_what_became_of_each_day() -> None:
    counted = walk(limit(2, LimitUnit.WORKING_DAYS), at(2026, 2, 13, 10), CALENDAR)

    assert [day.fate for day in counted.days] == [Fate.COUNTED, *[Fate.OFF] * 9, Fate.COUNTED]
    assert {day.why.en for day in counted.days if day.why} == {"Spring Festival"}


def test_a_choice_of_the_pack_is_explained_in_words() -> None:
    explanation = explain(
        limit(3, LimitUnit.WORKING_DAYS), at(2026, 2, 13, 16, 20), CALENDAR, clause="choice"
    )
    assert "时限 3 个工作日（原文未规定，由规则包取定）。" in explanation["zh"]
    assert "3 working days (not in the text: a choice of the pack)." in explanation["en"]


def test_an_explanation_names_start_days_holiday_clause_end_and_calendar() -> None:
    explanation = explain(limit(3, LimitUnit.WORKING_DAYS), at(2026, 2, 13, 16, 20), CALENDAR, clause="BW 4")

    assert explanation["en"].splitlines() == [
        "From 2026-02-13 16:20, that day not counted: 3 working days (BW 4).",
        "Counted: 3 days, 02-14, 02-24 to 02-25.",
        "Make-up workdays among them: 02-14.",
        "Skipped: 9 days, 02-15 to 02-23, Spring Festival.",
        "Due 2026-02-25 17:30.",
        f"Calendar: {CALENDAR.version}.",
    ]
    assert explanation["zh"].splitlines() == [
        "2026-02-13 16:20 起算，当日不计；时限 3 个工作日（BW 4）。",
        "计入 3 天：02-14、02-24 至 02-25。",
        "其中调休上班：02-14。",
        "不计 9 天：02-15 至 02-23，春节。",
        "2026-02-25 17:30 到期。",
        f"日历：{CALENDAR.version}。",
    ]


def test_an_end_at_midnight_is_written_as_24_00_of_its_last_day() -> None:
    explanation = explain(limit(3, LimitUnit.NATURAL_DAYS), at(2026, 3, 6), CALENDAR)

    assert "Due 2026-03-08 24:00." not in explanation["en"]
    assert "Due 2026-03-09 24:00." in explanation["en"]
    assert "2026-03-09 24:00 到期。" in explanation["zh"]


def test_natural_days_say_nothing_of_weekends_and_make_up_workdays() -> None:
    explanation = explain(limit(3, LimitUnit.NATURAL_DAYS), at(2026, 2, 13, 10), CALENDAR)

    assert explanation["en"].splitlines()[1:3] == [
        "Counted: 3 days, 02-14 to 02-16.",
        "Due 2026-02-16 24:00.",
    ]


def test_a_rolled_end_says_which_day_was_off_and_why() -> None:
    explanation = explain(limit(3, LimitUnit.NATURAL_DAYS, roll=True), at(2026, 2, 13, 10), CALENDAR)

    assert (
        "02-16 is off (Spring Festival): rolled to the next working day.\nDue 2026-02-24 24:00."
        in explanation["en"]
    )
    assert "02-16 休息（春节），顺延至下一工作日。" in explanation["zh"]


def test_an_end_that_need_not_roll_says_nothing_of_it() -> None:
    explanation = explain(limit(1, LimitUnit.NATURAL_DAYS, roll=True), at(2026, 2, 13, 10), CALENDAR)

    assert "rolled" not in explanation["en"]
    assert "顺延" not in explanation["zh"]


def test_the_office_clock_is_told_in_minutes_with_its_pauses() -> None:
    pauses = [Pause(at(2026, 3, 20, 17, 10), at(2026, 3, 23, 9)), Pause(at(2026, 3, 25), at(2026, 3, 26))]
    explanation = explain(limit(1, LimitUnit.HALF_WORKING_DAYS), at(2026, 3, 20, 17), CALENDAR, pauses=pauses)

    # 10 minutes on Friday, 180 from 09:00 to 12:00 on Monday, 5 after lunch
    assert explanation["en"].splitlines() == [
        "From 2026-03-20 17:00: 1 half working day.",
        "Counted: 195 office minutes, 03-20 17:00 to 17:10, 03-23 09:00 to 12:00, 03-23 14:30 to 14:35.",
        "Paused, not counted: 03-20 17:10 to 03-23 09:00.",
        "Skipped: 2 days, 03-21 to 03-22, weekend.",
        "Due 2026-03-23 14:35.",
        f"Calendar: {CALENDAR.version}.",
    ]


def test_paused_days_are_told_apart_from_days_off() -> None:
    pauses = [Pause(at(2026, 3, 19, 9), at(2026, 3, 23, 9))]
    explanation = explain(limit(3, LimitUnit.WORKING_DAYS), at(2026, 3, 16, 10), CALENDAR, pauses=pauses)

    assert "Skipped: 2 days, 03-19 to 03-20, pause." in explanation["en"]
    assert "Skipped: 2 days, 03-21 to 03-22, weekend." in explanation["en"]
    assert "不计 2 天：03-19 至 03-20，暂停。" in explanation["zh"]


@pytest.mark.parametrize("unit", list(LimitUnit))
def test_a_suspended_limit_has_no_due_moment_in_its_explanation(unit: LimitUnit) -> None:
    explanation = explain(limit(3, unit), at(2026, 3, 16, 10), CALENDAR, pauses=[Pause(at(2026, 3, 16, 11))])

    assert "Paused since 03-16 11:00; computed again when that ends." in explanation["en"]
    assert "03-16 11:00 起暂停，恢复后重算。" in explanation["zh"]
    assert "Due" not in explanation["en"]
    assert "到期" not in explanation["zh"]


def test_an_end_in_a_year_without_notice_is_told_to_be_provisional() -> None:
    explanation = explain(limit(5, LimitUnit.WORKING_DAYS), at(2026, 12, 30, 10), CALENDAR)

    assert "provisional, no holiday notice for 2027 yet" in explanation["en"]
    assert "2027 年放假通知未发布，暂定" in explanation["zh"]
    assert "2027-01-01, New Year's Day" in explanation["en"]


@pytest.mark.parametrize("unit", list(LimitUnit))
def test_a_long_limit_still_fits_a_phone_screen(unit: LimitUnit) -> None:
    for text in explain(limit(60, unit), at(2026, 1, 5, 10), CALENDAR).values():
        assert len(text.splitlines()) <= 12
        assert all(len(line) <= 120 for line in text.splitlines())


def test_a_walk_from_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        walk(limit(1, LimitUnit.MONTHS), datetime(2026, 3, 16, 10), CALENDAR)  # noqa: DTZ001
