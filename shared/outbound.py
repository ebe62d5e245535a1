"""HTTP to others."""

import httpx


class Transport(httpx.AsyncHTTPTransport):
    """As httpx has it, but a peer that hangs up at once is a `ConnectError` on uvloop, too.

    There such a connection has no socket any more when anyio asks it for the peer's name.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except AttributeError as error:
            if "getpeername" not in str(error):
                raise
            raise httpx.ConnectError("the other side hung up", request=request) from error
