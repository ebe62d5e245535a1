"""Which banks are asked: the enterprise's choice, else those of the first routing rule that fits."""

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from services.financing.contract_fields import BankCode, ShortCode, Word, Yuan, fen
from services.financing.loans.acts import NewLoanRequest
from shared.events import PackWord
from shared.files import strict_yaml
from shared.files.yaml_mistakes import Mistakes, Place
from shared.rules.pack.parts import Strict

SHIPPED = Path(__file__).parent / "routing.yaml"
Wave = Annotated[tuple[BankCode, ...], Field(min_length=1, max_length=10)]


class BankRoutingError(ValueError):
    """A file of routing rules cannot be used. The message names file, line and rule."""


class RoutingCondition(Strict):
    """The condition of a rule. A field that is not given does not matter; `below` is exclusive."""

    products: frozenset[Word] | None = None
    localities: frozenset[ShortCode] | None = None
    first_loan: bool | None = None
    from_: Yuan | None = Field(None, alias="from")
    below: Yuan | None = None

    def fits(self, wish: NewLoanRequest) -> bool:
        """Whether a request meets the condition."""
        amount = fen(wish.amount)
        return (
            (self.products is None or wish.product in self.products)
            and (self.localities is None or wish.locality in self.localities)
            and (self.first_loan is None or wish.first_loan == self.first_loan)
            and (self.from_ is None or amount >= fen(self.from_))
            and (self.below is None or amount < fen(self.below))
        )


class RoutingRule(Strict):
    """Waves of banks for the requests that meet a condition."""

    when: RoutingCondition
    waves: Annotated[tuple[Wave, ...], Field(min_length=1)]


class BankRouting(Strict):
    """The rules; the first that fits applies. A bank that misses a deadline of `silent` counts as silent."""

    silent: frozenset[PackWord] = frozenset()
    rules: tuple[RoutingRule, ...] = ()

    def plan(self, wish: NewLoanRequest, open_banks: Collection[str]) -> list[list[str]]:
        """The waves for a request, each bank once; banks that are not open are left out."""
        waves: list[Iterable[str]] = [wish.banks] if wish.banks else []
        if not wish.banks or wish.others_too:
            waves += next((rule.waves for rule in self.rules if rule.when.fits(wish)), ())
        asked: set[str] = set()
        plan = []
        for wave in waves:
            banks = [bank for bank in dict.fromkeys(wave) if bank in open_banks and bank not in asked]
            asked |= set(banks)
            if banks:
                plan.append(banks)
        return plan


@cache
def load(path: Path | None) -> BankRouting:
    """The rules of a file, or those that are shipped. BankRoutingError with each mistake."""
    try:
        return strict_yaml.read(path or SHIPPED, BankRouting, _mistakes)
    except Mistakes as error:
        raise BankRoutingError(str(error)) from error


def _mistakes(routing: BankRouting) -> Iterator[tuple[Place, str]]:
    for i, rule in enumerate(routing.rules):
        for j, wave in enumerate(rule.waves):
            if len(set(wave)) < len(wave):
                yield ("rules", i, "waves", j), "a bank stands twice in this wave: keep one"
        if rule.when.from_ and rule.when.below and fen(rule.when.from_) >= fen(rule.when.below):
            yield ("rules", i, "when"), "`from` is not less than `below`: no amount fits"
        if rule.when == RoutingCondition() and i < len(routing.rules) - 1:
            yield ("rules", i + 1), "is never reached: the rule before it fits every request"
