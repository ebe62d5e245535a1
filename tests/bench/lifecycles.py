"""Whole lives of appeals through every service, over HTTP, on the wall clock.

An operator registers the appeal. The office dispatches it to a locality and a department and finds it
reasonable. Both units contact, reply and complete, the enterprise rates, the office closes: eleven writes. A
life counts when its appeal is closed. A step that needs an event in another service is tried after a second
and then every second, as a person's page would. This waiting makes lives longer, so many run at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import orjson

from huying.local.cluster import LocalCluster
from services import SERVICES
from tests.bench.client import Answer, Client, UnexpectedAnswer, rate, request
from tests.bench.ground import APPEAL, bare_endpoint, ground
from tests.bench.measure import Figure

WRITES = 11
IN_FLIGHT = 240
ONE_AFTER_ANOTHER_S = 0.02  # between the first lives
LOOK_S = 1.0
PATIENCE_S = 60.0
BOOKS = ("/intake/appeals", "/dispatch/appeals", "/escalation/cases")
UNITS = {"roads": ("市交通局", "department"), "east": ("东城区", "locality")}
SPEAKS = ("intake", "dispatch", "escalation", "notify")
"""The services that publish events here. The watermarks of the others advance slowly."""


class Office:
    """Sends requests to the services with the keys of the cluster's accounts."""

    def __init__(self, cluster: LocalCluster, clients: dict[str, Client]) -> None:
        self._keys = cluster.keys
        self._clients = clients
        self.closed: list[float] = []
        """When each life was closed, in seconds of the loop's clock."""
        self.asked_again = 0

    async def ask(self, method: str, path: str, by: str, body: object = None, **headers: str) -> Answer:
        """The answer, whatever its status. `by` is an account, or empty for the enterprise."""
        service = path.split("/", 2)[1]
        sent = request(method, path, self._keys[by] if by else "", body, **headers)
        return await self._clients[service].send(sent)

    async def ok(self, method: str, path: str, by: str, body: object = None, **headers: str) -> Answer:
        """The answer. Raises UnexpectedAnswer if its status is 300 or higher."""
        answer = await self.ask(method, path, by, body, **headers)
        if answer.status >= 300:
            raise UnexpectedAnswer(f"{method} {path}: {answer.status} {answer.body[:300].decode()}")
        return answer

    async def until(self, ready: Callable[[Answer], bool], ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask every second until an answer is `ready`. Raises UnexpectedAnswer if it is no success."""
        await asyncio.sleep(LOOK_S)
        async with asyncio.timeout(PATIENCE_S):
            while not ready(answer := await ask()):
                self.asked_again += 1
                await asyncio.sleep(LOOK_S)
        if answer.status >= 300:
            raise UnexpectedAnswer(f"{answer.status} {answer.body[:300].decode()}")
        return answer

    async def life(self) -> None:
        """Take one appeal from registration to closure."""
        appeal = orjson.loads((await self.ok("POST", "/intake/appeals", "operator", APPEAL)).body)
        path = f"/dispatch/appeals/{appeal['appeal_id']}"
        answer = await self.until(_not(404), lambda: self.ask("GET", path, "office"))
        wish = {"legs": [{"unit": "roads", "role": "lead"}, {"unit": "east", "role": "assist"}]}
        assigned = await self.ok("POST", f"{path}/assignments", "office", wish, if_match=str(answer.etag))
        finding = {"reasonable": True, "by": "营商环境办", "reason": "属职责范围"}
        await self.ok("POST", f"{path}/findings", "office", finding, if_match=str(assigned.etag))
        legs = orjson.loads(assigned.body)["legs"]
        await asyncio.gather(*(self._work(path, leg["unit"], leg["leg_id"]) for leg in legs))
        ratings = f"/intake/status/{appeal['registration_number']}/ratings"
        rating, code = {"rating": "satisfied"}, appeal["receipt_code"]
        await self.until(_not(409), lambda: self.ask("POST", ratings, "", rating, receipt_code=code))
        newest = await self.until(_has_rating, lambda: self.ask("GET", path, "office"))
        await self.ok("POST", f"{path}/closures", "office", {}, if_match=str(newest.etag))
        self.closed.append(_seconds())

    async def _work(self, path: str, unit: str, leg_id: str) -> None:
        leg = {"leg_id": leg_id}
        await self.ok("POST", f"{path}/contacts", unit, {**leg, "how": "电话"})
        await self.ok("POST", f"{path}/replies", unit, {**leg, "text": "已现场勘查，正在安排施工。"})
        completion = {**leg, "outcome": "solved", "text": "路面已修复，企业确认可以通行。"}
        await self.ok("POST", f"{path}/completions", unit, completion)

    async def put_directory(self) -> None:
        """Put the two units into the directory."""
        for code, (name, kind) in UNITS.items():
            await self.ok("PUT", f"/dispatch/units/{code}", "office", {"name": name, "kind": kind})

    async def lag_s(self) -> float:
        """The age, in seconds, of the oldest watermark that any service has of another."""
        now = datetime.now(UTC)
        return max((now - upto).total_seconds() for flow in await self._flows() for upto in _heard(flow))

    async def drained_s(self) -> float:
        """Seconds until every service has consumed all earlier events and every list shows all closures."""
        now, began = datetime.now(UTC), _seconds()
        async with asyncio.timeout(PATIENCE_S):
            while any(
                flow["unsent"] or any(upto < now for upto in _heard(flow)) for flow in await self._flows()
            ):
                await asyncio.sleep(0.1)
            while await self._missing():
                await asyncio.sleep(0.1)
        return _seconds() - began

    async def _flows(self) -> list[dict[str, Any]]:
        answers = [await self.ok("GET", f"/{service}/flow", "importer") for service in self._clients]
        return [orjson.loads(answer.body) for answer in answers]

    async def _missing(self) -> bool:
        """Whether a list lacks a closure. Raises UnexpectedAnswer if a message was parked."""
        if parked := {flow["service"]: flow["parked"] for flow in await self._flows() if flow["parked"]}:
            raise UnexpectedAnswer(f"messages were parked: {parked}")
        counts = [await self._count(f"{book}?state=closed&limit=500") for book in BOOKS]
        return any(count < len(self.closed) for count in counts)

    async def _count(self, path: str) -> int:
        count, cursor = 0, ""
        while cursor is not None:
            page = orjson.loads((await self.ok("GET", path + cursor, "office")).body)
            count += len(page["items"])
            cursor = page["next"] and f"&cursor={page['next']}"
        return count


def _not(status: int) -> Callable[[Answer], bool]:
    return lambda answer: answer.status != status


def _has_rating(answer: Answer) -> bool:
    return answer.status >= 300 or orjson.loads(answer.body)["heard_at"] is not None


def _heard(flow: dict[str, Any]) -> list[datetime]:
    never = datetime(2000, 1, 1, tzinfo=UTC)
    heard = {topic.partition(".")[0]: upto for topic, upto in flow["heard"].items()}
    return [
        datetime.fromisoformat(at) if at else never
        for event_type, at in heard.items()
        if event_type in SPEAKS
    ]


def _seconds() -> float:
    return asyncio.get_running_loop().time()


async def lifecycles(*, quick: bool) -> list[Figure]:
    """Whole lives of appeals a second, while many are under way."""
    seconds = 12.0 if quick else 20.0
    async with ground() as cluster:
        async with bare_endpoint(cluster) as bare:
            before = await _bare_rate(bare)
        async with begin_city(cluster) as office:
            begins, notes = await live(office, seconds)
            notes |= {"drain_s": round(await office.drained_s(), 1)}
        await asyncio.gather(*(process.stop() for process in cluster.processes.values()))
        async with bare_endpoint(cluster) as bare:
            ceiling = (before + await _bare_rate(bare)) / 2
    lives = sum(begins <= at < begins + seconds for at in office.closed) / seconds
    return [
        Figure("whole lives", "closed/s", lives, target="≥ 60 a second", notes=notes),
        Figure("writes of whole lives", "writes/s", lives * WRITES, "bare endpoint", ceiling),
    ]


async def _bare_rate(port: int) -> float:
    return await rate(port, request("POST", "/appeals", body=APPEAL), connections=32, seconds=3.0)


@asynccontextmanager
async def begin_city(cluster: LocalCluster, services: Sequence[str] = SERVICES) -> AsyncIterator[Office]:
    """A city of these services, with two units."""
    await cluster.start_processes(services=services)
    async with AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(Client(process.port))
            for name, process in cluster.processes.items()
        }
        office = Office(cluster, clients)
        await office.put_directory()
        yield office


async def live(
    office: Office, seconds: float, counting: Callable[[], None] = lambda: None
) -> tuple[float, dict[str, object]]:
    """Keep `IN_FLIGHT` lives going. Returns when counting began, and notes on the lag of the services.

    Counting begins when `IN_FLIGHT` lives have ended; `counting` is called at that moment.
    """
    ends = float("inf")

    async def lives() -> None:
        while _seconds() < ends:
            await office.life()

    lags: list[float] = []
    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(lives())
            await asyncio.sleep(ONE_AFTER_ANOTHER_S)
        while len(office.closed) < IN_FLIGHT:
            await asyncio.sleep(0.05)
        begins = _seconds()
        ends = begins + seconds
        counting()
        for quarter in range(5):
            await asyncio.sleep(max(0.0, begins + seconds * quarter / 4 - _seconds()))
            lags.append(round(await office.lag_s(), 1))
    return begins, {"in flight": IN_FLIGHT, "lag_s": lags, "asked again": office.asked_again}
