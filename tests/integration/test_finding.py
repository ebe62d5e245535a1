"""Intake's index of texts and phones: written with the appeal, filled up later, under one key."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import DESKS, INTAKE, City, refused
from tests.exported import Restarted


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    async with City(postgres, broker, services=(INTAKE, DESKS)) as city:
        await city.move_to("2026-11-09 09:00")
        yield city


@pytest.fixture(scope="module")
async def appeals(city: City) -> dict[str, Any]:
    road = await city.register()
    enterprise = {"name": "红星纺织厂", "phone": "0558-5123456转801"}
    water = await city.register(title="夜间停水", text="水压不足，影响生产。", enterprise=enterprise)
    return {"road": road, "water": water}


async def search(city: City, query: str) -> list[str]:
    return list((await city.ok("desks", "GET", f"/intake/found?{query}"))["ids"])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("text=货车", ["road"]),
        ("text=停水", ["water"]),
        ("text=生产 水压", ["water"]),
        ("text=红星纺织", ["water"]),
        ("text=生产 货车", []),
        ("phone_tail=0000", ["road"]),
        ("phone_tail=13800000000", ["road"]),
        ("phone_tail=3456", ["water"]),
        ("phone_tail=0801", []),
        ("text=停水&phone_tail=3456", ["water"]),
        ("text=停水&phone_tail=0000", []),
    ],
)
async def test_appeals_are_found_by_their_words_and_phones(
    city: City, appeals: dict[str, Any], query: str, names: list[str]
) -> None:
    assert await search(city, query) == [appeals[name]["appeal_id"] for name in names]


async def test_the_index_stores_no_word_and_no_digit(city: City, appeals: dict[str, Any]) -> None:
    async with city.services["intake"].engine.connect() as conn:
        rows = (await conn.execute(sa.text("select t::text from search_keys t"))).scalars()
        text = " ".join(rows)
    assert "货车" not in text
    assert "13800000000" not in text
    assert text


@pytest.mark.parametrize("query", ["", "text=路", "text=！！", "phone_tail=12", "phone_tail=abcd"])
async def test_what_cannot_be_found_is_refused(city: City, query: str) -> None:
    refused(await city.call("desks", "GET", f"/intake/found?{query}"), 422)


async def test_an_import_is_indexed_and_a_refused_one_is_not(city: City) -> None:
    item = {
        "act": "register",
        "source_id": "7",
        "occurred_at": "2026-11-20T09:00:00+08:00",
        "channel": "hotline",
        "kind": "help",
        "title": "用电增容",
        "text": "申请增容三个月没有答复。",
        "enterprise": {"name": "示例制造有限公司"},
    }
    earlier = {**item, "source_id": "8", "occurred_at": "2026-11-01T09:00:00+08:00"}
    refused(
        await city.call("importer", "POST", "/intake/import", {"source": "test", "items": [item, earlier]}),
        422,
    )
    assert await search(city, "text=增容") == []
    await city.ok("importer", "POST", "/intake/import", {"source": "test", "items": [item]})
    assert len(await search(city, "text=增容")) == 1


async def test_appeals_from_before_the_index_and_under_another_key_are_indexed_at_the_next_start(
    postgres: EmbeddedPostgres, tmp_path: Any
) -> None:
    async with EmbeddedBroker(tmp_path) as broker:
        async with City(postgres, broker, services=(INTAKE,), search_key=None) as city:
            body = {
                "channel": "web",
                "kind": "help",
                "title": "夜间停水",
                "text": "水压不足。",
                "enterprise": {"name": "红星纺织厂"},
            }
            appeal = await city.ok(None, "POST", "/intake/appeals", body)
        for key in ("the first key of all, of some length", "another key, later on, of some length"):
            async with Restarted(postgres, broker, services=(INTAKE,), search_key=key) as city:
                async with asyncio.timeout(10):
                    while not (ids := await search(city, "text=停水")):
                        await asyncio.sleep(0.02)
                assert ids == [appeal["appeal_id"]]
