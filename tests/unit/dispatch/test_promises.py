"""A planned day is a promise (说到做到): no completion, not in the past, and beyond the cap by rank."""

from pathlib import Path
from typing import Any

import pytest

from services.dispatch.acts.assignment import Assign
from services.dispatch.acts.extensions import RequestExtension
from services.dispatch.acts.office import Close
from services.dispatch.acts.units import Complete, Promise, Reply
from services.escalation.engine import judge
from shared import events
from shared.events import AppealPromised, Event, Rank
from shared.rules.pack import pack_files
from shared.rules.time.limits import LimitUnit
from shared.states import LegState
from tests.unit.dispatch.case import (
    CALENDAR,
    IMPORTER,
    LADDER,
    LEADER,
    MONDAY,
    OFFICE,
    ROADS,
    CaseAtDispatch,
    at,
    refused,
)

# Dispatched on Monday 2026-11-09; 30 working days end on Monday 2026-12-21.
EVERY_WORD = pack_files.load(Path(__file__).parents[2] / "packs" / "every_word.yaml")
PROMISING = EVERY_WORD.model_copy(update={"approval": None, "stages": ()})
PLAN = {"outcome": "planned", "text": "列入计划"}
LATER = {"reason": "须待汛期过后施工", "approver": "张市长"}


def planned(day: str, case: CaseAtDispatch | None = None) -> tuple[CaseAtDispatch, list[Event]]:
    case = case or CaseAtDispatch(PROMISING).assigned()
    return case, case.do(ROADS, Complete, **PLAN, planned_on=day)


def test_a_plan_is_a_promise_and_the_leg_stays_open() -> None:
    case, (event,) = planned("2026-12-01")
    assert isinstance(event, AppealPromised)
    assert (str(event.planned_on), event.rank) == ("2026-12-01", None)
    leg = case.appeal.legs[0]
    assert (leg.state, leg.completed_at, leg.outcome) == (LegState.OPEN, None, None)
    assert [str(promise.planned_on) for promise in leg.promises] == ["2026-12-01"]
    refused(case, 409, "not completed", OFFICE, Close)
    assert case.do(ROADS, Complete, outcome="solved", text="已修复")


def test_without_the_word_of_the_pack_a_plan_completes_as_it_did() -> None:
    case, (event,) = planned("2026-12-01", CaseAtDispatch(LADDER).assigned())
    assert isinstance(event, events.AppealCompleted)
    assert case.appeal.legs[0].state == LegState.COMPLETED


@pytest.mark.parametrize("day", ["2020-01-01", "2026-11-08"])
def test_a_promise_is_not_before_today(day: str) -> None:
    case = CaseAtDispatch(PROMISING).assigned()
    refused(case, 422, "is over", ROADS, Complete, **PLAN, planned_on=day)
    refused(case, 422, "is over", OFFICE, Promise, **LATER, rank="leader", planned_on=day)


@pytest.mark.parametrize("day", ["2026-12-22", "2046-01-01"])
def test_beyond_the_cap_it_takes_the_rank_that_the_pack_names(day: str) -> None:
    case = CaseAtDispatch(PROMISING).assigned()
    refusal = refused(case, 403, "planned_on", ROADS, Complete, **PLAN, planned_on=day, confirmed=True)
    assert "2026-12-21" in refusal.zh
    assert "分管领导" in refusal.zh
    refused(case, 403, "rank", OFFICE, Promise, **LATER, planned_on=day)
    refused(case, 403, "rank", OFFICE, Promise, **LATER, rank="office", planned_on=day)
    (event,) = case.do(LEADER, Promise, **LATER, planned_on=day)
    assert isinstance(event, AppealPromised)
    assert event.rank == Rank.LEADER
    assert case.appeal.legs[0].promises[-1].approver == "张市长"


def test_up_to_the_cap_the_unit_promises_by_itself() -> None:
    assert planned("2026-12-21")[1]
    assert planned("2026-11-09")[1]


def test_an_earlier_day_replaces_the_promise_and_a_later_one_is_an_extension() -> None:
    case, _ = planned("2026-12-01")
    assert planned("2026-11-27", case)[1]
    refused(case, 409, "is an extension", ROADS, Complete, **PLAN, planned_on="2026-12-02")
    refused(case, 409, "is an extension", LEADER, Promise, **LATER, planned_on="2026-12-02")
    case.runs("promise", at("11-28 00:00"))
    asked = {"deadline": "promise", "limit": {"number": 20, "unit": LimitUnit.WORKING_DAYS}, "reason": "雨季"}
    if case.rules.extension and case.rules.extension.grounds:
        asked["ground"] = case.rules.extension.grounds[0].ground
    assert case.do(ROADS, RequestExtension, **asked)
    case.appeal.legs[0].begin_round(2, at("11-29 09:00"))
    assert planned("2026-12-10", case)[1]  # a new round, a new promise


def test_an_import_reports_what_was_promised() -> None:
    case = CaseAtDispatch(PROMISING).assigned()
    assert case.do(IMPORTER, Complete, past=True, **PLAN, planned_on="2020-01-01")
    assert case.do(IMPORTER, Promise, past=True, **LATER, planned_on="2046-01-01")


def test_a_pack_without_promises_records_none() -> None:
    case = CaseAtDispatch(LADDER).assigned()
    refused(case, 409, "no promises", LEADER, Promise, **LATER, planned_on="2026-12-01")


def judged(case: CaseAtDispatch, history: list[Event], upto: str) -> dict[str, Any]:
    judgement = judge(case.appeal.appeal_id, history, case.rules, CALENDAR, at(upto))
    return {deadline.kind: deadline.verdict for deadline in judgement.deadlines}


def test_what_was_promised_and_not_done_is_overdue_and_carded() -> None:
    """The old way: a plan for any day met everything, and nothing ran any more."""
    case = CaseAtDispatch(PROMISING)
    received = events.AppealReceived(
        appeal_id=case.appeal.appeal_id,
        registration_number=case.appeal.registration_number,
        occurred_at=MONDAY,
        channel="web",
        kind="help",
        title="路灯不亮",
        pack=PROMISING.ref,
    )
    history: list[Event] = [received, *case.do(OFFICE, Assign, legs=[{"unit": "roads"}])]
    history += case.do(ROADS, Reply, text="须采购材料")
    history += planned("2026-12-01", case)[1]
    assert judged(case, history, "12-01 23:00")["promise"] == "open"
    assert judged(case, history, "12-02 01:00")["promise"] == "overdue"
    completed = [*history, *case.do(ROADS, Complete, outcome="solved", text="已修复")]
    assert judged(case, completed, "12-02 01:00")["promise"] == "met"
