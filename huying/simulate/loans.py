"""Recorded loan requests as events of financing: for the simulation, and as imports for the replay."""

from typing import Any
from uuid import UUID

from huying.simulate.recorded_case import RecordedAct, RecordedCase
from services.financing import engine
from services.financing.loans.domain import band
from shared import events
from shared.events import Event
from shared.rules.judging.acts import Act
from shared.states import BankLegState

STATES = {
    "contact": BankLegState.CONTACTED,
    "status": BankLegState.UNDER_REVIEW,
    "approve": BankLegState.APPROVED,
    "decline": BankLegState.DECLINED,
}
"""The state a bank reports with each act. The act that is missing here withdraws the request."""
LOAN, LEG = UUID(int=1), UUID(int=2)
SHARED: dict[str, Any] = {"appeal_id": LOAN, "registration_number": ""}


def history(case: RecordedCase) -> list[Act]:
    """What the engine folds of a case: registered and pushed when it was submitted, then each act."""
    at, bank = case.received_at, case.unit.code
    leg = events.BankLeg(leg_id=LEG, leg="", bank=bank)
    history: list[Event] = [
        events.LoanRequested(
            id=UUID(int=3),
            occurred_at=at,
            product="other",
            amount_band=band(case.amount or ""),
            first_loan=False,
            pack="",
            **SHARED,
        ),
        events.LoanPushed(id=UUID(int=4), occurred_at=at, wave=1, legs=(leg,), **SHARED),
        *(_event(UUID(int=5 + n), act, bank) for n, act in enumerate(case.acts)),
    ]
    return [act for event in history for act in engine.to_acts(event)]


def _event(id_: UUID, act: RecordedAct, bank: str) -> Event:
    state = STATES.get(act.definition.act)
    if state is None:
        return events.LoanWithdrawn(id=id_, occurred_at=act.occurred_at, **SHARED)
    report = {"leg_id": LEG, "leg": "", "bank": bank, "state": state.value}
    return events.LoanReported(id=id_, occurred_at=act.occurred_at, **report, **SHARED)


def registration(case: RecordedCase) -> dict[str, Any]:
    """The import item that registers the request."""
    return {
        "act": "request",
        "source_id": case.source_id,
        "occurred_at": case.received_at,
        "amount": case.amount,
        "bank": case.unit.code,
    }


def import_item(case: RecordedCase, act: RecordedAct) -> dict[str, Any]:
    """The import item of an act."""
    item: dict[str, Any] = {"source_id": case.source_id, "occurred_at": act.occurred_at}
    state = STATES.get(act.definition.act)
    if state is None:
        return {"act": "withdraw", **item}
    return {"act": "report", "state": state, "evidence": {"by": case.unit.name, "how": act.text}, **item}
