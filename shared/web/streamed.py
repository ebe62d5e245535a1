"""Bodies that an endpoint reads part by part, such as files, instead of getting JSON.

A service names the routes that read this way (`Service.streamed`). Where a request is answered before its
body has ended, the rest is read for a while and dropped: a client that is still sending would not read the
answer. Then the connection is closed.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.service.errors import Invalid, TooLarge, TooSlow

DROP_S, MOST_DROPPED = 5.0, 64 * 2**20
"""Seconds and bytes for which the rest of a refused body is read."""
DROP_OF_STRANGERS_S, MOST_DROPPED_OF_STRANGERS = 1.0, 2**20
"""The same where the caller was refused, or nobody is called."""
LONGEST_LENGTH = 18
"""Digits of a Content-Length that are read as a number."""


async def pass_on(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Hand a request to `app`. An answer before the end of the body drops the rest of it."""
    body = _Body(receive, waits="expect" in Headers(scope=scope))

    async def send_after_rest(message: Message) -> None:
        if message["type"] == "http.response.start" and not body.has_ended:
            if message["status"] != TooSlow.status:
                await body.drop_rest(*_patience(scope))
            if not body.has_ended:
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    await app(scope, body.receive, send_after_rest)


def _patience(scope: Scope) -> tuple[float, int]:
    """The seconds and bytes for which the rest of a body is read."""
    is_known = "caller" in scope.get("state", {})  # `shared.web.request.authorize` notes it
    return (DROP_S, MOST_DROPPED) if is_known else (DROP_OF_STRANGERS_S, MOST_DROPPED_OF_STRANGERS)


class _Body:
    """A body on its way, and whether it has ended. `waits`: its sender asks first whether it is wanted."""

    def __init__(self, receive: Receive, *, waits: bool) -> None:
        self.has_ended = False
        self._receive = receive
        self._waits = waits

    async def receive(self) -> Message:
        """The next message."""
        self._waits = False
        message = await self._receive()
        self.has_ended = not message.get("more_body", False)
        return message

    async def drop_rest(self, seconds: float, most: int) -> None:
        """Read on and forget what comes, for a few seconds."""
        if self._waits:
            return
        dropped = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.has_ended and dropped < most:
                    dropped += len((await self.receive()).get("body", b""))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most bytes of a body, and how fast it arrives: `least_rate` bytes a second after `grace_s`."""

    most: int
    least_rate: int
    grace_s: float = 20.0


async def parts(request: Request, bounds: Bounds) -> AsyncIterator[bytes]:
    """The parts of a body as they arrive.

    Raises TooLarge, as soon as the length is known; TooSlow; and Invalid where the sender breaks off.
    """
    length = request.headers.get("content-length", "")
    if (
        length.isascii()
        and length.isdecimal()
        and (len(length) > LONGEST_LENGTH or int(length) > bounds.most)
    ):
        raise _too_large(bounds.most)
    stream, size = request.stream(), 0
    started = asyncio.get_running_loop().time()
    while True:
        try:
            async with asyncio.timeout_at(started + bounds.grace_s + size / bounds.least_rate):
                part = await anext(stream, None)
        except TimeoutError:
            raise _too_slow(bounds.least_rate) from None
        except ClientDisconnect:
            raise Invalid("上传中断，文件不完整", "the upload broke off", "body") from None
        if part is None:
            return
        size += len(part)
        if size > bounds.most:
            raise _too_large(bounds.most)
        if part:
            yield part


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        f"文件超过 {most / 2**20:.4g} MB：请压缩或者拆分后再上传",
        f"the file is larger than {most / 2**20:.4g} MB: make it smaller, or send it in parts",
        "body",
    )


def _too_slow(least_rate: int) -> TooSlow:
    return TooSlow(
        f"上传太慢：每秒不足 {least_rate} 字节，请换一个网络再试",
        f"the upload is slower than {least_rate} bytes a second: try again on another network",
        "body",
    )
