"""Connections to the web server within bounds: how many, how large a head, and how long each side may take.

uvicorn bounds neither the head of a request nor the time in which it arrives. This protocol refuses with the
reason and closes the connection. Bodies have their own bounds (`shared.web.arriving`, `shared.web.streamed`).
"""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.service.errors import (
    HuyingError,
    LargeHead,
    LongTarget,
    TooSlow,
    Unavailable,
    Unreadable,
)
from shared.web import problems

LINGER_S, MOST_LINGERING = 1.0, 100
"""A refused sender gets so many seconds to read the answer; beyond so many refused ones none does."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What callers may take: `connections` and `requests` at once, seconds for a head and to read an answer.

    `head_bytes` also bounds what comes between the parts of a chunked body.
    """

    connections: int = 800
    requests: int = 400
    head_s: float = 10.0
    reading_s: float = 60.0
    head_bytes: int = 64 * 1024
    headers: int = 100
    target_bytes: int = 8 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """One connection, closed with a reason where the other side takes more than `bounds`."""

    def __init__(self, *arguments: Any, bounds: Bounds, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._bounds = bounds
        self._refusal: HuyingError | None = None
        self._pending_bytes = 0
        """How much has come since the last part of a body, or the last whole request."""
        self._head_deadline: asyncio.TimerHandle | None = None
        self._reading_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        surplus = len(self.connections) - self._bounds.connections
        if surplus > MOST_LINGERING:
            transport.abort()
        elif surplus > 0:
            self._refuse(_crowded())
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._head_arrived()
        self._answer_is_read()

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:  # the sender has its answer
            return
        self._pending_bytes += len(data)
        super().data_received(data)
        if self._refusal is None and self._pending_bytes > self._bounds.head_bytes:
            self._refuse(_large_head(self._bounds.head_bytes))
        elif self._refusal is None and self._is_idle():
            self._expect_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self._bounds.target_bytes:
            self._stop(_long_target(self._bounds.target_bytes))

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self._bounds.head_bytes or len(self.headers) > self._bounds.headers:
            self._stop(_large_head(self._bounds.head_bytes, self._bounds.headers))
        self._head_arrived()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._pending_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._pending_bytes = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._abort_unless_read()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._abort_unless_read()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._answer_is_read()
        self._reading_deadline = self.loop.call_later(self._bounds.reading_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._answer_is_read()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP. uvicorn calls it as well where a callback of the parser raised an error."""
        self._refuse(self._refusal or _unreadable())

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect_head(self) -> None:
        """Give the sender some seconds for a whole head, from the first time that this is called."""
        if self._head_deadline is None and not self.transport.is_closing():
            self._head_deadline = self.loop.call_later(
                self._bounds.head_s, lambda: self._refuse(_slow_head(self._bounds.head_s))
            )

    def _head_arrived(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _answer_is_read(self) -> None:
        if self._reading_deadline is not None:
            self._reading_deadline.cancel()
            self._reading_deadline = None

    def _abort_unless_read(self) -> None:
        """Abort a connection that is closing where nobody reads the rest of the answer."""
        if self.transport.is_closing() and self._reading_deadline is None:
            self._reading_deadline = self.loop.call_later(self._bounds.reading_s, self.transport.abort)

    def _stop(self, refusal: HuyingError) -> None:
        """Stop the parser, which answers by `send_400_response`."""
        self._refusal = refusal
        raise refusal

    def _refuse(self, refusal: HuyingError) -> None:
        """Answer with the reason, drop what still comes for a second, and close."""
        self._refusal = refusal
        self._head_arrived()
        if self.transport.is_closing():
            return
        if not self._is_idle() and (self.cycle.response_started or self.pipeline):
            self.transport.abort()  # an answer is on its way: another one cannot stand in its midst
            return
        self.transport.write(_answer(refusal))
        self.transport.write_eof()
        self.loop.call_later(LINGER_S, self.transport.abort)


def _answer(refusal: HuyingError) -> bytes:
    answer = problems.from_error(refusal)
    answer.headers["connection"] = "close"
    lines = [b"HTTP/1.1 %d %s" % (refusal.status, HTTPStatus(refusal.status).phrase.encode())]
    lines += [name + b": " + value for name, value in answer.raw_headers]
    return b"\r\n".join([*lines, b"", bytes(answer.body)])


def _crowded() -> Unavailable:
    return Unavailable("连接过多，请稍后再试", "there are too many connections: try again later")


def _slow_head(seconds: float) -> TooSlow:
    return TooSlow(f"请求头未在 {seconds:g} 秒内传完", f"the head did not arrive within {seconds:g} seconds")


def _long_target(most: int) -> LongTarget:
    return LongTarget(f"地址超过 {most} 字节", f"the address is longer than {most} bytes")


def _large_head(most: int, headers: int = 0) -> LargeHead:
    count_zh, count_en = (f"或多于 {headers} 个", f", or more than {headers}") if headers else ("", "")
    return LargeHead(
        f"请求头超过 {most} 字节{count_zh}", f"the headers are larger than {most} bytes{count_en}"
    )


def _unreadable() -> Unreadable:
    return Unreadable("请求不符合 HTTP 格式", "this is no HTTP request")
