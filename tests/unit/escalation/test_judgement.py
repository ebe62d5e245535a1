"""What a judgement brings into a case."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.escalation.document import CaseDocument
from services.escalation.engine import ACTS, judge
from services.escalation.handlers import HANDLERS
from services.escalation.judgement import take
from shared import events
from shared.events import Event
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendar, Calendars
from shared.rules.time.notices import Known, checked, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDARS = Calendars(Calendar.load(ZONE))
ID, LEG = UUID(int=9), UUID(int=2)
SHARED = {"appeal_id": ID, "registration_number": "TT-20261109-00001"}
RULES = Path(__file__).parent / "rules.yaml"


@pytest.fixture(scope="module")
def rules() -> Pack:
    return pack_files.load(RULES)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def history(dispatched: str, *more: Event) -> list[Event]:
    leg = events.Leg(leg_id=LEG, unit="roads", unit_name="市交通局", role=events.Role.LEAD, leader="county-1")
    received: dict[str, Any] = {"channel": "hotline", "kind": "help", "title": "t", "pack": "test@1"}
    moment = at(dispatched)
    return [
        events.AppealReceived(**SHARED, occurred_at=moment, **received),
        events.AppealAssigned(**SHARED, occurred_at=moment, legs=(leg,)),
        *more,
    ]


def brought(
    case: CaseDocument, acts: list[Event], rules: Pack, upto: str, calendars: Calendars = CALENDARS
) -> list[Event]:
    return take(case, judge(ID, acts, rules, calendars, at(upto)), at(upto))


def test_what_the_desks_need_is_kept_and_said_once(rules: Pack) -> None:
    # Monday 2026-11-09: due on Thursday the 12th at 17:30; two days after it is lifted, at the end of the
    # 14th, to the city, and at the end of the 16th it is handed over
    case, acts = CaseDocument(**SHARED), history("2026-11-09 10:00")
    assert brought(case, acts, rules, "2026-11-12 17:29") != []
    assert (case.lifts, case.notices, case.publications) == ([], [], [])
    emitted = brought(case, acts, rules, "2026-11-20 00:00")
    assert [(lift.level, lift.leader) for lift in case.lifts] == [("county", "county-1"), ("city", "mayor")]
    assert case.lift is case.lifts[-1]
    assert [(n.unit, n.deadline, n.clause) for n in case.notices] == [
        ("roads", "completion", "4"),
        (None, "lifted", "6"),
    ]
    assert [(p.unit, p.deadline, p.clause) for p in case.publications] == [("roads", "completion", "4")]
    assert [(h.to, h.clause) for h in case.handed_over] == [("discipline", "6")]
    assert {lift.lift_id for lift in case.lifts} == {
        e.id for e in emitted if isinstance(e, events.AppealLifted)
    }
    assert case.judged_upto == at("2026-11-20 00:00")
    assert brought(case, acts, rules, "2026-11-21 00:00") == []


def test_in_steps_it_comes_to_the_same_as_at_once(rules: Pack) -> None:
    stepwise, at_once, acts = CaseDocument(**SHARED), CaseDocument(**SHARED), history("2026-11-09 10:00")
    for day in range(9, 20):
        brought(stepwise, acts, rules, f"2026-11-{day:02} 12:00")
    brought(at_once, acts, rules, "2026-11-19 12:00")
    assert stepwise.model_dump(exclude={"version"}) == at_once.model_dump(exclude={"version"})


NOTICE = checked(
    {
        "year": 2027,
        "notice": "七号",
        "off": {
            "2026-12-31": "元旦", "2027-01-01": "元旦", "2027-02-05": "春节", "2027-02-06": "春节",
            "2027-02-07": "春节", "2027-02-08": "春节", "2027-04-05": "清明节", "2027-05-01": "劳动节",
            "2027-05-02": "劳动节", "2027-06-09": "端午节", "2027-09-15": "中秋节", "2027-10-01": "国庆节",
            "2027-10-02": "国庆节", "2027-10-03": "国庆节",
        },
    }
)  # fmt: skip


def known(moment: str) -> Calendars:
    first = Known("first", at("2000-01-01 00:00"), published().notices)
    return Calendars.of(ZONE, [first, Known("second", at(moment), (NOTICE,))])


@pytest.mark.parametrize(
    ("dispatched", "due", "calendar"),
    [
        ("2026-12-28 10:00", "2026-12-31 17:30", "first"),  # passed before the notice came: nothing moves
        ("2026-12-30 10:00", "2027-01-06 17:30", "second"),  # the 31st and the 1st off: the 4th, 5th, 6th
        ("2027-01-04 10:00", "2027-01-07 17:30", "second"),  # the date stays, and is no more provisional
        ("2027-01-04 15:00", "2027-01-07 17:30", "second"),  # dispatched when it was known
    ],
)
@pytest.mark.parametrize("looks", [("2027-01-04 11:00", "2027-01-04 13:00", "2027-01-07 12:00"), ()])
def test_a_deadline_is_explained_by_the_calendar_it_was_reckoned_by(
    rules: Pack, dispatched: str, due: str, calendar: str, looks: tuple[str, ...]
) -> None:
    case = CaseDocument(**SHARED)
    for look in (*looks, "2027-01-07 12:00"):
        brought(case, history(dispatched), rules, look, known("2027-01-04 12:00"))
    (completion,) = [d for d in case.deadlines if d.deadline == "completion"]
    assert completion.due_at == at(due)
    assert f"日历：{calendar}" in completion.explanation["zh"]


def test_what_starts_under_a_calendar_is_explained_by_it_though_another_agrees(
    rules: Pack,
) -> None:
    case = CaseDocument(**SHARED)
    brought(case, history("2026-12-02 10:00"), rules, "2026-12-02 11:00", known("2026-12-01 12:00"))
    (completion,) = [d for d in case.deadlines if d.deadline == "completion"]
    assert "日历：second" in completion.explanation["zh"]


def test_a_limit_that_ends_beyond_the_calendar_is_said_to(rules: Pack) -> None:
    case = CaseDocument(**SHARED)
    brought(case, history("2099-12-31 10:00"), rules, "2099-12-31 11:00")
    (completion,) = [d for d in case.deadlines if d.deadline == "completion"]
    assert completion.due_at is None
    assert "2099" in completion.explanation["en"]


def test_every_act_that_bears_on_judgement_and_is_heard_is_remembered() -> None:
    own = {act for act in ACTS if act.source == "escalation"}
    assert own == {
        events.AppealGathered,
        events.AppealInstructed,
        events.AppealSignedOff,
        events.CardWithdrawn,
    }
    beside = {events.UnitChanged, events.AppealPersonsErased}
    assert HANDLERS.keys() - beside == ACTS.keys() - own


def test_a_document_of_a_release_that_knew_one_lift_is_read() -> None:
    lift = {
        "leader": "mayor",
        "reason": "count",
        "unit": "roads",
        "clause": "3",
        "lifted_at": "2026-11-13T00:00:00Z",
    }
    old = {"appeal_id": str(ID), "registration_number": "TT-1", "lift": lift, "cards": []}
    case = CaseDocument.model_validate(old)
    assert [kept_lift.leader for kept_lift in case.lifts] == ["mayor"]
    assert CaseDocument.model_validate_json(case.model_dump_json()) == case
    assert CaseDocument.model_validate(old | {"lift": None}).lifts == []


def test_a_case_with_a_notice_of_supervision_is_on_the_ledger_until_it_is_done(rules: Pack) -> None:
    case, acts = CaseDocument(**SHARED), history("2026-11-09 10:00")
    brought(case, acts, rules, "2026-11-09 12:00")
    assert not case.supervised()
    brought(case, acts, rules, "2026-11-13 00:00")
    assert case.supervised()
    closed = events.AppealClosed(**SHARED, occurred_at=at("2026-11-13 00:00") + timedelta(hours=1))
    brought(case, [*acts, closed], rules, "2026-11-14 00:00")
    assert not case.supervised()
