"""A case while a year's holiday notice comes out: open deadlines move, once, and never into the past.

2027 has no notice yet: its weekdays are worked but for the statutory holidays on their own dates. Both
invented notices give 01-01 (Friday) off as the law does; one also works Saturday 01-02, one takes 01-04 off.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from shared.rules.judging import acts, rulings
from shared.rules.judging.acts import Act
from shared.rules.judging.decide import Judgement, decide
from shared.rules.judging.rulings import Ruling
from shared.rules.pack import pack_files
from shared.rules.terms import Verdict
from shared.rules.time.calendar import Calendar, Calendars
from shared.rules.time.notices import statutory
from tests.unit.rules.judged import APPEAL, act, by_limit, leg, working_days

ZONE = ZoneInfo("Asia/Shanghai")
UNKNOWN = Calendar.load(ZONE)
RULES = pack_files.load("case-limits@2")


def at(text: str) -> datetime:
    """`2026-12-30 10:00`"""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.fixture
def noticed(tmp_path: Path):
    """A calendar with a notice for 2027: days off beside the statutory ones, and days worked."""

    def made(off: tuple[str, ...] = (), work: tuple[str, ...] = (), notice: str = "x") -> Calendar:
        days = {day: why.zh for day, why in statutory(2027).items()} | dict.fromkeys(off, "元旦")
        lines = [f"year: 2027\nnotice: {notice}\noff:", *(f"  {day}: {why}" for day, why in days.items())]
        path = tmp_path / f"{notice}.yaml"
        path.write_text("\n".join([*lines, f"work: [{', '.join(work)}]"]), encoding="utf-8")
        return Calendar.load(ZONE, path)

    return made


def dispatched(when: str, number: int) -> Act:
    assigned_leg = leg(limits=by_limit(completion=working_days(number)))
    return acts.Assigned(uuid4(), at(when), (assigned_leg,))


HISTORY = (dispatched("2026-12-30 10:00", 3),)
"""Wednesday: 31, Monday 01-04, Tuesday 01-05, as long as nothing is noticed."""


def judge(calendars: Calendars, *history: Act, upto: str = "2027-02-01 00:00") -> Judgement:
    return decide(APPEAL, history or HISTORY, RULES, calendars, at(upto))


def due_on(judged: Judgement) -> tuple[str, bool]:
    deadline = judged.deadlines[0]
    assert deadline.due_at is not None
    return f"{deadline.due_at.astimezone(ZONE):%m-%d %H:%M}", deadline.provisional


def test_without_a_notice_the_deadline_is_provisional():
    assert due_on(judge(Calendars(UNKNOWN))) == ("01-05 17:30", True)
    assert (
        judge(Calendars(UNKNOWN)).rulings
        == decide(APPEAL, HISTORY, RULES, UNKNOWN, at("2027-02-01 00:00")).rulings
    )


@pytest.mark.parametrize(
    ("off", "work", "due"),
    [
        (("2027-01-04",), (), "01-06 17:30"),  # 31, Tuesday 5, Wednesday 6
        ((), ("2027-01-02",), "01-04 17:30"),  # 31, Saturday 2, Monday 4
    ],
)
def test_an_open_deadline_moves_both_ways_and_it_is_said_with_old_and_new(noticed, off, work, due):
    calendar = noticed(off, work)
    judged = judge(Calendars(UNKNOWN, [(at("2026-12-31 09:00"), calendar)]), upto="2027-01-01 00:00")
    assert due_on(judged) == (due, False)
    (moved,) = judged.rulings
    assert isinstance(moved, rulings.DeadlineMoved)
    assert moved.occurred_at == at("2026-12-31 09:00")
    assert moved.was_due_at == at("2027-01-05 17:30")
    assert moved.due_at == at(f"2027-{due}")
    assert moved.calendar == calendar.version
    assert judged.deadlines[0].calendar is calendar


def test_a_notice_that_moves_nothing_makes_the_deadline_final_and_is_not_said(noticed):
    judged = judge(Calendars(UNKNOWN, [(at("2026-12-31 09:00"), noticed())]), upto="2027-01-01 00:00")
    assert (due_on(judged), judged.rulings) == (("01-05 17:30", False), [])


def test_a_deadline_never_moves_to_where_it_would_be_over_already(noticed):
    late = at("2027-01-05 09:00")  # by the notice it would have been due on the 4th
    judged = judge(Calendars(UNKNOWN, [(late, noticed(work=("2027-01-02",)))]), upto="2027-01-05 10:00")
    assert (due_on(judged), judged.rulings) == (("01-05 17:30", True), [])
    assert judged.deadlines[0].calendar is UNKNOWN
    paused = act(acts.Paused, "03-02 10:00", occurred_at=late)
    resumed = act(acts.Resumed, "03-02 10:00", occurred_at=late + timedelta(hours=1))
    rules = pack_files.load("bowu-2022@2")
    again = decide(
        APPEAL,
        [*HISTORY, paused, resumed],
        rules,
        Calendars(UNKNOWN, [(late, noticed(work=("2027-01-02",)))]),
        late + timedelta(hours=2),
    )
    assert due_on(again) == ("01-05 17:30", True)


def test_what_passed_or_was_met_before_the_notice_stays_as_it_was(noticed):
    late = at("2027-01-06 09:00")
    passed = judge(Calendars(UNKNOWN, [(late, noticed(off=("2027-01-04",)))]))
    assert passed.deadlines[0].verdict is Verdict.OVERDUE
    assert [type(ruling) for ruling in passed.rulings] == [rulings.Overdue]
    assert due_on(passed) == ("01-05 17:30", True)


def test_a_notice_known_at_the_first_act_is_simply_the_calendar(noticed):
    calendar = noticed(off=("2027-01-04",))
    judged = judge(Calendars(UNKNOWN, [(at("2026-12-30 10:00"), calendar)]), upto="2027-01-01 00:00")
    assert (due_on(judged), judged.rulings) == (("01-06 17:30", False), [])


def test_a_second_notice_moves_it_again_and_the_same_one_again_does_not(noticed):
    off, none = noticed(off=("2027-01-04",), notice="a"), noticed(notice="b")
    moments = [at(f"2026-12-31 {hour}:00") for hour in ("09", "10", "11", "12")]
    calendars = Calendars(UNKNOWN, list(zip(moments, (off, off, none, off), strict=True)))
    moved = judge(calendars, upto="2027-01-01 00:00").rulings
    assert [ruling.occurred_at for ruling in moved] == [moments[0], moments[2], moments[3]]
    assert len({ruling.id for ruling in moved}) == 3


def test_a_paused_deadline_goes_by_the_notice_when_it_runs_on(noticed):
    # Paused from 12-31 to 01-03: the 31st closes in the pause. Then Tuesday 5, 6, 7, as the 4th is off.
    times = {acts.Paused: "2026-12-31 10:00", acts.Resumed: "2027-01-03 10:00"}
    stops = [act(act_type, "03-02 10:00", occurred_at=at(when)) for act_type, when in times.items()]
    calendars = Calendars(UNKNOWN, [(at("2027-01-01 09:00"), noticed(off=("2027-01-04",)))])
    judged = decide(
        APPEAL,
        [dispatched("2026-12-30 10:00", 3), *stops],
        pack_files.load("bowu-2022@2"),
        calendars,
        at("2027-01-03 12:00"),
    )
    assert due_on(judged) == ("01-07 17:30", False)
    assert judged.rulings == []


def test_judging_in_steps_around_a_notice_is_judging_at_once(noticed):
    notices = [
        (at("2026-12-31 09:00"), noticed(off=("2027-01-04",), notice="a")),
        (at("2027-01-05 12:00"), noticed(work=("2027-01-02",), notice="b")),
    ]
    earlier: list[Ruling] = []
    for hours in range(0, 24 * 10, 7):
        upto = at("2026-12-30 10:00") + timedelta(hours=hours)
        known = Calendars(UNKNOWN, [(moment, calendar) for moment, calendar in notices if moment <= upto])
        now = decide(APPEAL, HISTORY, RULES, known, upto).rulings
        assert now[: len(earlier)] == earlier
        earlier = now
    assert earlier == decide(APPEAL, HISTORY, RULES, Calendars(UNKNOWN, notices), upto).rulings
    assert [type(ruling) for ruling in earlier] == [rulings.DeadlineMoved, rulings.Overdue]


def test_a_notice_wakes_an_open_case_and_no_ended_one(noticed):
    calendars = Calendars(UNKNOWN, [(at("2026-12-31 09:00"), noticed())])
    assert judge(calendars, upto="2026-12-30 12:00").next_due_at == at("2026-12-31 09:00")
    closed = acts.Closed(uuid4(), datetime(2026, 12, 30, 3, tzinfo=UTC))
    assert judge(calendars, *HISTORY, closed, upto="2026-12-30 12:00").next_due_at is None
