"""The working calendar against the notices, against two libraries, and against mistaken files."""

import re
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import chinese_calendar
import holidays
import pytest

from shared.rules.time.calendar import Calendar, DayOff, statutory

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(SHANGHAI)

MADE_UP = {
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}

FILE_2027 = """\
year: 2027
notice: 国办发明电〔2026〕7号
off:
  2026-12-31: 元旦
  2027-01-01: 元旦
  2027-01-02: 元旦
  2027-02-05: 春节
  2027-02-06: 春节
  2027-02-07: 春节
  2027-02-08: 春节
  2027-02-09: 春节
  2027-04-05: 清明节
  2027-05-01: 劳动节
  2027-05-02: 劳动节
  2027-06-09: 端午节
  2027-09-15: 中秋节
  2027-10-01: 国庆节
  2027-10-02: 国庆节
  2027-10-03: 国庆节
work:
  - 2026-12-26
  - 2027-02-20
"""


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def load(tmp_path: Path, text: str) -> Calendar:
    path = tmp_path / "notices.yaml"
    path.write_text(text, encoding="utf-8")
    return Calendar.load(SHANGHAI, path)


@pytest.mark.parametrize("year", MADE_UP)
def test_the_weekend_days_worked_are_the_make_up_days_of_the_notice(year: int) -> None:
    worked = [
        d
        for d in days(date(year, 1, 1), date(year, 12, 31))
        if d.weekday() > 4 and CALENDAR.is_working_day(d)
    ]

    assert " ".join(f"{day:%m-%d}" for day in worked) == MADE_UP[year]


def test_every_day_of_2023_to_2026_is_what_both_libraries_say() -> None:
    other = holidays.country_holidays("CN", years=range(2023, 2027))

    for day in days(date(2023, 1, 1), date(2026, 12, 31)):
        assert (
            CALENDAR.is_working_day(day) == chinese_calendar.is_workday(day) == other.is_working_day(day)
        ), day


def test_every_day_since_2004_is_what_the_notices_say() -> None:
    for day in days(date(2004, 1, 1), date(2022, 12, 31)):
        assert CALENDAR.is_working_day(day) == chinese_calendar.is_workday(day), day


def test_a_day_off_has_its_name_in_both_languages() -> None:
    assert CALENDAR.why_off(date(2026, 2, 15)) == DayOff("春节", "Spring Festival")  # a Sunday
    assert CALENDAR.why_off(date(2026, 4, 6)) == DayOff("清明节", "Tomb-sweeping Day")
    assert CALENDAR.why_off(date(2026, 3, 7)) == DayOff("周末", "weekend")
    assert CALENDAR.why_off(date(2026, 2, 14)) is None  # made up


def test_the_nth_working_day_is_found_by_counting() -> None:
    for after in days(date(2025, 12, 20), date(2026, 3, 10)):
        counted = [
            day for day in days(after, after + timedelta(days=60))[1:] if chinese_calendar.is_workday(day)
        ]
        for nth in (1, 3, 30):
            assert CALENDAR.working_day(after, nth) == counted[nth - 1]


def test_the_next_working_day_is_the_day_itself_if_it_is_worked() -> None:
    assert CALENDAR.next_working_day(date(2026, 2, 14)) == date(2026, 2, 14)
    assert CALENDAR.next_working_day(date(2026, 2, 15)) == date(2026, 2, 24)


def test_a_year_without_notice_has_its_statutory_holidays_and_nothing_moved() -> None:
    off = {day for day in days(date(2027, 1, 1), date(2027, 12, 31)) if not CALENDAR.is_working_day(day)}

    assert {day for day in off if day.weekday() < 5} == {
        date(2027, 1, 1),
        date(2027, 2, 5),  # New Year's Eve of the lunar year; 02-06 and 02-07 are a weekend
        date(2027, 2, 8),
        date(2027, 4, 5),
        date(2027, 6, 9),
        date(2027, 9, 15),
        date(2027, 10, 1),
    }
    assert all(day in off for day in days(date(2027, 1, 1), date(2027, 12, 31)) if day.weekday() > 4)
    assert CALENDAR.why_off(date(2027, 2, 5)) == DayOff("春节", "Spring Festival")
    assert CALENDAR.is_provisional(date(2027, 1, 1))
    assert not CALENDAR.is_provisional(date(2026, 12, 31))


def test_two_holidays_on_one_day_are_both_named() -> None:
    assert CALENDAR.why_off(date(2031, 10, 1)) == DayOff(
        "中秋节、国庆节", "Mid-autumn Festival, National Day"
    )


def test_the_table_is_the_same_in_whatever_order_it_is_asked() -> None:
    forward, backward = Calendar.load(SHANGHAI), Calendar.load(SHANGHAI)
    sample = days(date(2026, 1, 1), date(2060, 12, 31))[::17]

    assert [forward.is_working_day(d) for d in sample] == [backward.is_working_day(d) for d in sample[::-1]][
        ::-1
    ]
    assert forward.working_day(date(2059, 12, 31), 300).year == 2061


def test_the_end_of_the_built_table_is_passed_without_notice() -> None:
    fresh = Calendar.load(SHANGHAI)

    assert fresh.working_day(date(2026, 12, 31), 1) == date(2027, 1, 4)
    assert Calendar.load(SHANGHAI).next_working_day(date(2028, 12, 31)) == date(2029, 1, 2)


@pytest.mark.parametrize("day", [date(2003, 12, 31), date(2100, 1, 1)])
def test_a_day_outside_the_table_is_refused(day: date) -> None:
    with pytest.raises(ValueError, match=f"the calendar knows 2004 to 2099, not {day.year}"):
        CALENDAR.is_working_day(day)


def test_a_file_settles_a_year_and_shows_in_the_version(tmp_path: Path) -> None:
    calendar = load(tmp_path, FILE_2027)

    assert calendar.version == f"{CALENDAR.version}+2027:国办发明电〔2026〕7号"
    assert not calendar.is_provisional(date(2027, 3, 1))
    assert calendar.is_working_day(date(2027, 2, 20))
    assert calendar.why_off(date(2027, 2, 9)) == DayOff("春节", "Spring Festival")
    assert calendar.is_provisional(date(2028, 1, 1))


def test_a_notice_may_move_days_of_the_december_before(tmp_path: Path) -> None:
    calendar = load(tmp_path, FILE_2027)

    assert calendar.is_working_day(date(2026, 12, 26))
    assert not calendar.is_working_day(date(2026, 12, 31))
    assert calendar.is_working_day(date(2026, 12, 30))


def test_a_file_replaces_a_whole_published_year(tmp_path: Path) -> None:
    off = {day for day in chinese_calendar.constants.holidays if day.year == 2026} - {date(2026, 2, 20)}

    calendar = load(tmp_path, notice(2026, off))

    assert not calendar.is_working_day(date(2026, 2, 14))
    assert calendar.is_working_day(date(2026, 2, 20))
    assert calendar.why_off(date(2026, 2, 16)) == DayOff("假日", "假日")
    assert calendar.is_working_day(date(2025, 2, 8))


def test_a_file_has_the_last_word_on_the_december_before(tmp_path: Path) -> None:
    # published: Saturday 2018-12-29 worked, Sunday 12-30 off
    calendar = load(tmp_path, notice(2019, {*statutory(2019), date(2018, 12, 29)}, work=date(2018, 12, 30)))

    assert CALENDAR.is_working_day(date(2018, 12, 29))
    assert not CALENDAR.is_working_day(date(2018, 12, 30))
    assert not calendar.is_working_day(date(2018, 12, 29))
    assert calendar.is_working_day(date(2018, 12, 30))
    assert calendar.why_off(date(2018, 12, 30)) is None


def notice(year: int, off: set[date], work: date | None = None) -> str:
    lines = [f"- year: {year}", "  notice: 更正", "  off:", *(f"    {day}: 假日" for day in sorted(off))]
    return "\n".join([*lines, f"  work: [{work}]"] if work else lines)


MISTAKES = [
    ("", 1, "应为名称和值 / expected a mapping of names to values"),
    ("[]", 1, "the file is empty"),
    ("? [year]\n: 2027", 1, "键须为文字 / a key is no word"),
    (FILE_2027.replace("2027-02-09", "20270209"), 11, "'20270209' is no date"),
    ("year: [2027", 1, "不是有效的 YAML / no YAML"),
    ("- 2027", 1, "a year's data must be a mapping"),
    (FILE_2027.replace("year: 2027", "year: next"), 1, "year must be a number from 2004 to 2099, not 'next'"),
    (FILE_2027.replace("notice: 国办发明电〔2026〕7号", "notice:"), 2, "notice must be a text"),
    (FILE_2027.replace("notice:", "number:"), 2, "'number' is not known"),
    ("year: 2027\nnotice: x\n", 1, "'off' is missing"),
    (FILE_2027.replace("2027-02-09", "2027-02-30"), 11, "'2027-02-30' is no date; write it like 2027-10-01"),
    (
        FILE_2027.replace("2027-02-09", "2028-02-09"),
        11,
        "2028-02-09 is not in 2027, nor in the December before",
    ),
    (FILE_2027.replace("2027-02-09", "2027-02-08"), 11, "off, 2027-02-08: is given twice"),
    (
        FILE_2027.replace("2027-10-01: 国庆节", "2027-10-04: 国庆节"),
        4,
        "2027-10-01 (国庆节) is a statutory holiday",
    ),
    (FILE_2027.replace("- 2027-02-20", "- 2027-02-19"), 22, "2027-02-19 is no Saturday or Sunday"),
    (FILE_2027.replace("- 2027-02-20", "- 2027-02-07"), 22, "2027-02-07 is given twice"),
    (FILE_2027[: FILE_2027.index("work:")] + "work: 2027-02-20", 20, "work must be a list of dates"),
    (FILE_2027 + "year: 2028\n", 23, "year: is given twice"),
]


@pytest.mark.parametrize(("text", "line", "rule"), MISTAKES, ids=[rule for _, _, rule in MISTAKES])
def test_a_mistake_in_a_file_is_told_with_file_line_and_rule(
    tmp_path: Path, text: str, line: int, rule: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(f"notices.yaml, line {line}: {rule}")):
        load(tmp_path, text)


def test_a_year_given_twice_is_refused(tmp_path: Path) -> None:
    item = "- " + FILE_2027.replace("\n", "\n  ").rstrip() + "\n"

    with pytest.raises(ValueError, match="line 23: the year 2027 is given twice"):
        load(tmp_path, item + item)
