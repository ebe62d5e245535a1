"""Recorded loan requests sent through a running financing service, step by step as the clock goes on."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from rich.progress import Progress

from huying.replay.driver import Driver, ReplayFailed
from huying.simulate.loans import act, registration
from huying.simulate.profiles import Profile
from huying.simulate.recorded import Recorded
from huying.simulate.results import Result, result_of
from huying.simulate.simulate import RUN_ON
from shared.service.clock import TICK

FINANCING = "financing"
MOST = 5_000  # items of one import


async def drive(driver: Driver, file: Recorded, how: Profile, size: int, progress: Progress) -> None:
    """Send the file in steps of about `size` items, and let the clock go on until what is open falls due."""
    await _begin(driver, file)
    bar = progress.add_task("replay", total=len(file.cases))
    for end, cases, items in _steps(file, size):
        for start in range(0, len(items), MOST):
            body = orjson.dumps({"source": how.id, "items": items[start : start + MOST]})
            await driver.send("POST", FINANCING, "/import", body)
        await driver.advance(FINANCING, end + TICK)
        progress.advance(bar, cases)
    progress.update(bar, description="60 days on")
    upto = file.ends_at() + RUN_ON
    await driver.advance(FINANCING, upto + TICK)
    await driver.said(FINANCING, upto)


async def _begin(driver: Driver, file: Recorded) -> None:
    """Move the clock to the first case, and put the banks into the directory that are not there."""
    begins_at = file.cases[0].received_at
    now = datetime.fromisoformat((await driver.flow(FINANCING))["now"])
    if now > begins_at:
        raise ReplayFailed(
            f"{FINANCING} stands at {now.isoformat()}, after the first case ({begins_at.isoformat()}): "
            "start services with a fresh state and a driven clock"
        )
    await driver.advance(FINANCING, begins_at)
    known = {bank["code"] for bank in (await driver.send("GET", FINANCING, "/banks"))["items"]}
    names = {case.unit.code: case.unit.name for case in file.cases}
    for code in sorted(names.keys() - known):
        body = orjson.dumps({"name": names[code], "ways": ["desk"]})
        await driver.send("PUT", FINANCING, f"/banks/{code}", body)


def _steps(file: Recorded, size: int) -> Iterator[tuple[datetime, int, list[dict[str, Any]]]]:
    """The file in the order of time: up to when, how many requests, items; simultaneous ones together."""
    items: list[dict[str, Any]] = []
    cases, end = 0, None
    for end, together in groupby(_entries(file), key=itemgetter(0)):
        for _, _, item in together:
            items.append(item)
            cases += item["act"] == "request"
        if len(items) >= size:
            yield end, cases, items
            items, cases = [], 0
    if items and end is not None:
        yield end, cases, items


def _entries(file: Recorded) -> list[tuple[datetime, tuple[int, int], dict[str, Any]]]:
    entries = []
    for index, case in enumerate(file.cases):
        entries.append((case.received_at, (index, 0), registration(case)))
        for number, past in enumerate(case.acts, 1):
            entries.append((past.occurred_at, (index, number), act(case, past)))
    entries.sort(key=itemgetter(0, 1))
    return entries


async def found(driver: Driver, file: Recorded) -> list[Result]:
    """What became of the file's cases. ReplayFailed where some are missing or could not be judged."""
    if parked := (await driver.flow(FINANCING))["parked"]:
        raise ReplayFailed(f"financing parked {parked} messages: GET /financing/parked gives the reasons")
    wanted = {case.source_id for case in file.cases}
    results = [result_of(item) async for item in driver.items(FINANCING, "/cases")]
    results = [result for result in results if result.source_id in wanted]
    if len(results) != len(wanted):
        raise ReplayFailed(f"financing has {len(results)} of {len(wanted)} cases")
    return results
