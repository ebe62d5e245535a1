"""What tests of exports share: services started again on databases as they are, and questions to those."""

import asyncio
from pathlib import Path
from typing import Any, Self

from huying.archive.databases import connected
from huying.archive.export import consistent_cut, state
from huying.local.embedded import EmbeddedPostgres
from services import SERVICES
from shared.service.start import running
from tests.city import PEOPLE, City, accounts, empty

Urls = dict[str, str]


class Restarted(City):
    """The services on databases as they are."""

    async def __aenter__(self) -> Self:
        file, self.keys = accounts(Path(self.broker.state), PEOPLE)
        self._settings["accounts"] = file
        for context in await self._stack.enter_async_context(running(self._wanted, self.settings)):
            self.services[context.service.name] = context
        return self


def urls_of(postgres: EmbeddedPostgres) -> Urls:
    return {service: postgres.dsn(service, service) for service in SERVICES}


async def counted(urls: Urls, service: str, query: str) -> int:
    """The number that a query gives."""
    async with connected(service, urls[service]) as conn:
        return int(await conn.fetchval(query))


async def heard_by_desks(urls: Urls) -> None:
    """Wait until the desks know every event that the other services published."""
    others = [service for service in urls if service != "desks"]
    async with asyncio.timeout(60):
        while True:
            published = [await counted(urls, service, "select count(*) from outbox") for service in others]
            if await counted(urls, "desks", "select count(*) from inbox") == sum(published):
                return
            await asyncio.sleep(0.05)


async def execute(urls: Urls, service: str, *queries: str) -> None:
    """Change a database behind its service's back."""
    async with connected(service, urls[service]) as conn:
        for query in queries:
            await conn.execute(query)


async def now(urls: Urls) -> dict[str, dict[str, Any]]:
    """The state of all databases."""
    async with consistent_cut(urls) as taken:
        return await state(taken.connections)


async def wiped(postgres: EmbeddedPostgres) -> None:
    """All databases empty."""
    for service in SERVICES:
        await empty(postgres, service)
