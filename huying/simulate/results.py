"""What became of cases: `cases.csv`, `deadlines.csv`, `rejected.csv`, and the figures of all and of units."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, NamedTuple, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from huying.simulate.local_days import WallClock
from huying.simulate.recorded import Rejected
from shared.events import DeadlineKind, Verdict

_QUOTED = re.compile('[,"\r\n]')


class Deadline(NamedTuple):
    """One deadline as it stands. `leg` is its unit's code, empty for a deadline of the office or the case."""

    leg: str
    round: int
    deadline: str
    started_at: datetime
    due_at: datetime | None
    met_at: datetime | None
    verdict: str


class Result(NamedTuple):
    """One case as it stands. `cards` counts those not withdrawn."""

    source_id: str
    registration_number: str
    state: str
    rounds: int
    cards: int
    lifted_at: datetime | None
    deadlines: Sequence[Deadline]


def result_of(item: dict[str, Any]) -> Result:
    """A case as a service lists it."""
    deadlines = [
        Deadline(
            one["unit"] or "",
            one["round"],
            one["deadline"],
            datetime.fromisoformat(one["started_at"]),
            _moment(one["due_at"]),
            _moment(one["met_at"]),
            one["verdict"],
        )
        for one in item["deadlines"]
    ]
    return Result(
        item["source_id"],
        item["registration_number"],
        item["state"],
        item["rounds"],
        item["cards_counted"],
        _moment(item["lifted_at"]),
        deadlines,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


Rows = tuple[str, str]
"""A case's lines in the files: that of `cases.csv` after the registration number, and its deadlines'.

A plain tuple, like what it is part of: between processes it goes five times as fast as a named one.
"""


class Renderer:
    """Makes lines of CSV out of results, times as `clock` shows them."""

    def __init__(self, clock: WallClock) -> None:
        self.clock = clock

    def rows(self, result: Result) -> Rows:
        """The lines of a result."""
        source_id, _, state, rounds, cards, lifted_at, deadlines = result
        case = f"{state},{rounds},{cards},{self.moment(lifted_at)}\n"
        if len(deadlines) > 1:
            deadlines = sorted(deadlines, key=_order)
        moment, name = self.moment, cell(source_id)
        lines = [
            f"{name},{leg},{round_},{kind},{moment(started_at)},{moment(due_at)},{moment(met_at)},{verdict}\n"
            for leg, round_, kind, started_at, due_at, met_at, verdict in deadlines
        ]
        return case, "".join(lines)

    def moment(self, at: datetime | None) -> str:
        """A moment in ISO 8601; nothing for none."""
        return self.clock.text(at) if at else ""


def _order(deadline: Deadline) -> tuple[int, str, str, datetime]:
    return deadline.round, deadline.deadline, deadline.leg, deadline.started_at


def cell(text: str) -> str:
    """A text as the cell of a line, quoted where it must be."""
    if not _QUOTED.search(text):
        return text
    return f'"{text.replace(chr(34), chr(34) * 2)}"'


@dataclass(slots=True)
class Figures:
    """What cases add up to. `verdicts` counts deadlines by unit ("": nobody's), deadline and verdict.

    A case of two units counts for both; `cards` and `lifts` of a unit are those that came of its leg.
    """

    cases: int = 0
    cards: int = 0
    lifts: int = 0
    verdicts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    unit_cases: Counter[str] = field(default_factory=Counter)
    unit_cards: Counter[str] = field(default_factory=Counter)
    unit_lifts: Counter[str] = field(default_factory=Counter)

    def add(self, result: Result, units: Iterable[str], carded: Iterable[str], lifted: str) -> None:
        """Count a case with legs at `units`, cards to `carded`, and, if it is lifted, from `lifted`."""
        self.cases += 1
        verdicts = self.verdicts
        for leg, _, kind, _, _, _, verdict in result.deadlines:
            verdicts[leg, kind, verdict] += 1
        for unit in units:
            self.unit_cases[unit] += 1
        if result.cards:
            self.cards += result.cards
            for unit in carded:
                self.unit_cards[unit] += 1
        if result.lifted_at:
            self.lifts += 1
            self.unit_lifts[lifted] += 1

    def __iadd__(self, other: Self) -> Self:
        """Both together."""
        self.cases += other.cases
        self.cards += other.cards
        self.lifts += other.lifts
        self.verdicts += other.verdicts
        self.unit_cases += other.unit_cases
        self.unit_cards += other.unit_cards
        self.unit_lifts += other.unit_lifts
        return self

    def deadlines(self) -> list[str]:
        """The deadlines that occur, the usual ones first."""
        usual = [kind.value for kind in DeadlineKind]
        found = {kind for _, kind, _ in self.verdicts}
        return [kind for kind in usual if kind in found] + sorted(found.difference(usual))

    def count(self, deadline: str, verdict: Verdict, unit: str | None = None) -> int:
        """How many deadlines stand so; those of all units where none is named."""
        if unit is not None:
            return self.verdicts[unit, deadline, verdict.value]
        return sum(
            n for (_, kind, how), n in self.verdicts.items() if (kind, how) == (deadline, verdict.value)
        )


class Lines:
    """A file of CSV in UTF-8 with a header."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._lines = csv.writer(self._file, lineterminator="\n")
        self._lines.writerow(header)

    def write(self, rows: Iterable[Sequence[object]]) -> None:
        """More rows."""
        self._lines.writerows(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class Files:
    """`cases.csv` and `deadlines.csv` in a folder, written case by case in the order of their source ids."""

    def __init__(self, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self._open = ExitStack()
        self._cases = self._file(out / "cases.csv", Result._fields[:-1])
        self._deadlines = self._file(out / "deadlines.csv", ("source_id", *Deadline._fields))

    def _file(self, path: Path, header: Sequence[str]) -> io.TextIOWrapper:
        file = self._open.enter_context(path.open("w", encoding="utf-8", newline=""))
        file.write(",".join(header) + "\n")
        return file

    def write(self, source_id: str, number: str, rows: Rows) -> None:
        """One case's lines."""
        self._cases.write(f"{cell(source_id)},{number},{rows[0]}")
        self._deadlines.write(rows[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def write(out: Path, zone: tzinfo, results: Iterable[Result]) -> Figures:
    """Write `cases.csv` and `deadlines.csv` into `out`, times as in `zone`; returns the figures."""
    figures, renderer = Figures(), Renderer(WallClock(zone))
    with Files(out) as files:
        for result in sorted(results):
            files.write(result.source_id, result.registration_number, renderer.rows(result))
            figures.add(result, (), (), "")
    return figures


def write_rejected(out: Path, rejected: Iterable[Rejected]) -> None:
    """Write `rejected.csv` into `out`."""
    with Lines(out / "rejected.csv", Rejected._fields) as lines:
        lines.write(rejected)


def table(figures: Figures, rejected: int, seconds: float) -> Table:
    """The figures as a table: deadlines by name and verdict, and below it the rest."""
    rate = figures.cases / seconds if seconds else 0.0
    shown = Table(
        title=f"{figures.cases:,} cases in {seconds:.1f} s ({rate:,.0f} cases/s)",
        caption=f"{figures.cards:,} cards, {figures.lifts:,} lifts, {rejected:,} rows rejected",
    )
    shown.add_column("deadline")
    for verdict in Verdict:
        shown.add_column(verdict.value, justify="right")
    for deadline in figures.deadlines():
        shown.add_row(deadline, *(f"{figures.count(deadline, verdict):,}" for verdict in Verdict))
    return shown


def progress(console: Console) -> Progress:
    """A progress bar for cases; silent where `console` is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
