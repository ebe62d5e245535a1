"""One fault run: load and faults, healing, draining, and the check of every case."""

import asyncio
import contextlib
import json
import logging
import os
import tempfile
from collections import Counter
from collections.abc import Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.faults import nemesis
from tests.faults.bank import Bank
from tests.faults.checker import Difference, differences
from tests.faults.client import Client, Clocks, Journal
from tests.faults.environment import BANKS, Environment, running
from tests.faults.evidence import gather
from tests.faults.lag import LOOK_S, LagMonitor
from tests.faults.load import Load
from tests.faults.nemesis import Fault
from tests.faults.report import SHOWN, RunPlan, RunReport

RUN_ON = timedelta(days=45, hours=12)
"""How far the clocks go on after the load, so that every open deadline passes."""
DRAIN_S = 900
STILL_S = 60
CALM_LOOKS = 6


async def fault_run(plan: RunPlan, out: Path | None = None, state: Path | None = None) -> RunReport:
    """Do one run and print its report, in a temporary folder unless `state` names one.

    EmbeddedError where something cannot start; ValueError where a service refuses what it must accept.
    """
    console = Console()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it would log every connection that is cut
    with contextlib.ExitStack() as stack:
        if state is None:
            base = os.environ.get("TMPDIR", tempfile.gettempdir())
            folder = tempfile.TemporaryDirectory(prefix="huying-", dir=base, ignore_cleanup_errors=True)
            state = Path(stack.enter_context(folder))
        await asyncio.to_thread(state.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(state.chmod, 0o755)  # PostgreSQL may run under another account
        async with running(state, apache=plan.apache, seed=plan.seed, plant=plan.plant) as environment:
            report = await _FaultRun(plan, environment, state / "journal.ndjson", console).do()
    if out is not None:
        text = json.dumps(report.as_json(), ensure_ascii=False, indent=2)
        await asyncio.to_thread(out.write_text, f"{text}\n", "utf-8")
    report.show(console)
    return report


async def run(plan: RunPlan, out: Path | None, state: Path | None) -> None:
    """As `fault_run`. ValueError where something differs, or where `state` exists already."""
    if state is not None and await asyncio.to_thread(state.exists):
        raise ValueError(f"{state} is there already: name a new folder by --state / 该目录已存在，请另选")
    report = await fault_run(plan, out, state)
    if count := len(report.differences):
        raise ValueError(f"{count:,} differences; again: {plan.command()} / 发现 {count:,} 处差异")


class _FaultRun:
    def __init__(self, plan: RunPlan, environment: Environment, journal: Path, console: Console) -> None:
        self._plan = plan
        self._environment = environment
        self._console = console
        self._journal_file = journal
        self._journal = Journal(journal)
        self._client = Client(environment)
        self._clocks = Clocks(environment, self._client)
        self._load = Load(self._client, self._clocks, self._journal, plan.seed)
        self._lag = LagMonitor(self._client, self._clocks)
        self._banks = [Bank(environment, code, self._clocks, self._journal, plan.seed) for code in BANKS]
        self._report = RunReport(plan)
        self._tasks: list[asyncio.Task[None]] = []

    async def do(self) -> RunReport:
        """Do everything, from the first registration to the check."""
        try:
            async with asyncio.TaskGroup() as group:
                banks = (bank.run() for bank in self._banks)
                for work in (self._clocks.follow(), self._lag.run(), *banks):
                    self._begin(group, work)
                upto = await self._drive(group)
                for task in self._tasks:
                    task.cancel()
            evidence = await gather(self._environment, self._client, self._journal_file)
        finally:
            self._journal.close()
            await self._client.close()
        report = self._report
        report.cases, report.refused = self._journal.cases, self._load.refused
        report.repeated = dict(self._client.repeated.most_common(SHOWN))
        report.events = {service: len(rows) for service, rows in evidence.outbox.items()}
        report.appeals = dict(Counter(evidence.states.values()))
        report.longest_lag_s = self._lag.longest_lag_s
        report.recovered_s = self._lag.recoveries()
        report.differences += sorted(await asyncio.to_thread(lambda: list(differences(evidence, upto))))
        return report

    def _begin(self, group: asyncio.TaskGroup, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(group.create_task(work))

    async def _drive(self, group: asyncio.TaskGroup) -> datetime:
        """Run the load under faults, heal and drain. Returns the moment up to which all must be judged."""
        plan, began_at, loop = self._plan, self._clocks.now, asyncio.get_running_loop()
        await self._load.directory()
        nemesis_task = group.create_task(self._inflict_faults(group))
        try:
            async with asyncio.timeout(plan.minutes * 60 + DRAIN_S):
                await self._load.run(plan.minutes * 60, plan.rate, plan.tick_s)
        except TimeoutError:
            self._stuck("a request is answered by nobody")
        nemesis_task.cancel()
        nemesis.heal(self._environment)
        self._report.days = (self._clocks.now - began_at) / timedelta(days=1)
        healed, upto = loop.time(), self._clocks.now + RUN_ON
        try:
            async with asyncio.timeout(DRAIN_S):
                await self._load.hear_out()
                await self._drain(upto)
        except TimeoutError:
            self._stuck("not every event is sent, handled and judged")
        self._report.drained_s = loop.time() - healed
        return upto

    async def _drain(self, upto: datetime) -> None:
        for bank in self._banks:
            await bank.stop()
        await self._until_settled()
        await self._clocks.move(upto, ())
        await self._until_settled()

    async def _until_settled(self) -> None:
        """Wait until nothing is left to send or handle, for several looks: an event may cause another.

        TimeoutError where no service makes progress for a minute.
        """
        calm, still, progress_before = 0, 0, ""
        while calm < CALM_LOOKS:
            calm = calm + 1 if self._lag.settled(self._clocks.now) and self._lag.quiet() else 0
            progress = self._lag.progress()
            still, progress_before = (still + 1 if progress == progress_before else 0), progress
            if still * LOOK_S > STILL_S:
                raise TimeoutError
            await asyncio.sleep(LOOK_S)

    def _stuck(self, reason: str) -> None:
        self._report.differences.append(Difference("stuck", f"{reason}; {self._lag.progress()}"))

    async def _inflict_faults(self, group: asyncio.TaskGroup) -> None:
        kinds, loop = self._plan.kinds, asyncio.get_running_loop()
        if self._environment.disk is None and "disk full" in kinds:
            kinds = tuple(kind for kind in kinds if kind != "disk full")
            self._skip("no full disk: a tmpfs cannot be mounted here (it takes root and CAP_SYS_ADMIN)")
        began = loop.time()
        for fault in nemesis.faults(self._plan.seed, self._plan.minutes, self._plan.every_s, kinds):
            await asyncio.sleep(max(0.0, began + fault.at_s - loop.time()))
            self._begin(group, self._inflict(fault))

    async def _inflict(self, fault: Fault) -> None:
        self._console.print(f"{self._clocks.now:%m-%d %H:%M} {fault.words()}", highlight=False)
        self._report.faults[fault.kind] += 1
        await nemesis.inflict(self._environment, fault)
        await self._lag.measure_recovery(fault.kind)

    def _skip(self, reason: str) -> None:
        self._report.skipped.append(reason)
        self._console.print(f"[bold red]SKIPPED: {reason}[/]")
