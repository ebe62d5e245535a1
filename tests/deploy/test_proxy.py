"""The proxy of the compose file, as nginx itself runs it: what it passes, what it closes, whom it bounds."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import httpx
import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from shared.service.start import listening, under_one_port
from tests.city import APPEALS, City
from tests.deploy.proxy import NGINX, NOT_HERE, Proxy, proxied

pytestmark = pytest.mark.skipif(NGINX is None, reason=NOT_HERE)
APPEAL = {
    "channel": "web",
    "kind": "help",
    "title": "厂区门口道路破损",
    "text": "货车无法进出。",
    "enterprise": {"name": "示例制造有限公司"},
}
MOST_OF_ADDRESS = 100
"""Connections that one address may have (`limit_conn` in nginx.conf)."""


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[City]:
    async with (
        EmbeddedBroker(tmp_path_factory.mktemp("broker")) as broker,
        City(postgres, broker, services=APPEALS, log_level="ERROR") as city,
    ):
        await city.move_to("2026-11-09 09:00")
        yield city


@pytest.fixture(scope="module")
async def proxy(city: City, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Proxy]:
    port = free_port()
    apps = under_one_port({name: context.app for name, context in city.services.items()})
    ports = dict.fromkeys(city.services, port)
    async with listening(apps, "127.0.0.1", port), proxied(ports, tmp_path_factory.mktemp("proxy")) as proxy:
        yield proxy


async def test_an_appeal_is_registered_through_the_proxy_over_tls_alone(proxy: Proxy) -> None:
    async with httpx.AsyncClient(verify=proxy.trust, base_url=proxy.url) as client:
        answer = await client.post("/intake/appeals", json=APPEAL)
        plain = await client.get(f"http://127.0.0.1:{proxy.plain_port}/intake/appeals")
    assert answer.status_code == 201, answer.text
    assert answer.headers["strict-transport-security"]
    assert (plain.status_code, plain.json()["code"]) == (403, "plain_http")


@pytest.mark.parametrize("path", ["metrics", "flow", "parked", "clock", "hold", "import", "import/"])
async def test_what_operators_and_imports_call_is_closed_to_the_outside(
    city: City, proxy: Proxy, path: str
) -> None:
    headers = {"authorization": f"Bearer {city.keys['ops']}"}
    async with httpx.AsyncClient(verify=proxy.trust, base_url=proxy.url, headers=headers) as client:
        answers = [await client.request(method, f"/intake/{path}") for method in ("GET", "POST", "PUT")]
    assert {answer.status_code for answer in answers} == {404}


async def test_one_address_has_so_many_connections_and_another_is_served_all_the_same(proxy: Proxy) -> None:
    held = [
        await asyncio.open_connection("127.0.0.1", proxy.port, ssl=proxy.trust, local_addr=("127.0.0.2", 0))
        for _ in range(MOST_OF_ADDRESS + 20)
    ]
    for _, writer in held:
        writer.write(b"POST /intake/appeals HTTP/1.1\r\nHost: huying\r\nContent-Length: 10\r\n\r\n")
        await writer.drain()
    answers = [asyncio.create_task(_status(reader)) for reader, _ in held]
    async with asyncio.timeout(30):
        refused = [await status for status in itertools.islice(asyncio.as_completed(answers), 20)]
    async with httpx.AsyncClient(verify=proxy.trust, base_url=proxy.url) as client:
        other = await client.get("/intake/procedures")
    for _, writer in held:
        writer.close()
    await asyncio.gather(*answers, return_exceptions=True)
    assert set(refused) == {429}
    assert other.status_code == 200


async def _status(reader: asyncio.StreamReader) -> int:
    line = await reader.readline()
    return int(line.split()[1])


async def test_whoever_asks_too_often_is_told_when_to_come_back(proxy: Proxy) -> None:
    async with asyncio.timeout(120):
        statuses, refused = await _asked_often(proxy)
    assert set(statuses) <= {404}
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    assert refused.json()["code"] == "too_many"
    protecting = {"strict-transport-security", "content-security-policy", "x-content-type-options"}
    assert protecting <= refused.headers.keys()


async def test_pages_that_take_files_take_more_than_others(proxy: Proxy) -> None:
    content, kind = bytes(1_000_000), {"content-type": "multipart/form-data; boundary=b"}
    async with httpx.AsyncClient(verify=proxy.trust, base_url=proxy.url) as client:
        for path, is_refused in (("/new", False), ("/case/BZ-1/files", False), ("/new/check", True)):
            answer = await client.post(path, content=content, headers=kind)
            assert (answer.status_code == 413) is is_refused, path


async def _asked_often(proxy: Proxy) -> tuple[list[int], httpx.Response]:
    """Requests for a path that a service does not have, written at once by one address: what came before the
    first other answer, and that one.
    """
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", proxy.port, ssl=proxy.trust, local_addr=("127.0.0.3", 0)
    )
    statuses: list[int] = []
    try:
        while True:
            writer.write(b"GET /intake/nothing HTTP/1.1\r\nHost: huying\r\n\r\n" * 100)
            for _ in range(100):
                answer = await _answer(reader)
                if answer.status_code != 404:
                    return statuses, answer
                statuses.append(answer.status_code)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> httpx.Response:
    """The next answer on a connection, whose length its head gives."""
    status, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = httpx.Headers([tuple(field.split(": ", 1)) for field in fields])  # type: ignore[misc]
    content = await reader.readexactly(int(headers["content-length"]))
    return httpx.Response(int(status.split()[1]), headers=headers, content=content)
