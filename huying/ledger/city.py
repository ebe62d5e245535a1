"""The running city that takes over a ledger: its units, the hold of judgement, and its imports over HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from secrets import token_hex
from typing import Any, NamedTuple

import httpx
import orjson

PAGE = 500
HOLD_AGAIN_S = 60.0
AGAIN_S = 0.2
PATIENCE_S = 120.0
HELD = ("intake", "dispatch")
"""The services that past cases go to."""


class ImportFailed(ValueError):
    """The city cannot be reached or does not take the import at all. The message has its answer."""


class Refusal(NamedTuple):
    """Why the city refused a request: the first field and the reason in Chinese."""

    status: int
    field: str
    zh: str


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

    async def act(self, acts: Sequence[dict[str, Any]]) -> Refusal | None:
        """Do past acts at dispatch, all or none; waits until dispatch knows their appeals."""
        until = _seconds() + self._patience_s
        while True:
            answer = await self._post("/dispatch/import", {"acts": acts})
            if answer.is_success:
                return None
            refusal = self._refusal(answer)
            unheard = refusal.status == 404 and refusal.field.endswith("appeal_id")
            if not unheard:
                return refusal
            if _seconds() > until:
                raise ImportFailed(
                    f"dispatch 未收到刚登记的诉求 / dispatch does not hear of the appeals: {refusal.zh}"
                )
            await asyncio.sleep(AGAIN_S)

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
        headers = {"idempotency-key": f"{self._run}-{self._sent}", "content-type": "application/json"}
        return await self._ask("POST", path, content=orjson.dumps(body), headers=headers)

    async def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer to a request, which is made again while the city is away."""
        until = _seconds() + self._patience_s
        while True:
            try:
                answer = await self._http.request(method, self._url + path, **request)
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
            raise ImportFailed(f"{answer.request.url.path}: {answer.status_code} {self._refusal(answer).zh}")
        return answer.json()

    def _refusal(self, answer: httpx.Response) -> Refusal:
        try:
            problem = answer.json()
            errors = problem["errors"] or [{"field": "", "zh": problem["detail"].partition(" / ")[0]}]
            return Refusal(answer.status_code, errors[0]["field"], errors[0]["zh"])
        except (ValueError, KeyError, TypeError) as error:
            raise ImportFailed(
                f"{answer.request.url.path}: {answer.status_code} {answer.text[:200]}"
            ) from error


def _seconds() -> float:
    return asyncio.get_running_loop().time()
