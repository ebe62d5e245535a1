"""HTTP to others."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpcore
import httpx


async def _close(connections: Sequence[httpcore.AsyncConnectionInterface]) -> None:
    """Close them all, even if whoever waits for it is cancelled."""
    await asyncio.shield(asyncio.gather(*(one.aclose() for one in connections)))


class Transport(httpx.AsyncHTTPTransport):
    """As httpx has it, but for two things of what it stands on.

    A peer that hangs up at once is a `ConnectError` on uvloop, too: there such a connection has no socket any
    more when anyio asks for the name of its peer. And a pool cancelled while it closes connections, idle
    ones before a request or all at the end, forgets none: httpcore would leave those it has not come to.
    """

    def __init__(self, network: httpcore.AsyncNetworkBackend | None = None, **options: Any) -> None:
        super().__init__(**options)
        if network is not None:
            self._pool._network_backend = network
        self._pool._close_connections = _close  # type: ignore[assignment,method-assign]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except AttributeError as error:
            if "getpeername" not in str(error):
                raise
            raise httpx.ConnectError("the other side hung up", request=request) from error
