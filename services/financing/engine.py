"""How facts of financing are acts of the engine, and what the engine says is said of loans. Pure."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

from services.financing.complaints.document import ComplaintDocument
from services.financing.contract import LegState
from services.financing.document import JudgedDocument
from services.financing.loans.document import LoanDocument
from shared import events
from shared.events import Event, Kind, Outcome, Role

TAKEN_BACK = "taken_back"
STAGES = {
    LegState.DOCUMENTS_NEEDED: "documents_needed",
    LegState.UNDER_REVIEW: "under_review",
    LegState.APPROVED: "approved",
    LegState.DECLINED: "declined",
    LegState.DISBURSED: "disbursed",
    LegState.WITHDRAWN: TAKEN_BACK,
}
"""The stage of the pack that a bank reaches by reporting a state; the call is an act of its own."""
ENDS = {
    LegState.DECLINED: Outcome.EXPLAINED,
    LegState.DISBURSED: Outcome.SOLVED,
    LegState.WITHDRAWN: Outcome.EXPLAINED,
}
"""The states after which a leg has nothing more to do."""


def acts(fact: Event) -> list[Event]:
    """What the engine folds of a fact."""
    return _ACTS[type(fact)](fact)


def meeting(state: LegState) -> str | None:
    """What a report of `state` meets deadlines by, in the words of a pack's `met_by`."""
    return "contacted" if state is LegState.CONTACTED else STAGES.get(state)


def _act(what: type[Event], fact: Event, case_id: UUID, **fields: Any) -> Event:
    return what(
        id=uuid5(fact.id, what.type),
        occurred_at=fact.occurred_at,
        appeal_id=case_id,
        registration_number=fact.registration_number,
        **fields,
    )


def _received(fact: Event, case_id: UUID, kind: Kind, pack: str) -> Event:
    return _act(
        events.AppealReceived,
        fact,
        case_id,
        channel=events.Channel.FINANCE_WINDOW,
        kind=kind,
        title="",
        pack=pack,
    )


def _requested(fact: events.LoanRequested) -> list[Event]:
    return [_received(fact, fact.appeal_id, Kind.HELP, fact.pack)]


def _pushed(fact: events.LoanPushed) -> list[Event]:
    legs = tuple(
        events.Leg(leg_id=leg.leg_id, unit=leg.bank, unit_name=leg.bank_name, role=Role.ASSIST)
        for leg in fact.legs
    )
    return [_act(events.AppealAssigned, fact, fact.appeal_id, legs=legs)]


def _reported(fact: events.LoanReported) -> list[Event]:
    state = LegState(fact.state)
    its: dict[str, Any] = {"leg_id": fact.leg_id, "unit": fact.bank}
    found: list[Event] = []
    if state is LegState.CONTACTED:
        found.append(_act(events.AppealContacted, fact, fact.appeal_id, how="", **its))
    if (stage := STAGES.get(state)) is not None:
        found.append(_act(events.StageReached, fact, fact.appeal_id, stage=stage, **its))
    if (outcome := ENDS.get(state)) is not None:
        found.append(_act(events.AppealCompleted, fact, fact.appeal_id, outcome=outcome, **its))
    return found


def _withdrawn(fact: Event) -> list[Event]:
    return [_act(events.AppealWithdrawn, fact, fact.appeal_id, reason="")]


def _closed(fact: Event) -> list[Event]:
    return [_act(events.AppealClosed, fact, fact.appeal_id)]


def regulators_leg(complaint_id: UUID) -> UUID:
    """The leg of the regulator in the case that a complaint is."""
    return uuid5(complaint_id, "regulator")


def _complained(fact: events.LoanComplained) -> list[Event]:
    leg = events.Leg(leg_id=regulators_leg(fact.complaint_id), unit="regulator", role=Role.LEAD)
    return [
        _received(fact, fact.complaint_id, Kind.COMPLAINT, fact.pack),
        _act(events.AppealAssigned, fact, fact.complaint_id, legs=(leg,)),
    ]


def _decided(fact: events.ComplaintDecided) -> list[Event]:
    leg_id = regulators_leg(fact.complaint_id)
    its = {"leg_id": leg_id, "unit": "regulator", "outcome": Outcome.EXPLAINED}
    return [_act(events.AppealCompleted, fact, fact.complaint_id, **its)]


_ACTS: dict[type[Event], Callable[[Any], list[Event]]] = {
    events.LoanRequested: _requested,
    events.LoanPushed: _pushed,
    events.LoanReported: _reported,
    events.LoanWithdrawn: _withdrawn,
    events.LoanConsentWithdrawn: _withdrawn,
    events.LoanClosed: _closed,
    events.LoanComplained: _complained,
    events.ComplaintDecided: _decided,
}
FACTS = tuple(_ACTS)

_OF_A_LEG: dict[type[Event], type[Event]] = {
    events.AppealDueSoon: events.LoanDueSoon,
    events.AppealOverdue: events.LoanOverdue,
    events.AppealReminded: events.LoanReminded,
    events.AppealSupervised: events.LoanSupervised,
    events.DeadlineMoved: events.LoanDeadlineMoved,
}
_OF_A_COMPLAINT: dict[type[Event], type[Event]] = {
    events.AppealDueSoon: events.ComplaintDueSoon,
    events.AppealOverdue: events.ComplaintOverdue,
    events.AppealReminded: events.ComplaintReminded,
    events.DeadlineMoved: events.ComplaintDeadlineMoved,
}
_BESIDE = {"clause", "was_due_at", "calendar"}


def said(case: JudgedDocument, event: Any) -> Event | None:
    """What the engine said, as financing says it, under the same id; None for what no loan knows."""
    table = _OF_A_LEG if isinstance(case, LoanDocument) else _OF_A_COMPLAINT
    what = table.get(type(event))
    if what is None:
        return None
    fields: dict[str, Any] = {"deadline": event.deadline, "due_at": event.due_at, "title": event.title}
    if isinstance(case, LoanDocument):
        leg = next((one for one in case.legs if one.leg_id == event.leg_id), None)
        if leg is None:
            return None
        fields |= {"leg_id": leg.leg_id, "leg": leg.leg, "bank": leg.bank}
    fields |= {name: getattr(event, name) for name in _BESIDE & what.model_fields.keys()}
    return case.event(what, event.occurred_at, id=event.id, **fields)


def restated(case: JudgedDocument, at: Any) -> Event:
    """All deadlines of the case as they stand now."""
    deadlines = tuple(case.deadlines)
    if isinstance(case, ComplaintDocument):
        return case.event(events.ComplaintJudged, at, deadlines=deadlines)
    return case.event(events.LoanJudged, at, state=case.judged_state, deadlines=deadlines)
