"""The HTTP transport for calls to other systems."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpcore
import httpx


async def beginning(answer: httpx.Response, most: int) -> bytes:
    """The first `most` bytes of a streamed answer, unpacked. Raises `httpx.HTTPError`."""
    content = bytearray()
    async for part in answer.aiter_bytes():
        content += part
        if len(content) >= most:
            break
    return bytes(content[:most])


async def _close(connections: Sequence[httpcore.AsyncConnectionInterface]) -> None:
    """Close all connections, even where the task that waits for it is cancelled."""
    await asyncio.shield(asyncio.gather(*(connection.aclose() for connection in connections)))


class Transport(httpx.AsyncHTTPTransport):
    """The transport of httpx, with a fault of its foundations mended.

    Closing connections, idle ones before a request or all at the end, closes all of them even where the task
    is cancelled meanwhile. httpcore would leave open those it had not come to.

    `_pool` and what is set on it are private parts of httpx and httpcore, listed in decision 0025.
    tests/unit/shared/test_outbound.py and tests/unit/test_webhooks.py fail where they change.
    """

    def __init__(self, network: httpcore.AsyncNetworkBackend | None = None, **options: Any) -> None:
        super().__init__(**options)
        if network is not None:
            self._pool._network_backend = network
        self._pool._close_connections = _close  # type: ignore[assignment,method-assign]
