"""The console as an application: spans in, pages out. Everything but the way in asks for an ops account.

Spans are taken from this machine alone, and never from a page in a browser.
"""

import asyncio
import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from huying.console import otlp, reading, redriving
from huying.console.alerts import Alerts
from huying.console.figures import INTERVAL_S, Figures
from huying.console.shown import HEADERS, ROOT, STATIC, static
from huying.console.store import Bounds, Store
from shared.service.accounts import Accounts
from shared.service.clock import Clock, WallClock
from shared.service.errors import Forbidden, HuyingError, NotFound
from shared.web import problems

FILE = "spans.db"
router = APIRouter()


class Console:
    """What `huying up` shows of itself, below /ops. `urls` are the services', `key` an ops account's.

    It scrapes the services every `interval_s` seconds, and its pages of what is now are renewed as often.
    """

    def __init__(
        self,
        state: Path,
        urls: Mapping[str, str],
        key: str,
        accounts: Accounts,
        *,
        zone: str = "Asia/Shanghai",
        clock: Clock | None = None,
        bounds: Bounds | None = None,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self.clock = clock or WallClock()
        self.accounts = accounts
        self.zone = ZoneInfo(zone)
        self.interval_s = interval_s
        self.figures = Figures(urls, key, self.clock.now)
        self.alerts = Alerts()
        self.store = Store(state / FILE, self.clock.now, bounds)
        self.app = self._app()

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.include_router(router)
        app.include_router(reading.router)
        app.include_router(redriving.router)
        problems.install(app)
        app.state.console = self
        return app

    async def run(self) -> None:
        """Look at the services every few seconds, until cancelled."""
        while True:
            await asyncio.gather(self.look(), asyncio.sleep(self.interval_s))

    async def look(self) -> None:
        """Scrape once, and judge the conditions."""
        self.alerts.judge(await self.figures.scrape(), self.figures)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write the spans that wait."""
        await asyncio.to_thread(self.store.close)


@router.post("/v1/traces")
async def take(request: Request) -> Response:
    """Spans by OTLP over HTTP. Those that find no room are dropped, counted, and told as rejected."""
    if not _is_near(request):
        raise Forbidden("仅接受本机程序提交", "spans are taken from programs of this machine alone")
    try:
        body = await _body(request)
        encoding = request.headers.get("content-encoding", "").strip().lower()
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        received = await run_in_threadpool(lambda: otlp.decoded(otlp.unpacked(body, encoding), kind))
    except HuyingError as refusal:
        return problems.from_error(refusal)
    store: Store = request.app.state.console.store
    store.counts.refused += received.refused
    return _answer(kind, received.refused + store.offer(received.spans))


def _is_near(request: Request) -> bool:
    """Browsers name an `Origin` with whatever a page sends."""
    host = request.client.host if request.client else ""
    try:
        return ipaddress.ip_address(host).is_loopback and "origin" not in request.headers
    except ValueError:
        return False


async def _body(request: Request) -> bytes:
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > otlp.LIMIT:
        raise otlp.too_large()
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > otlp.LIMIT:
            raise otlp.too_large()
    return bytes(found)


def _answer(kind: str, rejected: int) -> Response:
    answer = ExportTraceServiceResponse()
    if rejected:
        answer.partial_success.rejected_spans = rejected
        answer.partial_success.error_message = "no room, or no valid ids and times"
    if kind == otlp.PROTOBUF:
        return Response(answer.SerializeToString(), media_type=kind)
    told = f'{{"partialSuccess":{{"rejectedSpans":"{rejected}"}}}}' if rejected else "{}"
    return Response(told, media_type=kind)


@router.get("/{name}.{kind}", include_in_schema=False)
async def file(name: str, kind: str) -> Response:
    """The pages' style and script; they tell nothing, and ask for no account."""
    wanted = f"{name}.{kind}"
    if wanted not in STATIC:
        raise NotFound("没有这个地址", f"nothing is here: the console begins at {ROOT}/")
    headers = {**HEADERS, "cache-control": "no-cache"}
    return Response(static(wanted), media_type=STATIC[wanted], headers=headers)
