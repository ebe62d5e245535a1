"""A bank's statement of one day, for the bank itself and for the office: what both sides compare."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.financing.banks.api import BankCodePath
from services.financing.banks.desk.api import bank_of
from services.financing.banks.statement import queries, writing
from services.financing.banks.statement.answers import Statement
from services.financing.banks.statement.domain import Day, day_of
from services.financing.banks.statement.queries import Span
from shared.service.errors import NotFound
from shared.web.bodies import Shape
from shared.web.request import RequestContext, Requested

router = APIRouter(tags=["financing"])

CSV, JSON = "text/csv", "application/json"
StatementDay = Annotated[
    str,
    Query(json_schema_extra={"format": "date"}),
    Shape(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "日期写作 2026-02-13", "write a day like 2026-02-13"),
]
StatementFormat = Annotated[Literal["csv", "json"] | None, Query()]
_ANSWERS: dict[int | str, dict[str, Any]] = {200: {"content": {CSV: {"schema": {"type": "string"}}}}}


@router.get(
    "/bank/statement",
    summary="本行的日终对账单 / The bank's statement of a day",
    response_model=Statement,
    responses=_ANSWERS | {404: {}},
)
async def statement(
    date: StatementDay, request: Requested, http_request: Request, format: StatementFormat = None
) -> Response:
    """The statement of a day of the city, as CSV where `format` or Accept says so.

    Every leg with its state at the end of the day, the reports that came with the codes of their receipts,
    the messages that left, and the sums.
    """
    return await _answer(request, bank_of(request), date, _is_csv(http_request, format))


@router.get(
    "/banks/{code}/statement",
    summary="银行的日终对账单 / A bank's statement of a day",
    response_model=Statement,
    responses=_ANSWERS,
)
async def statement_of(
    code: BankCodePath,
    date: StatementDay,
    request: Requested,
    http_request: Request,
    format: StatementFormat = None,
) -> Response:
    """The same statement as the bank gets, for the office."""
    return await _answer(request, code, date, _is_csv(http_request, format))


def _is_csv(request: Request, format: str | None) -> bool:
    """Whether CSV is asked for: by `format`, else by what Accept names first."""
    if format is not None:
        return format == "csv"
    kinds = [part.partition(";")[0].strip() for part in request.headers.get("accept", "").lower().split(",")]
    return next((kind for kind in kinds if kind in (CSV, JSON)), JSON) == CSV


async def _answer(request: RequestContext, bank: str, date: str, is_csv: bool) -> Response:
    context, conn = request.context, request.context.reader.reading()
    day = day_of(date, context.zone, context.clock.now())
    entry = await queries.bank(conn, bank)
    if entry is None:
        raise NotFound(f"没有代码为 {bank} 的银行", f"no bank has the code {bank}", "code")
    horizon = await context.clock.horizon(conn)
    span = Span(bank, day.since, min(day.before, horizon))
    read_upto = horizon if entry.complete_upto is None else entry.complete_upto
    head = _head(bank, entry.name, str(context.zone), day)
    head |= {"upto": span.before, "complete": min(horizon, read_upto) >= day.before}
    sections = {
        "legs": queries.legs(conn, span),
        "reports": queries.reports(conn, span),
        "messages": queries.messages(conn, span),
    }
    headers = {"vary": "Accept"}
    if not is_csv:
        return StreamingResponse(writing.as_json(head, sections), headers=headers, media_type=JSON)
    headers["content-disposition"] = f'attachment; filename="statement-{bank}-{day.on}.csv"'
    return StreamingResponse(writing.as_csv(sections, context.zone), headers=headers, media_type=CSV)


def _head(bank: str, name: str, zone: str, day: Day) -> dict[str, Any]:
    return {
        "bank": bank,
        "name": name,
        "date": day.on,
        "zone": zone,
        "since": day.since,
        "before": day.before,
    }
