"""What others do to a connection is an error of httpx."""

import asyncio
import contextlib
import gc
import ssl
import warnings

import httpx
import pytest

from shared.web.client import Transport


@pytest.mark.slow
async def test_no_connection_is_forgotten_when_closing_them_is_cancelled() -> None:
    verify = httpx.create_ssl_context()
    async with await asyncio.start_server(_answer, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
        outcomes = [await _close_cancelled_after(turns, url, verify) for turns in range(1, 12)]
    assert [text for _, texts in outcomes for text in texts] == []
    assert {was_cancelled for was_cancelled, _ in outcomes} == {True, False}


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.read()
    writer.close()


async def _close_cancelled_after(turns: int, url: str, verify: ssl.SSLContext) -> tuple[bool, list[str]]:
    """Whether closing four connections was cancelled after so many turns of the loop; what was left open."""
    gc.collect()  # what other tests left open is not counted
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        client = httpx.AsyncClient(transport=Transport(verify=verify))
        await asyncio.gather(*(client.get(url) for _ in range(4)))
        closing = asyncio.create_task(client.aclose())
        for _ in range(turns):
            await asyncio.sleep(0)
        was_cancelled = closing.cancel()
        await asyncio.wait([closing])
        del client, closing
        await asyncio.sleep(0.05)
        gc.collect()
    return was_cancelled, [str(warning.message) for warning in caught]
