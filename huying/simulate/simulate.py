"""Judges recorded cases in memory, as the services would, without any service."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from itertools import chain
from operator import itemgetter
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from huying.simulate import layout, processes, profiles, recorded
from huying.simulate.judging import JudgedCase, PartitionContent, PartitionJudge
from huying.simulate.layout import Layout
from huying.simulate.output import SimulationOutput
from huying.simulate.partitions import Partition
from huying.simulate.processes import PartitionProcess
from huying.simulate.profiles import Profile
from huying.simulate.recorded import UnpairedQuotes
from huying.simulate.recorded_case import RejectedRow
from huying.simulate.rejections import Rejections, check_count
from huying.simulate.results import Totals
from services.intake.domain.registration import registration_number
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.rules.time import notices
from shared.rules.time.notices import Published

RUN_ON = timedelta(days=60)
"""How long a run goes on after the last act, so that open deadlines pass."""
NO_ACT = datetime(2000, 1, 1, tzinfo=UTC)


def simulate(
    file: Path,
    profile: str,
    pack_ids: Sequence[str],
    out: Path,
    settings: Path | None = None,
    *,
    calendar: Path | None = None,
    explain: bool = False,
    at_once: int | None = None,
    excel: bool = False,
) -> SimulationOutput:
    """Judge the cases of `file` by one pack or two, write the output into `out`, and print the totals.

    The years in the file `calendar` take the place of the notices known. `at_once` processes judge; None for
    one a processor. `excel` CSV files have a byte order mark.
    ProfileError, PackError, FileRefused, or ValueError for a mistake in the calendar.
    """
    started = perf_counter()
    loaded, packs = profiles.load(profile), [pack_files.load(pack_id, settings) for pack_id in pack_ids]
    for rules in packs:
        profiles.check_pack(loaded.case, rules)
    known = notices.published(calendar)
    columns = header(file, loaded)
    count = at_once or processes.available_processes()
    partitions = [Partition(file, loaded, columns, index, count) for index in range(count)]
    with processes.without_garbage_collection():
        try:
            output, counted, content = _judged(partitions, packs, known, out, explain=explain, excel=excel)
        except UnpairedQuotes:
            whole = Partition(file, loaded, columns, whole=True)
            output, counted, content = _judged([whole], packs, known, out, explain=explain, excel=excel)
    output.finish(counted, content.rejected, perf_counter() - started)
    recorded.check_all_rows(file, content.rows, output.cases + output.rejected)
    return output


def _judged(
    partitions: list[Partition],
    packs: list[Pack],
    known: Published,
    out: Path,
    *,
    explain: bool,
    excel: bool,
) -> tuple[SimulationOutput, list[list[Totals]], "FileContent"]:
    """The rows written, what each share counted, and the file. UnpairedQuotes before a row is written."""
    profile, file = partitions[0].profile, partitions[0].file
    judges = [PartitionJudge(partition, packs, known, explain=explain) for partition in partitions]
    with ExitStack() as stack:
        workers: list[PartitionJudge | PartitionProcess] = [*judges]
        if len(partitions) > 1:
            workers = [stack.enter_context(closing(PartitionProcess(judge))) for judge in judges]
        parts = [worker.read() for worker in workers]
        content = merged(file, parts, [judge.rejections for judge in judges], profile)
        judged = [
            worker.judge(content.upto, left_out)
            for worker, left_out in zip(workers, content.left_out, strict=True)
        ]
        output = SimulationOutput(out, file.name, packs, content.upto, content.units, excel=excel)
        numbers = [registration_numbers(content.cases, rules) for rules in packs]
        output.take(_in_order(judged), numbers, len(content.cases), explain=explain)
        return output, [worker.totals for worker in workers], content


def header(file: Path, profile: Profile) -> Layout:
    """The layout of a file. FileRefused where it does not fit the profile."""
    with recorded.quotes_paired(file, profile):
        return layout.layout(file, profile)


@dataclass(slots=True)
class FileContent:
    """The content of a file. `cases`: when each was registered, s since 1970, by time, then line.

    `left_out` holds, for each partition, the indexes of cases that an earlier row has already. `rejected` can
    be read once, in the order of the file.
    """

    left_out: list[set[int]]
    cases: dict[str, float] = field(default_factory=dict)
    rejected: Iterable[RejectedRow] = ()
    upto: datetime = NO_ACT
    units: dict[str, str] = field(default_factory=dict)
    rows: int = 0


def merged(
    file: Path, parts: list[PartitionContent], rejections: list[Rejections], profile: Profile
) -> FileContent:
    """The contents of all partitions of `file`, in its order. FileRefused where too much is rejected."""
    content = FileContent([set() for _ in parts])
    blocks = sorted((*block, index) for index, part in enumerate(parts) for block in part.blocks)
    positions = [0] * len(parts)
    seen: dict[str, int] = {}
    above, starts, again = 0, dict[int, int](), list[RejectedRow]()
    for number, lines, count, index in blocks:
        part, starts[number] = parts[index], above
        for position in range(positions[index], positions[index] + count):
            source_id, line = part.source_ids[position], above + part.lines[position]
            if (first := seen.setdefault(source_id, line)) == line:
                content.cases[source_id] = part.received[position]
            else:
                content.left_out[index].add(position)
                again.append(recorded.repeated(profile, source_id, line, first))
        positions[index] += count
        above += lines
    for part in parts:
        content.units |= part.units
        content.rows += part.rows
    content.cases = dict(sorted(content.cases.items(), key=itemgetter(1)))
    check_count(file, sum(part.rejected for part in parts) + len(again), again[0].reason if again else "")
    content.rejected = merge(again, *(_placed(rows, starts) for rows in rejections))
    content.upto = max((part.ends_at for part in parts if part.ends_at), default=NO_ACT) + RUN_ON
    return content


def _placed(rejections: Rejections, starts: dict[int, int]) -> Iterator[RejectedRow]:
    """Rejected rows with their lines in the file; `starts` has the lines above each block."""
    return (RejectedRow(starts[block] + line, reason) for block, line, reason in rejections)


def registration_numbers(cases: dict[str, float], rules: Pack) -> dict[str, str]:
    """The registration numbers that intake gives to cases in this order, day by day in the pack's zone."""
    zone = ZoneInfo(rules.zone)
    numbers = {}
    day, ends, count = date.min, 0.0, 0
    for source_id, received in cases.items():
        if received >= ends:
            day = datetime.fromtimestamp(received, zone).date()
            ends = datetime.combine(day + timedelta(days=1), time(), zone).timestamp()
            count = 0
        count += 1
        numbers[source_id] = registration_number(rules.prefix, day, count)
    return numbers


def _in_order(judged: list[Iterator[list[JudgedCase]]]) -> Iterator[JudgedCase]:
    streams = [chain.from_iterable(batches) for batches in judged]
    return merge(*streams, key=itemgetter(0)) if len(streams) > 1 else streams[0]
