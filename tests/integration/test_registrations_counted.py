"""Anybody registers so often an hour by address, credit code and phone; staff as often as people call."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.intake.app import SERVICE as INTAKE
from tests.city import City, refused

_NUMBERS = count(1)
CODE = "91350100M000100Y43"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    async with EmbeddedBroker(tmp_path) as server:
        yield server


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    limits = {"registrations_of_address": 4, "registrations_of_enterprise": 2, "registrations_of_phone": 3}
    async with City(postgres, broker, services=(INTAKE,), behind_proxy=True, **limits) as city:
        await city.move_to("2026-11-09 09:48")
        yield city


async def register(
    city: City, address: str, account: str | None = None, channel: str = "web", **enterprise: Any
) -> httpx.Response:
    """A registration by a caller with this network address, as the proxy says it."""
    body = {
        "channel": channel,
        "kind": "help",
        "title": f"第 {next(_NUMBERS)} 件",
        "text": "请协调解决。",
        "enterprise": {"name": "示例制造有限公司", **enterprise},
    }
    return await city.call(account, "POST", "/intake/appeals", body, x_forwarded_for=f"10.9.9.9, {address}")


async def test_one_too_many_from_an_address_is_refused_until_the_hour_is_over(city: City) -> None:
    for _ in range(4):
        assert (await register(city, "192.0.2.1")).status_code == 201
    answer = await register(city, "192.0.2.1")
    problem = refused(answer, 429)
    assert problem["code"] == "too_many"
    assert problem["detail"] == (
        "操作过于频繁，请 12 分钟后再试 / this was asked for too often: try again in 12 minutes"
    )
    assert 660 < int(answer.headers["retry-after"]) <= 720
    assert (await register(city, "192.0.2.2")).status_code == 201  # another address is another caller
    await city.move_to("2026-11-09 10:00")
    assert (await register(city, "192.0.2.1")).status_code == 201


@pytest.mark.parametrize(
    ("named", "otherwise", "most"),
    [
        ({"credit_code": CODE}, {"credit_code": CODE.lower()}, 2),
        ({"phone": "13977778888"}, {"phone": "+86 139 7777 8888"}, 3),
    ],
    ids=["credit code", "phone"],
)
async def test_one_too_many_of_an_enterprise_is_refused_whatever_address_it_comes_from(
    city: City, named: dict[str, Any], otherwise: dict[str, Any], most: int
) -> None:
    for number in range(most):
        assert (await register(city, f"192.0.2.{number}", **named)).status_code == 201
    refused(await register(city, "192.0.2.100", **otherwise), 429)
    assert (await register(city, "192.0.2.101")).status_code == 201


async def test_staff_registers_as_often_as_people_call(city: City) -> None:
    for account, channel in (("operator", "hotline"), ("office", "web"), ("roads", "visit")):
        for _ in range(6):
            answer = await register(
                city, "192.0.2.1", account, channel, credit_code=CODE, phone="13977778888"
            )
            assert answer.status_code == 201, answer.text
    for _ in range(2):  # nor do they use up what anybody else has
        assert (await register(city, "192.0.2.1", credit_code=CODE)).status_code == 201


async def test_what_is_refused_for_another_reason_uses_nothing_up(city: City) -> None:
    for _ in range(6):
        refused(await register(city, "192.0.2.1", channel="hotline"), 403)
        refused(await register(city, "192.0.2.1", channel="moon"), 422, "channel")
    assert (await register(city, "192.0.2.1")).status_code == 201


async def test_neither_addresses_nor_phones_stand_in_the_table(city: City) -> None:
    assert (await register(city, "192.0.2.1", credit_code=CODE, phone="13977778888")).status_code == 201
    async with city.services["intake"].engine.connect() as conn:
        rows = (await conn.execute(sa.text("select cast(t.* as text) from allowances t"))).scalars().all()
    assert len(rows) == 3
    assert not [row for row in rows if "192.0.2.1" in row or "13977778888" in row or CODE in row]
