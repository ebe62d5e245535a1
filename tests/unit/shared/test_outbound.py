"""What others do to a connection is an error of httpx."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

import httpx
import pytest
import uvloop

from shared.outbound import Transport


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
            found: list[BaseException | httpx.Response] = []
            for _ in range(400):  # about one connection in a hundred is hung up in time
                asked = (client.get(rude) for _ in range(100))
                found += await asyncio.gather(*asked, return_exceptions=True)
                if any(isinstance(one, AttributeError) or _hung_up(one) for one in found):
                    break
        return found

    found = uvloop.run(ask())
    assert {one for one in found if not isinstance(one, httpx.TransportError)} == set()
    assert any(map(_hung_up, found))


def _hung_up(found: BaseException | httpx.Response) -> bool:
    return isinstance(found, BaseException) and isinstance(found.__cause__, AttributeError)
