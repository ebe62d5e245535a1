"""`huying up --sandbox`: a city whose time its banks move ahead, so that they can try what takes days.

Its clocks go on like any other, from the moment to which they were moved last.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Self

import httpx
import yaml
from fastapi import APIRouter, Depends, FastAPI, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from huying.local.accounts import KEYS
from huying.local.errors import EmbeddedError
from huying.replay.driver import Driver, ReplayFailed
from shared.files import strict_yaml
from shared.roles import AccountRole
from shared.service.accounts import Accounts
from shared.service.clock import TICK, WallClock
from shared.service.errors import Forbidden, Invalid, Unauthorized, Unavailable
from shared.web import problems
from shared.web.access import out_of_scope
from shared.web.bodies import wrong

FILE = "sandbox.yaml"
"""In the state folder of a sandbox: how far its time is ahead, in seconds."""
SANDBOX = "sandbox"
"""The path of the sandbox's clock, beside those of the services."""
TICK_S = 0.5
STEP = timedelta(hours=6)
"""What falls due within a step is judged before the next one: what follows from it comes in its own time."""
FARTHEST = timedelta(days=92)
"""Of one move."""
PATIENCE_S = 60.0
ANSWER_S = 30.0
MAY_MOVE = (AccountRole.BANK, AccountRole.OFFICE, AccountRole.OPS)
router = APIRouter()


class Now(BaseModel):
    """Where the clocks of the sandbox stand."""

    now: AwareDatetime


class Move(BaseModel):
    """Where to move the clocks: to a moment, or so many hours ahead; never back."""

    model_config = ConfigDict(extra="forbid")

    to: AwareDatetime | None = None
    hours: Annotated[float, Field(gt=0, le=FARTHEST / timedelta(hours=1))] | None = None

    @model_validator(mode="after")
    def names_one_moment(self) -> Self:
        """An error in both languages unless exactly one is given."""
        if (self.to is None) == (self.hours is None):
            raise wrong("请填写 to 或 hours，只填一项", "give either `to` or `hours`", "hours")
        return self


class Sandbox:
    """The time of one sandbox. `key` may drive the clocks of the services at `urls`.

    `stands_at` is the moment at which all clocks are at least.
    """

    def __init__(self, state: Path, urls: Mapping[str, str], key: str, accounts: Accounts) -> None:
        self.accounts = accounts
        self._file, self._ahead = state / FILE, read_ahead(state)
        self._urls = urls
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        self._moving = asyncio.Lock()
        self.stands_at = self._now()
        self.app = FastAPI(title="Huying: the clock of a sandbox", docs_url=None, redoc_url=None)
        self.app.include_router(router)
        self.app.state.sandbox = self
        problems.install(self.app)

    def _now(self) -> datetime:
        return WallClock().now() + self._ahead

    async def run(self) -> None:
        """Let the clocks go on, until cancelled. A service that is away is moved when it is back."""
        async with httpx.AsyncClient(headers=self._headers, timeout=ANSWER_S) as http:
            while True:
                async with self._moving:
                    moment = self._now()
                    body = Now(now=moment).model_dump(mode="json")
                    for url in self._urls.values():
                        with contextlib.suppress(httpx.HTTPError):
                            await http.put(f"{url}/clock", json=body)
                    self.stands_at = moment
                await asyncio.sleep(TICK_S)

    async def move(self, move: Move) -> datetime:
        """Move the clocks step by step; returns where they stand then.

        Raises `Invalid` for a moment that is over or too far, `Unavailable` where a service does not follow.
        """
        async with self._moving:
            to = move.to or self._now() + timedelta(hours=move.hours or 0)
            if not self._now() < to <= self._now() + FARTHEST:
                raise Invalid(
                    f"只能向前拨，一次最多 {FARTHEST.days} 天",
                    f"the clocks only move ahead, by {FARTHEST.days} days at most in one move",
                    "to",
                )
            async with httpx.AsyncClient(headers=self._headers, timeout=ANSWER_S) as http:
                driver = Driver(http, self._urls, PATIENCE_S)
                while self._now() < to:
                    await self._step(driver, min(self._now() + STEP, to))
        return self.stands_at

    async def _step(self, driver: Driver, moment: datetime) -> None:
        self._ahead, self.stands_at = moment - WallClock().now(), moment
        write_ahead(self._file.parent, self._ahead)
        try:
            for service in self._urls:
                await driver.advance(service, moment)
            for service in self._urls:
                await driver.heard(service, None, moment - TICK)
        except ReplayFailed as error:
            raise Unavailable(
                "服务未能跟上时钟，请稍后再试", f"a service does not follow: {error}"
            ) from error


def read_ahead(state: Path) -> timedelta:
    """How far the sandbox of this state folder is ahead."""
    file = state / FILE
    return timedelta(seconds=float(strict_yaml.values(file)["ahead_s"])) if file.exists() else timedelta()


def write_ahead(state: Path, ahead: timedelta) -> None:
    """Keep how far the sandbox is ahead, for its next start."""
    (state / FILE).write_text(yaml.safe_dump({"ahead_s": f"{ahead.total_seconds():.6f}"}), "utf-8")


def sandbox_settings(state: Path) -> dict[str, object]:
    """Settings of services whose clocks stand where this sandbox is, until they are moved."""
    if not (state / FILE).exists():
        write_ahead(state, timedelta())
    return {"clock": "driven", "clock_starts_at": WallClock().now() + read_ahead(state)}


def check_sandbox(state: Path, *, sandbox: bool) -> None:
    """EmbeddedError where the folder holds a city of the other kind: its times would contradict the clock."""
    is_sandbox = (state / FILE).exists()
    if (state / KEYS).exists() and is_sandbox != sandbox:
        holds, start = ("a sandbox", "with") if is_sandbox else ("a city on the real clock", "without")
        raise EmbeddedError(
            f"The state folder {state} holds {holds}: start it {start} --sandbox, "
            "or choose another: huying up --state FOLDER"
        )


def sandbox_of(request: Request) -> Sandbox:
    """The sandbox. Raises `Unauthorized` and `Forbidden` for a caller that may not use its clock."""
    sandbox: Sandbox = request.app.state.sandbox
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    caller = sandbox.accounts.caller(key if scheme.lower() == "bearer" else None)
    if caller.role is None:
        raise Unauthorized("请提供 API 密钥", "show an API key", "Authorization")
    if caller.scopes is not None:
        raise out_of_scope()
    if caller.role not in MAY_MOVE:
        raise Forbidden("沙箱时钟供银行和营商环境办使用", "the clock is for banks and the office")
    return sandbox


Called = Annotated[Sandbox, Depends(sandbox_of)]


@router.get("/clock", summary="沙箱时钟 / The clock of the sandbox")
async def read_clock(sandbox: Called) -> Now:
    """Where the clocks stand."""
    return Now(now=sandbox.stands_at)


@router.post("/clock", summary="拨动沙箱时钟 / Move the clock of the sandbox")
async def move_clock(body: Move, sandbox: Called) -> Now:
    """Move the clocks of the whole sandbox ahead; answered when all services have come there."""
    return Now(now=await sandbox.move(body))
