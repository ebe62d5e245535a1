"""The account of a debt (欠款): what is owed, what was paid, and the plan by which the rest is paid. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

NOTHING = Decimal(0)


@dataclass(slots=True)
class Account:
    """What one debtor owes in one case, in yuan.

    `owed` is the debt, where it is known, `paid` all that was paid. `plan` are instalments by their dates, in
    order. A plan is made of what is still owed: payments count for it from then on; `paid_before` was paid
    before. `in_full` is the word of the creditor or the office that nothing is owed any more; it holds until
    they agree on a plan again.
    """

    owed: Decimal | None = None
    paid: Decimal = NOTHING
    paid_before: Decimal = NOTHING
    plan: tuple[tuple[datetime, Decimal], ...] = ()
    in_full: bool = False

    def agree(self, instalments: Mapping[datetime, Decimal]) -> None:
        """Take these instalments in place of the plan before, and of the word that nothing is owed."""
        self.plan, self.paid_before = tuple(sorted(instalments.items())), self.paid
        self.in_full = False

    def pay(self, sum_: Decimal | None, *, in_full: bool) -> None:
        """Add a payment, or the word that all is paid."""
        self.paid += sum_ or NOTHING
        self.in_full = self.in_full or in_full

    def reopen(self) -> None:
        """Forget the word that all is paid, and a plan that was paid: the matter is open again."""
        if self.met() == len(self.plan):
            self.agree({})
        self.in_full = False

    def met(self) -> int:
        """How many instalments are paid, the earliest first."""
        if self.in_full:
            return len(self.plan)
        left = self.paid - self.paid_before
        for number, (_, due) in enumerate(self.plan):
            left -= due
            if left < 0:
                return number
        return len(self.plan)

    def settled(self) -> bool:
        """Whether nothing is owed any more. What nobody has counted or planned is not settled by itself."""
        return self.in_full or self.open() == NOTHING

    def open(self) -> Decimal | None:
        """What is still owed; None where neither the debt nor a plan is known."""
        if self.in_full:
            return NOTHING
        planned = sum((due for _, due in self.plan), NOTHING) - (self.paid - self.paid_before)
        owed = NOTHING if self.owed is None else self.owed - self.paid
        return max(planned, owed, NOTHING) if self.plan or self.owed is not None else None

    def next_due(self) -> tuple[datetime, Decimal] | None:
        """The earliest instalment that is not paid, with what is still missing of it."""
        met = self.met()
        if met == len(self.plan):
            return None
        due_at, _ = self.plan[met]
        reached = sum((due for _, due in self.plan[: met + 1]), NOTHING)
        return due_at, reached - (self.paid - self.paid_before)
