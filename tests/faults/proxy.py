"""A TCP proxy that cuts, delays and reorders: every way from a service to PostgreSQL and the broker."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

CHUNK = 256 * 1024
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Link:
    """One way. `slow_s`: each chunk waits so long at most; `skew_s`: each direction of each connection has
    a wait of its own, so that connections overtake each other. Within a connection order is kept.
    """

    def __init__(self, name: str, connect: Callable[[], Awaitable[Streams]], chance: random.Random) -> None:
        self.name = name
        self.slow_s = 0.0
        self.skew_s = 0.0
        self._connect = connect
        self._chance = chance
        self._refuses = False
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def listen(self) -> None:
        """On a port of 127.0.0.1 that the system chooses."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def listen_at(self, path: Path) -> None:
        """On a unix socket."""
        self._server = await asyncio.start_unix_server(self._serve, path)

    def cut(self, share: float = 1.0) -> None:
        """End this share of the connections; where it is all of them, take no new ones until healed."""
        self._refuses = share == 1.0
        for writer in list(self._open):
            if self._chance.random() < share:
                writer.transport.abort()

    def heal(self) -> None:
        """Let everything through."""
        self._refuses, self.slow_s, self.skew_s = False, 0.0, 0.0

    async def close(self) -> None:
        """Take no more connections, and end those there are."""
        if self._server is not None:
            self._server.close()
        self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        try:
            there, back = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        try:
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        finally:
            self._open -= {writer, back}
            writer.transport.abort()
            back.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own = self._chance.random()
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if wait_s := self.skew_s * own + self.slow_s * self._chance.random():
                    await asyncio.sleep(wait_s)
                if writer.is_closing():
                    break
                writer.write(chunk)
                await writer.drain()
        writer.close()
