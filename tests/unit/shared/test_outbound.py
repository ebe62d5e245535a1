"""What others do to a connection is an error of httpx."""

import asyncio
import contextlib
import gc
import socket
import ssl
import struct
import threading
import warnings
from collections.abc import Iterator

import httpx
import pytest
import uvloop

from shared.web.client import Transport


@pytest.fixture
def rude() -> Iterator[str]:
    """Where every connection is taken and reset."""
    with socket.create_server(("127.0.0.1", 0), backlog=500) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken, _ = listening.accept()
                    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    taken.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_peer_that_hangs_up_at_once_is_an_error_of_the_connection(rude: str) -> None:
    async def ask() -> list[BaseException | httpx.Response]:
        async with httpx.AsyncClient(transport=Transport()) as client:
            outcomes: list[BaseException | httpx.Response] = []
            for _ in range(400):  # about one connection in a hundred is hung up in time
                asked = (client.get(rude) for _ in range(100))
                outcomes += await asyncio.gather(*asked, return_exceptions=True)
                if any(isinstance(outcome, AttributeError) or _hung_up(outcome) for outcome in outcomes):
                    break
        return outcomes

    outcomes = uvloop.run(ask())
    assert {outcome for outcome in outcomes if not isinstance(outcome, httpx.TransportError)} == set()
    assert any(map(_hung_up, outcomes))


def _hung_up(outcome: BaseException | httpx.Response) -> bool:
    return isinstance(outcome, BaseException) and isinstance(outcome.__cause__, AttributeError)


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
