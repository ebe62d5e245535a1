"""What the enterprise says of its request: whether it withdrew from a bank, and how it went. Pure.

The window may note it for the enterprise; `by` is then its account, and None for the enterprise itself.
"""

from collections.abc import Iterator
from datetime import datetime

from services.financing.loans.acts import AnswerWithdrawal, FollowUpLoan, RateLoan
from services.financing.loans.document import BankLegDocument, FollowUp, GivenRating, LoanDocument, Withdrawal
from shared import events
from shared.events import Event
from shared.rules.pack.desks import Closure, Need
from shared.service.errors import Conflict, NotFound
from shared.states import BankLegState, LoanState

_OVER = (BankLegState.DECLINED, BankLegState.DISBURSED, BankLegState.WITHDRAWN)


def answer_withdrawal(
    loan: LoanDocument, leg_number: int, act: AnswerWithdrawal, at: datetime, by: str | None
) -> Event:
    """Whether the enterprise withdrew from a bank; it may also withdraw where the bank did not say so.

    Confirmed, the leg ends; denied, the bank's report counts against it. `Conflict` where there is nothing to
    answer, or nothing to withdraw from.
    """
    leg = _leg(loan, leg_number)
    loan.require_open()
    asked = leg.asked
    if asked is None and not act.confirmed:
        raise Conflict(
            "银行未报告企业撤回，无须答复", "the bank reported no withdrawal: there is nothing to deny"
        )
    if leg.state in _OVER:
        raise Conflict(
            f"该银行的办理已经结束：{leg.state.zh}", f"this bank is done with the request: {leg.state}"
        )
    answered = (asked or Withdrawal()).model_copy(
        update={"answered_at": at, "confirmed": act.confirmed, "by": by, "words": act.words}
    )
    leg.withdrawals = [*(leg.withdrawals[:-1] if asked else leg.withdrawals), answered]
    if act.confirmed:
        leg.state = BankLegState.WITHDRAWN
    loan.settle()
    return loan.event(
        events.LoanWithdrawalAnswered,
        at,
        leg_id=leg.leg_id,
        leg=leg.leg,
        bank=leg.bank,
        confirmed=act.confirmed,
        by="window" if by else "enterprise",
        asked=asked is not None,
    )


def _leg(loan: LoanDocument, number: int) -> BankLegDocument:
    leg = loan.leg(f"{loan.number}/{number}")
    if leg is None:
        raise NotFound("该需求没有这一笔", "this request has no such leg", "leg")
    return leg


def rate(loan: LoanDocument, act: RateLoan, at: datetime) -> Event:
    """The enterprise rates how it went, also after closure; a later rating replaces an earlier one."""
    if loan.ended is not LoanState.CLOSED:
        _require_result(loan)
    return _rate(loan, GivenRating(rating=act.rating, rated_at=at, comment=act.comment))


def _rate(loan: LoanDocument, rating: GivenRating) -> Event:
    loan.rating = rating
    return loan.event(events.LoanRated, rating.rated_at, rating=rating.rating)


def follow_up(loan: LoanDocument, act: FollowUpLoan, at: datetime, by: str) -> Iterator[Event]:
    """The window called. `Conflict` while no bank has come to a result."""
    _require_result(loan)
    loan.follow_ups = [
        *loan.follow_ups,
        FollowUp(called_at=at, reached=act.reached, by=by, comment=act.comment),
    ]
    yield loan.event(events.LoanFollowedUp, at, reached=act.reached)
    if act.rating is not None:
        yield _rate(loan, GivenRating(rating=act.rating, rated_at=at, comment=act.comment, by=by))


def _require_result(loan: LoanDocument) -> None:
    loan.require_open()
    if not loan.decided:
        raise Conflict("尚无银行作出结果", "no bank has come to a result yet")


def require_closable(loan: LoanDocument, closure: Closure | None) -> None:
    """`Conflict` while something is missing that the pack needs before closure."""
    loan.require_open()
    if closure and Need.HEARD in closure.needs and not loan.heard:
        raise Conflict(
            "尚未听取企业意见：请等待企业评价，或回访企业",
            "the enterprise has not been heard: wait for its rating, or call it",
        )
    if any(leg.asked for leg in loan.legs):
        raise Conflict(
            "银行称企业撤回，尚未核实：请先答复是否撤回",
            "a bank says that the enterprise withdrew: this has to be answered first",
        )
