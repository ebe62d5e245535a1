"""What escalation had said of cases, brought back into them: for databases that are built anew."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.escalation import queries
from services.escalation.document import Card, CardStatus, CaseDocument
from services.escalation.engine import ACTS
from services.escalation.judgement import keep
from services.escalation.work import Work
from shared import events
from shared.events import Event


async def restore(work: Work, said: Sequence[Event]) -> None:
    """Bring back what was said of cases that are open here, in the order in which it was said.

    What was said is never said again. Publications come from their own rows, which hold the answers.
    """
    await work.load({event.appeal_id for event in said})
    publications = await queries.publications_of(work.conn, [event.appeal_id for event in said])
    for event in said:
        case = work.case(event.appeal_id)
        restore_event(case, event)
        case.publications = publications.get(case.appeal_id, [])
        if type(event) in ACTS:
            work.remember(event)
        work.keep(case)
    await work.flush()


def restore_event(case: CaseDocument, event: Event) -> None:
    """Let `case` stand as it stood when `event` had been said of it."""
    case.version += 1
    if isinstance(event, events.AppealJudged):
        case.deadlines, case.state = list(event.deadlines), event.state
        case.judged_upto = event.occurred_at
    elif (change := BY_PEOPLE.get(type(event))) is not None:
        change(case, event)
    else:
        case.said.add(event.id)
        keep(case, event)


def _stands(to: CardStatus) -> Callable[[CaseDocument, Any], None]:
    def change(case: CaseDocument, event: events.CardEvent) -> None:
        card = case.card(event.card_id)
        card.status = _upheld(card) if to is CardStatus.UPHELD else to
        card.reason = getattr(event, "reason", None) or card.reason

    return change


def _upheld(card: Card) -> CardStatus:
    return CardStatus.CLEARED if card.cleared_at else CardStatus.UPHELD


def _instruct(case: CaseDocument, event: events.AppealInstructed) -> None:
    lift = case.lifted()
    lift.instruction, lift.task_force = event.instruction, event.task_force


def _sign_off(case: CaseDocument, event: events.AppealSignedOff) -> None:
    case.lifted().signed_off_at = event.occurred_at


def _in_its_row(_case: CaseDocument, _event: Event) -> None:
    """The publication's row holds it."""


BY_PEOPLE: Mapping[type[Event], Callable[[CaseDocument, Any], None]] = {
    events.CardServed: _stands(CardStatus.SERVED),
    events.CardAcknowledged: _stands(CardStatus.ACKNOWLEDGED),
    events.CardAppealed: _stands(CardStatus.APPEALED),
    events.CardUpheld: _stands(CardStatus.UPHELD),
    events.CardWithdrawn: _stands(CardStatus.WITHDRAWN),
    events.AppealInstructed: _instruct,
    events.AppealSignedOff: _sign_off,
    events.PublicationAnswered: _in_its_row,
    events.PublicationDecided: _in_its_row,
}
"""What people did, as against what the judge found."""
