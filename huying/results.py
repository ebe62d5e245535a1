"""What became of recorded cases: `deadlines.csv`, `cases.csv`, `rejected.csv`, and a summary."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from huying.recorded import Rejected
from shared.events import DeadlineKind, Verdict


class Deadline(NamedTuple):
    """One deadline as it stands. `leg` is its unit's code, empty for a deadline of the whole case."""

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


@dataclass(slots=True)
class Summary:
    """The figures of a run."""

    rejected: int
    cases: int = 0
    cards: int = 0
    lifts: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float = 0.0


def write(out: Path, zone: tzinfo, results: Iterable[Result], rejected: Sequence[Rejected]) -> Summary:
    """Write the three files into the folder `out`, times with the offset of `zone`; returns the figures."""
    out.mkdir(parents=True, exist_ok=True)
    summary = Summary(len(rejected))
    deadlines, cases = [], []
    for result in sorted(results):
        source_id, number, state, rounds, cards, lifted_at, its = result
        cases.append((source_id, number, state, rounds, cards, _local(lifted_at, zone)))
        for one in sorted(its, key=_order):
            leg, round_, kind, started_at, due_at, met_at, verdict = one
            times = (_local(started_at, zone), _local(due_at, zone), _local(met_at, zone))
            deadlines.append((source_id, leg, round_, kind, *times, verdict))
            summary.verdicts[kind, verdict] += 1
        summary.cards += cards
        summary.lifts += lifted_at is not None
    summary.cases = len(cases)
    _write(out / "deadlines.csv", ("source_id", *Deadline._fields), deadlines)
    _write(out / "cases.csv", Result._fields[:-1], cases)
    _write(out / "rejected.csv", ("line", "reason"), [(one.line, one.reason) for one in rejected])
    return summary


def _order(deadline: Deadline) -> tuple[int, str, str, datetime]:
    return deadline.round, deadline.deadline, deadline.leg, deadline.started_at


def _local(at: datetime | None, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat() if at else ""


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(header)
        lines.writerows(rows)


def table(summary: Summary) -> Table:
    """The figures as a table: deadlines by kind and verdict, and below it the rest."""
    rate = summary.cases / summary.seconds if summary.seconds else 0.0
    shown = Table(
        title=f"{summary.cases:,} cases in {summary.seconds:.1f} s ({rate:,.0f} cases/s)",
        caption=f"{summary.cards:,} cards, {summary.lifts:,} lifts, {summary.rejected:,} rows rejected",
    )
    shown.add_column("deadline")
    for verdict in Verdict:
        shown.add_column(verdict.value, justify="right")
    for kind in DeadlineKind:
        counts = [summary.verdicts[kind.value, verdict.value] for verdict in Verdict]
        if any(counts):
            shown.add_row(kind.value, *(f"{count:,}" for count in counts))
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
