"""Recorded loan requests sent through a running financing service, step by step of its clock."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from rich.progress import Progress

from huying.replay.driver import Driver, ReplayFailed
from huying.simulate.loans import import_item, registration
from huying.simulate.profiles import Profile
from huying.simulate.recorded_case import RecordedCases
from huying.simulate.results import CaseResult, result_of
from huying.simulate.simulate import RUN_ON
from shared.service.clock import TICK

FINANCING = "financing"
MOST = 5_000  # items of one import


async def drive(driver: Driver, file: RecordedCases, profile: Profile, size: int, progress: Progress) -> None:
    """Send the file in steps of about `size` items, then move the clock until every open deadline passes."""
    await _begin(driver, file)
    bar = progress.add_task("replay", total=len(file.cases))
    for end, cases, items in _steps(file, size):
        for start in range(0, len(items), MOST):
            body = orjson.dumps({"source": profile.id, "items": items[start : start + MOST]})
            await driver.send("POST", FINANCING, "/import", body)
        await driver.advance(FINANCING, end + TICK)
        progress.advance(bar, cases)
    progress.update(bar, description="60 days on")
    upto = file.ends_at() + RUN_ON
    await driver.advance(FINANCING, upto + TICK)
    await driver.sent(FINANCING, upto)


async def _begin(driver: Driver, file: RecordedCases) -> None:
    """Move the clock to the first case, and add the missing banks to the directory."""
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


def _steps(file: RecordedCases, size: int) -> Iterator[tuple[datetime, int, list[dict[str, Any]]]]:
    """The file in order of time, as (end, requests, items); simultaneous items stay together."""
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


def _entries(file: RecordedCases) -> list[tuple[datetime, tuple[int, int], dict[str, Any]]]:
    entries = []
    for index, case in enumerate(file.cases):
        entries.append((case.received_at, (index, 0), registration(case)))
        for number, act in enumerate(case.acts, 1):
            entries.append((act.occurred_at, (index, number), import_item(case, act)))
    entries.sort(key=itemgetter(0, 1))
    return entries


async def case_results(driver: Driver, file: RecordedCases) -> list[CaseResult]:
    """The results of the file's cases. ReplayFailed where some are missing or could not be judged."""
    if parked := (await driver.flow(FINANCING))["parked"]:
        raise ReplayFailed(f"financing parked {parked} messages: GET /financing/parked gives the reasons")
    wanted = {case.source_id for case in file.cases}
    results = [result_of(item) async for item in driver.items(FINANCING, "/cases")]
    results = [result for result in results if result.source_id in wanted]
    if len(results) != len(wanted):
        raise ReplayFailed(f"financing has {len(results)} of {len(wanted)} cases")
    return results
