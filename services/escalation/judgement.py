"""What a judgement changes in a case: rulings that were not said yet, and the deadlines. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.escalation import engine
from services.escalation.document import (
    Card,
    CaseDocument,
    HandOver,
    Lift,
    Move,
    Notice,
    Passed,
    Publication,
    Raise,
)
from shared import events
from shared.events import Event
from shared.judging.deadlines import stated
from shared.rules.judging.decide import Judgement

_PASSED = set(Passed.model_fields)
_LIFT_FIELDS = {"leader", "level", "reason", "unit", "clause"}
_CARD_FIELDS = {"card_id", "card", "clause"} | _PASSED


def take(
    case: CaseDocument,
    judgement: Judgement,
    upto: datetime,
    complete: Callable[[Event], Event] = lambda event: event,
) -> list[Event]:
    """Bring `case` up to `judgement`; returns the new events, last the deadlines if they changed.

    `complete` adds to an event what only the directories know: who acts.
    """
    unsaid = [ruling for ruling in judgement.rulings if ruling.id not in case.said]
    new = [complete(engine.to_event(ruling, case.appeal_id, case.registration_number)) for ruling in unsaid]
    for event in new:
        case.said.add(event.id)
        keep(case, event)
    deadlines = stated(case.deadlines, judgement.deadlines)
    if (deadlines, judgement.state) != (case.deadlines, case.state):
        case.deadlines, case.state = deadlines, judgement.state
        new.append(
            case.event(events.AppealJudged, upto, state=judgement.state, deadlines=tuple(case.deadlines))
        )
    if new:
        case.version += 1
    case.rounds = judgement.rounds
    case.judged_upto = max(case.judged_upto or upto, upto)
    return new


def keep(case: CaseDocument, event: Event) -> None:
    """Keep in `case` what an event of the judge added to it: a card, a lift, a notice."""
    if (into := _KEPT.get(type(event))) is not None:
        into(case, event)


def _keep_card(case: CaseDocument, event: events.CardIssued) -> None:
    case.cards.append(Card(**event.model_dump(include=_CARD_FIELDS), issued_at=event.occurred_at))


def _clear_card(case: CaseDocument, event: events.CardCleared) -> None:
    case.card(event.card_id).clear(event.occurred_at)


def _keep_lift(case: CaseDocument, event: events.AppealLifted) -> None:
    fields = event.model_dump(include=_LIFT_FIELDS)
    acts = event.acts or event.leader
    case.lifts.append(Lift(**fields, acts=acts, lift_id=event.id, lifted_at=event.occurred_at))


def _keep_notice(case: CaseDocument, event: events.AppealSupervised) -> None:
    fields = event.model_dump(include=_PASSED | {"clause"})
    case.notices.append(Notice(**fields, notice_id=event.id, issued_at=event.occurred_at))


def _keep_move(case: CaseDocument, event: events.DeadlineMoved) -> None:
    fields = event.model_dump(include=_PASSED | {"was_due_at", "calendar"})
    case.moves.append(Move(**fields, moved_at=event.occurred_at))


def _keep_raise(case: CaseDocument, event: events.AppealRaised) -> None:
    fields = event.model_dump(include=_PASSED | {"to", "clause", "leader"})
    case.raised.append(Raise(**fields, raised_at=event.occurred_at))


def _keep_hand_over(case: CaseDocument, event: events.AppealHandedOver) -> None:
    fields = event.model_dump(include=_PASSED | {"to", "clause"})
    case.handed_over.append(HandOver(**fields, handed_over_at=event.occurred_at))


def _keep_publication(case: CaseDocument, event: events.PublicationProposed) -> None:
    fields = event.model_dump(include=_PASSED | {"publication_id", "clause"})
    case.publications.append(Publication(**fields, proposed_at=event.occurred_at))


_KEPT: dict[type[Event], Callable[[CaseDocument, Any], None]] = {
    events.CardIssued: _keep_card,
    events.CardCleared: _clear_card,
    events.AppealLifted: _keep_lift,
    events.AppealSupervised: _keep_notice,
    events.DeadlineMoved: _keep_move,
    events.AppealRaised: _keep_raise,
    events.AppealHandedOver: _keep_hand_over,
    events.PublicationProposed: _keep_publication,
}
