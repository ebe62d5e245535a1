"""What a judgement changes in a case: rulings that were not said yet, and the deadlines. Pure."""

from datetime import datetime

from services.financing import engine
from services.financing.document import JudgedDocument
from services.financing.loans.document import LoanDocument
from shared.events import Event
from shared.judging.deadlines import stated
from shared.rules.judging.decide import Judgement


def take(case: JudgedDocument, judgement: Judgement, upto: datetime) -> list[Event]:
    """Bring `case` up to `judgement`; returns the new events, last the deadlines if they changed."""
    new = []
    for ruling in judgement.rulings:
        if ruling.id not in case.said:
            case.said.add(ruling.id)
            if (event := engine.to_event(case, ruling)) is not None:
                new.append(event)
    deadlines = stated(case.deadlines, judgement.deadlines)
    if (deadlines, judgement.state) != (case.deadlines, case.judged_state):
        case.deadlines, case.judged_state = deadlines, judgement.state.value
        new.append(engine.restated(case, upto))
    if isinstance(case, LoanDocument):
        for leg in case.legs:
            of_leg = [deadline for deadline in deadlines if deadline.leg_id == leg.leg_id]
            leg.deadlines = [deadline for deadline in of_leg if deadline.unit is not None]
    if new:
        case.version += 1
    case.judged_upto = max(case.judged_upto or upto, upto)
    return new
