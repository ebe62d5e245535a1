"""The pages that read: service map, traces, figures, progress."""

import re
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from huying.console import board, drawing, queries, waterfall
from huying.console.page_context import Lang, console, from_store, known_parameters, operator, render
from huying.console.rendering import address, length_of
from huying.console.scraping import CHARTS, DELAY
from huying.console.words import say, service_name
from shared.service.errors import Invalid, NotFound
from shared.web.bodies import midnight_as_00
from shared.web.paging import LARGEST

AT_ONCE = 300
"""The most spans of one trace on a page."""
LATELY = timedelta(minutes=5)
IDLE_WATERMARK_S = 300
router = APIRouter(
    dependencies=[Depends(operator), Depends(known_parameters)], default_response_class=HTMLResponse
)


@router.get("/")
async def overview(request: Request, lang: Lang = "zh") -> Response:
    """The service map with rates and errors, and the alerts."""
    here = console(request)
    since = int((here.clock.now() - LATELY).timestamp() * 1e9)
    nodes, edges, outside = await from_store(
        request,
        lambda conn: (queries.nodes(conn, since), queries.edges(conn, since), queries.calls_out(conn, since)),
    )
    boxes = board.service_boxes(
        here.scraper,
        here.alerts,
        {row["service"]: row for row in nodes},
        lambda code: service_name(code, lang),
    )
    codes = [box.code for box in boxes]
    outside = [call for call in outside if call[1] not in codes]
    others = list(dict.fromkeys(call[1] for call in outside))
    maps = [drawing.service_map(codes, others, [*edges, *outside], narrow=narrow) for narrow in (False, True)]
    return render(
        request,
        "map",
        lang,
        boxes=[*boxes, *(board.Box(code, code, False, "other") for code in others)],
        wide=maps[0],
        narrow=maps[1],
        current=sorted(here.alerts.current.values(), key=lambda alert: (not alert.firing, alert.since)),
        past=list(here.alerts.past)[:20],
        counts=here.store.counts,
    )


@router.get("/traces")
async def traces(
    request: Request,
    lang: Lang = "zh",
    number: Annotated[str, Query(max_length=100)] = "",
    service: Annotated[str, Query(max_length=100)] = "",
    name: Annotated[str, Query(max_length=100)] = "",
    failed: Annotated[str, Query(max_length=1)] = "",
    longer: Annotated[str, Query(max_length=20)] = "",
    since: Annotated[str, Query(max_length=40)] = "",
    until: Annotated[str, Query(max_length=40)] = "",
    before: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """The newest traces that fit the query."""
    trace_filter = queries.TraceFilter(
        number=number.strip().upper(),
        service=service,
        name=name.strip(),
        failed=bool(failed),
        longer_ms=_milliseconds(longer),
        since_ns=_moment(request, "since", since),
        until_ns=_moment(request, "until", until),
        before=_position(before),
    )
    matching, services = await from_store(
        request, lambda conn: (queries.traces(conn, trace_filter), queries.services(conn))
    )
    query = {
        "number": trace_filter.number,
        "service": service,
        "name": trace_filter.name,
        "failed": failed,
        "longer": longer,
        "since": since,
        "until": until,
    }
    items = matching[: trace_filter.limit]
    last = f"{items[-1]['start_ns']}-{items[-1]['trace_id']}" if len(matching) > trace_filter.limit else ""
    older = address("traces", lang, **query, before=last) if last else ""
    return render(request, "traces", lang, traces=items, services=services, asked=query, older=older)


@router.get("/traces/{trace_id}")
async def trace(
    request: Request,
    trace_id: Annotated[str, Path(max_length=64)],
    lang: Lang = "zh",
    start: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
) -> Response:
    """One trace as a waterfall, with the traces linked to it."""
    content = await from_store(request, lambda conn: _trace(conn, trace_id.lower(), start))
    if content is None:
        words = [f"{say('no_trace', name)}：{say('no_trace_hint', name)}" for name in ("zh", "en")]
        raise NotFound(words[0], words[1].replace("：", ": "))
    return render(
        request, "traces", lang, template="trace", path=f"traces/{trace_id}", start=start, **content
    )


def _trace(conn: Connection, trace_id: str, start: int) -> dict[str, Any] | None:
    whole = queries.trace(conn, trace_id)
    if whole is None:
        return None
    all_rows = waterfall.rows(queries.spans(conn, trace_id))
    rows = all_rows[start : start + AT_ONCE]
    details = queries.details(conn, trace_id, [row.span_id for row in rows])
    causes, effects = queries.linked(conn, trace_id)
    return {
        "trace": whole,
        "rows": rows,
        "total": len(all_rows),
        "details": {span_id: _detail(text) for span_id, text in details.items()},
        "links": queries.links_of(conn, trace_id),
        "parts": queries.parts(conn, trace_id),
        "numbers": queries.numbers(conn, trace_id),
        "causes": causes,
        "effects": effects,
    }


def _detail(text: str) -> dict[str, Any]:
    return {"message": "", "events": [], **orjson.loads(text)}


@router.get("/figures")
async def figures(request: Request, lang: Lang = "zh") -> Response:
    """The charts of the last hour."""
    here = console(request).scraper
    samples = list(here.ring)  # the next scrape adds one while the thread draws
    times = [sample.at for sample in samples]
    charts = await run_in_threadpool(
        lambda: [(metric, drawing.chart(here.lines(metric, samples), times)) for metric in CHARTS]
    )
    return render(request, "figures", lang, charts=charts)


@router.get("/progress")
async def progress(request: Request, lang: Lang = "zh") -> Response:
    """Lag, watermarks and judgement of every partition."""
    here = console(request).scraper

    def length(seconds: float) -> str:
        return length_of(seconds * 1e9) if seconds > 0 else "0"

    return render(
        request,
        "progress",
        lang,
        lag=board.lag(here, length),
        watermarks=board.ages(here, "huying_watermark_age_seconds", length, IDLE_WATERMARK_S),
        delay=board.ages(here, DELAY, length, IDLE_WATERMARK_S),
    )


def _milliseconds(text: str) -> float:
    try:
        milliseconds = float(text or 0)
    except ValueError:
        milliseconds = -1
    if not 0 <= milliseconds <= 1e12:
        raise Invalid("耗时应为毫秒数", "write how long in milliseconds, like 250", "longer")
    return milliseconds


def _moment(request: Request, name: str, text: str) -> int | None:
    """A time as the browser writes it, in the city's zone, in nanoseconds."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(midnight_as_00(text))
        return (
            int((at if at.tzinfo else at.replace(tzinfo=console(request).zone)).timestamp()) * 1_000_000_000
        )
    except (ValueError, OverflowError) as error:
        raise Invalid("时间格式应如 2026-02-13T10:00", "write a time like 2026-02-13T10:00", name) from error


def _position(text: str) -> tuple[int, str] | None:
    if not text:
        return None
    match = re.fullmatch(r"([0-9]{1,19})-([0-9a-f]{32})", text)
    if match is None or int(match[1]) > LARGEST:
        raise Invalid("翻页位置无效", "this position is none of ours: start without one", "before")
    return int(match[1]), match[2]
