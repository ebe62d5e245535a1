"""What stands in front of all applications: how many requests run at once, and headers of every answer."""

import asyncio
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.service.errors import Unavailable
from shared.web import problems

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Of every answer, unless it has its own."""
_RAW = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
WATCHED = frozenset({"health", "metrics", "ready"})
"""Whoever watches a service reads these while it is busy, too."""


ENDING = "huying.ending"
"""The key of a request's scope for the event that is set when the web server ends; None where none does."""


class Front:
    """Runs `most` requests at once, refuses further ones, and gives each answer protecting headers."""

    def __init__(self, app: ASGIApp, most: int, ending: asyncio.Event | None = None) -> None:
        self._app = app
        self._most = most
        self._ending = ending
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _protected(message["headers"])}
            await send(message)

        if self._running >= self._most and scope["path"].rpartition("/")[2] not in WATCHED:
            return await _busy()(scope, receive, send_protected)
        self._running += 1
        try:
            await self._app({**scope, ENDING: self._ending}, receive, send_protected)
        finally:
            self._running -= 1


def _protected(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with those that it lacks of `HEADERS`. ASGI has their names in lower case."""
    own = list(headers)
    names = {name for name, _ in own}
    return [*own, *(header for header in _RAW if header[0] not in names)]


def _busy() -> ASGIApp:
    answer = problems.from_error(
        Unavailable("服务繁忙，请稍后再试", "too many requests are being answered: try again later")
    )
    answer.headers["connection"] = "close"
    return answer
