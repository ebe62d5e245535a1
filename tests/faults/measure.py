"""How far the services have come: the lag of judgement, and how long each fault was felt."""

import asyncio
from bisect import bisect_right
from collections import defaultdict
from datetime import datetime
from operator import itemgetter
from statistics import median
from typing import Any

from services import SERVICES
from shared.service.clock import TICK
from tests.faults.client import Client, Clocks

LOOK_S = 0.5
JUDGE = "escalation.events"


class Watch:
    """Asks every service now and then how far it is."""

    def __init__(self, client: Client, clocks: Clocks) -> None:
        self.longest_lag_s = 0.0
        self.recovered_s: defaultdict[str, list[float]] = defaultdict(list)
        """By kind of fault: seconds from its end until all had heard and judged what was before it."""
        self._client = client
        self._clocks = clocks
        self._flows: dict[str, dict[str, Any]] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for service in SERVICES:
                group.create_task(self._look(service))
            group.create_task(self._measure())

    async def _look(self, service: str) -> None:
        while True:
            answer = await self._client.ask(service, "GET", "/flow", account="importer")
            self._flows[service] = answer.json()
            await asyncio.sleep(LOOK_S)

    async def _measure(self) -> None:
        while True:
            judged = self._heard("notify", JUDGE)
            if judged is not None:
                index = bisect_right(self._clocks.moved, judged + TICK, key=itemgetter(0))
                if index < len(self._clocks.moved):
                    lag_s = asyncio.get_running_loop().time() - self._clocks.moved[index][1]
                    self.longest_lag_s = max(self.longest_lag_s, lag_s)
            await asyncio.sleep(LOOK_S)

    def _heard(self, service: str, topic: str) -> datetime | None:
        at = self._flows.get(service, {}).get("heard", {}).get(topic)
        return datetime.fromisoformat(at) if at else None

    def settled(self, moment: datetime) -> bool:
        """Whether every service has heard all that was to be said and judged up to just before `moment`."""
        topics = [(name, topic) for name, flow in self._flows.items() for topic in flow["heard"]]
        heard = [self._heard(*place) for place in topics]
        return len(self._flows) == len(SERVICES) and all(at and at >= moment - TICK for at in heard)

    def words(self) -> str:
        """How far each is, for whoever asks why nothing moves."""
        return "; ".join(
            f"{name} stands at {flow['now']}, heard {flow['heard']}, {flow['unsent']} unsent"
            for name, flow in sorted(self._flows.items())
        )

    def quiet(self) -> bool:
        """Whether nothing waits to leave."""
        return all(flow["unsent"] == 0 for flow in self._flows.values())

    async def recovery(self, kind: str) -> None:
        """Measure how long it takes from now."""
        loop, moment = asyncio.get_running_loop(), self._clocks.now
        began = loop.time()
        while not self.settled(moment):
            await asyncio.sleep(0.1)
        self.recovered_s[kind].append(loop.time() - began)

    def recoveries(self) -> dict[str, dict[str, float]]:
        """Least, median and longest, by kind of fault."""
        return {
            kind: {
                "count": len(found),
                "min": round(min(found), 2),
                "median": round(median(found), 2),
                "max": round(max(found), 2),
            }
            for kind, found in sorted(self.recovered_s.items())
        }
