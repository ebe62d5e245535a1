"""Internal notes (内部备注) and urging (催办). Neither changes how the appeal stands. Pure."""

from collections.abc import Iterator

from services.dispatch.acts.notes import Note, Urge
from services.dispatch.document import AppealDocument
from services.dispatch.domain.bounds import check_notes, check_urgings
from services.dispatch.domain.context import ActContext
from shared import events
from shared.appeals.document import not_dispatched_to_unit
from shared.events import Event
from shared.roles import AccountRole


def note(appeal: AppealDocument, _act: Note, context: ActContext) -> Iterator[Event]:
    """Count the note; its text is kept as evidence of the act. Also after closure."""
    if context.by.role == AccountRole.UNIT and context.by.code not in appeal.readers():
        raise not_dispatched_to_unit()
    check_notes(appeal)
    appeal.notes += 1
    yield appeal.event(events.AppealNoted, context.at, number=appeal.notes)


def urge(appeal: AppealDocument, act: Urge, context: ActContext) -> Iterator[Event]:
    """Urge the unit of a leg that it has not completed. Its clock runs as before."""
    leg = appeal.working(act.leg_id)
    check_urgings(leg)
    leg.urged, leg.urged_at = leg.urged + 1, context.at
    yield appeal.leg_event(leg, events.LegUrged, context.at, count=leg.urged)
