"""Loads the sample data of the invented city 皖泽市 into running services, at the first `huying up`."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import httpx
from pydantic import ConfigDict

from huying.local.samples import SOURCE, Appeal, LiveStep, Unit, appeals, leaders, units
from services.dispatch.acts import past as dispatch_acts
from services.intake import past_acts
from shared.roles import AccountRole
from shared.service.clock import WallClock
from shared.web.bodies import Body

HEARD_WITHIN_S = 60.0
JUDGED_WITHIN_S = 20.0
POLL_S = 0.25
NOT_YET = (404, 409, 412)
UNKNOWN_LEADER = 422
Timed = TypeVar("Timed", bound=past_acts.Past | dispatch_acts.PastAct)


class SampleDataError(ValueError):
    """The sample data cannot be loaded; the message says what, where and what to do."""


def people() -> list[tuple[str, AccountRole, str | None]]:
    """The sample accounts: name, role, and the code of the unit or leader they speak for."""
    return [
        ("operator", AccountRole.OPERATOR, None),
        ("office", AccountRole.OFFICE, None),
        ("importer", AccountRole.IMPORTER, None),
        ("ops", AccountRole.OPS, None),
        ("auditor", AccountRole.AUDITOR, None),
        *((unit.code, AccountRole.UNIT, unit.code) for unit in units()),
        *((leader.code, AccountRole.LEADER, leader.code) for leader in leaders()),
    ]


async def load_samples(
    urls: Mapping[str, str], keys: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None
) -> int:
    """Fill an empty city: `urls` by service, `keys` by account. Returns how many appeals; 0 if it has some.

    Raises `SampleDataError` where a service does not answer or refuses, `Mistakes` for a file.
    """
    async with httpx.AsyncClient(timeout=30, transport=transport) as http:
        city = _City(http, urls, keys)
        if (await city.ask("GET", "intake", "appeals?limit=1", "office"))["items"]:
            return 0
        await city.put_directory()
        samples = appeals()
        await city.import_all(samples, WallClock().now())
        await asyncio.gather(*(city.act_after_judgement(appeal) for appeal in samples if appeal.live))
        return len(samples)


class _City:
    """The services, called with the keys of the sample accounts."""

    def __init__(self, http: httpx.AsyncClient, urls: Mapping[str, str], keys: Mapping[str, str]) -> None:
        self._http = http
        self._urls = urls
        self._keys = keys

    async def _send(
        self, method: str, service: str, path: str, by: str, body: Body | None = None, etag: str | None = None
    ) -> httpx.Response:
        if service not in self._urls or by not in self._keys:
            raise SampleDataError(
                f"no address of the service {service} or no key of the account {by} was given: give both"
            )
        url = f"{self._urls[service]}/{path}"
        headers = {"Authorization": f"Bearer {self._keys[by]}"} | ({"If-Match": etag} if etag else {})
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = body.model_dump_json(exclude={"code"} if method == "PUT" else None)
        try:
            return await self._http.request(method, url, headers=headers, content=content)
        except httpx.HTTPError as error:
            raise SampleDataError(
                f"{method} {url} got no answer ({error!r}): look at the log of {service}, then start again"
            ) from error

    async def ask(self, method: str, service: str, path: str, by: str, body: Body | None = None) -> Any:
        """The content of the answer. `SampleDataError` for a refusal."""
        return _content(await self._send(method, service, path, by, body))

    async def put_directory(self) -> None:
        """Register the leaders and the missing units."""
        for leader in leaders():
            await self.ask("PUT", "escalation", f"leaders/{leader.code}", "office", leader)
        known = await self.ask("GET", "dispatch", "units?limit=500", "office")
        codes = {unit["code"] for unit in known["items"]}
        for unit in units():
            if unit.code not in codes:
                await self._put_unit(unit)

    async def _put_unit(self, unit: Unit) -> None:
        """Register a unit. It is refused until dispatch has heard of its leader."""
        for _ in range(int(HEARD_WITHIN_S / POLL_S)):
            answer = await self._send("PUT", "dispatch", f"units/{unit.code}", "office", unit)
            if answer.status_code != UNKNOWN_LEADER:
                break
            await asyncio.sleep(POLL_S)
        _content(answer)

    async def import_all(self, samples: tuple[Appeal, ...], now: datetime) -> None:
        """Import the past. Acts of enterprises go last: a withdrawal would end the acts of dispatch."""
        past = [act for appeal in samples for act in appeal.followed(now)]
        received = _in_order(appeal.registration(now) for appeal in samples)
        dispatched = _in_order(act for act in past if isinstance(act, dispatch_acts.PastAct))
        later = _in_order(act for act in past if not isinstance(act, dispatch_acts.PastAct))
        async with self._held("intake", "dispatch"):
            await self._import("intake", past_acts.Import(source=SOURCE, items=received))
            await self._until_dispatch_knows({str(appeal.appeal_id) for appeal in samples})
            await self._import("dispatch", dispatch_acts.Import(acts=dispatched))
            await self._import("intake", past_acts.Import(source=SOURCE, items=later))

    async def _import(self, service: str, body: Body) -> None:
        await self.ask("POST", service, "import", "importer", body)

    @asynccontextmanager
    async def _held(self, *services: str) -> AsyncIterator[None]:
        try:
            for service in services:
                await self.ask("PUT", service, "hold", "importer")
            yield
        finally:
            for service in services:
                await self.ask("DELETE", service, "hold", "importer")

    async def _until_dispatch_knows(self, ids: set[str]) -> None:
        for _ in range(int(HEARD_WITHIN_S / POLL_S)):
            heard = await self.ask("GET", "dispatch", "appeals?limit=500", "office")
            if ids <= {file["appeal_id"] for file in heard["items"]}:
                return
            await asyncio.sleep(POLL_S)
        raise SampleDataError(
            f"dispatch did not hear of the sample appeals within {HEARD_WITHIN_S:.0f} s: look at "
            f"{self._urls['dispatch']}/flow and at the broker, then start with an empty state folder"
        )

    async def act_after_judgement(self, appeal: Appeal) -> None:
        """Do the acts that follow a judgement; they are left out where it does not come within 20 s."""
        try:
            async with asyncio.timeout(JUDGED_WITHIN_S):
                for step in appeal.live:
                    while not await self._try_act(appeal.appeal_id, step):  # noqa: ASYNC110 - no event tells it
                        await asyncio.sleep(POLL_S)
        except TimeoutError:
            return

    async def _try_act(self, appeal_id: UUID, step: LiveStep) -> bool:
        """Do `step` if it is possible by now; whether it was done."""
        service = "dispatch" if step.act == "close" else "escalation"
        read = await self._send("GET", service, f"appeals/{appeal_id}", "office")
        if read.status_code in NOT_YET:
            return False
        request = _request_of(step, _content(read))
        if request is None:
            return False
        by, path, fields = request
        body = LiveBody(**fields, **(step.model_extra or {}))
        wrote = await self._send(
            "POST", service, f"appeals/{appeal_id}/{path}", by, body, read.headers["etag"]
        )
        if wrote.status_code not in NOT_YET:
            _content(wrote)
            return True
        return False


class LiveBody(Body):
    """The body of a live step; the service checks it."""

    model_config = ConfigDict(extra="allow")


def _request_of(step: LiveStep, case: dict[str, Any]) -> tuple[str, str, dict[str, str]] | None:
    """Account, path and fields of the request that does `step`; None while its card or lift is missing."""
    card = next(iter(case.get("cards", ())), None)
    lift = case.get("lift")
    match step.act:
        case "close":
            return "office", "closures", {}
        case "serve" if card:
            return "office", "cards/served", {"card_id": card["card_id"]}
        case "acknowledge" if card:
            return card["unit"], "cards/acknowledged", {"card_id": card["card_id"]}
        case "contest" if card:
            return card["unit"], "cards/appealed", {"card_id": card["card_id"]}
        case "instruct" if lift:
            return lift["acts"], "instructions", {}
        case "sign_off" if lift:
            return lift["acts"], "sign-off", {}
    return None


def _in_order(past: Iterable[Timed]) -> list[Timed]:
    return sorted(past, key=lambda act: act.occurred_at)


def _content(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise SampleDataError(
            f"{answer.request.method} {answer.request.url} refused the sample data "
            f"({answer.status_code}): {answer.text[:500]}"
        )
    return answer.json()
