"""One fault run: load, nemesis, healing, and the checker's word."""

import asyncio
import contextlib
import json
import logging
import os
import tempfile
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.faults import nemesis
from tests.faults.bank import Bank
from tests.faults.checker import Difference, differences
from tests.faults.client import Client, Clocks, Journal
from tests.faults.evidence import gathered
from tests.faults.ground import BANKS, Ground, standing
from tests.faults.load import Load
from tests.faults.measure import LOOK_S, Watch
from tests.faults.nemesis import Fault

RATE = 6.5
TICK_S = 1.4
EVERY_S = 14.0
RUN_ON = timedelta(days=45, hours=12)
DRAIN_S = 900
STILL_S = 60
CALM_LOOKS = 6
SHOWN = 20


@dataclass(frozen=True)
class Plan:
    """What a run is to be: `rate` cases a second, and a fault of `kinds` about every `every_s` seconds."""

    minutes: float
    seed: int
    apache: bool = False
    plant: str | None = None
    rate: float = RATE
    tick_s: float = TICK_S
    every_s: float = EVERY_S
    kinds: tuple[str, ...] = tuple(nemesis.WEIGHTS)

    def again(self) -> str:
        """The command that does the same."""
        said = f"huying torture --minutes {self.minutes:g} --seed {self.seed} --rate {self.rate:g}"
        return f"{said} --every {self.every_s:g}" + (" --broker apache" if self.apache else "")


@dataclass
class Report:
    """What came of a run."""

    plan: Plan
    cases: int = 0
    days: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)
    refused: int = 0
    repeated: dict[str, int] = field(default_factory=dict)
    appeals: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    longest_lag_s: float = 0.0
    drained_s: float = 0.0
    recovered_s: dict[str, dict[str, float]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        by_kind = Counter(one.kind for one in self.differences)
        return {
            "command": self.plan.again(),
            "minutes": self.plan.minutes,
            "seed": self.plan.seed,
            "broker": "apache" if self.plan.apache else "embedded",
            "cases": self.cases,
            "days": round(self.days, 1),
            "faults": dict(self.faults),
            "skipped": self.skipped,
            "appeals": self.appeals,
            "acts_refused": self.refused,
            "requests_repeated": self.repeated,
            "events": self.events,
            "longest_judgement_lag_s": round(self.longest_lag_s, 1),
            "drained_s": round(self.drained_s, 1),
            "recovered_s": self.recovered_s,
            "differences": dict(by_kind),
            "first_differences": [f"{one.kind}: {one.words}" for one in self.differences[:SHOWN]],
        }


async def torture(plan: Plan, out: Path | None = None, state: Path | None = None) -> Report:
    """One run, printed, in a folder that goes away unless `state` names one. EmbeddedError, ValueError."""
    console = Console()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that the broker goes away is the point
    with contextlib.ExitStack() as stack:
        if state is None:
            base = os.environ.get("TMPDIR", tempfile.gettempdir())
            made = tempfile.TemporaryDirectory(prefix="huying-", dir=base, ignore_cleanup_errors=True)
            state = Path(stack.enter_context(made))
        await asyncio.to_thread(state.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(state.chmod, 0o755)  # PostgreSQL may run under another account
        async with standing(state, apache=plan.apache, seed=plan.seed, plant=plan.plant) as ground:
            report = await _Run(plan, ground, state / "journal.ndjson", console).do()
    if out is not None:
        text = json.dumps(report.as_json(), ensure_ascii=False, indent=2)
        await asyncio.to_thread(out.write_text, f"{text}\n", "utf-8")
    _show(report, console)
    return report


async def run(plan: Plan, out: Path | None, state: Path | None) -> None:
    """As `torture`. ValueError where something differs, or where `state` is not new."""
    if state is not None and await asyncio.to_thread(state.exists):
        raise ValueError(f"{state} is there already: name a new folder by --state / 该目录已存在，请另选")
    if count := len((await torture(plan, out, state)).differences):
        raise ValueError(f"{count:,} differences; again: {plan.again()} / 发现 {count:,} 处差异")


class _Run:
    def __init__(self, plan: Plan, ground: Ground, journal: Path, console: Console) -> None:
        self._plan = plan
        self._ground = ground
        self._console = console
        self._file = journal
        self._journal = Journal(journal)
        self._client = Client(ground)
        self._clocks = Clocks(ground, self._client)
        self._load = Load(self._client, self._clocks, self._journal, plan.seed)
        self._watch = Watch(self._client, self._clocks)
        self._banks = [Bank(ground, code, self._clocks, self._journal, plan.seed) for code in BANKS]
        self._report = Report(plan)
        self._tasks: list[asyncio.Task[None]] = []

    async def do(self) -> Report:
        """Everything, from the first registration to the checker's word."""
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self._clocks.follow(), self._watch.run(), *(bank.run() for bank in self._banks)):
                    self._begin(group, work)
                upto = await self._drive(group)
                for task in self._tasks:
                    task.cancel()
            found = await gathered(self._ground, self._client, self._file)
        finally:
            self._journal.close()
            await self._client.close()
        report = self._report
        report.cases, report.refused = self._journal.cases, self._load.refused
        report.repeated = dict(self._client.repeated.most_common(SHOWN))
        report.events = {service: len(rows) for service, rows in found.outbox.items()}
        report.appeals = dict(Counter(found.states.values()))
        report.longest_lag_s = self._watch.longest_lag_s
        report.recovered_s = self._watch.recoveries()
        report.differences += sorted(await asyncio.to_thread(lambda: list(differences(found, upto))))
        return report

    def _begin(self, group: asyncio.TaskGroup, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(group.create_task(work))

    async def _drive(self, group: asyncio.TaskGroup) -> datetime:
        """The load under faults, then healing and draining; the moment up to which all is judged."""
        plan, began, loop = self._plan, self._clocks.now, asyncio.get_running_loop()
        await self._load.directory()
        harm = group.create_task(self._harm(group))
        try:
            async with asyncio.timeout(plan.minutes * 60 + DRAIN_S):
                await self._load.run(plan.minutes * 60, plan.rate, plan.tick_s)
        except TimeoutError:
            self._stuck("a request is answered by nobody")
        harm.cancel()
        nemesis.heal(self._ground)
        self._report.days = (self._clocks.now - began) / timedelta(days=1)
        healed, upto = loop.time(), self._clocks.now + RUN_ON
        try:
            async with asyncio.timeout(DRAIN_S):
                await self._drain(upto)
        except TimeoutError:
            self._stuck("not all comes to be heard and said")
        self._report.drained_s = loop.time() - healed
        return upto

    async def _drain(self, upto: datetime) -> None:
        for bank in self._banks:
            await bank.stop()
        await self._until_settled()
        await self._clocks.move(upto, ())
        await self._until_settled()

    async def _until_settled(self) -> None:
        """Until nothing is left to be said, and that for a while: what is heard may lead to more.

        TimeoutError where nobody comes any further.
        """
        calm, still, before = 0, 0, ""
        while calm < CALM_LOOKS:
            calm = calm + 1 if self._watch.settled(self._clocks.now) and self._watch.quiet() else 0
            now = self._watch.words()
            still, before = (still + 1 if now == before else 0), now
            if still * LOOK_S > STILL_S:
                raise TimeoutError
            await asyncio.sleep(LOOK_S)

    def _stuck(self, why: str) -> None:
        self._report.differences.append(Difference("stuck", f"{why}; {self._watch.words()}"))

    async def _harm(self, group: asyncio.TaskGroup) -> None:
        kinds, loop = self._plan.kinds, asyncio.get_running_loop()
        if self._ground.disk is None and "disk full" in kinds:
            kinds = tuple(kind for kind in kinds if kind != "disk full")
            self._skip("no full disk: a tmpfs cannot be mounted here (it takes root and CAP_SYS_ADMIN)")
        began = loop.time()
        for fault in nemesis.faults(self._plan.seed, self._plan.minutes, self._plan.every_s, kinds):
            await asyncio.sleep(max(0.0, began + fault.at_s - loop.time()))
            self._begin(group, self._inflict(fault))

    async def _inflict(self, fault: Fault) -> None:
        self._console.print(f"{self._clocks.now:%m-%d %H:%M} {fault.words()}", highlight=False)
        self._report.faults[fault.kind] += 1
        await nemesis.inflict(self._ground, fault)
        await self._watch.recovery(fault.kind)

    def _skip(self, what: str) -> None:
        self._report.skipped.append(what)
        self._console.print(f"[bold red]SKIPPED: {what}[/]")


def _show(report: Report, console: Console) -> None:
    found = report.as_json()
    console.print_json(json.dumps({name: found[name] for name in found if name != "first_differences"}))
    for one in report.differences[:SHOWN]:
        console.print(f"{one.kind}: {one.words}", highlight=False, markup=False)
    count = len(report.differences)
    faults = sum(report.faults.values())
    console.print(f"{report.cases:,} cases, {faults} faults, {count:,} differences", style="bold")
