"""Drives services through event time: repeats requests while a service is down, moves clocks, and waits."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import httpx
import orjson

from shared.service.clock import TICK

PAGE = 500
LOOK_S = 0.05
NUDGE_S = 2.0


class ReplayFailed(ValueError):
    """The services did not do what a replay needs. The message names the service and holds its answer."""


class Driver:
    """Sends requests to the services, however often they are killed, and moves their clocks.

    ReplayFailed when no service has made progress for `patience_s` seconds.
    """

    def __init__(self, http: httpx.AsyncClient, urls: Mapping[str, str], patience_s: float) -> None:
        self._http = http
        self.urls = urls
        self._patience_s = patience_s
        self._clocks: dict[str, datetime] = {}
        self._flows: dict[str, dict[str, Any]] = {}
        self._reached: dict[tuple[str, str], Any] = {}
        self._moved_at = self._seconds()
        self._nudged_at = self._moved_at

    async def send(
        self,
        method: str,
        service: str,
        path: str,
        body: bytes | None = None,
        params: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The answer to a request that may be repeated. ReplayFailed if it is a refusal."""
        url = self.urls[service] + path
        headers = {"idempotency-key": sha256(body).hexdigest()} if body and method == "POST" else None
        while True:
            try:
                answer = await self._http.request(method, url, content=body, headers=headers, params=params)
            except httpx.TransportError as error:
                why = repr(error)
            else:
                if answer.status_code < 400:
                    content: dict[str, Any] = orjson.loads(answer.content)
                    return content
                if answer.status_code < 500:
                    raise ReplayFailed(f"{service} refused {method} {path}: {_detail(answer)}")
                why = _detail(answer)
            self._check_patience(f"{service} does not answer ({why})")
            await asyncio.sleep(4 * LOOK_S)

    async def items(self, service: str, path: str) -> AsyncIterator[dict[str, Any]]:
        """All items of a list, page by page."""
        cursor: dict[str, str] = {}
        while True:
            page = await self.send("GET", service, path, params={"limit": str(PAGE), **cursor})
            for item in page["items"]:
                yield item
            if page["next"] is None:
                return
            cursor = {"cursor": page["next"]}

    async def flow(self, service: str) -> dict[str, Any]:
        """A service's `/flow`. The clock of a service that was restarted is moved up again."""
        flow = await self.send("GET", service, "/flow")
        clock = self._clocks.get(service)
        if clock is not None and datetime.fromisoformat(flow["now"]) < clock:
            await self._set(service, clock)
        self._note(service, flow)
        return flow

    async def advance(self, service: str, now: datetime) -> None:
        """Move a service's clock to `now`. After that nothing may be sent to it that occurred earlier."""
        if now > self._clocks.get(service, now - TICK):
            self._clocks[service] = now
            await self._set(service, now)

    async def heard(self, service: str, topics: Sequence[str] | None, upto: datetime) -> None:
        """Wait until `service` has the watermark `upto` of each of `topics`; None for all that it reads."""
        while True:
            flow = await self.flow(service)
            heard = {topic: at for topic, at in flow["heard"].items() if topics is None or topic in topics}
            missing = [
                topic for topic, at in heard.items() if at is None or datetime.fromisoformat(at) < upto
            ]
            if not missing:
                return
            await self._nudge()
            self._check_patience(self._culprit(service, upto))
            await asyncio.sleep(LOOK_S)

    async def sent(self, service: str, upto: datetime) -> None:
        """Wait until the service's own watermark reaches `upto`."""
        while _before((await self.flow(service))["watermark"], upto):
            await self._nudge()
            self._check_patience(f"{service} does not advance to {upto.isoformat()}")
            await asyncio.sleep(LOOK_S)

    async def _set(self, service: str, now: datetime) -> None:
        await self.send("PUT", service, "/clock", orjson.dumps({"now": now}))

    async def _nudge(self) -> None:
        """Without progress set the clocks again: then relays send, and notice a broker that lost its log."""
        if self._seconds() - max(self._moved_at, self._nudged_at) > NUDGE_S:
            self._nudged_at = self._seconds()
            for service, now in list(self._clocks.items()):
                await self.flow(service)
                await self._set(service, now)

    def _note(self, service: str, flow: dict[str, Any]) -> None:
        self._flows[service] = flow
        for name, at in {"watermark": flow["watermark"], **flow["heard"]}.items():
            reached = at and datetime.fromisoformat(at)
            if reached and reached > self._reached.get((service, name), reached - TICK):
                self._reached[service, name] = reached
                self._moved_at = self._seconds()
        if flow["unsent"] != self._reached.get((service, "unsent")):
            self._reached[service, "unsent"] = flow["unsent"]
            self._moved_at = self._seconds()

    def _culprit(self, service: str, upto: datetime) -> str:
        """The service that keeps `service` waiting, by the last `/flow` of each, as a sentence."""
        passed = {service}
        while True:
            flow = self._flows[service]
            missing = [topic for topic, at in flow["heard"].items() if _before(at, upto)]
            source = next((topic.partition(".")[0] for topic in missing), service)
            known = self._flows.get(source)
            if source in passed or known is None or not _before(known["watermark"], upto):
                return f"{service} does not advance to {upto.isoformat()}: it has heard {flow['heard']}"
            passed.add(source)
            service = source

    def _check_patience(self, why: str) -> None:
        if self._seconds() - self._moved_at > self._patience_s:
            raise ReplayFailed(f"nothing moved for {self._patience_s:.0f} s: {why}")

    @staticmethod
    def _seconds() -> float:
        return asyncio.get_running_loop().time()


def _before(at: str | None, upto: datetime) -> bool:
    return at is None or datetime.fromisoformat(at) < upto


def _detail(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        errors = "; ".join(f"{error['field']}: {error['en']}" for error in problem["errors"])
        return f"{answer.status_code} {errors or problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.text[:200]}"
