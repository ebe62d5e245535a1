"""A second process of a service, and statements that wait for a lock: what tests of concurrency need."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import sqlalchemy as sa

from shared.service.clock import DrivenClock
from shared.service.service import Service, ServiceContext
from shared.service.start import running
from tests.city import City

_WAITING = sa.text(
    """
    select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like '%' || :part || '%'
    """
)


@asynccontextmanager
async def second_process(
    city: City, service: Service, account: str | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A second process of `service` on the city's database, with its clock; yields the account's client."""
    async with running([service], city.settings) as (replica,):
        assert isinstance(replica.clock, DrivenClock)
        replica.clock.advance(city.services[service.name].clock.now())
        transport = httpx.ASGITransport(replica.app, raise_app_exceptions=False)
        headers = {"authorization": f"Bearer {city.keys[account]}"} if account else {}
        url = f"http://{service.name}"
        async with httpx.AsyncClient(transport=transport, base_url=url, headers=headers) as client:
            yield client


async def waiting_for_a_lock(service: ServiceContext, part: str = "") -> None:
    """Return when a statement that has `part` in its text waits for a lock in the service's database."""
    async with asyncio.timeout(20), service.reader.connect() as conn:
        while not (await conn.execute(_WAITING, {"part": part})).scalar_one():
            await asyncio.sleep(0.01)
