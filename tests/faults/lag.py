"""How far the services have come: the lag of judgement, and the time to recover from each fault."""

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


class LagMonitor:
    """Polls every service's `/flow`."""

    def __init__(self, client: Client, clocks: Clocks) -> None:
        self.longest_lag_s = 0.0
        self.recovered_s: defaultdict[str, list[float]] = defaultdict(list)
        """By kind of fault: seconds from its end until all before it was handled and judged."""
        self._client = client
        self._clocks = clocks
        self._flows: dict[str, dict[str, Any]] = {}

    async def run(self) -> None:
        """Poll until cancelled."""
        async with asyncio.TaskGroup() as group:
            for service in SERVICES:
                group.create_task(self._poll(service))
            group.create_task(self._measure_lag())

    async def _poll(self, service: str) -> None:
        while True:
            answer = await self._client.ask(service, "GET", "/flow", account="importer")
            self._flows[service] = answer.json()
            await asyncio.sleep(LOOK_S)

    async def _measure_lag(self) -> None:
        while True:
            judged_upto = self._heard_upto("notify", JUDGE)
            if judged_upto is not None:
                index = bisect_right(self._clocks.moved, judged_upto + TICK, key=itemgetter(0))
                if index < len(self._clocks.moved):
                    lag_s = asyncio.get_running_loop().time() - self._clocks.moved[index][1]
                    self.longest_lag_s = max(self.longest_lag_s, lag_s)
            await asyncio.sleep(LOOK_S)

    def _heard_upto(self, service: str, topic: str) -> datetime | None:
        at = self._flows.get(service, {}).get("heard", {}).get(topic)
        return datetime.fromisoformat(at) if at else None

    def settled(self, moment: datetime) -> bool:
        """Whether every service has the watermarks of all its topics up to just before `moment`."""
        topics = [(service, topic) for service, flow in self._flows.items() for topic in flow["heard"]]
        heard = [self._heard_upto(service, topic) for service, topic in topics]
        return len(self._flows) == len(SERVICES) and all(at and at >= moment - TICK for at in heard)

    def progress(self) -> str:
        """How far each service is, in words."""
        return "; ".join(
            f"{service} stands at {flow['now']}, heard {flow['heard']}, {flow['unsent']} unsent"
            for service, flow in sorted(self._flows.items())
        )

    def quiet(self) -> bool:
        """Whether every outbox has been sent."""
        return all(flow["unsent"] == 0 for flow in self._flows.values())

    async def measure_recovery(self, kind: str) -> None:
        """Measure how long it takes from now until the services are settled."""
        loop, moment = asyncio.get_running_loop(), self._clocks.now
        began = loop.time()
        while not self.settled(moment):
            await asyncio.sleep(0.1)
        self.recovered_s[kind].append(loop.time() - began)

    def recoveries(self) -> dict[str, dict[str, float]]:
        """Count, least, median and longest recovery in seconds, by kind of fault."""
        return {
            kind: {
                "count": len(seconds),
                "min": round(min(seconds), 2),
                "median": round(median(seconds), 2),
                "max": round(max(seconds), 2),
            }
            for kind, seconds in sorted(self.recovered_s.items())
        }
