"""Joint study (会商): invited units give their opinion within working time; what is late is said once."""

from datetime import timedelta
from typing import Any

import pytest

from services.dispatch.acts.studies import AnswerStudy, AskStudy, CloseStudy
from services.dispatch.document import AppealState
from services.dispatch.domain import bounds, studies
from shared import events
from shared.events import Event
from shared.roles import AccountRole
from shared.service.accounts import Caller
from tests.unit.dispatch.case import OFFICE, ROADS, WATER, CaseAtDispatch, at, refused

EAST = Caller("east", AccountRole.UNIT, "east")
TWO_DAYS = {"number": 2, "unit": "working_days"}
QUESTION: dict[str, Any] = {"units": ["water", "east"], "limit": TWO_DAYS, "question": "能否共同施工？"}
MINUTE = timedelta(minutes=1)


def asked(**body: Any) -> CaseAtDispatch:
    """Roads leads, and the office asks water and east on Monday 11-09 at 09:02."""
    case = CaseAtDispatch().assigned("roads")
    case.do(OFFICE, AskStudy, **{**QUESTION, **body})
    return case


def said(case: CaseAtDispatch, upto: str) -> list[tuple[type[Event], str]]:
    """What the timer says as of a moment: kind and unit."""
    moment = at(upto)
    spoken = list(studies.remind(case.appeal, moment, moment))
    assert all(isinstance(event, events.OpinionEvent) for event in spoken)
    return [(type(event), event.unit) for event in spoken if isinstance(event, events.OpinionEvent)]


def test_invited_units_are_given_a_limit_in_working_time_and_read_the_case() -> None:
    case = CaseAtDispatch().assigned("roads")
    (event,) = case.do(OFFICE, AskStudy, **QUESTION)
    assert isinstance(event, events.StudyAsked)
    # Monday 11-09, 2 working days: Wednesday 11-11, close of business
    assert [(each.unit, each.due_at) for each in event.invited] == [
        ("water", at("11-11 17:30")),
        ("east", at("11-11 17:30")),
    ]
    assert (event.number, event.asked_by) == (1, None)
    assert QUESTION["question"] not in event.model_dump_json()
    assert case.appeal.readers() == ["roads", "water", "east"]
    assert len(case.appeal.legs) == 1


def test_a_limit_counts_no_day_off_and_a_reminder_comes_after_three_quarters_of_office_time() -> None:
    case = CaseAtDispatch()
    case.now = at("11-13 16:29")
    case.do(OFFICE, AskStudy, **{**QUESTION, "limit": {"number": 4, "unit": "working_hours"}})
    (invitation, _) = case.appeal.studies[0].invited
    # Friday 16:30, one hour to 17:30; Monday 08:30 to 11:30; three of four hours are over at 10:30
    assert (invitation.due_at, invitation.remind_at) == (at("11-16 11:30"), at("11-16 10:30"))


def test_each_opinion_is_counted_and_a_late_one_taken() -> None:
    case = asked()
    (first,) = case.do(WATER, AnswerStudy, number=1, text="同意")
    assert isinstance(first, events.StudyAnswered)
    assert (first.unit, first.late, first.missing) == ("water", False, 1)
    assert "同意" not in first.model_dump_json()
    case.now = at("11-12 08:59")
    (second,) = case.do(OFFICE, AnswerStudy, number=1, text="原则同意", unit="east")
    assert isinstance(second, events.StudyAnswered)
    assert (second.unit, second.late, second.missing) == ("east", True, 0)
    (closed,) = case.do(OFFICE, CloseStudy, number=1, conclusion="由交通局牵头")
    assert isinstance(closed, events.StudyClosed)
    assert (closed.answered, closed.late) == (2, 1)


@pytest.mark.parametrize(("answered", "late"), [("11-11 17:29", False), ("11-11 17:30", True)])
def test_the_minute_of_the_end_is_in_time(answered: str, *, late: bool) -> None:
    case = asked()
    case.now = at(answered)  # and a minute more
    (event,) = case.do(EAST, AnswerStudy, number=1, text="同意")
    assert isinstance(event, events.StudyAnswered)
    assert event.late is late


def test_a_missing_opinion_is_reminded_of_once_and_late_once() -> None:
    case = asked()
    case.do(WATER, AnswerStudy, number=1, text="同意")
    remind_at = case.appeal.studies[0].invited[1].remind_at
    assert studies.next_at(case.appeal) == remind_at
    assert said(case, "11-10 09:00") == []
    assert said(case, f"{remind_at.astimezone(case.now.tzinfo):%m-%d %H:%M}") == [
        (events.StudyDueSoon, "east")
    ]
    assert said(case, "11-11 17:30") == []
    assert studies.next_at(case.appeal) == at("11-11 17:31")
    assert said(case, "11-11 17:31") == [(events.StudyOverdue, "east")]
    assert studies.next_at(case.appeal) is None
    assert said(case, "11-30 12:00") == []


def test_who_was_asleep_says_that_an_opinion_is_late_and_reminds_no_more() -> None:
    case = asked(units=["water"])
    assert said(case, "11-20 12:00") == [(events.StudyOverdue, "water")]
    assert said(case, "11-20 12:01") == []


@pytest.mark.parametrize("state", [AppealState.CLOSED, AppealState.WITHDRAWN, AppealState.REFERRED])
def test_of_a_case_that_nobody_works_on_nothing_is_said(state: AppealState) -> None:
    case = asked()
    case.appeal.state = state
    assert studies.next_at(case.appeal) is None
    assert said(case, "11-20 12:00") == []
    refused(case, 409, "不能进行此操作", WATER, AnswerStudy, number=1, text="同意")


def test_a_closed_study_waits_for_nobody() -> None:
    case = asked()
    case.do(OFFICE, CloseStudy, number=1, conclusion="不再会商")
    assert studies.next_at(case.appeal) is None
    assert said(case, "11-20 12:00") == []
    refused(case, 409, "study is closed", WATER, AnswerStudy, number=1, text="同意")
    refused(case, 409, "study is closed", OFFICE, CloseStudy, number=1, conclusion="再次")


def test_the_lead_unit_asks_and_closes_its_own() -> None:
    case = CaseAtDispatch().assigned("roads", "water")
    (event,) = case.do(ROADS, AskStudy, **{**QUESTION, "units": ["east"]})
    assert isinstance(event, events.StudyAsked)
    assert event.asked_by == "roads"
    refused(case, 403, "lead unit alone", WATER, AskStudy, **QUESTION)
    refused(case, 422, "invite itself", ROADS, AskStudy, **{**QUESTION, "units": ["roads"]})
    refused(case, 403, "lead unit alone", WATER, CloseStudy, number=1, conclusion="无")
    case.do(ROADS, CloseStudy, number=1, conclusion="由东城区施工")


def test_what_the_office_asked_the_unit_does_not_close() -> None:
    refused(asked(), 403, "the office asked", ROADS, CloseStudy, number=1, conclusion="无")


def test_an_opinion_is_that_of_an_invited_unit_and_given_once() -> None:
    case = asked()
    refused(case, 403, "not invited", ROADS, AnswerStudy, number=1, text="同意")
    refused(case, 403, "own opinion", WATER, AnswerStudy, number=1, text="同意", unit="east")
    refused(case, 422, "which unit", OFFICE, AnswerStudy, number=1, text="同意")
    refused(case, 404, "no such study", WATER, AnswerStudy, number=2, text="同意")
    case.do(WATER, AnswerStudy, number=1, text="同意")
    refused(case, 409, "already", WATER, AnswerStudy, number=1, text="改为不同意")


def test_a_limit_of_years_and_endless_studies_are_refused() -> None:
    long = {"number": 400, "unit": "natural_days"}
    refused(CaseAtDispatch(), 422, "more than a year", OFFICE, AskStudy, **{**QUESTION, "limit": long})
    case = asked()
    case.appeal.studies *= bounds.MOST_STUDIES
    refused(case, 409, "too many joint studies", OFFICE, AskStudy, **QUESTION)
