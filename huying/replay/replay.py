"""Sends recorded cases through running services, and collects their results.

The driver moves the clocks. It goes through the file in steps of event time: intake gets a step's
registrations, dispatch its acts once it has the registrations, then every service's clock moves to the step's
end. The three stages work on three steps at once. A killed service is waited for; its clock, which starts at
the beginning again, is moved up.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from huying.local.cluster import scratch
from huying.replay import loans
from huying.replay.driver import Driver, ReplayFailed
from huying.replay.steps import ReplayStep, bodies, steps
from huying.simulate import profiles, recorded, results
from huying.simulate.profiles import Profile
from huying.simulate.recorded_case import RecordedCases
from huying.simulate.results import CaseResult, result_of
from huying.simulate.simulate import RUN_ON
from services import SERVICES
from services.dispatch.document import Unit
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.service.clock import TICK

STEP = 5_000  # registrations and acts
ANSWER_S = 60.0
PATIENCE_S = 120.0


class DrivenServices(NamedTuple):
    """Where each service with a driven clock answers, and their importer's API key."""

    urls: Mapping[str, str]
    key: str


@contextlib.asynccontextmanager
async def own_services(
    profile: Profile, pack_id: str, rules: Pack, settings: Path | None
) -> AsyncIterator[DrivenServices]:
    """Services for one replay, removed at its end; all cases are under `rules`, whatever their day."""
    settings_of_city = {
        "pack" if profile.case == "appeal" else "financing_pack": rules.ref
        if pack_files.is_id(pack_id)
        else pack_id,
        "pack_settings": settings,
    }
    async with scratch(**settings_of_city, zone=rules.zone, log_level="WARNING") as cluster:
        yield DrivenServices(
            {service: cluster.url(service) for service in SERVICES}, cluster.keys["importer"]
        )


@contextlib.asynccontextmanager
async def _services_at(url: str, key: str) -> AsyncIterator[DrivenServices]:
    yield DrivenServices({service: f"{url.rstrip('/')}/{service}" for service in SERVICES}, key)


async def replay(
    file: Path,
    profile: str,
    pack_id: str,
    out: Path,
    settings: Path | None = None,
    url: str | None = None,
    key: str = "",
    *,
    excel: bool = False,
) -> None:
    """Send the cases of `file` through services, write the results into `out`, and print the totals.

    Raises ProfileError, PackError, FileRefused or ReplayFailed.
    """
    console = Console(markup=False)
    loaded, rules = profiles.load(profile), pack_files.load(pack_id, settings)
    profiles.check_pack(loaded.case, rules)
    own = own_services(loaded, pack_id, rules, settings)
    async with _services_at(url, key) if url else own as services:
        with results.progress(console) as progress:
            table = await replayed(file, loaded, rules, out, services, progress, excel=excel)
    console.print(table)


async def replayed(
    file: Path,
    profile: Profile,
    rules: Pack,
    out: Path,
    services: DrivenServices,
    progress: Progress,
    *,
    step: int = STEP,
    patience_s: float = PATIENCE_S,
    excel: bool = False,
) -> Table:
    """Do one replay; returns its totals. ReplayFailed without progress for `patience_s` seconds."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    cases = recorded.read_all(file, profile)
    case_results: list[CaseResult] = []
    if cases.cases:
        headers = {"authorization": f"Bearer {services.key}", "content-type": "application/json"}
        async with httpx.AsyncClient(headers=headers, timeout=ANSWER_S) as http:
            driver = Driver(http, services.urls, patience_s)
            if profile.case == "loan":
                await loans.drive(driver, cases, profile, step, progress)
                case_results = await loans.case_results(driver, cases)
            else:
                await _drive(driver, cases, profile, rules, step, progress)
                case_results = await _results(driver, cases)
    totals = results.write(out, profile.tz, case_results, excel=excel)
    results.write_rejected(out, cases.rejected, excel=excel)
    return results.table(totals, len(cases.rejected), loop.time() - started)


async def _drive(
    driver: Driver, file: RecordedCases, profile: Profile, rules: Pack, size: int, progress: Progress
) -> None:
    await _begin(driver, file)
    to_dispatch: asyncio.Queue[ReplayStep | None] = asyncio.Queue(1)
    to_rest: asyncio.Queue[ReplayStep | None] = asyncio.Queue(1)
    bar = progress.add_task("replay", total=len(file.cases))
    async with asyncio.TaskGroup() as stages:
        stages.create_task(_register(driver, steps(file, profile, rules, size), profile, to_dispatch))
        stages.create_task(_dispatch(driver, to_dispatch, to_rest))
        while step := await to_rest.get():
            await _move_on(driver, step.end)
            progress.advance(bar, step.cases)
    progress.update(bar, description="60 days on")
    await _move_on(driver, file.ends_at() + RUN_ON)


async def _begin(driver: Driver, file: RecordedCases) -> None:
    """Move the clocks to the first case, and add the missing units to the directory."""
    begins_at = file.cases[0].received_at
    for service in driver.urls:
        now = datetime.fromisoformat((await driver.flow(service))["now"])
        if now > begins_at:
            raise ReplayFailed(
                f"{service} stands at {now.isoformat()}, after the first case"
                f" ({begins_at.isoformat()}): start services with a fresh state and a driven clock"
            )
        await driver.advance(service, begins_at)
    known = {unit["code"] async for unit in driver.items("dispatch", "/units")}
    wanted = {case.unit.code: case.unit for case in file.cases}
    for code in sorted(wanted.keys() - known):
        await driver.send("PUT", "dispatch", f"/units/{code}", _unit(wanted[code]))


def _unit(unit: Unit) -> bytes:
    return orjson.dumps({"name": unit.name, "kind": unit.kind})


async def _register(
    driver: Driver, steps: Iterator[ReplayStep], profile: Profile, done: asyncio.Queue[ReplayStep | None]
) -> None:
    for step in steps:
        for body in bodies(f'{{"source":"{profile.id}","items":['.encode(), step.registrations):
            await driver.send("POST", "intake", "/import", body)
        await driver.advance("intake", step.end + TICK)
        await done.put(step)
    await done.put(None)


async def _dispatch(
    driver: Driver, registered: asyncio.Queue[ReplayStep | None], done: asyncio.Queue[ReplayStep | None]
) -> None:
    while step := await registered.get():
        await driver.heard("dispatch", ["intake.events"], step.end)
        for body in bodies(b'{"acts":[', step.acts):
            await driver.send("POST", "dispatch", "/import", body)
        await driver.advance("dispatch", step.end + TICK)
        await done.put(step)
    await done.put(None)


async def _move_on(driver: Driver, upto: datetime) -> None:
    """Move every service's clock past `upto`, and wait for the watermark `upto` of all topics."""
    for service in driver.urls:
        await driver.advance(service, upto + TICK)
    for service in driver.urls:
        await driver.heard(service, None, upto)


async def _results(driver: Driver, file: RecordedCases) -> list[CaseResult]:
    wanted = {case.source_id for case in file.cases}
    for service in driver.urls:
        if parked := (await driver.flow(service))["parked"]:
            raise ReplayFailed(f"{service} parked {parked} messages: GET /{service}/parked gives the reasons")
    results = [result_of(item) async for item in driver.items("escalation", "/cases")]
    results = [result for result in results if result.source_id in wanted]
    if len(results) != len(wanted):
        raise ReplayFailed(f"escalation has {len(results)} of {len(wanted)} cases")
    return results
