"""A proxy that cuts, delays and reorders the connections from a service to PostgreSQL or the broker."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

CHUNK_BYTES = 256 * 1024
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """A proxy to one server. Within a connection the order of the data is kept, as TCP keeps it.

    `slow_s`: each chunk is delayed by a random time up to this. `skew_s`: each direction of each connection
    is delayed by a constant time of its own up to this, so that connections overtake each other.
    """

    def __init__(self, connect: Callable[[], Awaitable[Streams]], chance: random.Random) -> None:
        self.slow_s = 0.0
        self.skew_s = 0.0
        self.port = 0
        self._connect = connect
        self._chance = chance
        self._refuses = False
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, port: int = 0) -> None:
        """Listen on a port of 127.0.0.1; for 0 the system chooses one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def listen_at(self, path: Path) -> None:
        """Listen on a unix socket."""
        self._server = await asyncio.start_unix_server(self._serve, path)

    def cut(self, share: float = 1.0) -> None:
        """End this share of the connections; for 1.0 also refuse new ones until `heal`."""
        self._refuses = share == 1.0
        for writer in list(self._open):
            if self._chance.random() < share:
                writer.transport.abort()

    def heal(self) -> None:
        """Accept connections again and delay nothing."""
        self._refuses, self.slow_s, self.skew_s = False, 0.0, 0.0

    async def close(self) -> None:
        """Stop listening and end all connections."""
        if self._server is not None:
            self._server.close()
        self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        try:
            server_reader, server_writer = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, server_writer}
        try:
            await asyncio.gather(self._pump(reader, server_writer), self._pump(server_reader, writer))
        finally:
            self._open -= {writer, server_writer}
            writer.transport.abort()
            server_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own = self._chance.random()
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                if wait_s := self.skew_s * own + self.slow_s * self._chance.random():
                    await asyncio.sleep(wait_s)
                if writer.is_closing():
                    break
                writer.write(chunk)
                await writer.drain()
        writer.close()
