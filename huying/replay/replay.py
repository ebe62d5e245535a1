"""Recorded cases sent through running services, and what the services said of them.

The driver owns the clock. It goes through the file in steps of event time: intake gets a step's
registrations, dispatch its acts once it has heard of them, then every service may go on to the step's
end. The three stages work on three steps at once. A service that was killed is waited for; its clock,
which stands at the beginning again, is moved up.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from huying.local.cluster import scratch
from huying.replay import loans
from huying.replay.driver import Driver, ReplayFailed
from huying.simulate import profiles, recorded, results
from huying.simulate.profiles import Profile
from huying.simulate.recorded import Case, Past, Recorded
from huying.simulate.results import Result, result_of
from huying.simulate.simulate import RUN_ON
from services import SERVICES
from services.dispatch.document import Unit, leg_id
from services.intake.domain.registration import imported_id
from shared.events import DeadlineKind
from shared.rules.pack import pack
from shared.rules.pack.pack import Pack
from shared.service.clock import TICK

STEP = 5_000  # registrations and acts
BODY_BYTES = 8 * 1024 * 1024
ANSWER_S = 60.0
PATIENCE_S = 120.0


class Services(NamedTuple):
    """Where each service with a driven clock answers, and their importer's API key."""

    urls: Mapping[str, str]
    key: str


@contextlib.asynccontextmanager
async def own_services(
    how: Profile, pack_id: str, rules: Pack, settings: Path | None
) -> AsyncIterator[Services]:
    """Services for one replay under `rules`, gone when it is left."""
    given = {"pack" if how.case == "appeal" else "financing_pack": pack_id, "pack_settings": settings}
    async with scratch(**given, zone=rules.zone, log_level="WARNING") as fleet:
        yield Services({service: fleet.url(service) for service in SERVICES}, fleet.keys["importer"])


@contextlib.asynccontextmanager
async def _services_at(url: str, key: str) -> AsyncIterator[Services]:
    yield Services({service: f"{url.rstrip('/')}/{service}" for service in SERVICES}, key)


async def replay(
    file: Path,
    profile: str,
    pack_id: str,
    out: Path,
    settings: Path | None = None,
    url: str | None = None,
    key: str = "",
) -> None:
    """Send the cases of `file` through services, write the results into `out`, and print the figures.

    Raises ProfileError, PackError, FileRefused or ReplayFailed.
    """
    console = Console()
    how, rules = profiles.load(profile), pack.load(pack_id, settings)
    own = own_services(how, pack_id, rules, settings)
    async with _services_at(url, key) if url else own as services:
        with results.progress(console) as progress:
            table = await replayed(file, how, rules, out, services, progress)
    console.print(table)


async def replayed(
    file: Path,
    how: Profile,
    rules: Pack,
    out: Path,
    services: Services,
    progress: Progress,
    *,
    step: int = STEP,
    patience_s: float = PATIENCE_S,
) -> Table:
    """One replay through `services`; its figures. ReplayFailed if nothing moves for `patience_s` seconds."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    what = recorded.read_all(file, how)
    found: list[Result] = []
    if what.cases:
        headers = {"authorization": f"Bearer {services.key}", "content-type": "application/json"}
        async with httpx.AsyncClient(headers=headers, timeout=ANSWER_S) as http:
            driver = Driver(http, services.urls, patience_s)
            if how.case == "loan":
                await loans.drive(driver, what, how, step, progress)
                found = await loans.found(driver, what)
            else:
                await _drive(driver, what, how, rules, step, progress)
                found = await _results(driver, what)
    figures = results.write(out, how.tz, found)
    results.write_rejected(out, what.rejected)
    return results.table(figures, len(what.rejected), loop.time() - started)


class Entry(NamedTuple):
    """A registration (`past` is None), the dispatch or an act of a case, with its place in the order."""

    at: datetime
    place: tuple[int, int]
    case: Case
    past: Past | None


@dataclass(slots=True)
class Step:
    """What happened up to `end` and after the step before."""

    end: datetime
    cases: int = 0
    registrations: list[bytes] = field(default_factory=list)
    acts: list[bytes] = field(default_factory=list)


def steps(file: Recorded, how: Profile, rules: Pack, size: int) -> Iterator[Step]:
    """The file in the order of time, cut after about `size` entries, never between simultaneous ones."""
    entries = [
        Entry(at, (index, number), case, past)
        for index, case in enumerate(file.cases)
        for number, (at, past) in enumerate(
            [(case.received_at, None), *((past.occurred_at, past) for past in case.acts)]
        )
    ]
    entries.sort(key=itemgetter(0, 1))
    step = None
    count = 0
    for entry in entries:
        if step is None or (count >= size and entry.at != step.end):
            if step:
                yield step
            step, count = Step(entry.at), 0
        step.end = entry.at
        count += 1
        _put(step, entry, how, rules)
    if step:
        yield step


def _put(step: Step, entry: Entry, how: Profile, rules: Pack) -> None:
    case, past = entry.case, entry.past
    appeal_id = imported_id(how.id, case.source_id)
    if past is None:
        step.cases += 1
        step.registrations.append(orjson.dumps(_registration(case, how, rules)))
        limits = {DeadlineKind.COMPLETION.value: {"due_at": case.due_at}} if case.due_at else {}
        act: dict[str, Any] = {"act": "assign", "legs": [{"unit": case.unit.code, "limits": limits}]}
    else:
        what, _, said = past
        act = {
            "act": what.act,
            "leg_id": leg_id(appeal_id, 0),
            "how" if what.act == "contact" else "text": said,
        }
        if what.outcome:
            act["outcome"] = what.outcome
    step.acts.append(orjson.dumps({"appeal_id": appeal_id, "occurred_at": entry.at, "act": act}))


def _registration(case: Case, how: Profile, rules: Pack) -> dict[str, Any]:
    return {
        "act": "register",
        "source_id": case.source_id,
        "occurred_at": case.received_at,
        "channel": how.channel,
        "kind": how.kind,
        "title": case.title,
        "text": case.text,
        "enterprise": case.enterprise and {"name": case.enterprise},
        "locality": case.locality,
        "pack": rules.ref,
    }


def _bodies(before: bytes, items: Sequence[bytes]) -> Iterator[bytes]:
    """Import bodies of a bearable size; `before` opens each, up to the list's bracket."""
    part: list[bytes] = []
    size = 0
    for item in items:
        if part and size + len(item) > BODY_BYTES:
            yield before + b",".join(part) + b"]}"
            part, size = [], 0
        part.append(item)
        size += len(item) + 1
    if part:
        yield before + b",".join(part) + b"]}"


async def _drive(
    driver: Driver, file: Recorded, how: Profile, rules: Pack, size: int, progress: Progress
) -> None:
    await _begin(driver, file)
    to_dispatch: asyncio.Queue[Step | None] = asyncio.Queue(1)
    to_rest: asyncio.Queue[Step | None] = asyncio.Queue(1)
    bar = progress.add_task("replay", total=len(file.cases))
    async with asyncio.TaskGroup() as stages:
        stages.create_task(_register(driver, steps(file, how, rules, size), how, to_dispatch))
        stages.create_task(_dispatch(driver, to_dispatch, to_rest))
        while step := await to_rest.get():
            await _go_on(driver, step.end)
            progress.advance(bar, step.cases)
    progress.update(bar, description="60 days on")
    await _go_on(driver, file.ends_at() + RUN_ON)


async def _begin(driver: Driver, file: Recorded) -> None:
    """Move the clocks to the first case, and put the units into the directory that are not there."""
    begins_at = file.cases[0].received_at
    for service in SERVICES:
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
    driver: Driver, way: Iterator[Step], how: Profile, done: asyncio.Queue[Step | None]
) -> None:
    for step in way:
        for body in _bodies(f'{{"source":"{how.id}","items":['.encode(), step.registrations):
            await driver.send("POST", "intake", "/import", body)
        await driver.advance("intake", step.end + TICK)
        await done.put(step)
    await done.put(None)


async def _dispatch(
    driver: Driver, registered: asyncio.Queue[Step | None], done: asyncio.Queue[Step | None]
) -> None:
    while step := await registered.get():
        await driver.heard("dispatch", ["intake.events"], step.end)
        for body in _bodies(b'{"acts":[', step.acts):
            await driver.send("POST", "dispatch", "/import", body)
        await driver.advance("dispatch", step.end + TICK)
        await done.put(step)
    await done.put(None)


async def _go_on(driver: Driver, upto: datetime) -> None:
    """Let every service go on to `upto`, and wait until all have heard all that occurred up to then."""
    for service in SERVICES:
        await driver.advance(service, upto + TICK)
    for service in SERVICES:
        await driver.heard(service, None, upto)


async def _results(driver: Driver, file: Recorded) -> list[Result]:
    wanted = {case.source_id for case in file.cases}
    for service in SERVICES:
        if parked := (await driver.flow(service))["parked"]:
            raise ReplayFailed(f"{service} parked {parked} messages: GET /{service}/parked gives the reasons")
    found = [result_of(item) async for item in driver.items("escalation", "/cases")]
    found = [result for result in found if result.source_id in wanted]
    if len(found) != len(wanted):
        raise ReplayFailed(f"escalation has {len(found)} of {len(wanted)} cases")
    return found
