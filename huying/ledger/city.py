"""The running city that takes over a ledger: its units, the hold of judgement, and its imports over HTTP."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import accumulate
from secrets import token_hex
from typing import Any, NamedTuple

import httpx
import orjson

from huying.local.running_services import content_of
from shared.telemetry.context import new_traceparent

PAGE = 500
HOLD_AGAIN_S = 60.0
AGAIN_S = 0.2
PATIENCE_S = 120.0
HELD = ("intake", "dispatch")
"""The services that past cases go to."""
_PLACE = re.compile(r"acts\.(\d+)")


class ImportFailed(ValueError):
    """The city cannot be reached or does not take the import at all. The message has its answer."""


class Undone(NamedTuple):
    """Why the acts of an appeal were not done: which was refused, from 0, and the reason in Chinese."""

    act: int
    zh: str


Acts = Sequence[dict[str, Any]]


class LiveCity:
    """The services of a city at one address, called as its importer; tried again while it is away."""

    def __init__(self, http: httpx.AsyncClient, url: str, patience_s: float = PATIENCE_S) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._patience_s = patience_s
        self._run = token_hex(8)
        self._sent = 0

    async def units(self) -> dict[str, str]:
        """The codes of the units, by code and by name."""
        units: dict[str, str] = {}
        cursor: dict[str, str] = {}
        while True:
            answer = await self._ask("GET", "/dispatch/units", params={"limit": str(PAGE), **cursor})
            page = self._content(answer)
            for unit in page["items"]:
                units |= {unit["name"]: unit["code"], unit["code"]: unit["code"]}
            if page["next"] is None:
                return units
            cursor = {"cursor": page["next"]}

    async def register(
        self, source: str, registrations: Sequence[dict[str, Any]], *, dry_run: bool
    ) -> list[dict[str, Any]]:
        """What became of each registration, in their order."""
        body = {"source": source, "items": registrations, "each": True, "dry_run": dry_run}
        items: list[dict[str, Any]] = self._content(await self._post("/intake/import", body))["items"]
        return items

    async def act(self, acts_of: Mapping[str, Acts]) -> dict[str, Undone]:
        """Do past acts at dispatch, by appeal; returns those that were refused.

        Waits until dispatch knows the appeals. ImportFailed where it does not hear of them.
        """
        until = _seconds() + self._patience_s
        undone: dict[str, Undone] = {}
        while acts_of:
            refused, unheard = await self._acted({"each": True}, acts_of)
            undone |= {own: why for own, why in refused.items() if own not in unheard}
            acts_of = {appeal_id: acts_of[appeal_id] for appeal_id in unheard}
            if acts_of and _seconds() > until:
                raise ImportFailed("dispatch 未收到刚登记的诉求 / dispatch does not hear of the appeals")
            await asyncio.sleep(AGAIN_S if acts_of else 0)
        return undone

    async def try_acts(self, acts_of: Mapping[str, Acts], registered: Acts) -> dict[str, Undone]:
        """The acts that would be refused; `registered`: what dispatch would have heard of the appeals."""
        undone, _ = await self._acted({"each": True, "dry_run": True, "registered": registered}, acts_of)
        return undone

    async def _acted(
        self, how: dict[str, Any], acts_of: Mapping[str, Acts]
    ) -> tuple[dict[str, Undone], list[str]]:
        """The appeals whose acts were refused, and those that dispatch does not know.

        Sent again, acts that were done are found done: the request needs no Idempotency-Key.
        """
        acts = [act for own in acts_of.values() for act in own]
        first_of = dict(zip(acts_of, accumulate(map(len, acts_of.values()), initial=0), strict=False))
        answer = await self._ask("POST", "/dispatch/import", content=orjson.dumps({"acts": acts, **how}))
        undone, unheard = dict[str, Undone](), list[str]()
        for item in self._content(answer)["items"]:
            appeal_id, problem = item["appeal_id"], item["problem"]
            if problem is None:
                continue
            if problem["status"] == httpx.codes.NOT_FOUND and problem["field"].endswith("appeal_id"):
                unheard.append(appeal_id)
            place = _PLACE.match(problem["field"])
            act = int(place[1]) - first_of[appeal_id] if place else 0
            undone[appeal_id] = Undone(act, problem["zh"])
        return undone, unheard

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold judgement while the block runs: what is brought in is judged as a whole."""
        await self._hold()
        keeping = asyncio.create_task(self._keep_holding())
        try:
            yield
        finally:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
            for service in HELD:
                await self._ask("DELETE", f"/{service}/hold")

    async def _keep_holding(self) -> None:
        while True:
            await asyncio.sleep(HOLD_AGAIN_S)
            await self._hold()

    async def _hold(self) -> None:
        for service in HELD:
            self._content(await self._ask("PUT", f"/{service}/hold"))

    async def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        self._sent += 1
        headers = {"idempotency-key": f"{self._run}-{self._sent}"}
        return await self._ask("POST", path, content=orjson.dumps(body), headers=headers)

    async def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer to a request, which is made again while the city is away."""
        until = _seconds() + self._patience_s
        while True:
            try:
                answer = await self._http.request(method, self._url + path, **_traced(request))
            except httpx.TransportError as error:
                reason = repr(error)
            else:
                if answer.status_code < 500:
                    return answer
                reason = f"{answer.status_code} {answer.text[:200]}"
            if _seconds() > until:
                raise ImportFailed(f"{self._url}{path} 没有应答 / does not answer: {reason}")
            await asyncio.sleep(AGAIN_S)

    def _content(self, answer: httpx.Response) -> Any:
        if not answer.is_success:
            raise ImportFailed(f"{answer.request.url.path}: {answer.status_code} {_reason(answer)}")
        return content_of(answer)


def _traced(request: dict[str, Any]) -> dict[str, Any]:
    """A request whose trace is kept only where something fails.

    The spans of thousands of past acts would cost the city more than bringing them in, and nobody reads them.
    """
    headers = {**request.get("headers", {}), "traceparent": new_traceparent()}
    return {**request, "headers": headers}


def _reason(answer: httpx.Response) -> str:
    """Why the city refused a request, in Chinese; its answer itself where it is no problem document."""
    try:
        problem = answer.json()
        errors = problem["errors"] or [{"zh": problem["detail"].partition(" / ")[0]}]
        return str(errors[0]["zh"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]


def _seconds() -> float:
    return asyncio.get_running_loop().time()
