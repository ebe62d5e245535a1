"""What a simulation writes: each pack's rows, what differs between two, explanations, and the report."""

from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from rich.console import Console

from huying.simulate import compare, report, results
from huying.simulate.compare import Difference, Tier
from huying.simulate.judging import Explained, Told
from huying.simulate.recorded import Rejected
from huying.simulate.results import Figures, Files, Lines
from shared.rules.pack.pack import Pack

SHOWN = 100  # cases that differ, in the report
PRINTED = 10  # of them, and units of a tier


class Outcome:
    """The outcome of one run under one pack or two, in the folder `out`. `source`: where the cases are from.

    `units` are names by code. `differing` counts the cases that differ; the first of them are `shown`.
    """

    def __init__(
        self, out: Path, source: str, packs: list[Pack], upto: datetime, units: dict[str, str]
    ) -> None:
        self.source = source
        self.packs = packs
        self.upto = upto
        self.units = units
        self.figures = [Figures() for _ in packs]
        self.rejected = 0
        self.differing = 0
        self.shown: list[tuple[str, list[Difference]]] = []
        self.console = Console()
        self._out = out

    @property
    def cases(self) -> int:
        """How many cases were judged."""
        return self.figures[0].cases

    def take(
        self, told: Iterable[Told], numbers: list[dict[str, str]], total: int, *, explain: bool = False
    ) -> None:
        """Write cases as they come, in the order of their source ids; `numbers` by pack and source id."""
        compared = len(self.packs) > 1
        folders = [self._out / rules.ref if compared else self._out for rules in self.packs]
        with ExitStack() as open_, results.progress(self.console) as progress:
            files = [open_.enter_context(Files(folder)) for folder in folders]
            changes = open_.enter_context(self._changes()) if compared else None
            texts = [open_.enter_context(Lines(folder / TEXTS, _TEXTS)) for folder in folders if explain]
            for source_id, rows, differences, explained in progress.track(
                told, total, description="simulate"
            ):
                for file, given, its in zip(files, numbers, rows, strict=True):
                    file.write(source_id, given[source_id], its)
                for text, lines in zip(texts, explained, strict=True):
                    text.write((source_id, *line) for line in lines)
                if changes and differences:
                    self._differ(source_id, differences, changes)

    def _changes(self) -> Lines:
        *place, _, _ = Difference._fields
        return Lines(self._out / "compare.csv", ("source_id", *place, *self._refs))

    def _differ(self, source_id: str, differences: list[Difference], changes: Lines) -> None:
        changes.write((source_id, *one) for one in differences)
        self.differing += 1
        if len(self.shown) < SHOWN:
            self.shown.append((source_id, differences))

    def finish(self, counted: Iterable[list[Figures]], rejected: list[Rejected], seconds: float) -> None:
        """Add up what each share counted, write rows left out, figures and report, and print the figures."""
        for share in counted:
            for mine, its in zip(self.figures, share, strict=True):
                mine += its
        self.rejected = len(rejected)
        results.write_rejected(self._out, rejected)
        tiers = compare.tiers(self.figures, self.units)
        with Lines(self._out / "units.csv", compare.header(self.figures)) as lines:
            lines.write(compare.rows(tiers, self._refs))
        (self._out / "report.html").write_text(report.page(self, tiers), "utf-8")
        self._print(tiers, seconds)

    def _print(self, tiers: list[Tier], seconds: float) -> None:
        say = self.console.print
        if len(self.packs) == 1:
            say(results.table(self.figures[0], self.rejected, seconds))
            return
        say(compare.summary(self.figures, self._refs))
        for tier in tiers:
            say(compare.of_units(tier, PRINTED))
        say(f"{self.differing:,} cases differ: see {self._out / 'compare.csv'}")
        for source_id, differences in self.shown[:PRINTED]:
            say(compare.line(source_id, differences), highlight=False, markup=False)
        say(f"{self.cases:,} cases, {self.rejected:,} rows rejected; report: {self._out / 'report.html'}")

    @property
    def _refs(self) -> list[str]:
        return [rules.ref for rules in self.packs]


TEXTS = "explanations.csv"
_TEXTS = ("source_id", *Explained._fields)
