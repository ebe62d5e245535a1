"""A city under a pack with every rule of dispatch, and what its tests do again and again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.dispatch.leg import leg_id
from tests.city import City

PACK = Path(__file__).parent / "unit" / "dispatch" / "ladder.yaml"
Appeal = dict[str, Any]


@asynccontextmanager
async def ladder_city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """The city, on Monday 2026-11-09 at 09:00, with three units."""
    async with City(postgres, broker, pack=str(PACK)) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


async def document(city: City, appeal: Appeal, account: str = "office") -> Any:
    """The appeal's document at dispatch, as `account` reads it."""
    return await city.ok(account, "GET", f"/dispatch/appeals/{appeal['appeal_id']}")


async def merge(city: City, appeal: Appeal, lead: Appeal) -> None:
    path = f"/intake/appeals/{appeal['appeal_id']}"
    body = {"lead": lead["registration_number"], "reason": "同一路段"}
    await city.ok_on_newest("office", f"{path}/merges", body)
    await city.drained()


async def unmerge(city: City, appeal: Appeal) -> None:
    path = f"/intake/appeals/{appeal['appeal_id']}"
    await city.ok_on_newest("office", f"{path}/unmerges", {"reason": "另有原因"})
    await city.drained()


def leg(appeal: Appeal, index: int = 0) -> str:
    return str(leg_id(UUID(appeal["appeal_id"]), index))


async def event_types(city: City, appeal: Appeal) -> list[str]:
    """The types of what dispatch said of a case, in order."""
    query = sa.text("select type from outbox where key = :key order by seq")
    async with city.services["dispatch"].engine.connect() as conn:
        return list((await conn.execute(query, {"key": appeal["appeal_id"]})).scalars())


async def rate(city: City, appeal: Appeal, rating: str) -> None:
    number, code = appeal["registration_number"], appeal["receipt_code"]
    body = {"rating": rating}
    await city.ok(None, "POST", f"/intake/status/{number}/ratings", body, receipt_code=code)
    await city.drained()


async def closable(city: City, appeal: Appeal) -> None:
    """Found reasonable, and rated."""
    await city.act("office", appeal, "findings", reasonable=True, by="周主任", reason="属实")
    await city.drained()
    await rate(city, appeal, "satisfied")
