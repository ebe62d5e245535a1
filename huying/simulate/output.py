"""Writes the output of a simulation: rows under each pack, differences, explanations, and the report."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from rich.console import Console

from huying.simulate import compare, report, results
from huying.simulate.compare import CaseDifference, Tier
from huying.simulate.judging import Explanation, JudgedCase
from huying.simulate.recorded_case import RejectedRow
from huying.simulate.results import CsvFile, ResultFiles, Totals
from shared.rules.pack.pack import Pack

SHOWN = 100  # cases that differ, in the report
PRINTED = 10  # of them, and units of a tier


class SimulationOutput:
    """The output of one run under one pack or two, in the folder `out`.

    `source` names the origin of the cases, `units` holds names by code. `differing` counts the cases that
    differ, and `shown` holds the first of them.
    """

    def __init__(
        self,
        out: Path,
        source: str,
        packs: list[Pack],
        upto: datetime,
        units: dict[str, str],
        *,
        excel: bool = False,
    ) -> None:
        self.source = source
        self.packs = packs
        self.upto = upto
        self.units = units
        self.totals = [Totals() for _ in packs]
        self.rejected = 0
        self.differing = 0
        self.shown: list[tuple[str, list[CaseDifference]]] = []
        self.console = Console(markup=False)
        self._out = out
        self._excel = excel

    @property
    def cases(self) -> int:
        """The number of cases judged."""
        return self.totals[0].cases

    def take(
        self,
        judged: Iterable[JudgedCase],
        numbers: list[dict[str, str]],
        total: int,
        *,
        explain: bool = False,
    ) -> None:
        """Write cases, sorted by source id; `numbers`: registration numbers by pack and source id."""
        compared = len(self.packs) > 1
        folders = [self._out / rules.ref if compared else self._out for rules in self.packs]
        with ExitStack() as stack, results.progress(self.console) as progress:
            files = [stack.enter_context(ResultFiles(folder, excel=self._excel)) for folder in folders]
            changes = stack.enter_context(self._changes()) if compared else None
            texts = [stack.enter_context(self._csv(folder / TEXTS, _TEXTS)) for folder in folders if explain]
            for source_id, rows, differences, explanations in progress.track(
                judged, total, description="simulate"
            ):
                for file, known, lines in zip(files, numbers, rows, strict=True):
                    file.write(source_id, known[source_id], lines)
                for text, explained in zip(texts, explanations, strict=True):
                    text.write((source_id, *explanation) for explanation in explained)
                if changes and differences:
                    self._write_differences(source_id, differences, changes)

    def _changes(self) -> CsvFile:
        *columns, _, _ = CaseDifference._fields
        return self._csv(self._out / "compare.csv", ("source_id", *columns, *self._refs))

    def _csv(self, path: Path, header: Sequence[str]) -> CsvFile:
        return CsvFile(path, header, excel=self._excel)

    def _write_differences(self, source_id: str, differences: list[CaseDifference], changes: CsvFile) -> None:
        changes.write((source_id, *difference) for difference in differences)
        self.differing += 1
        if len(self.shown) < SHOWN:
            self.shown.append((source_id, differences))

    def finish(
        self, counted: Iterable[list[Totals]], rejected: Iterable[RejectedRow], seconds: float
    ) -> None:
        """Add the totals of each partition, write rejected rows, units and report, and print the totals."""
        for partition in counted:
            for all_cases, counted_there in zip(self.totals, partition, strict=True):
                all_cases += counted_there
        self.rejected = results.write_rejected(self._out, rejected, excel=self._excel)
        tiers = compare.tiers(self.totals, self.units)
        with self._csv(self._out / "units.csv", compare.header(self.totals)) as lines:
            lines.write(compare.rows(tiers, self._refs))
        (self._out / "report.html").write_text(report.page(self, tiers), "utf-8")
        self._print(tiers, seconds)

    def _print(self, tiers: list[Tier], seconds: float) -> None:
        show = self.console.print
        if len(self.packs) == 1:
            show(results.table(self.totals[0], self.rejected, seconds))
            return
        show(compare.summary(self.totals, self._refs))
        for tier in tiers:
            show(compare.unit_table(tier, PRINTED))
        show(f"{self.differing:,} cases differ: see {self._out / 'compare.csv'}")
        for source_id, differences in self.shown[:PRINTED]:
            show(compare.difference_line(source_id, differences), highlight=False, markup=False)
        show(f"{self.cases:,} cases, {self.rejected:,} rows rejected; report: {self._out / 'report.html'}")

    @property
    def _refs(self) -> list[str]:
        return [rules.ref for rules in self.packs]


TEXTS = "explanations.csv"
_TEXTS = ("source_id", *Explanation._fields)
