"""Results of cases: `cases.csv`, `deadlines.csv`, `rejected.csv`, and totals over all cases and by unit."""

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

from huying.simulate.local_days import LocalDays
from huying.simulate.recorded_case import RejectedRow
from shared.events import DeadlineKind, Verdict
from shared.files.spreadsheets import harmless

_QUOTED = re.compile('[,"\r\n]')


class DeadlineRow(NamedTuple):
    """One deadline of a result. `leg` is its unit's code, empty for a deadline of the office or the case."""

    leg: str
    round: int
    deadline: str
    started_at: datetime
    due_at: datetime | None
    met_at: datetime | None
    verdict: str


class CaseResult(NamedTuple):
    """The result of one case. `cards` counts those not withdrawn."""

    source_id: str
    registration_number: str
    state: str
    rounds: int
    cards: int
    lifted_at: datetime | None
    deadlines: Sequence[DeadlineRow]


def result_of(item: dict[str, Any]) -> CaseResult:
    """The result of a case in a service's list."""
    deadlines = [
        DeadlineRow(
            deadline["unit"] or "",
            deadline["round"],
            deadline["deadline"],
            datetime.fromisoformat(deadline["started_at"]),
            _moment(deadline["due_at"]),
            _moment(deadline["met_at"]),
            deadline["verdict"],
        )
        for deadline in item["deadlines"]
    ]
    return CaseResult(
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


CsvLines = tuple[str, str]
"""A case's line of `cases.csv` after the registration number, and its lines of `deadlines.csv`.

A plain tuple: between processes it is sent five times as fast as a named one.
"""


class CsvRenderer:
    """Makes CSV lines of results, with times in the zone of `days`."""

    def __init__(self, days: LocalDays) -> None:
        self.days = days

    def rows(self, result: CaseResult) -> CsvLines:
        """The CSV lines of a result."""
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
        """A moment in ISO 8601; empty for None."""
        return self.days.text(at) if at else ""


def _order(deadline: DeadlineRow) -> tuple[int, str, str, datetime]:
    return deadline.round, deadline.deadline, deadline.leg, deadline.started_at


def cell(text: str) -> str:
    """A text as a CSV cell, quoted where it must be, and never a formula."""
    text = harmless(text)
    if not _QUOTED.search(text):
        return text
    return f'"{text.replace(chr(34), chr(34) * 2)}"'


def encoding(*, excel: bool) -> str:
    """UTF-8, for Excel with a byte order mark, without which it takes Chinese for another encoding."""
    return "utf-8-sig" if excel else "utf-8"


@dataclass(slots=True)
class Totals:
    """Totals of cases. `verdicts` counts deadlines by unit (empty for none), deadline and verdict.

    A case of two units counts for both; `unit_cards` and `unit_lifts` are those caused by the unit's leg.
    """

    cases: int = 0
    cards: int = 0
    lifts: int = 0
    verdicts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    unit_cases: Counter[str] = field(default_factory=Counter)
    unit_cards: Counter[str] = field(default_factory=Counter)
    unit_lifts: Counter[str] = field(default_factory=Counter)

    def add(self, result: CaseResult, units: Iterable[str], carded: Iterable[str], lifted: str) -> None:
        """Count a case with legs at `units` and cards to `carded`; a lift counts for the unit `lifted`."""
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
        """Add the totals of other cases."""
        self.cases += other.cases
        self.cards += other.cards
        self.lifts += other.lifts
        self.verdicts += other.verdicts
        self.unit_cases += other.unit_cases
        self.unit_cards += other.unit_cards
        self.unit_lifts += other.unit_lifts
        return self

    def deadlines(self) -> list[str]:
        """The deadlines that occur: those of `DeadlineKind` in its order, then others by name."""
        usual = [kind.value for kind in DeadlineKind]
        occurring = {kind for _, kind, _ in self.verdicts}
        return [kind for kind in usual if kind in occurring] + sorted(occurring.difference(usual))

    def count(self, deadline: str, verdict: Verdict, unit: str | None = None) -> int:
        """How many deadlines have this verdict, of one unit or of all."""
        if unit is not None:
            return self.verdicts[unit, deadline, verdict.value]
        return sum(
            n for (_, kind, name), n in self.verdicts.items() if (kind, name) == (deadline, verdict.value)
        )


class CsvFile:
    """A CSV file in UTF-8 with a header. No text in it is a formula."""

    def __init__(self, path: Path, header: Sequence[str], *, excel: bool = False) -> None:
        self._file = path.open("w", encoding=encoding(excel=excel), newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(header)

    def write(self, rows: Iterable[Sequence[object]]) -> None:
        """Write rows."""
        self._writer.writerows(
            [harmless(value) if isinstance(value, str) else value for value in row] for row in rows
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class ResultFiles:
    """`cases.csv` and `deadlines.csv` in a folder; cases are written in the order of their source ids."""

    def __init__(self, out: Path, *, excel: bool = False) -> None:
        self._encoding = encoding(excel=excel)
        out.mkdir(parents=True, exist_ok=True)
        self._stack = ExitStack()
        self._cases = self._file(out / "cases.csv", CaseResult._fields[:-1])
        self._deadlines = self._file(out / "deadlines.csv", ("source_id", *DeadlineRow._fields))

    def _file(self, path: Path, header: Sequence[str]) -> io.TextIOWrapper:
        file = self._stack.enter_context(path.open("w", encoding=self._encoding, newline=""))
        file.write(",".join(header) + "\n")
        return file

    def write(self, source_id: str, number: str, rows: CsvLines) -> None:
        """Write one case's lines."""
        self._cases.write(f"{cell(source_id)},{number},{rows[0]}")
        self._deadlines.write(rows[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def write(out: Path, zone: tzinfo, results: Iterable[CaseResult], *, excel: bool = False) -> Totals:
    """Write `cases.csv` and `deadlines.csv` into `out`, times in `zone`; returns the totals."""
    totals, renderer = Totals(), CsvRenderer(LocalDays(zone))
    with ResultFiles(out, excel=excel) as files:
        for result in sorted(results):
            files.write(result.source_id, result.registration_number, renderer.rows(result))
            totals.add(result, (), (), "")
    return totals


def write_rejected(out: Path, rejected: Iterable[RejectedRow], *, excel: bool = False) -> int:
    """Write `rejected.csv` into `out`; returns the number of rows."""
    count = 0
    with CsvFile(out / "rejected.csv", RejectedRow._fields, excel=excel) as lines:
        for row in rejected:
            lines.write([row])
            count += 1
    return count


def table(totals: Totals, rejected: int, seconds: float) -> Table:
    """The totals as a table: deadlines by name and verdict, and a caption with the rest."""
    rate = totals.cases / seconds if seconds else 0.0
    table = Table(
        title=f"{totals.cases:,} cases in {seconds:.1f} s ({rate:,.0f} cases/s)",
        caption=f"{totals.cards:,} cards, {totals.lifts:,} lifts, {rejected:,} rows rejected",
    )
    table.add_column("deadline")
    for verdict in Verdict:
        table.add_column(verdict.value, justify="right")
    for deadline in totals.deadlines():
        table.add_row(deadline, *(f"{totals.count(deadline, verdict):,}" for verdict in Verdict))
    return table


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
