"""An HTTP client that uses little processor time: keep-alive connections, one request on each at a time."""

import asyncio
import re
from types import TracebackType
from typing import NamedTuple, Self, cast

import orjson

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ETAG = re.compile(rb"\r\netag: *([^\r]*)", re.IGNORECASE)
FRESH_S = 1.0
"""A connection idle for longer is not used again: the server may be about to close it."""
JSON = "content-type: application/json\r\n"


class Answer(NamedTuple):
    status: int
    etag: str | None
    body: bytes


class UnexpectedAnswer(Exception):
    """A service gave an answer that the load does not expect. The message has request, status and body."""


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server hung up before it answered"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if end and len(body) >= int(length[1] if length else 0):
            self._received = b""
            if self._answer is None or self._answer.done():
                return  # the caller was cancelled
            etag = _ETAG.search(head)
            self._answer.set_result(Answer(int(head[9:12]), etag[1].decode() if etag else None, body))

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    async def ask(self, request: bytes) -> Answer:
        assert self.transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer


class Client:
    """Sends requests to one port. Opens one connection for each concurrent request, and keeps it open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[tuple[_Connection, float]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection, _ in self._free:
            connection.close()

    async def send(self, request: bytes) -> Answer:
        """The answer to `request`, whatever its status. Raises ConnectionError if the server hangs up."""
        connection = await self._connection()
        answer = await connection.ask(request)
        self._free.append((connection, asyncio.get_running_loop().time()))
        return answer

    async def _connection(self) -> _Connection:
        loop = asyncio.get_running_loop()
        while self._free:
            connection, since = self._free.pop()
            if connection.transport is not None and loop.time() - since < FRESH_S:
                return connection
            connection.close()
        _, connection = await loop.create_connection(_Connection, "127.0.0.1", self._port)
        return connection


def request(method: str, path: str, key: str = "", body: object = None, **headers: str) -> bytes:
    """The bytes of one request; `body` becomes JSON, `key` is the caller's API key."""
    content = b"" if body is None else orjson.dumps(body)
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    if key:
        lines.append(f"authorization: Bearer {key}\r\n")
    if content:
        lines.append(JSON)
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: bench\r\n{''.join(lines)}content-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def rate(port: int, request: bytes, connections: int, seconds: float) -> float:
    """Answers a second to one request over `connections`, less the first half second. Each must be a 201."""
    loop = asyncio.get_running_loop()
    begins = loop.time() + 0.5
    ends = begins + seconds
    answers = 0

    async def repeat(client: Client) -> None:
        nonlocal answers
        while loop.time() < ends:
            answer = await client.send(request)
            if answer.status != 201:
                shown = answer.body[:300].decode(errors="replace")
                raise UnexpectedAnswer(f"{request.split(b' HTTP')[0]!r}: {answer.status} {shown}")
            answers += begins <= loop.time() < ends

    async with Client(port) as client, asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(repeat(client))
    return answers / seconds
