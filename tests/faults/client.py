"""The client, which repeats a request until it is answered; the journal of accepted acts; the clocks."""

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
from tests.faults.environment import REPLICA, Environment
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
"""Moments of each day: ends of days and office hours, a second or a microsecond off, and others."""


def moments() -> Iterator[datetime]:
    """The moments the clocks are moved to, in order, in UTC."""
    day = START
    while True:
        yield from ((day + tick).astimezone(UTC) for tick in TICKS)
        day += timedelta(days=1)


class Client:
    """Sends requests to the services under their accounts, however often the services are killed."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        limits = httpx.Limits(max_connections=2 * MOST_AT_ONCE, keepalive_expiry=2.0)
        self._http = httpx.AsyncClient(timeout=ANSWER_S, transport=Transport(limits=limits))
        self.repeated: Counter[str] = Counter()
        """How often a request was sent again, by reason."""

    async def close(self) -> None:
        """Close the connections."""
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
        """The answer of a process, which may be a refusal (4xx).

        The same request is sent again after a transport error or a status of 500 and above.
        """
        process = self._environment.processes[name]
        url = f"http://127.0.0.1:{process.port}/{process.name}{path}"
        all_headers = dict(headers or {})
        if account is not None:
            all_headers["authorization"] = f"Bearer {self._environment.keys[account]}"
        while True:
            try:
                async with self._room:
                    answer = await self._http.request(
                        method, url, json=body, headers=all_headers, params=params
                    )
            except httpx.TransportError as error:
                self.repeated[type(error).__name__] += 1
            else:
                if answer.status_code < 500:
                    return answer
                self.repeated[f"{answer.status_code} {answer.text[:120]}"] += 1
            await asyncio.sleep(AGAIN_S)

    async def items(self, name: str, path: str, account: str) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        params = {"limit": "500"}
        while True:
            page = (await self.ask(name, "GET", path, account=account, params=params)).json()
            items += page["items"]
            if page["next"] is None:
                return items
            params["cursor"] = page["next"]


class Journal:
    """The acts that services accepted and when each occurred, one JSON document a line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self.cases = 0

    def note(self, **entry: Any) -> None:
        """Add an entry."""
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._file.flush()
        self.cases += bool(entry.get("opens"))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Clocks:
    """Moves the driven clock of every process; a process that is down follows when it is back."""

    def __init__(self, environment: Environment, client: Client) -> None:
        self.now = START.astimezone(UTC)
        self.moved: list[tuple[datetime, float]] = []
        """Each moment, with the event loop's time in seconds at which the run reached it."""
        self._environment = environment
        self._client = client
        self._at: dict[str, datetime] = {}
        self._changed = asyncio.Condition()

    async def follow(self) -> None:
        """Move every process's clock to `now` whenever `now` changes, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name in (*SERVICES, REPLICA):
                group.create_task(self._follow(name))

    async def move(self, now: datetime, wait_for: tuple[str, ...]) -> None:
        """Set `now`; returns when the clocks of the processes in `wait_for` stand there."""
        async with self._changed:
            self.now = now
            self.moved.append((now, asyncio.get_running_loop().time()))
            self._changed.notify_all()
            await self._changed.wait_for(lambda: all(self._at.get(name) == now for name in wait_for))

    async def _follow(self, name: str) -> None:
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._at.get(name) != self.now)
                now = self.now
            self._environment.resume_at(name, now)
            await self._client.ask(name, "PUT", "/clock", {"now": now.isoformat()}, "importer")
            async with self._changed:
                self._at[name] = now
                self._changed.notify_all()
