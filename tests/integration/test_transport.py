"""What strangers may cost before they are known: every service behind its web server, over sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from starlette.types import Receive, Scope, Send

from huying.commands.access import tables
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from services import SERVICES
from shared.service.start import listening, under_one_port
from shared.web.arriving import WITH_BODY
from shared.web.connections import Bounds
from shared.web.front import HEADERS
from tests.city import ALL, City
from tests.integration.test_access import ACCOUNTS, NOBODY

ACCESS = tables()
HEAD_S, PATIENCE_S = 1.0, 15.0
"""The deadline of a head here, and how long a test waits: a body would be waited for a minute."""
BOUNDS = Bounds(connections=250, requests=100, head_s=HEAD_S)
CLOSED = [route for route, roles in ACCESS.items() if route.split()[0] in WITH_BODY and None not in roles]


class Heard(NamedTuple):
    """An answer: its status, its headers, and its body as far as the server sent it until it closed."""

    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    async with City(postgres, broker, services=ALL, log_level="CRITICAL") as city:
        yield city


@pytest.fixture(scope="module")
async def port(city: City) -> AsyncIterator[int]:
    """All services behind one web server, as `huying up` has them."""
    port = free_port()
    apps = under_one_port({name: context.app for name, context in city.services.items()})
    async with listening(apps, "127.0.0.1", port, BOUNDS):
        yield port


async def heard(reader: asyncio.StreamReader) -> Heard:
    """The next answer on a connection."""
    async with asyncio.timeout(PATIENCE_S):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:-2])
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Heard(int(head[0].split()[1]), headers, body)


async def asked(port: int, *lines: str, then: bytes = b"") -> Heard:
    """The answer to a request of these lines, with `then` after its head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        writer.write("\r\n".join([*lines, "host: x", "", ""]).encode() + then)
        await writer.drain()
    try:
        return await heard(reader)
    finally:
        writer.transport.abort()


def filled(route: str) -> str:
    """The request line of a route, whatever its parameters."""
    method, path = route.split()
    return f"{method} {path.format(**NOBODY, recipient='unit:roads', code='x', parked_id=7)} HTTP/1.1"


async def test_no_body_is_read_of_whom_a_route_is_closed_to(city: City, port: int) -> None:
    most = asyncio.Semaphore(60)

    async def refused(route: str, account: str | None, status: int) -> None:
        key = [f"authorization: Bearer {city.keys[account]}"] if account else []
        async with most:
            answer = await asked(port, filled(route), "content-length: 60000", *key)
            assert (answer.status, answer.headers.get("connection")) == (status, "close"), route

    others = {
        route: next(name for role, name in ACCOUNTS.items() if role and role not in ACCESS[route])
        for route in CLOSED
    }
    await asyncio.gather(
        *(refused(route, None, 401) for route in CLOSED),
        *(refused(route, other, 403) for route, other in others.items()),
    )
    assert {route.split("/")[1] for route in CLOSED} == set(SERVICES)


@pytest.mark.parametrize("path", ["/intake/x/import", "/import", "/desks/import", "/intake/appeals/import"])
async def test_no_body_is_read_where_nobody_would_take_it(port: int, path: str) -> None:
    answer = await asked(port, f"POST {path} HTTP/1.1", "content-length: 60000000")
    assert answer.status in (404, 405)


async def test_half_sent_requests_end_at_their_deadline_while_others_are_served(port: int) -> None:
    halves = (b"", b"G", b"GET /intake/health HT", b"GET /desks/health HTTP/1.1\r\nhost: x\r\nx-y: z")
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
    loop = asyncio.get_running_loop()
    started = loop.time()
    for number, (_, writer) in enumerate(connections):
        writer.write(halves[number % len(halves)])
    for name in SERVICES:
        assert (await asked(port, f"GET /{name}/ready HTTP/1.1")).status == 200
    assert loop.time() - started < HEAD_S, "they were served after the others had ended"
    for answer in await asyncio.gather(*(heard(reader) for reader, _ in connections)):
        assert (answer.status, answer.headers["connection"]) == (408, "close")
    assert [await reader.read() for reader, _ in connections] == [b""] * 200
    for _, writer in connections:
        writer.close()


async def test_a_head_that_trickles_ends_at_its_deadline(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /intake/health HTTP/1.1\r\nhost: x\r\n\r\n")
    assert (await heard(reader)).status == 200

    async def trickle() -> None:
        while True:
            writer.write(b"\r\n")
            await asyncio.sleep(0.05)

    trickling = asyncio.create_task(trickle())
    try:
        assert (await heard(reader)).status == 408
    finally:
        trickling.cancel()
        writer.transport.abort()


@pytest.mark.parametrize("name", SERVICES)
async def test_a_head_has_its_bounds(port: int, name: str) -> None:
    line = f"GET /{name}/health HTTP/1.1"
    for lines, status in (
        ([line, f"x: {'y' * 60_000}"], 200),
        ([line, f"x: {'y' * 66_000}"], 431),
        ([line, f"{'x' * 66_000}: y"], 431),
        ([line, *(f"x-{number}: y" for number in range(99))], 200),
        ([line, *(f"x-{number}: y" for number in range(100))], 431),
        ([f"GET /{name}/health?{'x' * 9_000} HTTP/1.1"], 414),
    ):
        answer = await asked(port, *lines)
        assert answer.status == status, lines[-1][:40]
        assert status == 200 or (b"urn:huying:problem:" in answer.body and " / " in answer.body.decode())


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"GET /intake/health HTTP/1.1\r\nx: ", b"y" * 65_536),
        (b"GET /intake/health HTTP/1.1\r\n", b"x" * 65_536),
        (b"GET /intake/health HTTP/1.1\r\n", b"x: y\r\n" * 10_000),
        (b"GET /", b"x" * 65_536),
        (b"POST /intake/appeals HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5;", b"x" * 65_536),
        (
            b"POST /intake/appeals HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ",
            b"y" * 65_536,
        ),
    ],
)
async def test_of_what_has_no_end_little_is_taken(port: int, head: bytes, part: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head)
    sent = 0

    async def send_on() -> None:
        nonlocal sent
        with contextlib.suppress(ConnectionError):
            while sent < 100 * 2**20:
                writer.write(part)
                await writer.drain()
                sent += len(part)

    sending = asyncio.create_task(send_on())
    status = (await heard(reader)).status
    taken = sent
    sending.cancel()
    writer.transport.abort()
    assert status in (431, 414)
    assert taken < 16 * 2**20, "more than the buffers of both sides hold"


async def test_a_request_of_two_lengths_is_refused(port: int) -> None:
    for lengths in (
        ("content-length: 4", "transfer-encoding: chunked"),
        ("transfer-encoding: chunked", "content-length: 4"),
        ("content-length: 4", "content-length: 5"),
        ("transfer-encoding: x", "content-length: 4"),
    ):
        answer = await asked(port, "POST /intake/appeals HTTP/1.1", *lengths, then=b"0\r\n\r\nGET /")
        assert (answer.status, answer.headers.get("connection")) == (400, "close"), lengths


@pytest.mark.parametrize("name", SERVICES)
async def test_no_method_traces_a_request(port: int, name: str) -> None:
    answer = await asked(port, f"TRACE /{name}/health HTTP/1.1", "x: secret")
    assert answer.status == 405
    assert b"secret" not in answer.body


async def test_who_finds_no_place_is_told_to_wait(port: int) -> None:
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(BOUNDS.connections)]
    answer = await asked(port, "GET /intake/ready HTTP/1.1")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    for _, writer in connections:
        writer.transport.abort()
    async with asyncio.timeout(PATIENCE_S):
        while (await asked(port, "GET /intake/ready HTTP/1.1")).status == 503:
            await asyncio.sleep(0.02)


async def test_of_requests_as_many_run_as_may(unused_tcp_port: int) -> None:
    release, running = asyncio.Event(), asyncio.Semaphore(0)

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["path"] == "/wait":
            running.release()
            await release.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async with listening(app, "127.0.0.1", unused_tcp_port, Bounds(requests=2)):
        waiting = [asyncio.create_task(asked(unused_tcp_port, "GET /wait HTTP/1.1")) for _ in range(2)]
        for _ in waiting:
            await running.acquire()
        busy = await asked(unused_tcp_port, "GET /more HTTP/1.1")
        assert (busy.status, busy.headers["retry-after"]) == (503, "5")
        for name in ("health", "ready", "metrics"):
            assert (await asked(unused_tcp_port, f"GET /intake/{name} HTTP/1.1")).status == 204
        release.set()
        assert [(await answer).status for answer in waiting] == [204, 204]
        assert (await asked(unused_tcp_port, "GET /more HTTP/1.1")).status == 204


async def test_who_does_not_read_its_answer_is_let_go(unused_tcp_port: int) -> None:
    ended = asyncio.Event()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1_000):
            await send({"type": "http.response.body", "body": bytes(2**16), "more_body": True})
        ended.set()

    async with listening(app, "127.0.0.1", unused_tcp_port, Bounds(reading_s=0.5)):
        _, writer = await asyncio.open_connection("127.0.0.1", unused_tcp_port, limit=1_024)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        async with asyncio.timeout(PATIENCE_S):
            await ended.wait()
        writer.transport.abort()


@pytest.mark.parametrize("name", SERVICES)
async def test_every_answer_has_the_headers_that_protect_it(port: int, name: str) -> None:
    for path in ("health", "parked", "nothing", "openapi.json", "docs", "docs/start.js"):
        answer = await asked(port, f"GET /{name}/{path} HTTP/1.1", "origin: https://evil.example")
        assert answer.headers.keys() >= HEADERS.keys(), path
        policy = answer.headers["content-security-policy"]
        assert "base-uri 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "access-control-allow-origin" not in answer.headers, path
        assert "unsafe-inline" not in answer.headers["content-security-policy"].partition("style-src")[0]
        assert path == "docs/start.js" or answer.headers["cache-control"] == "no-store"
    assert (await asked(port, "GET /nothing HTTP/1.1")).headers.keys() >= HEADERS.keys()
