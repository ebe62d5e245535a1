"""Cases as they stood after escalation's own events, for a database that is rebuilt."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.escalation.document import Card, CardStatus, CaseDocument, Gathering
from services.escalation.engine import ACTS
from services.escalation.judgement import keep
from services.escalation.publications.queries import publications_of
from services.escalation.work import Work
from shared import events
from shared.events import Event


async def restore(work: Work, events_in_order: Sequence[Event]) -> None:
    """Restore cases, which must be there, from the events that escalation emitted, in their order.

    None of these events is emitted again. Publications are read from their own rows, which hold the answers.
    """
    about_cases = [event for event in events_in_order if not isinstance(event, events.DirectoryEvent)]
    await work.load({event.appeal_id for event in about_cases})
    publications = await publications_of(work.conn, [event.appeal_id for event in about_cases])
    for event in about_cases:
        case = work.case(event.appeal_id)
        restore_event(case, event)
        case.publications = publications.get(case.appeal_id, [])
        if type(event) in ACTS:
            work.remember(event)
        work.keep(case)
    await work.flush()


def restore_event(case: CaseDocument, event: Event) -> None:
    """Let `case` stand as it stood when `event` had been emitted."""
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

    return change


def _upheld(card: Card) -> CardStatus:
    return CardStatus.CLEARED if card.cleared_at else CardStatus.UPHELD


def _gather(case: CaseDocument, event: events.AppealGathered) -> None:
    gathering = Gathering(gathered_at=event.occurred_at)
    case.gathered = [*case.gathered, gathering]


def _instruct(case: CaseDocument, event: events.AppealInstructed) -> None:
    lift = case.lifted()
    lift.task_force = event.task_force
    lift.limits += event.limit is not None


def _name_leader(case: CaseDocument, event: events.LeaderNamed) -> None:
    lift = case.lifted()
    lift.named, lift.named_at = event.leader, event.occurred_at
    lift.acts = event.acts or event.leader


def _sign_off(case: CaseDocument, event: events.AppealSignedOff) -> None:
    case.lifted().signed_off_at = event.occurred_at


def _forget_words(_case: CaseDocument, _event: events.CasePersonsErased) -> None:
    """Nothing to do: what people wrote stands beside the case."""


def _in_its_row(_case: CaseDocument, _event: Event) -> None:
    """Nothing to do: the publication's row holds it."""


BY_PEOPLE: Mapping[type[Event], Callable[[CaseDocument, Any], None]] = {
    events.CardServed: _stands(CardStatus.SERVED),
    events.CardAcknowledged: _stands(CardStatus.ACKNOWLEDGED),
    events.CardAppealed: _stands(CardStatus.APPEALED),
    events.CardUpheld: _stands(CardStatus.UPHELD),
    events.CardWithdrawn: _stands(CardStatus.WITHDRAWN),
    events.AppealGathered: _gather,
    events.AppealInstructed: _instruct,
    events.LeaderNamed: _name_leader,
    events.AppealSignedOff: _sign_off,
    events.CasePersonsErased: _forget_words,
    events.PublicationAnswered: _in_its_row,
    events.PublicationDecided: _in_its_row,
}
"""Events of what people did. Every other event of escalation is the judge's."""
