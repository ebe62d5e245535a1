"""Recorded loan requests: what their acts are to financing, for the simulation and for the replay."""

from typing import Any
from uuid import UUID

from huying.simulate.recorded import Case, Past
from services.financing import engine
from services.financing.contract import BankLegState
from services.financing.loans.domain import band
from shared import events
from shared.events import Event
from shared.rules.judging.acts import Act

STATES = {
    "contact": BankLegState.CONTACTED,
    "status": BankLegState.UNDER_REVIEW,
    "approve": BankLegState.APPROVED,
    "decline": BankLegState.DECLINED,
}
"""What the bank reports with each act; the other one withdraws the request."""
LOAN, LEG = UUID(int=1), UUID(int=2)
SHARED: dict[str, Any] = {"appeal_id": LOAN, "registration_number": ""}


def history(case: Case) -> list[Act]:
    """What the engine folds of a case: registered and pushed when it was submitted, then each act."""
    at, bank = case.received_at, case.unit.code
    leg = events.BankLeg(leg_id=LEG, leg="", bank=bank)
    facts: list[Event] = [
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
        *(_fact(UUID(int=5 + n), past, bank) for n, past in enumerate(case.acts)),
    ]
    return [act for fact in facts for act in engine.acts(fact)]


def _fact(id_: UUID, past: Past, bank: str) -> Event:
    state = STATES.get(past.what.act)
    if state is None:
        return events.LoanWithdrawn(id=id_, occurred_at=past.occurred_at, **SHARED)
    its = {"leg_id": LEG, "leg": "", "bank": bank, "state": state.value}
    return events.LoanReported(id=id_, occurred_at=past.occurred_at, **its, **SHARED)


def registration(case: Case) -> dict[str, Any]:
    """The request as it is imported."""
    return {
        "act": "request",
        "source_id": case.source_id,
        "occurred_at": case.received_at,
        "amount": case.amount,
        "bank": case.unit.code,
    }


def act(case: Case, past: Past) -> dict[str, Any]:
    """What followed, as it is imported."""
    told: dict[str, Any] = {"source_id": case.source_id, "occurred_at": past.occurred_at}
    state = STATES.get(past.what.act)
    if state is None:
        return {"act": "withdraw", **told}
    return {"act": "report", "state": state, "evidence": {"by": case.unit.name, "how": past.said}, **told}
