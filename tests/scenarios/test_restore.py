"""PostgreSQL, one database and Kafka are lost, one by one; nothing acknowledged is, and no card is wrong.

They are really lost: killed, and their data removed. What comes back comes from the backup alone.
"""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from huying.backup import restoring, taking
from huying.backup.server import Server, server_of_postgres
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services import SERVICES
from shared.service.clock import WallClock
from shared.service.start import running
from tests.city import APPEALS, City

BODY = {
    "channel": "hotline",
    "kind": "help",
    "title": "停水",
    "text": "请恢复供水。",
    "enterprise": {"name": "示例制造有限公司"},
    "again": True,
}
SENDERS = 8


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the account of PostgreSQL can reach."""
    with tempfile.TemporaryDirectory(prefix="huying-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
async def own_postgres(folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL of the test's own, since it is to be lost."""
    async with EmbeddedPostgres(folder / "state") as postgres:
        await postgres.ensure(SERVICES)
        yield postgres


@contextlib.asynccontextmanager
async def at_work(city: City, moment: str) -> AsyncIterator[None]:
    """The services run, from this moment on."""
    async with running(APPEALS, city.settings) as contexts:
        city.services = {context.service.name: context for context in contexts}
        city.set_clocks(moment)
        yield


@contextlib.asynccontextmanager
async def received(server: Server, backup: Path) -> AsyncIterator[None]:
    """The log is received, and every commit waits for it."""
    task = asyncio.create_task(taking.receive_wal(server, backup, synchronous=True))
    try:
        async with asyncio.timeout(30):
            while not await taking.is_received(server, synchronous=True):
                assert not task.done(), task
                await asyncio.sleep(0.05)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def keep_registering(city: City, acknowledged: set[str]) -> None:
    """Register appeals until cancelled; those that were answered are noted."""
    while True:
        answer = await city.call("operator", "POST", "/intake/appeals", BODY)
        if answer.is_success:
            acknowledged.add(answer.json()["appeal_id"])
        else:
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.05)


async def lose_the_server(city: City, acknowledged: set[str]) -> None:
    """Kill PostgreSQL while people register, and remove all of its data."""
    senders = [asyncio.create_task(keep_registering(city, acknowledged)) for _ in range(SENDERS)]
    async with asyncio.timeout(60):
        while len(acknowledged) < 50:
            assert not any(sender.done() for sender in senders), senders
            await asyncio.sleep(0.02)
    await city.postgres.kill()
    for sender in senders:
        sender.cancel()
    await asyncio.gather(*senders, return_exceptions=True)
    await asyncio.to_thread(shutil.rmtree, city.postgres.data)


async def known(city: City, service: str, ids: set[str]) -> set[str]:
    """Those of the appeals that a service knows."""
    answers = {
        appeal_id: await city.call("office", "GET", f"/{service}/appeals/{appeal_id}") for appeal_id in ids
    }
    return {appeal_id for appeal_id, answer in answers.items() if answer.status_code == 200}


async def cards(city: City) -> list[Any]:
    return [card["registration_number"] for card in await city.published("escalation", "card.issued.v1")]


async def lose_a_database(postgres: EmbeddedPostgres, name: str) -> None:
    server = await server_of_postgres(postgres)
    async with server.connected() as conn:
        await conn.execute(f'drop database "{name}" with (force)')


async def parked(city: City) -> int:
    return sum([(await city.ok("ops", "GET", f"/{name}/flow"))["parked"] for name in city.services])


@pytest.mark.slow
async def test_what_was_acknowledged_outlives_every_store(
    folder: Path, own_postgres: EmbeddedPostgres, broker: EmbeddedBroker
) -> None:
    acknowledged: set[str] = set()
    backup, again = folder / "backup", folder / "backup-2"
    async with City(own_postgres, broker, services=()) as city:
        async with at_work(city, "2026-11-09 09:00"):
            await city.directory()
            await city.drained()
            server = await server_of_postgres(own_postgres)
            await taking.take_base(server, backup, WallClock().now())
            async with received(server, backup):
                late, handled = await city.register(), await city.register()
                await city.dispatch(late)
                (leg,) = await city.dispatch(handled)
                await city.move_to("2026-11-10 09:00")
                await city.act("roads", handled, "contacts", leg_id=leg, how="电话")
                await city.act("roads", handled, "replies", leg_id=leg, text="已修复")
                await city.act("roads", handled, "completions", leg_id=leg, outcome="solved", text="已修复")
                await lose_the_server(city, acknowledged)
            await restoring.restore(own_postgres, backup)
            await city.drained()
            for service in ("intake", "dispatch"):
                assert await known(city, service, acknowledged) == acknowledged
            server = await server_of_postgres(own_postgres)
            await taking.take_base(server, again, WallClock().now())
            receiving = contextlib.AsyncExitStack()
            await receiving.enter_async_context(received(server, again))
            await city.move_to("2026-11-14 09:00")
            assert await cards(city) == [late["registration_number"]]
        await lose_a_database(own_postgres, "escalation")
        await restoring.restore_database(server, own_postgres.state, "escalation", again)
        async with at_work(city, "2026-11-14 09:00"):
            await city.drained()
            await city.broker.replace()
            await city.move_to("2026-11-20 09:00")
            assert await cards(city) == [late["registration_number"]]
            assert await known(city, "escalation", {late["appeal_id"]})
            assert await known(city, "intake", acknowledged) == acknowledged
            assert await parked(city) == 0
            await receiving.aclose()
