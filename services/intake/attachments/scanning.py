"""Asks ClamAV whether a file is infected, by the protocol of its daemon (INSTREAM)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from shared.service.errors import Invalid, Unavailable

PART_BYTES = 64 * 1024
SCAN_S = 60.0
LONGEST_ANSWER = 4096


async def scan(socket: str, file: Path) -> None:
    """Refuse (`Invalid`) an infected file; `Unavailable` where the daemon does not answer that it is clean.

    `socket`: the path of the daemon's socket, or host:port.
    """
    try:
        async with asyncio.timeout(SCAN_S), _connected(socket) as (reader, writer):
            await _send(writer, file)
            answer = await reader.readuntil(b"\0")
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise _unreachable() from error
    verdict = answer.rstrip(b"\0").decode("utf-8", "replace").removeprefix("stream: ").strip()
    if verdict.endswith(" FOUND"):
        name = verdict.removesuffix(" FOUND")
        raise Invalid(
            f"文件含有病毒（{name}），已拒收", f"the file is infected ({name}): it is refused", "body"
        )
    if verdict != "OK":
        raise _unreachable()


@asynccontextmanager
async def _connected(socket: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, _, port = socket.rpartition(":")
    opening = (
        asyncio.open_connection(host, int(port), limit=LONGEST_ANSWER)
        if host and port.isdecimal()
        else asyncio.open_unix_connection(socket, limit=LONGEST_ANSWER)
    )
    reader, writer = await opening
    try:
        yield reader, writer
    finally:
        writer.close()


async def _send(writer: asyncio.StreamWriter, file: Path) -> None:
    """Each part with its length before it, and a length of nought at the end."""
    writer.write(b"zINSTREAM\0")
    with await asyncio.to_thread(file.open, "rb") as content:
        while part := await asyncio.to_thread(content.read, PART_BYTES):
            writer.write(len(part).to_bytes(4, "big") + part)
            await writer.drain()
    writer.write(bytes(4))
    await writer.drain()


def _unreachable() -> Unavailable:
    return Unavailable(
        "病毒扫描暂不可用，文件未保存，请稍后再试",
        "the file cannot be scanned for viruses now, and was not kept: try again later",
    )
