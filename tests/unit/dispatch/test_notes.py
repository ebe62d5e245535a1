"""Notes that staff write among themselves, and units that the office urges (催办)."""

from services.dispatch.acts.notes import Note, Urge
from services.dispatch.acts.units import Complete
from services.dispatch.domain import bounds
from shared.events import AppealNoted, LegUrged
from shared.roles import AccountRole
from shared.service.accounts import Caller
from tests.unit.dispatch.case import LEADER, OFFICE, ROADS, WATER, CaseAtDispatch, refused

OPERATOR = Caller("operator", AccountRole.OPERATOR)
WORDS = {"text": "企业来电两次"}


def test_staff_note_something_at_any_time_and_the_event_has_no_text() -> None:
    case = CaseAtDispatch()
    for number, by in enumerate((OFFICE, OPERATOR, LEADER), 1):
        (event,) = case.do(by, Note, **WORDS)
        assert isinstance(event, AppealNoted)
        assert event.number == case.appeal.notes == number
        assert WORDS["text"] not in event.model_dump_json()
    assert WORDS["text"] not in case.appeal.model_dump_json()  # it is among the acts


def test_a_unit_notes_on_its_own_cases_alone() -> None:
    refused(CaseAtDispatch(), 403, "未交办给本单位", ROADS, Note, **WORDS)
    case = CaseAtDispatch().assigned("roads")
    case.do(ROADS, Note, **WORDS)
    refused(case, 403, "not dispatched to this unit", WATER, Note, **WORDS)


def test_a_note_is_written_after_closure_too() -> None:
    case = CaseAtDispatch().assigned()
    case.appeal.state = type(case.appeal.state).CLOSED
    case.do(OFFICE, Note, **WORDS)
    assert case.appeal.notes == 1


def test_notes_and_urgings_have_an_end() -> None:
    case = CaseAtDispatch().assigned()
    case.appeal.notes, case.appeal.legs[0].urged = bounds.MOST_NOTES, bounds.MOST_URGINGS
    refused(case, 409, "too many notes", OFFICE, Note, **WORDS)
    refused(case, 409, "too many urgings", OFFICE, Urge, **WORDS)


def test_urging_is_counted_on_its_leg_and_told_without_its_words() -> None:
    case = CaseAtDispatch().assigned("roads", "water")
    assisting = case.appeal.legs[1].leg_id
    for leg, count in ((None, 1), (None, 2), (assisting, 1)):
        (event,) = case.do(OFFICE, Urge, **WORDS, **({"leg_id": leg} if leg else {}))
        assert isinstance(event, LegUrged)
        assert event.count == count
        assert WORDS["text"] not in event.model_dump_json()
    assert [(leg.urged, leg.urged_at) for leg in case.appeal.legs] == [
        (2, case.now.replace(minute=3)),
        (1, case.now),
    ]


def test_who_is_done_or_only_watches_is_not_urged() -> None:
    case = CaseAtDispatch().assigned("roads", "water")
    case.do(ROADS, Complete, outcome="solved", text="已办")
    refused(case, 409, "已办结", OFFICE, Urge, **WORDS)
    refused(CaseAtDispatch(), 409, "received", OFFICE, Urge, **WORDS)
