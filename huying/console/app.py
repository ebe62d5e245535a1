"""The console's application: takes spans and serves pages. Every page needs an ops account.

Spans are accepted from programs of this machine only, and never from a page in a browser.
"""

import asyncio
import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from huying.console import otlp, redriving, views
from huying.console.alerts import Alerts
from huying.console.page_context import known_parameters
from huying.console.rendering import HEADERS, ROOT, STATIC, static
from huying.console.scraping import INTERVAL_S, MetricsScraper
from huying.console.store import Bounds, Store
from shared.service.accounts import Accounts
from shared.service.clock import Clock, WallClock
from shared.service.errors import Forbidden, HuyingError, NotFound
from shared.web import problems

FILE = "spans.db"
router = APIRouter(dependencies=[Depends(known_parameters)])


class Console:
    """The console of `huying up`, below /ops. `urls` are those of the services, `key` that of an ops account.

    It scrapes the services every `interval_s` seconds, and its live pages reload as often.
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
        self.scraper = MetricsScraper(urls, key, self.clock.now)
        self.alerts = Alerts()
        self.store = Store(state / FILE, self.clock.now, bounds)
        self.app = self._app()

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.include_router(router)
        app.include_router(views.router)
        app.include_router(redriving.router)
        problems.install(app)
        app.state.console = self
        return app

    async def run(self) -> None:
        """Scrape every `interval_s` seconds, until cancelled."""
        while True:
            await asyncio.gather(self.look(), asyncio.sleep(self.interval_s))

    async def look(self) -> None:
        """Scrape once, and check the alerts."""
        self.alerts.judge(await self.scraper.scrape(), self.scraper)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write the waiting spans."""
        await asyncio.to_thread(self.store.close)


@router.post("/v1/traces")
async def take_spans(request: Request) -> Response:
    """Take spans by OTLP over HTTP. Spans without room are dropped, counted, and answered as rejected."""
    if not _is_local(request):
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


def _is_local(request: Request) -> bool:
    """Whether a request comes from a program of this machine; a browser sends an `Origin` header."""
    host = request.client.host if request.client else ""
    try:
        return ipaddress.ip_address(host).is_loopback and "origin" not in request.headers
    except ValueError:
        return False


async def _body(request: Request) -> bytes:
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > otlp.LIMIT:
        raise otlp.too_large()
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > otlp.LIMIT:
            raise otlp.too_large()
    return bytes(body)


def _answer(kind: str, rejected: int) -> Response:
    answer = ExportTraceServiceResponse()
    if rejected:
        answer.partial_success.rejected_spans = rejected
        answer.partial_success.error_message = "no room, or no valid ids and times"
    if kind == otlp.PROTOBUF:
        return Response(answer.SerializeToString(), media_type=kind)
    content = f'{{"partialSuccess":{{"rejectedSpans":"{rejected}"}}}}' if rejected else "{}"
    return Response(content, media_type=kind)


@router.get("/health", include_in_schema=False)
async def health() -> Response:
    """That the console answers; no account is needed."""
    return Response("ok\n", media_type="text/plain")


@router.get("/{name}.{kind}", include_in_schema=False)
async def file(name: str, kind: str) -> Response:
    """The pages' style and script; they need no account."""
    file_name = f"{name}.{kind}"
    if file_name not in STATIC:
        raise NotFound("没有这个地址", f"nothing is here: the console begins at {ROOT}/")
    headers = {**HEADERS, "cache-control": "no-cache"}
    return Response(static(file_name), media_type=STATIC[file_name], headers=headers)
