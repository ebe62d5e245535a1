"""Compares two packs on the same cases: cases that differ, and totals of every unit by tier of size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.table import Table

from huying.simulate.results import CaseResult, Totals
from shared.events import Verdict

TIERS = (1000, 100, 20)
"""Units are compared within tiers by number of cases, which begin at these (国办函〔2025〕66号)."""
MARKS = ("A", "B")


class CaseDifference(NamedTuple):
    """Something that a case has under one pack and has differently, or not at all, under the other.

    `what` is `state`, `cards`, `lifted`, or a deadline by name, with its leg and round.
    """

    leg: str
    round: str
    what: str
    first: str
    second: str


class Rate(NamedTuple):
    """Of `of` deadlines that are met or overdue, `met` were met."""

    met: int
    of: int

    @property
    def percent(self) -> float | None:
        """The share met, in percent; None where there are no deadlines."""
        return 100 * self.met / self.of if self.of else None


class UnitSummary(NamedTuple):
    """Totals of a unit's cases, or of all, under one pack. `rates` by deadline."""

    cases: int
    cards: int
    lifts: int
    rates: dict[str, Rate]


@dataclass(frozen=True, slots=True)
class ComparedUnit:
    """A unit with its totals under each pack."""

    code: str
    name: str
    summaries: list[UnitSummary]


class Tier(NamedTuple):
    """Units with `least` to `most` cases (None: or more), in the order of their codes: no ranking."""

    least: int
    most: int | None
    units: list[ComparedUnit]


def differences(result: CaseResult, other: CaseResult) -> list[CaseDifference]:
    """What is different in the results of a case under two packs.

    Due moments do not count, nor does a deadline that one pack alone has, as long as it is not overdue.
    """
    before, after = _verdicts(result), _verdicts(other)
    differences = [
        CaseDifference("", "", aspect, first, second)
        for aspect, first, second in (
            ("state", result.state, other.state),
            ("cards", str(result.cards), str(other.cards)),
            ("lifted", "yes" if result.lifted_at else "no", "yes" if other.lifted_at else "no"),
        )
        if first != second
    ]
    for key in sorted(before.keys() | after.keys()):
        number, deadline, leg = key
        first, second = before.get(key, ""), after.get(key, "")
        if first != second and ((first and second) or Verdict.OVERDUE in first + second):
            differences.append(CaseDifference(leg, str(number), deadline, first, second))
    return differences


def _verdicts(result: CaseResult) -> dict[tuple[int, str, str], str]:
    """Verdicts by round, deadline and leg; several verdicts in the order of their start."""
    verdicts: dict[tuple[int, str, str], str] = {}
    for row in sorted(result.deadlines, key=lambda row: (row.started_at, row.verdict)):
        key = row.round, row.deadline, row.leg
        verdicts[key] = f"{verdicts[key]} {row.verdict}" if key in verdicts else row.verdict
    return verdicts


def occurring(totals: Sequence[Totals], *, of_units: bool = False) -> list[str]:
    """The deadlines that occur under any pack, or only those of units; in the order of `Totals.deadlines`."""
    together = Totals()
    for of_pack in totals:
        together.verdicts.update(key for key in of_pack.verdicts if key[0] or not of_units)
    return together.deadlines()


def overall(totals: Totals, deadlines: Sequence[str]) -> UnitSummary:
    """The totals of all cases under one pack."""
    rates = {name: _rate(totals, name) for name in deadlines}
    return UnitSummary(totals.cases, totals.cards, totals.lifts, rates)


def tiers(totals: Sequence[Totals], names: dict[str, str]) -> list[Tier]:
    """The units in tiers, the tier with most cases first; `names` by code."""
    deadlines = occurring(totals, of_units=True)
    counts = {
        unit: max(other.unit_cases[unit] for other in totals)
        for of_pack in totals
        for unit in of_pack.unit_cases
    }
    tiers = []
    for least, most in zip((*TIERS, 1), (None, *(bound - 1 for bound in TIERS)), strict=True):
        codes = sorted(unit for unit, n in counts.items() if n >= least and (most is None or n <= most))
        if codes:
            units = [
                ComparedUnit(
                    code, names.get(code, code), [_of_unit(of_pack, code, deadlines) for of_pack in totals]
                )
                for code in codes
            ]
            tiers.append(Tier(least, most, units))
    return tiers


def _of_unit(totals: Totals, unit: str, deadlines: Sequence[str]) -> UnitSummary:
    rates = {name: _rate(totals, name, unit) for name in deadlines}
    return UnitSummary(totals.unit_cases[unit], totals.unit_cards[unit], totals.unit_lifts[unit], rates)


def _rate(totals: Totals, deadline: str, unit: str | None = None) -> Rate:
    met = totals.count(deadline, Verdict.MET, unit)
    return Rate(met, met + totals.count(deadline, Verdict.OVERDUE, unit))


def header(totals: Sequence[Totals]) -> list[str]:
    """The columns of `units.csv`."""
    deadlines = occurring(totals, of_units=True)
    of_each = [f"{name}_{column}" for name in deadlines for column in ("in_time", "of", "percent")]
    return ["tier", "unit", "name", "pack", "cases", "cards", "lifts", *of_each]


def rows(tiers: Sequence[Tier], packs: Sequence[str]) -> Iterator[list[object]]:
    """The rows of `units.csv`: one for each unit and pack."""
    for tier in tiers:
        for unit in tier.units:
            for ref, summary in zip(packs, unit.summaries, strict=True):
                cells: list[object] = [tier_range(tier), unit.code, unit.name, ref]
                cells += [summary.cases, summary.cards, summary.lifts]
                for rate in summary.rates.values():
                    percent = "" if rate.percent is None else f"{rate.percent:.1f}"
                    cells += [rate.met, rate.of, percent]
                yield cells


def tier_range(tier: Tier) -> str:
    """The numbers of cases of a tier, e.g. `20-99` or `1000+`."""
    return f"{tier.least}+" if tier.most is None else f"{tier.least}-{tier.most}"


def summary(totals: Sequence[Totals], packs: Sequence[str]) -> Table:
    """The totals of all cases under two packs, side by side."""
    deadlines = occurring(totals)
    first, second = (overall(of_pack, deadlines) for of_pack in totals)
    named = (f"{mark}: {ref}" for mark, ref in zip(MARKS, packs, strict=True))
    table = Table("", *named, title=f"{first.cases:,} cases")
    for name in ("cards", "lifts"):
        table.add_row(name, *(f"{getattr(summary, name):,}" for summary in (first, second)))
    for name in deadlines:
        table.add_row(f"{name} in time", rate_text(first.rates[name]), rate_text(second.rates[name]))
    return table


def unit_table(tier: Tier, shown: int) -> Table:
    """The first `shown` units of a tier, a line for each pack."""
    rates = tier.units[0].summaries[0].rates
    more = f"and {len(tier.units) - shown} more in units.csv" if len(tier.units) > shown else None
    columns = ["unit", "", "cases", "cards", "lifts", *(f"{name} in time" for name in rates)]
    table = Table(*columns, title=f"units with {tier_range(tier)} cases", caption=more)
    for unit in tier.units[:shown]:
        for mark, summary in zip(MARKS, unit.summaries, strict=True):
            counts = (f"{count:,}" for count in summary[:3])
            table.add_row(unit.name, mark, *counts, *(rate_text(rate) for rate in summary.rates.values()))
    return table


def rate_text(rate: Rate) -> str:
    """A rate in percent, with the number of deadlines."""
    return "-" if rate.percent is None else f"{rate.percent:.1f} % of {rate.of:,}"


def difference_line(source_id: str, differences: Sequence[CaseDifference]) -> str:
    """The differences of a case in one line."""
    parts = []
    for leg, number, aspect, before, after in differences:
        subject = " ".join(part for part in (aspect, leg, number and f"round {number}") if part)
        parts.append(f"{subject}: {before or 'none'} -> {after or 'none'}")
    return f"{source_id}: {'; '.join(parts)}"
