"""A server on loopback that answers as no client expects: endless, packed, cut, slow, or in a wrong shape."""

import asyncio
import contextlib
import gzip
import struct
import zlib
from collections.abc import AsyncIterator
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

from tests.hostile.drawing import Drawn, dumped

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
VALID = {"code": "OK", "id": "sms-1", "errcode": 0, "items": [{"id": "sms-1", "status": "DELIVERED"}]}
LOCATIONS = (
    b"http://127.0.0.1:%d/followed",
    b"http://169.254.169.254/latest/meta-data/",
    b"file:///etc/passwd",
    b"gopher://127.0.0.1:6379/_INFO",
    b"//[",
    b"http://xn--a/",
    b"http://a:99999/",
    b"http://" + b"a" * 64 + b".example/",
    b"\xff\xfe",
    b"",
    b"/followed",
)
STATUSES = (
    100,
    199,
    200,
    204,
    205,
    206,
    299,
    304,
    400,
    401,
    404,
    408,
    410,
    413,
    429,
    499,
    500,
    503,
    599,
    999,
)
WAITS = (b"0", b"-1", b"9" * 400, b"1e9", b"\xb2", b"Fri, 31 Dec 9999 23:59:59 GMT", b"Mon, 99 Foo 0000", b"")
KINDS = (
    *("json", "bytes", "status", "length", "wait", "redirect", "headers", "body", "bomb", "packed", "early"),
    *("drip", "reset", "garbage"),
)
TIMEOUT_S = 0.5
"""How long callers wait in tests: the endless kinds take as long."""
SLOW = ("headers", "body", "drip", "early")
BOMB = gzip.compress(bytes(20_000_000))


class HostileServer:
    """Answers each connection once, by its `kind`."""

    def __init__(self, drawn: Drawn) -> None:
        self._drawn = drawn
        self.port = 0
        self.kind = ""
        self.body: Any = None
        """What it answers where the kind is `exact`."""
        self.followed = 0
        """How many requests came because a redirect was followed."""

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["HostileServer"]:
        """Serve until left."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.followed += b"/followed" in head
            await self._say(writer)
            await writer.drain()
        with contextlib.suppress(ConnectionError):
            writer.close()

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        drawn = self._drawn
        match self.kind:
            case "headers":
                await _endlessly(writer, HEAD, b"x: " + b"y" * 1_000 + b"\r\n")
            case "body":
                await _endlessly(
                    writer, HEAD + b"transfer-encoding: chunked\r\n\r\n", b"400\r\n" + b"z" * 1024 + b"\r\n"
                )
            case "drip":
                await _endlessly(writer, b"", HEAD + b"content-length: 1000\r\n\r\n" + b" " * 1_000, 1)
            case "early":
                await _endlessly(writer, b"", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")
            case "reset":
                writer.write(drawn.choice((b"", b"HTTP/1.1 2", HEAD, HEAD + b"content-length: 9\r\n\r\n{}")))
                await writer.drain()
                writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            case _:
                writer.write(self._whole())

    def _whole(self) -> bytes:
        drawn = self._drawn
        body = dumped(drawn.spoiled(VALID))
        match self.kind:
            case "exact":
                return _answer(dumped(self.body))
            case "json":
                return _answer(body)
            case "bytes":
                return _answer(drawn.spoiled_bytes(dumped(VALID)))
            case "status":
                status, reason = drawn.choice(STATUSES), drawn.choice((b"", b"OK", b"\xff\x80", b"x" * 5_000))
                return _answer(body, b"HTTP/1.1 %d %s\r\n" % (status, reason))
            case "wait":
                return _answer(body, b"HTTP/1.1 429 Busy\r\nretry-after: %s\r\n" % drawn.choice(WAITS))
            case "length":
                length = drawn.choice(
                    (b"0", b"1", b"-1", b"999999", b"9" * 30, b"x", b"5, 6", b"5\r\ncontent-length: 7")
                )
                return HEAD + b"content-length: " + length + b"\r\n\r\n" + body
            case "redirect":
                location = drawn.choice(LOCATIONS).replace(b"%d", b"%d" % self.port)
                status = drawn.choice((301, 302, 303, 307, 308))
                return _answer(b"", b"HTTP/1.1 %d Moved\r\nlocation: %s\r\n" % (status, location))
            case "bomb":
                return _answer(BOMB, HEAD + b"content-encoding: gzip\r\n")
            case "packed":
                coding = drawn.choice(
                    (b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip", b"\xff", b"identity")
                )
                packed = drawn.choice((body, gzip.compress(body)[:-5], zlib.compress(body), BOMB[:500]))
                return _answer(packed, HEAD + b"content-encoding: " + coding + b"\r\n")
        return drawn.choice(
            (
                b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18),  # settings of HTTP/2
                b"\x15\x03\x03\x00\x02\x02\x28",  # an alert of TLS
                b"HTTP/9.9 200 OK\r\n\r\n",
                b"HTTP/1.1 abc\r\n\r\n",
                b"\r\n" * 1_000,
                b"SSH-2.0-x\r\n",
                drawn.randbytes(300),
            )
        )


def _answer(body: bytes, head: bytes = HEAD) -> bytes:
    return head + b"content-length: %d\r\n\r\n" % len(body) + body


async def _endlessly(writer: asyncio.StreamWriter, first: bytes, again: bytes, size: int = 0) -> None:
    """Write `first`, and then `again` until the other side hangs up; `size` bytes at a time, slowly."""
    writer.write(first)
    while not writer.is_closing():
        for start in range(0, len(again), size or len(again)):
            writer.write(again[start : start + (size or len(again))])
            await writer.drain()
            await asyncio.sleep(0.02 if size else 0)
