"""Facts of financing as acts of the engine."""

from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from services.financing import engine
from services.financing.banks.domain import TRANSITIONS
from services.financing.engine import FACTS
from shared import events
from shared.events import CATALOGUE
from shared.rules.judging.acts import Completed
from shared.rules.judging.fold import FOLDS
from shared.rules.pack import pack_files
from shared.states import BankLegState
from tests.unit.financing.samples import AT, PACK, asked


def test_every_fact_becomes_acts_the_engine_folds_under_ids_of_their_own() -> None:
    loan = asked()
    legs = (events.BankLeg(leg_id=uuid4(), leg=loan.legs[0].leg, bank="bank-a"),)
    leg = {"leg_id": legs[0].leg_id, "leg": legs[0].leg, "bank": "bank-a"}
    of_complaint = {"complaint_id": uuid4(), "complaint": "RZ-20261109-00001/C1", "bank": "bank-a"}
    more: dict[type, dict[str, Any]] = {
        events.LoanRequested: {
            "product": "other",
            "amount_band": "from_10m",
            "first_loan": False,
            "pack": PACK.ref,
        },
        events.LoanPushed: {"wave": 1, "legs": legs},
        events.LoanReported: {**leg, "state": "declined"},
        events.LoanWithdrawalAsked: leg,
        events.LoanWithdrawalAnswered: {**leg, "confirmed": True, "by": "enterprise"},
        events.LoanRated: {"rating": "satisfied"},
        events.LoanFollowedUp: {"reached": True},
        events.LoanComplained: {**of_complaint, "pack": PACK.ref},
        events.ComplaintDecided: {**of_complaint, "founded": True},
    }
    for event_type in FACTS:
        fact = event_type(
            occurred_at=AT, appeal_id=UUID(int=1), registration_number="", **more.get(event_type, {})
        )
        acts = engine.to_acts(fact)
        assert acts
        assert {type(act) for act in acts} <= FOLDS.keys()
        assert {act.occurred_at for act in acts} == {AT}
        assert len({act.id for act in acts}) == len(acts)
        assert [act.id for act in engine.to_acts(fact)] == [act.id for act in acts]


def test_the_ids_of_acts_are_those_of_the_first_release() -> None:
    """Acts of one moment take effect in the order of their ids: other ids, another judgement of old cases."""
    leg = {"leg_id": uuid4(), "leg": "RZ-20261109-00001/1", "bank": "bank-a", "state": "declined"}
    fact = events.LoanReported(occurred_at=AT, appeal_id=UUID(int=1), registration_number="", **leg)
    names = ("stage.reached.v1", "appeal.completed.v1")
    assert [act.id for act in engine.to_acts(fact)] == [uuid5(fact.id, name) for name in names]


def test_every_stage_that_a_report_reaches_is_one_of_the_pack() -> None:
    earlier = {stage.stage for stage in pack_files.load("bozhou-2024-financing@2").stages}
    assert set(engine.STAGES.values()) == earlier
    assert earlier - {stage.stage for stage in PACK.stages} == {engine.TAKEN_BACK}, (
        "said by the enterprise now"
    )


def test_every_event_of_financing_comes_from_financing() -> None:
    mine = {cls for cls in CATALOGUE.values() if issubclass(cls, events.LoanEvent)}
    assert {cls.source for cls in mine} == {"financing"}
    assert mine >= set(FACTS)


@pytest.mark.parametrize("state", BankLegState)
def test_a_leg_is_done_where_its_bank_can_say_nothing_more(state: BankLegState) -> None:
    leg = {"leg_id": uuid4(), "leg": "RZ-20261109-00001/1", "bank": "bank-a", "state": state.value}
    fact = events.LoanReported(occurred_at=AT, appeal_id=UUID(int=1), registration_number="", **leg)
    is_completed = Completed in {type(act) for act in engine.to_acts(fact)}
    assert is_completed == (TRANSITIONS[state] == ())
