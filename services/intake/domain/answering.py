"""A consultation that is answered while it is registered (当场答复) is closed at once. Pure."""

from datetime import datetime

from services.intake import timeline
from services.intake.document import AppealDocument
from services.intake.registered import SpotAnswer
from shared import events
from shared.roles import AccountRole
from shared.rules.terms import Kind
from shared.service.errors import Forbidden, Invalid

ANSWERING = (AccountRole.OPERATOR, AccountRole.OFFICE)


def check_answer(answer: str | None, kind: Kind, role: AccountRole | None) -> None:
    """Raise `Forbidden` or `Invalid` for an answer that cannot be given on the spot."""
    if answer is None:
        return
    if role not in ANSWERING:
        raise Forbidden(
            "只有热线和营商环境办可以当场答复",
            "only the hotline and the office answer on the spot: leave the answer out",
        )
    if kind != Kind.CONSULTATION:
        raise Invalid(
            "只有咨询可以当场答复办结；其他诉求请登记后交办",
            "only a consultation is answered on the spot: leave the answer out, and it is dispatched",
            "answer",
        )


def answer_on_spot(appeal: AppealDocument, answer: str, by: str, at: datetime) -> events.AppealAnswered:
    """Close the appeal with the answer that was given."""
    event = events.AppealAnswered(
        occurred_at=at, appeal_id=appeal.appeal_id, registration_number=appeal.registration_number
    )
    appeal.spot_answer = SpotAnswer(text=answer, by=by, answered_at=at)
    appeal.closed_at = at
    appeal.add_entry(timeline.entry_of(event))
    appeal.update_state()
    return event
