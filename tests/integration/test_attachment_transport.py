"""Uploads over real connections: slow, broken off, many at once; and what a crash leaves."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from services.intake.app import SERVICE as INTAKE
from services.intake.attachments.document import StoredFile
from services.intake.attachments.spool import INCOMING
from services.intake.attachments.sweeping import sweep
from services.intake.resources import desk_of
from shared.service.start import listening, under_one_port
from tests.attachments import attach, kept, pdf, photo
from tests.city import City, refused

PLACES = 3


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    settings = {"attachments_arriving": PLACES, "attachments_handled": 1}
    async with City(postgres, broker, services=(INTAKE,), **settings) as city:
        yield city


@pytest.fixture(scope="module")
async def port(city: City) -> AsyncIterator[int]:
    """The service behind a web server."""
    port = free_port()
    async with listening(under_one_port({"intake": city.services["intake"].app}), "127.0.0.1", port):
        yield port


def incoming(city: City) -> int:
    return len([path for path in kept(city) if path.parent.name == INCOMING])


async def until_incoming(city: City, count: int) -> None:
    async with asyncio.timeout(20):
        while incoming(city) != count:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def under_way(city: City, port: int, appeal: dict[str, Any]) -> AsyncIterator[asyncio.StreamWriter]:
    """An upload whose first half has arrived."""
    before = incoming(city)
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST /intake/status/{appeal['registration_number']}/attachments HTTP/1.1\r\nhost: x\r\n"
        f"receipt-code: {appeal['receipt_code']}\r\ncontent-length: 1000000\r\n\r\n".encode()
    )
    writer.write(bytes(500_000))
    await until_incoming(city, before + 1)
    try:
        yield writer
    finally:
        writer.transport.abort()


async def test_a_sender_that_breaks_off_leaves_nothing(city: City, port: int) -> None:
    appeal, before = await city.register(), kept(city)
    async with under_way(city, port, appeal):
        pass
    await until_incoming(city, 0)
    assert kept(city) == before
    assert (await city.status(appeal))["attachments"] == []


async def test_slow_senders_hold_up_nobody_and_too_many_are_told_to_wait(city: City, port: int) -> None:
    slow, quick = await city.register(), await city.register()
    async with under_way(city, port, slow), under_way(city, port, slow):
        assert (await attach(city, None, quick, photo())).status_code == 201
        async with under_way(city, port, slow):
            refused(await attach(city, None, quick, pdf()), 503)
    await until_incoming(city, 0)
    assert (await attach(city, None, quick, pdf())).status_code == 201


async def test_who_is_refused_before_the_body_has_ended_reads_the_reason(city: City, port: int) -> None:
    appeal = await city.register()
    url = f"http://127.0.0.1:{port}/intake/status/{appeal['registration_number']}/attachments"
    async with httpx.AsyncClient() as client:
        for code, size, status in ((appeal["receipt_code"], 40 * 2**20, 413), ("0000", 5 * 2**20, 404)):
            answer = await client.post(url, content=bytes(size), headers={"receipt-code": code})
            assert refused(answer, status)
        answer = await client.post(url, content=pdf(), headers={"receipt-code": appeal["receipt_code"]})
        assert answer.status_code == 201


async def test_of_many_at_once_as_many_are_kept_as_fit(city: City) -> None:
    appeal, before = await city.register(), len(kept(city))
    for _ in range(4):
        assert (await attach(city, None, appeal, pdf())).is_success
    answers = await asyncio.gather(
        *(attach(city, None, appeal, pdf(), idempotency_key=f"k{n}") for n in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert len(kept(city)) == before + 5


async def test_what_a_crash_left_is_removed_and_nothing_else(city: City) -> None:
    context = city.services["intake"]
    appeal = await city.register()
    attachment = (await attach(city, None, appeal, pdf())).json()
    desk = desk_of(context)
    orphans = []
    for n, appeal_id in enumerate((UUID(appeal["appeal_id"]), uuid4(), uuid4())):
        source = desk.folder / INCOMING / f"{n}.part"
        source.write_bytes(pdf())
        orphans.append(StoredFile(appeal_id, uuid4(), attachment["sha256"]))
        await desk.storage.put(orphans[-1], source)
    broken_off = desk.folder / INCOMING / "old.part"
    broken_off.write_bytes(b"x")
    young = orphans.pop()
    for path in kept(city):
        if str(young.attachment_id) not in path.name:
            os.utime(path, (1, 1))
    own = [path for path in kept(city) if attachment["attachment_id"] in path.name]
    before = len(kept(city))
    await sweep(context)
    assert not broken_off.exists()
    assert [await desk.storage.has(orphan) for orphan in orphans] == [False, False]
    assert await desk.storage.has(young)
    assert len(kept(city)) == before - 3
    assert own[0].exists()


async def test_without_a_folder_no_file_is_taken(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> None:
    async with City(postgres, broker, services=(INTAKE,), attachments=None) as city:
        appeal = await city.register()
        problem = refused(await attach(city, None, appeal, pdf()), 503)
        assert "未开通附件" in problem["detail"]
        assert (await city.status(appeal))["attachments"] == []
