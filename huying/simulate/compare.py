"""What two packs make of the same cases: which differ, and the figures of every unit among units like it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.table import Table

from huying.simulate.results import Figures, Result
from shared.events import Verdict

TIERS = (1000, 100, 20)
"""Units are compared within tiers, by number of cases, which begin at these (国办函〔2025〕66号)."""


MARKS = ("A", "B")


class Difference(NamedTuple):
    """One thing that a case has under one pack and not, or otherwise, under the other.

    `what` is `state`, `cards`, `lifted`, or a deadline by name, with its leg and round.
    """

    leg: str
    round: str
    what: str
    one: str
    other: str


class Rate(NamedTuple):
    """Of `of` deadlines that are met or overdue, `met` were met in time."""

    met: int
    of: int

    @property
    def percent(self) -> float | None:
        """In time, of a hundred; None of none."""
        return 100 * self.met / self.of if self.of else None


class Standing(NamedTuple):
    """What one pack makes of a unit's cases, or of all. `rates` by deadline."""

    cases: int
    cards: int
    lifts: int
    rates: dict[str, Rate]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and how it stands under each pack."""

    code: str
    name: str
    standings: list[Standing]


class Tier(NamedTuple):
    """Units with `least` to `most` cases (None: or more), in the order of their codes: no ranking."""

    least: int
    most: int | None
    units: list[Unit]


def differences(one: Result, other: Result) -> list[Difference]:
    """What a case comes to under one pack and not under the other.

    Due moments do not count, nor does a deadline that one pack alone has, as long as it is not overdue.
    """
    before, after = _verdicts(one), _verdicts(other)
    found = [
        Difference("", "", what, mine, theirs)
        for what, mine, theirs in (
            ("state", one.state, other.state),
            ("cards", str(one.cards), str(other.cards)),
            ("lifted", "yes" if one.lifted_at else "no", "yes" if other.lifted_at else "no"),
        )
        if mine != theirs
    ]
    for place in sorted(before.keys() | after.keys()):
        number, what, leg = place
        mine, theirs = before.get(place, ""), after.get(place, "")
        if mine != theirs and ((mine and theirs) or Verdict.OVERDUE in mine + theirs):
            found.append(Difference(leg, str(number), what, mine, theirs))
    return found


def _verdicts(result: Result) -> dict[tuple[int, str, str], str]:
    """By round, deadline and leg; several in the order of their start."""
    found: dict[tuple[int, str, str], str] = {}
    for one in sorted(result.deadlines, key=lambda deadline: (deadline.started_at, deadline.verdict)):
        place = one.round, one.deadline, one.leg
        found[place] = f"{found[place]} {one.verdict}" if place in found else one.verdict
    return found


def occurring(figures: Sequence[Figures], *, of_units: bool = False) -> list[str]:
    """The deadlines that occur under any pack, or those of units alone; the usual ones first."""
    together = Figures()
    for one in figures:
        together.verdicts.update(place for place in one.verdicts if place[0] or not of_units)
    return together.deadlines()


def overall(figures: Figures, deadlines: Sequence[str]) -> Standing:
    """What a pack makes of all cases."""
    rates = {name: _rate(figures, name) for name in deadlines}
    return Standing(figures.cases, figures.cards, figures.lifts, rates)


def tiers(figures: Sequence[Figures], names: dict[str, str]) -> list[Tier]:
    """The units in tiers, those with most cases first; `names` by code."""
    deadlines = occurring(figures, of_units=True)
    counts = {
        unit: max(one.unit_cases[unit] for one in figures) for one in figures for unit in one.unit_cases
    }
    found = []
    for least, most in zip((*TIERS, 1), (None, *(bound - 1 for bound in TIERS)), strict=True):
        codes = sorted(unit for unit, n in counts.items() if n >= least and (most is None or n <= most))
        if codes:
            units = [
                Unit(code, names.get(code, code), [_of_unit(one, code, deadlines) for one in figures])
                for code in codes
            ]
            found.append(Tier(least, most, units))
    return found


def _of_unit(figures: Figures, unit: str, deadlines: Sequence[str]) -> Standing:
    rates = {name: _rate(figures, name, unit) for name in deadlines}
    return Standing(figures.unit_cases[unit], figures.unit_cards[unit], figures.unit_lifts[unit], rates)


def _rate(figures: Figures, deadline: str, unit: str | None = None) -> Rate:
    met = figures.count(deadline, Verdict.MET, unit)
    return Rate(met, met + figures.count(deadline, Verdict.OVERDUE, unit))


def header(figures: Sequence[Figures]) -> list[str]:
    """The columns of `units.csv`."""
    deadlines = occurring(figures, of_units=True)
    of_each = [f"{name}_{what}" for name in deadlines for what in ("in_time", "of", "percent")]
    return ["tier", "unit", "name", "pack", "cases", "cards", "lifts", *of_each]


def rows(tiers: Sequence[Tier], packs: Sequence[str]) -> Iterator[list[object]]:
    """The rows of `units.csv`: one for each unit and pack."""
    for tier in tiers:
        for unit in tier.units:
            for ref, its in zip(packs, unit.standings, strict=True):
                cells: list[object] = [reach(tier), unit.code, unit.name, ref]
                cells += [its.cases, its.cards, its.lifts]
                for rate in its.rates.values():
                    percent = "" if rate.percent is None else f"{rate.percent:.1f}"
                    cells += [rate.met, rate.of, percent]
                yield cells


def reach(tier: Tier) -> str:
    """From how many cases to how many, e.g. `20-99` or `1000+`."""
    return f"{tier.least}+" if tier.most is None else f"{tier.least}-{tier.most}"


def summary(figures: Sequence[Figures], packs: Sequence[str]) -> Table:
    """What two packs make of all cases, side by side."""
    deadlines = occurring(figures)
    one, other = (overall(its, deadlines) for its in figures)
    named = (f"{mark}: {ref}" for mark, ref in zip(MARKS, packs, strict=True))
    shown = Table("", *named, title=f"{one.cases:,} cases")
    for what in ("cards", "lifts"):
        shown.add_row(what, *(f"{getattr(its, what):,}" for its in (one, other)))
    for name in deadlines:
        shown.add_row(f"{name} in time", told(one.rates[name]), told(other.rates[name]))
    return shown


def of_units(tier: Tier, shown: int) -> Table:
    """The first `shown` units of a tier, a line for each pack."""
    rates = tier.units[0].standings[0].rates
    more = f"and {len(tier.units) - shown} more in units.csv" if len(tier.units) > shown else None
    columns = ["unit", "", "cases", "cards", "lifts", *(f"{name} in time" for name in rates)]
    found = Table(*columns, title=f"units with {reach(tier)} cases", caption=more)
    for unit in tier.units[:shown]:
        for mark, its in zip(MARKS, unit.standings, strict=True):
            counts = (f"{count:,}" for count in its[:3])
            found.add_row(unit.name, mark, *counts, *(told(rate) for rate in its.rates.values()))
    return found


def told(rate: Rate) -> str:
    """A rate with the number it is of."""
    return "-" if rate.percent is None else f"{rate.percent:.1f} % of {rate.of:,}"


def line(source_id: str, differences: Sequence[Difference]) -> str:
    """How a case differs, in one line."""
    said = []
    for leg, number, what, one, other in differences:
        place = " ".join(part for part in (what, leg, number and f"round {number}") if part)
        said.append(f"{place}: {one or 'none'} -> {other or 'none'}")
    return f"{source_id}: {'; '.join(said)}"
