"""Floods the public door over many connections from one address, until it is ended.

`python -m tests.bench.flooder PORT ADDRESS` registers appeals, guesses receipt codes and passwords, sends
large bodies, and opens connections that say nothing.
"""

import asyncio
import contextlib
import json
import random
import ssl
import sys
from itertools import count

CONNECTIONS = 150
SILENT = 50
PADDING = "货车无法进出，" * 280


def request(method: str, path: str, body: object = None, **headers: str) -> bytes:
    """A request as it goes over the wire."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: huying", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if content:
        lines.append("Content-Type: application/json")
    return "\r\n".join([*lines, "", ""]).encode() + content


def drawn(chance: random.Random, number: int) -> bytes:
    """One of the requests of a flood."""
    guess = {"login": f"guess-{number % 50}", "password": "wrong word"}
    status = f"/intake/status/BZ-20261109-{number % 99_999:05}"
    enterprise = {"name": f"洪水{number}公司", "phone": f"1380000{number % 10_000:04}"}
    appeal = {"channel": "web", "kind": "help", "title": f"第 {number} 件", "text": PADDING, "again": True}
    return chance.choice(
        (
            request("POST", "/intake/appeals", {**appeal, "enterprise": enterprise}),
            request("GET", status, Receipt_Code="AAAA-AAAA-AAAA-AAAA"),
            request("POST", "/desks/people/session", guess),
            request("POST", "/dispatch/import", {"acts": [PADDING] * 20}),
            request("GET", "/escalation/publications"),
        )
    )


async def flood(port: int, address: str) -> None:
    trust = ssl._create_unverified_context()
    numbers, chance = count(), random.Random(7)
    await asyncio.gather(
        *(_ask(port, address, trust, chance, numbers) for _ in range(CONNECTIONS)),
        *(_say_nothing(port, address) for _ in range(SILENT)),
    )


async def _ask(
    port: int, address: str, trust: ssl.SSLContext, chance: random.Random, numbers: "count[int]"
) -> None:
    """Send requests without end, over a new connection whenever the last one was closed."""
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=trust, local_addr=(address, 0)
            )
            try:
                while True:
                    writer.write(drawn(chance, next(numbers)))
                    await writer.drain()
                    await _answer(reader)
            finally:
                writer.close()


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    named = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(named[0].partition(b":")[2]) if named else 0
    await reader.readexactly(length)


async def _say_nothing(port: int, address: str) -> None:
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
            await reader.read()
            writer.close()


if __name__ == "__main__":
    asyncio.run(flood(int(sys.argv[1]), sys.argv[2]))
