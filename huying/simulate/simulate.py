"""Recorded cases judged in memory: what the services would say of them, without any service."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from itertools import chain
from operator import itemgetter
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from huying.simulate import processes, profiles, recorded
from huying.simulate.judging import Judging, Part, Told
from huying.simulate.outcome import Outcome
from huying.simulate.partitions import Share, Unpaired
from huying.simulate.processes import Elsewhere
from huying.simulate.profiles import Profile
from huying.simulate.recorded import Rejected
from huying.simulate.results import Figures
from services.intake.domain.registration import registration_number
from shared.rules.pack import pack
from shared.rules.pack.pack import Pack

RUN_ON = timedelta(days=60)
"""How long a run goes on after the last act, so that what is open falls due."""
NO_ACT = datetime(2000, 1, 1, tzinfo=UTC)


def simulate(
    file: Path,
    profile: str,
    pack_ids: Sequence[str],
    out: Path,
    settings: Path | None = None,
    *,
    explain: bool = False,
    at_once: int | None = None,
) -> Outcome:
    """Judge the cases of `file` by one pack or two, write what comes of it into `out`, and print the figures.

    `at_once` processes work on it; None: as many as there are processors. Raises ProfileError, PackError
    or FileRefused.
    """
    started = perf_counter()
    how, packs = profiles.load(profile), [pack.load(one, settings) for one in pack_ids]
    columns = header(file, how)
    count = at_once or processes.possible()
    shares = [Share(file, how, columns, index, count) for index in range(count)]
    with processes.uncollected():
        try:
            outcome, counted, rejected = _judged(shares, packs, out, explain=explain)
        except Unpaired:
            whole = Share(file, how, columns, whole=True)
            outcome, counted, rejected = _judged([whole], packs, out, explain=explain)
    outcome.finish(counted, rejected, perf_counter() - started)
    return outcome


def _judged(
    shares: list[Share], packs: list[Pack], out: Path, *, explain: bool
) -> tuple[Outcome, list[list[Figures]], list[Rejected]]:
    """The rows written; what each share counted, and what is left out. Unpaired before a row is written."""
    how, file = shares[0].profile, shares[0].file
    judgings = [Judging(share, packs, explain=explain) for share in shares]
    with ExitStack() as ending:
        workers: list[Judging | Elsewhere] = [*judgings]
        if len(shares) > 1:
            workers = [ending.enter_context(closing(Elsewhere(judging))) for judging in judgings]
        found = gathered([worker.read() for worker in workers], how)
        told = [
            worker.judge(found.upto, left_out)
            for worker, left_out in zip(workers, found.left_out, strict=True)
        ]
        outcome = Outcome(out, file.name, packs, found.upto, found.units)
        given = [numbers(found.cases, rules) for rules in packs]
        outcome.take(_in_order(told), given, len(found.cases), explain=explain)
        return outcome, [worker.figures for worker in workers], found.rejected


def header(file: Path, how: Profile) -> list[str]:
    """The columns of a file. FileRefused where they do not fit the profile."""
    with recorded.opened(file) as raw:
        lines = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
        return recorded.checked_header(file, next(csv.reader(lines), []), how)


@dataclass(slots=True)
class Found:
    """What a file holds. `cases`: when each was registered, s since 1970; by time, then place in the file.

    `left_out` are the places, in each share, of cases that stood before.
    """

    left_out: list[set[int]]
    cases: dict[str, float] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    upto: datetime = NO_ACT
    units: dict[str, str] = field(default_factory=dict)


def gathered(parts: list[Part], how: Profile) -> Found:
    """The shares of a file put together, in its order."""
    found = Found([set() for _ in parts])
    blocks = sorted((*block, share) for share, part in enumerate(parts) for block in part.blocks)
    places = [0] * len(parts)
    seen: dict[str, int] = {}
    above, starts = 0, {}
    for number, lines, count, share in blocks:
        part, starts[number] = parts[share], above
        for place in range(places[share], places[share] + count):
            source_id, line = part.source_ids[place], above + part.lines[place]
            if (first := seen.setdefault(source_id, line)) == line:
                found.cases[source_id] = part.received[place]
            else:
                found.left_out[share].add(place)
                found.rejected.append(recorded.repeated(how, source_id, line, first))
        places[share] += count
        above += lines
    for part in parts:
        found.rejected += [Rejected(starts[number] + line, why) for number, line, why in part.rejected]
        found.units |= part.units
    found.cases = dict(sorted(found.cases.items(), key=itemgetter(1)))
    found.rejected.sort()
    found.upto = max((part.ends_at for part in parts if part.ends_at), default=NO_ACT) + RUN_ON
    return found


def numbers(cases: dict[str, float], rules: Pack) -> dict[str, str]:
    """The registration numbers that intake gives to cases in this order, day by day in the pack's zone."""
    zone = ZoneInfo(rules.zone)
    found = {}
    day, ends, count = date.min, 0.0, 0
    for source_id, received in cases.items():
        if received >= ends:
            day = datetime.fromtimestamp(received, zone).date()
            ends = datetime.combine(day + timedelta(days=1), time(), zone).timestamp()
            count = 0
        count += 1
        found[source_id] = registration_number(rules.prefix, day, count)
    return found


def _in_order(told: list[Iterator[list[Told]]]) -> Iterator[Told]:
    streams = [chain.from_iterable(batches) for batches in told]
    return merge(*streams, key=itemgetter(0)) if len(streams) > 1 else streams[0]
