"""What every service answers to those who run it: health, flow, figures, parked messages, clock and holds."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from pydantic import AfterValidator, AwareDatetime, BaseModel
from sqlalchemy import text

from shared.audit import reads
from shared.database.connection import ping
from shared.messaging import authors
from shared.roles import AUDITOR, EVERYBODY, IMPORTER, OPS, only
from shared.service.clock import DrivenClock
from shared.service.errors import Conflict, NotFound
from shared.web import parked
from shared.web.access import Access
from shared.web.answers import Items, PageOf
from shared.web.bodies import Body, Moment, clean
from shared.web.numbers import CaseName, id_to_filter_by
from shared.web.paging import Paged, no_cursor
from shared.web.request import Reading, json, service

HOLD = timedelta(minutes=5)
OPEN_METRICS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/openmetrics-text": {"schema": {"type": "string"}}}}
}
router = APIRouter(tags=["operation"])
ACCESS: Access = {
    "GET /health": EVERYBODY,
    "GET /ready": EVERYBODY,
    "GET /flow": only(OPS, IMPORTER),
    "GET /metrics": only(OPS),
    "GET /authors/{case_id}": only(OPS, AUDITOR),
    "GET /reads": only(AUDITOR),
    "GET /parked": only(OPS),
    "POST /parked/{parked_id}/redrive": only(OPS),
    "PUT /clock": only(IMPORTER),
    "PUT /hold": only(IMPORTER),
    "DELETE /hold": only(IMPORTER),
}
"""Who may call these routes, in every service."""


class Now(Body):
    """Where a driver moves the clock."""

    now: Moment


class Health(BaseModel):
    """A service that runs."""

    service: str
    status: Literal["ok"]


class Flow(BaseModel):
    """How far a service has come. `heard`: the least watermark of each topic, null until all have one."""

    service: str
    now: AwareDatetime
    unsent: int
    watermark: AwareDatetime | None
    heard: dict[str, AwareDatetime | None]
    parked: int


class Authored(BaseModel):
    """Whose act made an event. `account` is the account's name; null for an enterprise."""

    event_id: UUID
    type: str
    occurred_at: AwareDatetime
    role: str
    code: str | None
    account: str | None


class RecordedRead(BaseModel):
    """Who read personal data, from where and why, or was refused a case (`refused`).

    `kinds` of fields as docs/fields.md names them. `event_id` is that of the event which commits to it, null
    for a moment.
    """

    seq: int
    read_id: UUID
    at: AwareDatetime
    account: str
    role: str
    code: str | None
    address: str
    cases: list[UUID]
    kinds: list[str]
    refused: bool
    purpose: str | None
    reason: str | None
    route: str
    event_id: UUID | None


class Held(BaseModel):
    """Judgement is held at `hold_at`, at most until `hold_until`."""

    hold_at: AwareDatetime
    hold_until: AwareDatetime


class Released(BaseModel):
    """Judgement is held no more."""

    held: bool


@router.get("/health", summary="服务是否正常 / Whether the service runs", response_model=Health)
async def health(conn: Reading, request: Request) -> Response:
    """Answers 200 while the database answers and no task stands at one record or row for too long."""
    await ping(conn)
    service(request).standing.check()
    return json({"service": service(request).service.name, "status": "ok"})


@router.get("/ready", summary="服务能否受理请求 / Whether the service can serve", response_model=Health)
async def ready(conn: Reading, request: Request) -> Response:
    """Answers 200 while the service can serve requests: it runs and its database answers."""
    await ping(conn)
    return json({"service": service(request).service.name, "status": "ok"})


@router.get("/flow", summary="处理进度 / How far the service has come", response_model=Flow)
async def flow(conn: Reading, request: Request) -> Response:
    """How far this service has come: unsent events, its watermark, the least heard of each topic."""
    running = service(request)
    unsent = (await conn.execute(text("select count(*) from outbox where sent_at is null"))).scalar_one()
    rows = await conn.execute(
        text("select topic, count(*) as partitions, min(watermark) as upto from heard group by topic")
    )
    heard = {row.topic: row.upto if row.partitions == running.settings.partitions else None for row in rows}
    parked = (await conn.execute(text("select count(*) from parked where redriven_at is null"))).scalar_one()
    return json(
        {
            "service": running.service.name,
            "now": running.clock.now(),
            "unsent": unsent,
            "watermark": running.relay.upto,
            "heard": {topic: heard.get(topic) for topic in running.service.topics},
            "parked": parked,
        }
    )


@router.get(
    "/metrics",
    summary="运行指标 / Metrics for Prometheus",
    responses=OPEN_METRICS,
    response_class=PlainTextResponse,
)
async def metrics(request: Request) -> Response:
    """The service's figures as Prometheus reads them; with exemplars for one that asks for OpenMetrics."""
    running = service(request)
    metrics = running.telemetry.metrics
    await metrics.query_gauges(running.reader, running.clock.now())
    encode, kind = _encoder(request.headers.get("accept", ""))
    return Response(await asyncio.to_thread(encode, metrics.registry), headers={"content-type": kind})


def _encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    """Prometheus' encoder for an Accept header; its text format where a version there is no number."""
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):
        return choose_encoder("")


@router.get("/authors/{case_id}", summary="何人所办 / Who did what to a case", response_model=Items[Authored])
async def who_did(case_id: UUID, conn: Reading) -> Response:
    """By which accounts what this service said of a case was done."""
    rows = [author._asdict() for author in await authors.of_case(conn, case_id)]
    if not rows:
        raise NotFound("本服务没有该案件的办理人记录", "nobody did anything to this case here", "case_id")
    return json({"items": [{name: row[name] for name in Authored.model_fields} for row in rows]})


@router.get(
    "/reads", summary="何人查看了个人信息 / Who read personal data", response_model=PageOf[RecordedRead]
)
async def read_by(
    conn: Reading,
    page: Paged,
    request: Request,
    account: Annotated[str | None, AfterValidator(clean), Query(min_length=1, max_length=200)] = None,
    case_id: CaseName | None = None,
    refused: bool | None = None,
) -> Response:
    """Reads of personal data that this service answered, and cases that it refused (403), in order.

    `case_id`: of this case alone, by its number or id.
    """
    after = page.after[0] if page.after else 0
    if not isinstance(after, int):
        raise no_cursor()
    id_ = await id_to_filter_by(service(request), case_id)
    filters = {"account": account, "case_id": id_ and str(id_), "refused": refused}
    rows = await reads.listed(conn, after, page.limit + 1, filters)
    return page.answer([{**row, "refused": not row["kinds"]} for row in rows], "seq")


@router.put("/clock", summary="拨动时钟 / Move the driven clock", response_model=Now, responses={409: {}})
async def advance(body: Now, request: Request) -> Response:
    """Move the driven clock. A service on the wall clock refuses."""
    running = service(request)
    if not isinstance(running.clock, DrivenClock):
        raise Conflict(
            "本服务使用真实时钟，不能拨动", "this service follows the wall clock and cannot be driven"
        )
    running.clock.advance(body.now)
    running.wake()
    return json({"now": running.clock.now()})


@router.put("/hold", summary="暂停判定 / Hold judgement", response_model=Held)
async def hold(request: Request) -> Response:
    """Hold judgement at this moment while past cases are brought in; ends by DELETE, or after five minutes.

    Calling it again prolongs the hold and keeps its moment.
    """
    async with service(request).engine.begin() as conn:
        row = await conn.execute(
            text(
                """
                update relay set
                  hold_at = case when hold_until > clock_timestamp() then hold_at else clock_timestamp() end,
                  hold_until = clock_timestamp() + :length
                returning hold_at, hold_until
                """
            ),
            {"length": HOLD},
        )
        return json(dict(row.mappings().one()))


@router.delete("/hold", summary="恢复判定 / End the hold", response_model=Released)
async def release(request: Request) -> Response:
    """End the hold: judgement goes on."""
    async with service(request).engine.begin() as conn:
        await conn.execute(text("update relay set hold_at = null, hold_until = null"))
    service(request).wake()
    return json({"held": False})


router.routes.extend(parked.router.routes)
