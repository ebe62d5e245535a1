"""What escalation had said of cases, brought back into them: for databases that are built anew."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.escalation.case import Card, CardStatus, Case, Publication
from services.escalation.engine import ACTS
from services.escalation.judgement import keep
from services.escalation.store import Ledger
from shared import events
from shared.database.connection import Connection
from shared.events import Event

_PUBLICATIONS = text(
    "select appeal_id, file from publications where appeal_id = any(cast(:keys as uuid[])) order by id"
)
_LATE = text("update history set late = not late where late <> (event_id = any(cast(:ids as uuid[])))")


async def recall(ledger: Ledger, said: Sequence[Event]) -> None:
    """Bring back what was said of cases that are open here, in the order in which it was said.

    What was said is never said again. Publications come from their own rows, which hold the answers.
    """
    await ledger.load({event.appeal_id for event in said})
    publications = await _publications(ledger.conn, [event.appeal_id for event in said])
    for event in said:
        case = ledger.case(event.appeal_id)
        bring_back(case, event)
        case.publications = publications.get(case.appeal_id, [])
        if type(event) in ACTS:
            ledger.remember(event)
        ledger.keep(case)
    await ledger.flush()


async def mark_late(conn: Connection, ids: Sequence[UUID]) -> None:
    """Of all histories exactly these acts came when their moment had been judged."""
    await conn.execute(_LATE, {"ids": list(ids)})


async def _publications(conn: Connection, keys: Sequence[UUID]) -> dict[UUID, list[Publication]]:
    found: dict[UUID, list[Publication]] = {}
    for row in await conn.execute(_PUBLICATIONS, {"keys": keys}):
        found.setdefault(row.appeal_id, []).append(Publication.model_validate(row.file))
    return found


def bring_back(case: Case, event: Event) -> None:
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


def _stands(to: CardStatus) -> Callable[[Case, Any], None]:
    def change(case: Case, event: events.CardEvent) -> None:
        card = case.card(event.card_id)
        card.status = _upheld(card) if to is CardStatus.UPHELD else to
        card.reason = getattr(event, "reason", None) or card.reason

    return change


def _upheld(card: Card) -> CardStatus:
    return CardStatus.CLEARED if card.cleared_at else CardStatus.UPHELD


def _instruct(case: Case, event: events.AppealInstructed) -> None:
    lift = case.lifted()
    lift.instruction, lift.task_force = event.instruction, event.task_force


def _sign_off(case: Case, event: events.AppealSignedOff) -> None:
    case.lifted().signed_off_at = event.occurred_at


def _in_its_row(_case: Case, _event: Event) -> None:
    """The publication's row holds it."""


BY_PEOPLE: Mapping[type[Event], Callable[[Case, Any], None]] = {
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
