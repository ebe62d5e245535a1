"""A measured figure beside its ceiling. Variants are measured in turns; the median of the rounds counts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median

Variant = Callable[[], Awaitable[float]]


@dataclass(frozen=True)
class Figure:
    """What the product did a second and, if there is a ceiling, what `beside` did in the same run."""

    work: str
    unit: str
    figure: float
    beside: str = ""
    ceiling: float | None = None
    target: str = ""
    notes: dict[str, object] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return self.figure / self.ceiling if self.ceiling else None


async def in_turns(rounds: int, **variants: Variant) -> dict[str, float]:
    """The median rate of each variant. The variants run one after the other, `rounds` times."""
    rates_of: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, measure in variants.items():
            rates_of[name].append(await measure())
    return {name: median(rates) for name, rates in rates_of.items()}
