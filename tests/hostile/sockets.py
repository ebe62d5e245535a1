"""Draws what comes over a socket where HTTP is expected, and tells how the server answers."""

import asyncio
import contextlib
import re
from collections.abc import Iterator

from tests.hostile.drawing import Drawn

LINES = (
    "GET /intake/health HTTP/1.1",
    "POST /intake/appeals HTTP/1.1",
    "GET /intake/health HTTP/1.0",
    "GET /intake/health HTTP/0.9",
    "GET /intake/health HTTP/2.0",
    "GET /intake/health",
    "get /intake/health HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "CONNECT x:1 HTTP/1.1",
    "TRACE / HTTP/1.1",
    "PRI * HTTP/2.0",
    "GET http://other.example/intake/health HTTP/1.1",
    "GET https://[::1 HTTP/1.1",
    "GET //intake//health HTTP/1.1",
    "GET /intake/health?%ff=%00#x HTTP/1.1",
    "GET /intake/%2e%2e/%00/\xff HTTP/1.1",
    "GET  /intake/health  HTTP/1.1",
    "\x00\x01 / HTTP/1.1",
    "GET /" + "x" * 70_000 + " HTTP/1.1",
    "",
)
HEADERS = (
    "host: x",
    "host: x\r\nhost: y",
    "host:",
    "content-length: 5",
    "content-length: -1",
    "content-length: 99999999999999999999",
    "content-length: 5\r\ncontent-length: 6",
    "content-length: 5\r\ntransfer-encoding: chunked",
    "transfer-encoding: chunked",
    "transfer-encoding: gzip, chunked",
    "transfer-encoding: chunked\r\ntransfer-encoding: identity",
    "expect: 100-continue",
    "connection: close",
    "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: eA==\r\nsec-websocket-version: 13",
    "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__",
    "content-type: application/json",
    "x: a\r\n folded",
    "no colon",
    ": no name",
    "x\x00: y",
    "x: \x00",
    "x" * 20_000 + ": y",
    "x: " + "y" * 70_000,
    "\r\n".join(f"x-{n}: {n}" for n in range(500)),
)
BODIES = (
    b"",
    b"{}",
    b"12345",
    b"5;name=value\r\n12345\r\n0\r\n\r\n",
    b"5;" + b"x" * 20_000 + b"\r\n12345\r\n0\r\n\r\n",
    b"ffffffffffffffffff\r\n",
    b"-1\r\n\r\n",
    b"zz\r\n12345\r\n",
    b"2\r\n{}\r\n0\r\ntrailer: x\r\n\r\n",
    b"0\r\n\r\nGET /intake/health HTTP/1.1\r\nhost: x\r\n\r\n",
)
OTHERS = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    bytes.fromhex("16030100c8010000c40303") + b"\x00" * 200,
    b"\x00" * 5_000,
    b"\r\n" * 2_000,
    b"GET /intake/health HTTP/1.1\r\nhost: x\r\n\r\n" * 40,
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x05\x01\x00",
    b"EHLO x\r\n",
)
STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})")
QUIET_S = 0.5
"""A request that is not whole gets no answer: the server waits for the rest."""


def drawn_bytes(drawn: Drawn, count: int) -> Iterator[bytes]:
    """So many requests as bytes."""
    for _ in range(count):
        if drawn.random() < 0.1:
            yield drawn.choice((*OTHERS, drawn.randbytes(drawn.randint(1, 500))))
            continue
        end = drawn.choice(("\r\n", "\r\n", "\r\n", "\n", "\r"))
        lines = [drawn.choice(LINES), *(drawn.choice(HEADERS) for _ in range(drawn.randint(0, 4))), "", ""]
        request = end.join(lines).encode("latin-1") + drawn.choice(BODIES)
        yield request * drawn.choice((1, 1, 1, 3))


async def statuses(port: int, request: bytes, wait_s: float = QUIET_S) -> list[int]:
    """The statuses that the server answers on one connection, until it closes it or is quiet for `wait_s`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        writer.write(request)
        while part := await asyncio.wait_for(reader.read(65_536), wait_s):
            answer += part
            wait_s = QUIET_S
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return [int(status) for status in STATUS.findall(answer)]
