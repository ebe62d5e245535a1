"""How payments meet what a leg owes: the sum counts, the earliest instalment first.

Nothing of this holds under a pack whose stages bring no sums.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from shared.rules.arrears import NOTHING, Account
from shared.rules.judging.acts import Reached
from shared.rules.judging.state import Deadline, Leg
from shared.rules.pack.triggers import Meeting
from shared.rules.terms import Verdict

if TYPE_CHECKING:
    from shared.rules.judging.case import Case


def waits(case: "Case", leg: Leg) -> bool:
    """Whether the unit still owes money, or what only money meets and its own word does not."""
    if not case.table.pays or (leg.account and leg.account.settled()):
        return False
    if leg.account and leg.account.open() is not None:
        return True
    meets = case.table.meets
    by_money = frozenset[str]().union(*(meets.get(stage, ()) for stage in case.table.pays))
    kinds = by_money - meets.get(Meeting.COMPLETED, frozenset())
    due = [deadline for deadline in leg.deadlines if deadline.verdict is not Verdict.VOID]
    return any(not deadline.met_at and deadline.kind in kinds for deadline in due)


def pay(case: "Case", leg: Leg, act: Reached, at: datetime) -> None:
    """Add what was paid: it meets the instalments that it reaches, and other deadlines once all is paid."""
    account = _account(leg)
    account.pay(act.paid, in_full=act.in_full)
    for instalment in leg.plan[: account.met()]:
        if instalment.met_at is None and instalment.verdict is not Verdict.VOID:
            instalment.met_at = at
            if instalment.verdict is Verdict.OPEN:
                instalment.close(Verdict.MET)
    if account.settled():
        case.meet(act.stage, leg.deadlines, at)


def sums_by_date(dates: tuple[datetime, ...], sums: tuple[Decimal, ...]) -> dict[datetime, Decimal]:
    """What is due at each date; nothing where sums and dates do not fit each other."""
    due: dict[datetime, Decimal] = {}
    if len(sums) == len(dates):
        for date, sum_ in zip(dates, sums, strict=True):
            due[date] = due.get(date, NOTHING) + sum_
    return due


def owe(leg: Leg, act: Reached) -> None:
    """Keep the sum that the act says is owed: it comes without dates."""
    if act.sums and not act.dates:
        _account(leg).owed = sum(act.sums, NOTHING)


def agree(leg: Leg, sums: Mapping[datetime, Decimal], instalments: list[Deadline]) -> None:
    """Take these deadlines, one for each sum, in place of the plan before."""
    _account(leg).agree(sums)
    leg.plan = instalments


def next_round(leg: Leg) -> None:
    """Let what is due go on in the leg's new round."""
    if leg.account:
        leg.account.reopen()
        leg.plan = leg.plan if leg.account.plan else []
    for instalment in leg.plan:
        if instalment.verdict is Verdict.OPEN:
            instalment.round = leg.round


def _account(leg: Leg) -> Account:
    leg.account = leg.account or Account()
    return leg.account
