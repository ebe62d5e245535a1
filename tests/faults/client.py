"""Requests that are repeated until they are answered, the journal of what was accepted, and the clocks."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx

from services import SERVICES
from shared.web.client import Transport
from tests.faults.ground import REPLICA, Ground
from tests.faults.reckoning import ZONE

ANSWER_S = 10.0
AGAIN_S = 0.2
MOST_AT_ONCE = 32
START = datetime(2026, 1, 5, tzinfo=ZONE)
BRINK = timedelta(microseconds=1)
TIMES = "08:35 09:30 11:00 11:50 11:50:01 14:45 15:15 16:45 17:29:59 17:30 17:30:01 20:00 23:59:59"
TICKS = [
    timedelta(),
    BRINK,
    *(
        timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
        for at in map(time.fromisoformat, TIMES.split())
    ),
]
"""Of each day: the ends of days and of office hours, a second or a microsecond to either side, and others."""


def moments() -> Iterator[datetime]:
    """Where the clocks go, one after the other, in UTC."""
    day = START
    while True:
        yield from ((day + tick).astimezone(UTC) for tick in TICKS)
        day += timedelta(days=1)


class Client:
    """Speaks to the services as their accounts, however often they are killed."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        limits = httpx.Limits(max_connections=2 * MOST_AT_ONCE, keepalive_expiry=2.0)
        self._http = httpx.AsyncClient(timeout=ANSWER_S, transport=Transport(limits=limits))
        self.repeated: Counter[str] = Counter()
        """Why requests were sent again."""

    async def close(self) -> None:
        """End the connections."""
        await self._http.aclose()

    async def ask(
        self,
        name: str,
        method: str,
        path: str,
        body: Any = None,
        account: str | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The answer of a process; a refusal is one. Repeated as it is until there is one."""
        process = self._ground.processes[name]
        url = f"http://127.0.0.1:{process.port}/{process.name}{path}"
        sent = dict(headers or {})
        if account is not None:
            sent["authorization"] = f"Bearer {self._ground.keys[account]}"
        while True:
            try:
                async with self._room:
                    answer = await self._http.request(method, url, json=body, headers=sent, params=params)
            except httpx.TransportError as error:
                self.repeated[type(error).__name__] += 1
            else:
                if answer.status_code < 500:
                    return answer
                self.repeated[f"{answer.status_code} {answer.text[:120]}"] += 1
            await asyncio.sleep(AGAIN_S)

    async def items(self, name: str, path: str, account: str) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        found: list[dict[str, Any]] = []
        params = {"limit": "500"}
        while True:
            page = (await self.ask(name, "GET", path, account=account, params=params)).json()
            found += page["items"]
            if page["next"] is None:
                return found
            params["cursor"] = page["next"]


class Journal:
    """What was accepted and when it occurred, one JSON document a line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self.cases = 0

    def note(self, **entry: Any) -> None:
        """Add an entry."""
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._file.flush()
        self.cases += bool(entry.get("opens"))

    def close(self) -> None:
        """Nothing more is added."""
        self._file.close()


class Clocks:
    """Moves the driven clock of every process; who is away follows when it is back."""

    def __init__(self, ground: Ground, client: Client) -> None:
        self.now = START.astimezone(UTC)
        self.moved: list[tuple[datetime, float]] = []
        """When, on the machine's own clock, the run came to each moment."""
        self._ground = ground
        self._client = client
        self._at: dict[str, datetime] = {}
        self._news = asyncio.Condition()

    async def follow(self) -> None:
        """Bring every clock to where the run is, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name in (*SERVICES, REPLICA):
                group.create_task(self._follow(name))

    async def move(self, now: datetime, wait_for: tuple[str, ...]) -> None:
        """Let it be `now`; returns when the clocks of these have come there."""
        async with self._news:
            self.now = now
            self.moved.append((now, asyncio.get_running_loop().time()))
            self._news.notify_all()
            await self._news.wait_for(lambda: all(self._at.get(name) == now for name in wait_for))

    async def _follow(self, name: str) -> None:
        while True:
            async with self._news:
                await self._news.wait_for(lambda: self._at.get(name) != self.now)
                now = self.now
            self._ground.note_clock(self._ground.processes[name].name, now)
            await self._client.ask(name, "PUT", "/clock", {"now": now.isoformat()}, "importer")
            async with self._news:
                self._at[name] = now
                self._news.notify_all()
