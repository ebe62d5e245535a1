"""Facts of financing as acts of the engine, and its rulings as events of loans and complaints. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.financing.complaints.document import ComplaintDocument
from services.financing.document import JudgedDocument
from services.financing.loans.document import LoanDocument
from shared import events
from shared.events import Event
from shared.rules.judging import acts, rulings
from shared.rules.judging.acts import Act
from shared.rules.judging.rulings import DeadlineRuling, Ruling
from shared.rules.terms import Kind, Role
from shared.states import BankLegState

TAKEN_BACK = "taken_back"
STAGES = {
    BankLegState.DOCUMENTS_NEEDED: "documents_needed",
    BankLegState.UNDER_REVIEW: "under_review",
    BankLegState.APPROVED: "approved",
    BankLegState.DECLINED: "declined",
    BankLegState.DISBURSED: "disbursed",
    BankLegState.WITHDRAWN: TAKEN_BACK,
}
"""The stage of the pack that a bank reaches by reporting a state; the call is an act of its own."""
ENDS = frozenset({BankLegState.DECLINED, BankLegState.DISBURSED, BankLegState.WITHDRAWN})
"""The states after which a leg has nothing more to do."""
_ACT_NAMES: dict[type[Act], str] = {
    acts.Opened: "appeal.received.v1",
    acts.Assigned: "appeal.assigned.v1",
    acts.Contacted: "appeal.contacted.v1",
    acts.Reached: "stage.reached.v1",
    acts.Completed: "appeal.completed.v1",
    acts.Objected: "appeal.objected.v1",
    acts.ObjectionDecided: "objection.decided.v1",
    acts.Rated: "appeal.rated.v1",
    acts.FollowedUp: "follow_up.made.v1",
    acts.Withdrawn: "appeal.withdrawn.v1",
    acts.Closed: "appeal.closed.v1",
}
"""What the ids of acts are made from. Acts of one moment take effect in the order of their ids, so that a
case is judged as it was under the release that chose these names."""


def to_acts(fact: Event) -> list[Act]:
    """The acts that the engine judges by, made of a fact."""
    return _ACTS[type(fact)](fact)


def meeting(state: BankLegState) -> str | None:
    """The word of a pack's `met_by` under which a report of `state` meets deadlines; None for none."""
    return "contacted" if state is BankLegState.CONTACTED else STAGES.get(state)


def _act(act_type: type[Act], fact: Event, *values: Any) -> Act:
    return act_type(uuid5(fact.id, _ACT_NAMES[act_type]), fact.occurred_at, *values)


def _requested(fact: events.LoanRequested) -> list[Act]:
    return [_act(acts.Opened, fact, Kind.HELP)]


def _pushed(fact: events.LoanPushed) -> list[Act]:
    legs = tuple(acts.AssignedLeg(leg.leg_id, leg.bank, Role.ASSIST) for leg in fact.legs)
    return [_act(acts.Assigned, fact, legs)]


def _reported(fact: events.LoanReported) -> list[Act]:
    state = BankLegState(fact.state)
    reported: list[Act] = []
    if state is BankLegState.CONTACTED:
        reported.append(_act(acts.Contacted, fact, fact.leg_id))
    if (stage := STAGES.get(state)) is not None:
        reported.append(_act(acts.Reached, fact, fact.leg_id, stage))
    if state in ENDS:
        reported.append(_act(acts.Completed, fact, fact.leg_id))
    return reported


def _withdrawal_asked(fact: events.LoanWithdrawalAsked) -> list[Act]:
    """A bank that gives a request back is like a unit that objects: nothing stops until it is upheld."""
    return [_act(acts.Objected, fact, fact.leg_id)]


def _withdrawal_answered(fact: events.LoanWithdrawalAnswered) -> list[Act]:
    return [_act(acts.ObjectionDecided, fact, fact.leg_id, fact.confirmed)]


def _rated(fact: events.LoanRated) -> list[Act]:
    return [_act(acts.Rated, fact)]


def _followed_up(fact: events.LoanFollowedUp) -> list[Act]:
    return [_act(acts.FollowedUp, fact, fact.reached)]


def _withdrawn(fact: Event) -> list[Act]:
    return [_act(acts.Withdrawn, fact)]


def _closed(fact: Event) -> list[Act]:
    return [_act(acts.Closed, fact)]


def regulators_leg(complaint_id: UUID) -> UUID:
    """The leg of the regulator in the case that a complaint is."""
    return uuid5(complaint_id, "regulator")


def _complained(fact: events.LoanComplained) -> list[Act]:
    leg = acts.AssignedLeg(regulators_leg(fact.complaint_id), "regulator", Role.LEAD)
    return [_act(acts.Opened, fact, Kind.COMPLAINT), _act(acts.Assigned, fact, (leg,))]


def _decided(fact: events.ComplaintDecided) -> list[Act]:
    return [_act(acts.Completed, fact, regulators_leg(fact.complaint_id))]


_ACTS: dict[type[Event], Callable[[Any], list[Act]]] = {
    events.LoanRequested: _requested,
    events.LoanPushed: _pushed,
    events.LoanReported: _reported,
    events.LoanWithdrawalAsked: _withdrawal_asked,
    events.LoanWithdrawalAnswered: _withdrawal_answered,
    events.LoanRated: _rated,
    events.LoanFollowedUp: _followed_up,
    events.LoanWithdrawn: _withdrawn,
    events.LoanConsentWithdrawn: _withdrawn,
    events.LoanClosed: _closed,
    events.LoanComplained: _complained,
    events.ComplaintDecided: _decided,
}
FACTS = tuple(_ACTS)

_EVENTS_OF_A_LOAN: dict[type[Ruling], type[Event]] = {
    rulings.DueSoon: events.LoanDueSoon,
    rulings.Overdue: events.LoanOverdue,
    rulings.Reminded: events.LoanReminded,
    rulings.Supervised: events.LoanSupervised,
    rulings.DeadlineMoved: events.LoanDeadlineMoved,
}
_EVENTS_OF_THE_OFFICE: dict[type[Ruling], type[Event]] = {
    rulings.DueSoon: events.LoanOfficeDueSoon,
    rulings.Overdue: events.LoanOfficeOverdue,
    rulings.Raised: events.LoanRaised,
}
_EVENTS_OF_A_COMPLAINT: dict[type[Ruling], type[Event]] = {
    rulings.DueSoon: events.ComplaintDueSoon,
    rulings.Overdue: events.ComplaintOverdue,
    rulings.Reminded: events.ComplaintReminded,
    rulings.DeadlineMoved: events.ComplaintDeadlineMoved,
}
_BORNE = ("deadline", "due_at", "title", "clause", "was_due_at", "calendar", "to")
"""The fields of rulings that events of financing repeat, each event those that it has."""


def to_event(case: JudgedDocument, ruling: Ruling) -> Event | None:
    """The event of a ruling, under the ruling's id; None for a ruling that financing does not say."""
    if not isinstance(ruling, DeadlineRuling):
        return None
    event_type = _table(case, ruling).get(type(ruling))
    if event_type is None:
        return None
    fields = {name: getattr(ruling, name) for name in _BORNE if name in event_type.model_fields}
    if isinstance(case, LoanDocument):
        leg = next((leg for leg in case.legs if leg.leg_id == ruling.leg_id), None)
        if leg is not None:
            named = {"leg_id": leg.leg_id, "leg": leg.leg, "bank": leg.bank}
            fields |= {name: value for name, value in named.items() if name in event_type.model_fields}
    return case.event(event_type, ruling.occurred_at, id=ruling.id, **fields)


def _table(case: JudgedDocument, ruling: DeadlineRuling) -> dict[type[Ruling], type[Event]]:
    """What is said of a deadline of a bank, of the window or the office, or of the regulator."""
    if ruling.unit is None:
        return _EVENTS_OF_THE_OFFICE
    return _EVENTS_OF_A_LOAN if isinstance(case, LoanDocument) else _EVENTS_OF_A_COMPLAINT


def restated(case: JudgedDocument, at: datetime) -> Event:
    """All deadlines of the case as they stand now."""
    deadlines = tuple(case.deadlines)
    if isinstance(case, ComplaintDocument):
        return case.event(events.ComplaintJudged, at, deadlines=deadlines)
    return case.event(events.LoanJudged, at, state=case.judged_state, deadlines=deadlines)
