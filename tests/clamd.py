"""A ClamAV daemon for tests: speaks INSTREAM on a socket, and finds EICAR's test text infected."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """Answers by what it was sent. `answer`: what it says instead; empty: it hangs up."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.answer: bytes | None = None
        self.scanned: list[int] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Clamd"]:
        server = await asyncio.start_unix_server(self._serve, self.socket)
        async with server:
            yield self
        self.socket.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            assert await reader.readexactly(10) == b"zINSTREAM\0"
            content = bytearray()
            while size := int.from_bytes(await reader.readexactly(4), "big"):
                content += await reader.readexactly(size)
            self.scanned.append(len(content))
            verdict = b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
            writer.write(verdict if self.answer is None else self.answer)
            await writer.drain()
        finally:
            writer.close()
