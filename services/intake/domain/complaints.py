"""A complaint to the office about a reply or about handling (向营商环境办投诉). Pure.

A transition checks first and changes after; it refuses with `Conflict`.
"""

from collections.abc import Iterator

from services.intake import acts
from services.intake.document import AppealDocument
from services.intake.domain.context import ActContext
from services.intake.ratings import ComplaintAnswer, OfficeComplaint
from shared import events
from shared.events import Event
from shared.rules.judging.state import CaseState
from shared.rules.pack.pack import Pack
from shared.rules.pack.triggers import Start
from shared.service.errors import Conflict

NOTHING_TO_COMPLAIN_OF = (CaseState.WITHDRAWN, CaseState.APPROVED)
"""The enterprise took its appeal back, or has what it asked for."""
MOST_COMPLAINTS = 20
"""Each starts a deadline, and a judgement states all of them."""

NO_COMMENT = "销号后评价为不满意，未写意见 / rated not satisfied after closure, without a comment"


def complain(appeal: AppealDocument, act: acts.Complain, context: ActContext) -> Iterator[Event]:
    """The enterprise complains to the office. One complaint waits at a time."""
    appeal.require(*(state for state in CaseState if state not in NOTHING_TO_COMPLAIN_OF))
    if waiting(appeal) is not None:
        raise Conflict("上一件投诉尚未答复", "a complaint waits for its answer already")
    if len(appeal.complaints) >= MOST_COMPLAINTS:
        raise Conflict(
            f"投诉已达上限：最多 {MOST_COMPLAINTS} 次",
            f"too many complaints: no more than {MOST_COMPLAINTS} fit",
        )
    complaint = OfficeComplaint(about=act.about, text=act.text, complained_at=context.at)
    appeal.complaints = [*appeal.complaints, complaint]
    yield appeal.event(events.AppealComplained, context.at)


def is_owed_an_answer(appeal: AppealDocument, pack: Pack) -> bool:
    """Whether the rating of a closed appeal is a complaint to the office: it would allow a reopening.

    Not where the pack gives the office no time to answer, nor while a complaint waits already.
    """
    rule, rated = pack.reopening, appeal.rating
    answers = any(limit.start == Start.COMPLAINED for limit in pack.limits)
    if rule is None or rated is None or not answers or appeal.state != CaseState.CLOSED:
        return False
    room = waiting(appeal) is None and len(appeal.complaints) < MOST_COMPLAINTS
    return room and rule.after_closure and rule.allows(rated.rating)


def waiting(appeal: AppealDocument) -> OfficeComplaint | None:
    """The complaint that waits for its answer."""
    last = appeal.complaints[-1] if appeal.complaints else None
    return last if last is not None and last.answer is None else None


def keep_answer(appeal: AppealDocument, event: events.AppealComplaintDecided) -> None:
    """Put the office's answer to the complaint that waits."""
    if (complaint := waiting(appeal)) is not None:
        answer = ComplaintAnswer(
            justified=event.justified, reason=event.reason, answered_at=event.occurred_at
        )
        answered = complaint.model_copy(update={"answer": answer})
        appeal.complaints = [*appeal.complaints[:-1], answered]
