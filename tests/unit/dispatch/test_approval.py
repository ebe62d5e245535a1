"""An approval of several departments at dispatch: a decision completes a part, silence is only its own."""

from pathlib import Path

import pytest

from services.dispatch.acts.stages import Reach
from services.dispatch.acts.units import Complete
from services.dispatch.document import AppealState
from shared import events
from shared.rules.pack import pack_files
from shared.states import LegState
from tests.unit.dispatch.case import ROADS, CaseAtDispatch, refused
from tests.unit.dispatch.test_handlers import LATER, OF_A_DEADLINE, hear, heard

APPROVAL = pack_files.load(Path(__file__).parent / "approval.yaml")


@pytest.mark.parametrize(("stage", "outcome"), [("granted", "solved"), ("denied", "explained")])
def test_a_decision_completes_the_departments_part(stage: str, outcome: str) -> None:
    case = CaseAtDispatch(APPROVAL).assigned("roads", "water")
    reached, completed = case.do(ROADS, Reach, stage=stage, text="决定")
    assert isinstance(reached, events.StageReached)
    assert isinstance(completed, events.AppealCompleted)
    leg = case.appeal.legs[0]
    assert (leg.decision, leg.state, leg.outcome) == (stage, LegState.COMPLETED, outcome)
    assert case.appeal.legs[1].state == LegState.OPEN


def test_done_without_yes_or_no_is_refused() -> None:
    case = CaseAtDispatch(APPROVAL).assigned("roads", "water")
    refused(case, 409, "granted", ROADS, Complete, outcome="explained", text="x")


def test_silence_completes_the_silent_part_alone_and_the_last_word_ends_the_case() -> None:
    case = CaseAtDispatch(APPROVAL).assigned("roads", "water")
    case.do(ROADS, Reach, stage="granted", text="决定")
    water = case.appeal.legs[1]
    work = heard(case)
    of_water = OF_A_DEADLINE | {"leg_id": water.leg_id, "unit": "water"}
    hear(work, case, events.ApprovalDeemed, clause="§5", each_leg=True, **of_water)
    assert (water.state, water.decision, water.completed_at) == (LegState.COMPLETED, "deemed", LATER)
    assert case.appeal.state == AppealState.ASSIGNED
    hear(work, case, events.ApprovalDecided, approved=True, clause="§5")
    assert case.appeal.state == AppealState.APPROVED


def test_a_denied_case_is_not_approved() -> None:
    case = CaseAtDispatch(APPROVAL).assigned("roads", "water")
    hear(heard(case), case, events.ApprovalDecided, approved=False, clause="§5")
    assert case.appeal.state == AppealState.ASSIGNED
