"""What a judgement brings into a case: what was not said yet, and its deadlines, explained. Pure."""

from datetime import datetime

from services.financing import engine
from services.financing.file import Judged, Loan
from shared import events
from shared.events import Event
from shared.rules.decide import Judgement
from shared.rules.explain import explain_deadline


def take(case: Judged, judgement: Judgement, upto: datetime) -> list[Event]:
    """Bring `case` up to `judgement`; returns what was not said yet, the deadlines as they stand last."""
    new = []
    for event in judgement.said:
        if event.id not in case.said:
            case.said.add(event.id)
            if (said := engine.said(case, event)) is not None:
                new.append(said)
    deadlines = _explained(case.deadlines, judgement)
    if (deadlines, judgement.state) != (case.deadlines, case.judged_state):
        case.deadlines, case.judged_state = deadlines, judgement.state.value
        new.append(engine.restated(case, upto))
    if isinstance(case, Loan):
        for leg in case.legs:
            leg.deadlines = [deadline for deadline in deadlines if deadline.leg_id == leg.leg_id]
    if new:
        case.version += 1
    case.judged_upto = max(case.judged_upto or upto, upto)
    return new


def _explained(before: list[events.Deadline], judgement: Judgement) -> list[events.Deadline]:
    """The deadlines as they are said; an explanation is made anew only where the date is new."""
    known = {_place(deadline): deadline.explanation for deadline in before}
    found = []
    for deadline in judgement.deadlines:
        said = deadline.to_event()
        text = known.get(_place(said)) or explain_deadline(deadline)
        found.append(said.model_copy(update={"explanation": text}))
    return found


def _place(said: events.Deadline) -> tuple[object, ...]:
    return said.leg_id, said.round, said.deadline, said.started_at, said.due_at, said.provisional
