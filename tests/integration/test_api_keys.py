"""Keys of one account over HTTP: each has scopes of its own, ends, and gives way to the next one."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.dispatch.app import SERVICE as DISPATCH
from services.intake.app import SERVICE as INTAKE
from shared.service.accounts import hash_key
from tests.city import City, refused

APPEAL = {"channel": "hotline", "kind": "help", "title": "路", "text": "坏", "enterprise": {"name": "某厂"}}


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    async with City(postgres, broker, services=(INTAKE, DISPATCH)) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


@pytest.fixture(scope="module")
def written(city: City) -> Any:
    """Writes the keys of an operator and an ops account into the accounts file, beside all other accounts."""
    file = city.services["intake"].settings.accounts
    assert file is not None
    before = yaml.safe_load(file.read_text("utf-8"))

    async def write(*keys: dict[str, Any], role: str = "operator") -> None:
        added = {"name": "program", "role": role, "keys": list(keys)}
        await asyncio.to_thread(_replace, file, [*before, added])
        await asyncio.sleep(1.1)  # services look at the file once a second

    return write


def _replace(file: Path, content: list[Any]) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    fresh.replace(file)


async def status(city: City, key: str, method: str, path: str, body: Any = None) -> int:
    answer = await city.call(None, method, path, body, authorization=f"Bearer {key}")
    return answer.status_code


async def test_a_key_opens_the_routes_of_its_scopes_and_no_other(city: City, written: Any) -> None:
    scopes = ["POST /intake/appeals", "GET /intake/appeals/{appeal_id}"]
    await written(
        {"sha256": hash_key("one"), "scopes": scopes}, {"sha256": hash_key("two"), "scopes": ["read"]}
    )
    answer = await city.call(None, "POST", "/intake/appeals", APPEAL, authorization="Bearer one")
    assert answer.is_success, answer.text
    path = f"/intake/appeals/{answer.json()['appeal_id']}"
    assert await status(city, "one", "GET", path) == 200
    assert await status(city, "one", "GET", "/intake/appeals") == 403
    assert await status(city, "two", "GET", "/intake/appeals") == 200
    await city.drained()
    stored = await city.stored()
    refused(await city.call(None, "POST", "/intake/appeals", APPEAL, authorization="Bearer two"), 403)
    assert await city.stored() == stored


async def test_a_scope_opens_nothing_that_the_role_may_not(city: City, written: Any) -> None:
    await written({"sha256": hash_key("one"), "scopes": ["GET /dispatch/metrics", "read"]})
    assert await status(city, "one", "GET", "/dispatch/metrics") == 403


async def test_two_keys_hold_together_and_one_that_has_expired_does_not(city: City, written: Any) -> None:
    past, later = "2020-01-01T00:00:00+08:00", "2099-01-01T00:00:00+08:00"
    await written(
        {"sha256": hash_key("old"), "expires": later},
        {"sha256": hash_key("new")},
        {"sha256": hash_key("gone"), "expires": past},
    )
    for key, expected in (("old", 200), ("new", 200), ("gone", 401)):
        assert await status(city, key, "GET", "/intake/appeals") == expected
    await written({"sha256": hash_key("new")})
    for key, expected in (("old", 401), ("new", 200)):
        assert await status(city, key, "GET", "/intake/appeals") == expected
