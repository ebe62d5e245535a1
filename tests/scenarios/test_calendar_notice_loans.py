"""A year's holiday notice reaches both judges by one command; banks' and regulator's dates move with it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from huying.commands.calendar import load_notices
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from huying.local.running_services import RunningServices
from services.escalation.app import SERVICE as ESCALATION
from services.financing.app import SERVICE as FINANCING
from tests.city import City
from tests.lending import ask, banks, judged, move_to, report, status
from tests.notices import NOTICE_2027


class Through(httpx.BaseTransport):
    """From the thread of a command to the services of the test."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._loop = asyncio.get_running_loop()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = f"/{request.url.host}{request.url.path}"
        asked = self._city.send("ops", request.method, path, request.read())
        answer = asyncio.run_coroutine_threadsafe(asked, self._loop).result(30)
        return httpx.Response(answer.status_code, content=answer.content)


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Both judges, on Tuesday 2026-12-29 at 09:00, with three banks."""
    async with City(postgres, broker, services=(ESCALATION, FINANCING)) as city:
        await move_to(city, "2026-12-29 09:00")
        await banks(city)
        yield city


async def load_2027(city: City, folder: Path) -> None:
    """As `huying calendar load` does it."""
    file = folder / "2027.yaml"
    file.write_text(yaml.safe_dump([NOTICE_2027], allow_unicode=True), "utf-8")
    where = RunningServices({name: f"http://{name}" for name in city.services}, "", Through(city))
    await asyncio.to_thread(load_notices, where, file)
    await judged(city)


async def due(city: City, asked: dict[str, Any]) -> dict[str, dict[str, Any]]:
    (leg,) = (await status(city, asked))["legs"]
    return {deadline["deadline"]: deadline for deadline in leg["deadlines"]}


async def test_one_command_makes_a_notice_known_to_both_judges(city: City, tmp_path: Path) -> None:
    await load_2027(city, tmp_path)
    await load_2027(city, tmp_path)  # what is known already is kept
    for name in ("escalation", "financing"):
        items = (await city.ok("ops", "GET", f"/{name}/calendars"))["items"]
        assert [item["version"].rpartition("+")[2] for item in items][1:] == ["2027:国办发明电〔2026〕7号"]


async def test_a_banks_provisional_deadline_moves_and_both_dates_are_said(city: City, tmp_path: Path) -> None:
    await move_to(city, "2026-12-30 10:00")
    asked = await ask(city, banks=["bank-a"])
    await judged(city)
    before = await due(city, asked)
    # Day 1 is Thursday the 31st. Day 3 is Saturday 2027-01-02; without a notice the 1st alone is off, so it
    # runs to Monday 01-04.
    assert before["bank_contact"]["due_at"] == "2027-01-01T00:00:00+08:00"
    assert before["bank_status"]["due_at"] == "2027-01-05T00:00:00+08:00"
    await move_to(city, "2026-12-30 16:00")
    await load_2027(city, tmp_path)
    after = await due(city, asked)
    # The 31st, the 1st and the 2nd are off, the 3rd is a Sunday: day 1 too rolls to Monday the 4th.
    assert after["bank_contact"]["due_at"] == "2027-01-05T00:00:00+08:00"
    assert after["bank_status"]["due_at"] == "2027-01-05T00:00:00+08:00"
    assert "2027:国办发明电〔2026〕7号" in after["bank_contact"]["explanation"]["zh"]
    (moved,) = await city.published("financing", "loan.deadline_moved.v1")
    assert (moved["leg"], moved["bank"]) == (asked["legs"][0]["leg"], "bank-a")
    assert (moved["deadline"], moved["was_due_at"], moved["due_at"]) == (
        "bank_contact",
        "2026-12-31T16:00:00Z",
        "2027-01-04T16:00:00Z",
    )
    await move_to(city, "2027-01-02 09:00")
    assert await city.published("financing", "loan.overdue.v1") == []
    assert (await report(city, "bank-a", asked["legs"][0]["leg"], "contacted")).code == "accepted"
    await move_to(city, "2027-01-05 09:00")
    assert [event["deadline"] for event in await city.published("financing", "loan.overdue.v1")] == [
        "bank_status"
    ]


async def test_the_regulators_date_moves_too(city: City, tmp_path: Path) -> None:
    asked = await ask(city, banks=["bank-a"])
    complaint = {"bank": "bank-a", "text": "搭售"}
    await city.ok("operator", "POST", f"/financing/requests/{asked['loan_id']}/complaints", complaint)
    await judged(city)
    await move_to(city, "2026-12-29 16:00")
    await load_2027(city, tmp_path)
    # 15 working days after 12-29. Before: 30, 31, 01-04 to 08, 11 to 15, 18, 19, 20. After: the 31st is off.
    (moved,) = await city.published("financing", "complaint.deadline_moved.v1")
    assert (moved["deadline"], moved["was_due_at"], moved["due_at"]) == (
        "regulator_result",
        "2027-01-20T09:30:00Z",
        "2027-01-21T09:30:00Z",
    )


async def test_what_was_overdue_before_the_notice_stays_overdue(city: City, tmp_path: Path) -> None:
    asked = await ask(city, banks=["bank-a"])  # day 1 is the 30th
    await judged(city)
    await move_to(city, "2026-12-31 09:00")
    (overdue,) = await city.published("financing", "loan.overdue.v1")
    await load_2027(city, tmp_path)
    assert (await due(city, asked))["bank_contact"]["verdict"] == "overdue"
    assert [event["deadline"] for event in await city.published("financing", "loan.deadline_moved.v1")] == []
    assert await city.published("financing", "loan.overdue.v1") == [overdue]
