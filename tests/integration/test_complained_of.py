"""Which unit is complained of: written by code or name, and checked against the units that dispatch has."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.dispatch.app import SERVICE as DISPATCH
from services.intake.app import SERVICE as INTAKE
from tests.city import City, refused


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    async with EmbeddedBroker(tmp_path) as server:
        yield server


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    async with City(postgres, broker, services=(INTAKE, DISPATCH)) as city:
        yield city


def complaint(unit: str) -> dict[str, Any]:
    return {
        "channel": "hotline",
        "kind": "complaint",
        "title": "反复检查",
        "text": "一月内检查三次。",
        "complained_of": unit,
        "enterprise": {"name": "示例制造有限公司"},
        "again": True,
    }


def wish(locality: str) -> dict[str, Any]:
    return {
        "channel": "hotline",
        "kind": "help",
        "title": "用水困难",
        "text": "水压不足。",
        "locality": locality,
        "enterprise": {"name": "示例制造有限公司"},
    }


async def complained_of(city: City, appeal: dict[str, Any]) -> str:
    """The code that the office reads."""
    read = await city.ok("office", "GET", f"/intake/appeals/{appeal['appeal_id']}")
    assert read["confidentiality"] == "withheld"
    return str(read["complained_of"])


async def test_a_unit_is_named_by_code_or_name_and_no_other_is_taken(city: City) -> None:
    await city.directory()
    await city.drained()
    for typed in ("roads", "市交通局"):
        appeal = await city.ok("operator", "POST", "/intake/appeals", complaint(typed))
        assert await complained_of(city, appeal) == "roads"
    for typed, word in (("moon", "没有承办单位“moon”"), ("市交通委", "相近的有：市交通局（roads）")):
        for account, channel in (("operator", "hotline"), (None, "web")):
            body = complaint(typed) | {"channel": channel}
            answer = await city.call(account, "POST", "/intake/appeals", body)
            assert word in refused(answer, 422, "complained_of")["detail"]
    events = await city.published("intake", "appeal.received.v1")
    assert [event["complained_of"] for event in events] == ["roads", "roads"]


async def test_the_locality_is_named_by_code_or_name(city: City) -> None:
    await city.directory()
    await city.drained()
    units = (await city.ok("office", "GET", "/dispatch/units"))["items"]
    (name,) = (unit["name"] for unit in units if unit["code"] == "east")
    for typed in ("east", name):
        appeal = await city.register(locality=typed)
        path = f"/intake/appeals/{appeal['appeal_id']}"
        assert (await city.ok("office", "GET", path))["locality"] == "east"
    for typed in ("火星区", "moon"):
        refused(await city.call("office", "POST", "/intake/appeals", wish(typed)), 422, "locality")
    version = (await city.ok("office", "GET", path))["version"]
    for typed, status in (("市水务局", 200), ("火星区", 422), ("moon", 422)):
        body = {"locality": typed, "reason": "来电说明"}
        answer = await city.call("office", "POST", f"{path}/corrections", body, if_match=f'"{version}"')
        assert answer.status_code == status, answer.text
    assert (await city.ok("office", "GET", path))["locality"] == "water"
    past = {"act": "register", "source_id": "1", "occurred_at": "2026-01-05T09:00:00+08:00", **wish(name)}
    body = {"source": "old", "items": [past, {**past, "source_id": "2", "locality": "火星区"}]}
    body |= {"each": True, "dry_run": True}
    came_in, not_come = (await city.ok("importer", "POST", "/intake/import", body))["items"]
    assert "refused" not in came_in
    assert not_come["refused"]["field"] == "locality"


async def test_a_correction_names_a_unit_in_the_same_way(city: City) -> None:
    await city.directory()
    appeal = await city.register()
    path = f"/intake/appeals/{appeal['appeal_id']}"

    async def correct(unit: str) -> Any:
        version = (await city.ok("office", "GET", path))["version"]
        body = {"complained_of": unit, "reason": "来电说明"}
        return await city.call("office", "POST", f"{path}/corrections", body, if_match=f'"{version}"')

    refused(await correct("市交通委"), 422, "complained_of")
    assert (await correct("市水务局")).is_success
    assert await complained_of(city, appeal) == "water"


async def test_while_dispatch_has_said_no_unit_a_code_is_taken_and_a_name_is_not(city: City) -> None:
    appeal = await city.ok("operator", "POST", "/intake/appeals", complaint("police"))
    assert await complained_of(city, appeal) == "police"
    refused(
        await city.call("operator", "POST", "/intake/appeals", complaint("市公安局")), 422, "complained_of"
    )


async def test_while_only_some_units_were_said_a_code_is_taken(city: City) -> None:
    await city.directory()
    await city.drained()
    async with city.services[
        "intake"
    ].engine.begin() as conn:  # as after an upgrade: the others were said before
        await conn.execute(sa.text("delete from units where code <> 'water'"))
    appeal = await city.ok("operator", "POST", "/intake/appeals", complaint("roads"))
    assert await complained_of(city, appeal) == "roads"


async def test_a_past_complaint_may_be_about_a_unit_that_is_no_more(city: City) -> None:
    await city.directory()
    await city.drained()
    past = {name: value for name, value in complaint("old_bureau").items() if name != "again"}
    item = {"act": "register", "source_id": "1", "occurred_at": "2026-11-09T08:00:00+08:00", **past}
    answer = await city.ok("importer", "POST", "/intake/import", {"source": "old", "items": [item]})
    read = await city.ok("office", "GET", f"/intake/appeals/{answer['items'][0]['appeal_id']}")
    assert read["complained_of"] == "old_bureau"
