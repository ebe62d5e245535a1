"""A pack whose office hours change with the season, run past midnight, or say what comes after hours."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from shared.rules.judging import acts, rulings
from shared.rules.judging.acts import AssignedLeg
from shared.rules.judging.decide import Judgement, decide
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack, PackError
from shared.rules.terms import Kind, Role
from shared.rules.time.calendar import Calendar, Calendars
from shared.rules.time.notices import WEEKEND, published
from shared.rules.wording.deadlines import explain_deadline
from shared.rules.wording.sentences import sentences
from tests.packs.histories import CALENDAR, CASE, ZONE, at, shown

SPANS = 'spans: [["08:30", "12:00"], ["14:30", "17:30"]]'
SUMMER = '["08:00", "12:00"], ["15:00", "18:00"]'
SEASONS = f"""{SPANS}
  changes:
    - {{since: 2026-05-01, yearly: true, spans: [{SUMMER}]}}
    - {{since: 2026-10-01, yearly: true, spans: [["08:30", "12:00"], ["14:30", "17:30"]]}}"""
NEXT_DAY = f"{SPANS}\n  after_hours: next_working_day"
LEG = UUID(int=10)
BOWU = (pack_files.PACKS / "bowu-2022@1.yaml").read_text(encoding="utf-8")


def written(folder: Path, hours: str) -> Pack:
    """Bowu's pack with other office hours: half a working day to dispatch, three working days to complete."""
    path = folder / "city.yaml"
    assert SPANS in BOWU
    path.write_text(BOWU.replace(SPANS, hours), encoding="utf-8")
    return pack_files.load(path)


def judged(
    rules: Pack,
    assigned: str,
    *more: acts.Act,
    own: tuple[tuple[str, str], ...] | None = None,
    upto: str = "12-31 12:00",
    known: Calendar | Calendars = CALENDAR,
) -> Judgement:
    """A case registered and dispatched at one moment, to a unit with hours of its `own` or without."""
    opened = acts.Opened(UUID(int=2), at(assigned), Kind.HELP)
    leg = AssignedLeg(LEG, "town", Role.LEAD, office_hours=own)
    return decide(
        CASE, [opened, acts.Assigned(UUID(int=3), at(assigned), (leg,)), *more], rules, known, at(upto)
    )


def due(judgement: Judgement) -> dict[str, str]:
    """When each deadline is due."""
    return {deadline.kind: shown(deadline.due_at) for deadline in judgement.deadlines if deadline.due_at}


def test_a_case_that_spans_a_change_counts_each_day_by_the_hours_that_held_that_day(tmp_path: Path) -> None:
    rules = written(tmp_path, SEASONS)

    # Wed 04-29 16:00: 90 of 195 minutes are left that day, 105 on Thu 04-30 from 08:30; the third working
    # day after it is Thu 05-07, which closes at 18:00 by then.
    assert due(judged(rules, "04-29 16:00")) == {"dispatch": "04-30 10:15", "completion": "05-07 18:00"}
    assert due(judged(rules, "2027-04-30 16:30", upto="2027-06-01 12:00")) == {
        "dispatch": "2027-05-03 10:15",  # half of 390: 60 on Friday, 135 from 08:00 on Monday
        "completion": "2027-05-05 18:00",
    }
    assert due(judged(rules, "09-30 10:00"))["completion"] == "10-10 17:30"


def test_an_explanation_of_a_deadline_names_the_hours_before_and_after_the_change(tmp_path: Path) -> None:
    completion = judged(written(tmp_path, SEASONS), "04-30 16:00").deadlines[-1]
    explanation = explain_deadline(completion)

    assert "工作时间：08:30–12:00、14:30–17:30；05-01 起 08:00–12:00、15:00–18:00。" in explanation["zh"]
    assert "2026-05-08 18:00 到期。" in explanation["zh"]
    assert (
        "Office hours: 08:30–12:00, 14:30–17:30; since 05-01 08:00–12:00, 15:00–18:00." in explanation["en"]
    )


def test_a_notice_that_becomes_known_moves_a_deadline_over_a_change_of_hours(tmp_path: Path) -> None:
    rules = written(tmp_path, SEASONS)
    notice = next(notice for notice in published().notices if notice.year == 2026)
    off = {**notice.off, date(2026, 5, 8): WEEKEND}
    later = Calendar.of(ZONE, "later", [*published().notices, replace(notice, off=off)])
    known = Calendars(CALENDAR, [(at("05-07 09:00"), later)])

    moved = judged(rules, "04-30 16:00", known=known, upto="05-08 20:00")

    assert due(moved)["completion"] == "05-09 18:00"  # a make-up Saturday, by the hours of summer
    moved_deadlines = [ruling for ruling in moved.rulings if isinstance(ruling, rulings.DeadlineMoved)]
    assert [
        (shown(ruling.was_due_at), shown(ruling.due_at)) for ruling in moved_deadlines if ruling.due_at
    ] == [("05-08 18:00", "05-09 18:00")]
    assert due(judged(rules, "04-30 16:00", known=known, upto="05-07 08:59"))["completion"] == "05-08 18:00"


def test_night_shifts_and_round_the_clock_are_read_as_they_are_written(tmp_path: Path) -> None:
    night = written(tmp_path, 'spans: [["20:00", "08:00"]]')
    assert due(judged(night, "04-29 22:00")) == {"dispatch": "04-30 04:00", "completion": "05-08 08:00"}

    round_the_clock = written(tmp_path, 'spans: [["00:00", "24:00"]]')
    assert due(judged(round_the_clock, "04-29 22:00")) == {
        "dispatch": "04-30 10:00",
        "completion": "05-07 24:00",
    }
    assert (
        "2026-05-07 24:00 到期。"
        in explain_deadline(judged(round_the_clock, "04-29 22:00").deadlines[-1])["zh"]
    )


def test_after_hours_is_a_word_of_the_pack_for_units_with_hours_of_their_own_too(tmp_path: Path) -> None:
    rules, own = written(tmp_path, NEXT_DAY), (("09:00", "16:00"),)

    assert due(judged(rules, "04-27 17:30"))["completion"] == "04-30 17:30"
    assert due(judged(rules, "04-27 17:31"))["completion"] == "05-06 17:30"  # as on 04-28
    assert due(judged(rules, "04-27 16:01", own=own))["completion"] == "05-06 16:00"
    assert due(judged(rules, "04-27 16:01"))["completion"] == "04-30 17:30"
    assert due(judged(written(tmp_path, SPANS), "04-27 17:31"))["completion"] == "04-30 17:30"


def test_the_longest_pause_does_not_begin_on_the_next_working_day(tmp_path: Path) -> None:
    paused = acts.Paused(UUID(int=4), at("04-30 18:00"), LEG)
    for hours in (SPANS, NEXT_DAY):
        resumed = judged(written(tmp_path, hours), "04-27 10:00", paused, upto="04-30 20:00")
        assert resumed.next_due_at == at("05-30 24:00")  # 30 natural days


def test_an_explanation_says_that_something_counts_as_received_on_the_next_working_day(
    tmp_path: Path,
) -> None:
    explanation = explain_deadline(judged(written(tmp_path, NEXT_DAY), "04-27 18:00").deadlines[-1])

    assert explanation["zh"].startswith(
        "2026-04-27 18:00 非工作时间收到，视为 04-28 收到，当日不计；时限 3 个工作日"
    )
    assert explanation["en"].startswith(
        "Received 2026-04-27 18:00, after hours, so as on 04-28, not counted: 3 working"
    )


def test_a_pack_tells_its_hours_in_sentences(tmp_path: Path) -> None:
    def hours_of(spans: str, language: str) -> list[str]:
        rules = written(tmp_path, spans)
        return [
            sentence.text
            for sentence in sentences(rules, "zh" if language == "zh" else "en")
            if sentence.topic == "office_hours"
        ]

    assert hours_of(SEASONS, "zh") == [
        "08:30–12:00、14:30–17:30，单位另有规定的除外。",
        "2026年5月1日起，以后每年自该日起：08:00–12:00、15:00–18:00。",
        "2026年10月1日起，以后每年自该日起：08:30–12:00、14:30–17:30。",
    ]
    assert hours_of(SEASONS, "en")[1] == (
        "From 1 May 2026 on, and from that day of each later year: 08:00–12:00 and 15:00–18:00."
    )
    assert hours_of('spans: [["22:00", "06:00"]]', "zh") == ["22:00–次日 06:00，单位另有规定的除外。"]
    assert hours_of(NEXT_DAY, "zh")[1] == "下班后或者休息日收到的，视为下一工作日收到。"
    assert hours_of(NEXT_DAY, "en")[1].startswith("What is received after hours or on a day off counts")


@pytest.mark.parametrize(
    ("hours", "rule"),
    [
        ("spans: []", "office_hours: office hours need at least one span"),
        ('spans: [["08:00", "25:00"]]', "office_hours: '25:00' is no time of day"),
        (
            f"{SPANS}\n  after_hours: tomorrow",
            "office_hours, after_hours: input should be 'next_working_day'",
        ),
        (
            f"{SPANS}\n  changes: [{{since: 05-01, spans: [{SUMMER}]}}]",
            "office_hours, changes, entry 1, since: ",
        ),
        (f"{SPANS}\n  changes: [{{since: 2026-05-01}}]", "office_hours, changes, entry 1, spans: is missing"),
        (
            f"{SPANS}\n  changes: [{{since: 2026-05-01, spans: []}}]",
            "office_hours: office hours need at least one",
        ),
        (
            f"{SPANS}\n  changes: [{', '.join([f'{{since: 2026-05-01, spans: [{SUMMER}]}}'] * 2)}]",
            "put them in order",
        ),
    ],
)
def test_hours_that_make_no_sense_are_refused_with_the_line_and_a_sentence(
    tmp_path: Path, hours: str, rule: str
) -> None:
    with pytest.raises(PackError) as refused:
        written(tmp_path, hours)
    assert "city.yaml, line 1" in str(refused.value)
    assert rule in str(refused.value)


def test_no_shipped_pack_has_other_hours_by_season_or_says_what_comes_after_hours() -> None:
    for path in pack_files.PACKS.glob("*.yaml"):
        rule = pack_files.read(path).office_hours
        assert (rule.changes, rule.after_hours) == ((), None), path
