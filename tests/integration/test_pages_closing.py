"""The connections that pages keep open to services are closed when desks ends."""

import asyncio

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.desks.app import SERVICE as DESKS
from services.desks.pages.site import site
from tests.city import City


async def test_connections_of_pages_are_closed_when_the_service_ends(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker
) -> None:
    opened: list[asyncio.Task[bool]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}")
        opened.append(asyncio.ensure_future(_ends(reader, writer)))

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with City(postgres, broker, services=(DESKS,), intake_url=url) as city:
            pages = site(city.services["desks"])
            assert await pages.state.calls.get(None, "intake", "/categories") == {}
            (ended,) = opened
            assert not ended.done()
        async with asyncio.timeout(5):
            assert await ended


async def _ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Whether the other side closes the connection."""
    ends = await reader.read() == b""
    writer.close()
    return ends
