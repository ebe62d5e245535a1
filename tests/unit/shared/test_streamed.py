"""A body that is read part by part: bounded in size, and not slower than allowed."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import Request

from shared.service.errors import Invalid, TooLarge, TooSlow
from shared.web.streamed import Bounds, parts

BOUNDS = Bounds(most=1_000, least_rate=1_000, grace_s=0.2)


def request(messages: AsyncIterator[dict[str, object]], **headers: str) -> Request:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": named}
    return Request(scope, lambda: anext(messages))  # type: ignore[arg-type]


async def sent(*contents: bytes, ends: bool = True) -> AsyncIterator[dict[str, object]]:
    for content in contents:
        yield {"type": "http.request", "body": content, "more_body": True}
    yield {"type": "http.request", "body": b""} if ends else {"type": "http.disconnect"}


async def test_the_parts_of_a_body_come_as_they_were_sent() -> None:
    assert [part async for part in parts(request(sent(b"ab", b"", b"c")), BOUNDS)] == [b"ab", b"c"]


async def test_a_body_that_says_that_it_is_too_large_is_not_read() -> None:
    for length in ("1001", "9" * 30):
        messages = sent(bytes(1_001))
        with pytest.raises(TooLarge):
            await anext(parts(request(messages, content_length=length), BOUNDS))
        assert (await anext(messages))["body"] == bytes(1_001)


async def test_a_body_that_becomes_too_large_is_refused() -> None:
    with pytest.raises(TooLarge):
        [part async for part in parts(request(sent(bytes(600), bytes(401))), BOUNDS)]


async def test_a_body_that_breaks_off_is_refused() -> None:
    with pytest.raises(Invalid):
        [part async for part in parts(request(sent(b"ab", ends=False)), BOUNDS)]


async def test_who_sends_too_slowly_is_refused_and_who_keeps_up_is_not() -> None:
    async def trickling(size: int) -> AsyncIterator[dict[str, object]]:
        for _ in range(10):
            await asyncio.sleep(0.05)
            yield {"type": "http.request", "body": bytes(size), "more_body": True}
        yield {"type": "http.request", "body": b""}

    assert sum([len(part) async for part in parts(request(trickling(60)), BOUNDS)]) == 600
    with pytest.raises(TooSlow):
        [part async for part in parts(request(trickling(1)), BOUNDS)]
