"""The body of a request, read once its caller is known: its most bytes and seconds, and its form."""

import asyncio
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import Receive

from shared.service.errors import TooLarge, TooSlow, Unsupported
from shared.web.streamed import LONGEST_LENGTH

LIMIT = 64 * 1024
IMPORT_LIMIT = 64 * 1024 * 1024
BODY_S, IMPORT_S = 60.0, 600.0
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class BodyBounds:
    """The most bytes of a body, and the seconds within which it arrives as a whole."""

    most: int = LIMIT
    seconds: float = BODY_S


def bounds_of(path: str) -> BodyBounds:
    """The bounds for the route of this path: 64 KiB in a minute, an import 64 MiB in ten."""
    return BodyBounds(IMPORT_LIMIT, IMPORT_S) if path.endswith("/import") else BodyBounds()


async def receive_body(request: Request, bounds: BodyBounds) -> None:
    """Wait for the body of a request, which `request.body()` returns from now on; empty where it is refused.

    Raises TooLarge; TooSlow; and Unsupported for what is not said to be JSON.
    """
    request._body = b""  # what adds to a refusal reads the body, too (`problems.Amendments`)
    body = await read_bounded(request, bounds)
    if body:
        _check_type(request.headers)
    request._body = body


async def read_bounded(request: Request, bounds: BodyBounds) -> bytes:
    """The body of a request of any form. Raises TooLarge and TooSlow."""
    try:
        async with asyncio.timeout(bounds.seconds):
            return await _body(request.headers, request.receive, bounds.most)
    except TimeoutError:
        raise _too_slow(bounds.seconds) from None


async def _body(headers: Headers, receive: Receive, most: int) -> bytes:
    length = headers.get("content-length", "")
    if length.isascii() and length.isdecimal() and (len(length) > LONGEST_LENGTH or int(length) > most):
        raise _too_large(most)
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > most:
            raise _too_large(most)
    return b"".join(parts)


def _check_type(headers: Headers) -> None:
    kind, _, rest = headers.get("content-type", "").lower().partition(";")
    charset = rest.partition("charset=")[2].strip(' "')
    if kind.strip() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise Unsupported(
            "请以 UTF-8 编码的 JSON 提交（Content-Type: application/json）",
            "send JSON in UTF-8 (Content-Type: application/json)",
            "Content-Type",
        )


def _too_slow(seconds: float) -> TooSlow:
    return TooSlow(
        f"请求体未在 {seconds:g} 秒内传完", f"the body did not arrive within {seconds:g} seconds", "body"
    )


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"请求体超过 {most} 字节", f"the body is larger than {most} bytes", "body")
