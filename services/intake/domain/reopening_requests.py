"""The enterprise asks that its appeal be handled again, and the office decides. Pure."""

from collections.abc import Iterator

from services.intake import acts
from services.intake.document import AppealDocument
from services.intake.domain.context import ActContext
from services.intake.domain.reopening import check_reopening
from services.intake.own_acts import ReopeningDecision, ReopeningRequest
from shared import events
from shared.events import Event
from shared.rules.judging.state import CaseState
from shared.service.errors import Conflict

MOST_REQUESTS = 20


def ask_reopening(appeal: AppealDocument, act: acts.AskReopening, context: ActContext) -> Iterator[Event]:
    """Ask that the appeal be handled again. One request waits at a time, if the pack allows reopening."""
    require_reopenable(appeal, context)
    if waiting_request(appeal) is not None:
        raise Conflict("上一次重新办理申请尚未答复", "a request to reopen it waits for its answer already")
    if len(appeal.reopening_requests) >= MOST_REQUESTS:
        raise Conflict(
            f"重新办理申请已达上限：最多 {MOST_REQUESTS} 次",
            f"too many requests to reopen it: no more than {MOST_REQUESTS} fit",
        )
    check_reopening(appeal, context.pack, context.calendar, context.at, asked=True, decided=False)
    request = ReopeningRequest(reason=act.reason, requested_at=context.at)
    appeal.reopening_requests = [*appeal.reopening_requests, request]
    yield appeal.event(events.ReopeningAsked, context.at, count=len(appeal.reopening_requests))


def decide_reopening(
    appeal: AppealDocument, act: acts.DecideReopening, context: ActContext
) -> Iterator[Event]:
    """The office handles the appeal again, as far as the pack allows it, or says why it does not."""
    if waiting_request(appeal) is None:
        raise Conflict("没有待决定的重新办理申请", "no request to reopen it waits for a decision")
    if not act.granted:
        _answer(appeal, act, context)
        yield appeal.event(events.ReopeningDeclined, context.at)
        return
    require_reopenable(appeal, context)
    check_reopening(appeal, context.pack, context.calendar, context.at, asked=True)
    yield begin_again(appeal, act.reason, context)


def begin_again(appeal: AppealDocument, reason: str, context: ActContext) -> Event:
    """Start the next round; a request that waits is granted by it."""
    if waiting_request(appeal) is not None:
        _answer(appeal, acts.DecideReopening(granted=True, reason=reason), context)
    if appeal.rating is not None:
        appeal.earlier_ratings = [*appeal.earlier_ratings, appeal.rating]
    appeal.rating, appeal.heard_at, appeal.reopened_at = None, None, context.at
    appeal.state_reason(events.AppealReopened, context.at, reason)
    return appeal.event(events.AppealReopened, context.at)


def require_reopenable(appeal: AppealDocument, context: ActContext) -> None:
    """Raise `Conflict` unless the appeal is completed, or closed where the pack reopens that as well."""
    rule = context.pack.reopening
    after_closure = (CaseState.CLOSED,) if rule and rule.after_closure else ()
    appeal.require(CaseState.COMPLETED, *after_closure)


def waiting_request(appeal: AppealDocument) -> ReopeningRequest | None:
    """The request that waits for its decision."""
    last = appeal.reopening_requests[-1] if appeal.reopening_requests else None
    return last if last is not None and last.decision is None else None


def _answer(appeal: AppealDocument, act: acts.DecideReopening, context: ActContext) -> None:
    decision = ReopeningDecision(granted=act.granted, reason=act.reason, decided_at=context.at)
    decided = appeal.reopening_requests[-1].model_copy(update={"decision": decision})
    appeal.reopening_requests = [*appeal.reopening_requests[:-1], decided]
