"""The desk of banks over HTTP: a bank sees and reports on its own legs, and learns of no other bank."""

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.financing.banks.answers import OwnLeg, OwnLegWithMessages, ToldFrom, UnreadReport
from services.financing.banks.desk import queries
from services.financing.banks.queries import ReportKey
from services.financing.banks.reporting import take_report
from services.financing.banks.signing.check import signed
from services.financing.banks.unrecorded import UnrecordedReport
from services.financing.contract import BankReport, PushedRequest
from services.financing.contract_receipts import ReportOutcome, ReportReceipt
from services.financing.readers import LoanFieldKind
from services.financing.work import Work
from shared.database.connection import Connection
from shared.service.errors import NotFound
from shared.web.answers import PageOf
from shared.web.paging import MOST, Paged, cursor, no_cursor, position
from shared.web.problems import MEDIA_TYPE
from shared.web.reads import put_on_record
from shared.web.request import RequestContext, Requested, Writing, json, service
from shared.web.status import NumberPath
from shared.web.writer import Answer

router = APIRouter(prefix="/bank", tags=["financing"])

Leg = Annotated[int, Path(ge=1, le=999)]
MOST_PLACE = 2**63


@router.get("/requests", summary="本行的融资需求 / List the bank's own legs", response_model=PageOf[OwnLeg])
async def requests(request: Requested, page: Paged, http_request: Request) -> Response:
    """The bank's own legs by number, with the request of each; without it once the enterprise withdrew."""
    match page.after or [""]:
        case [str(after)]:
            pass
        case _:
            raise no_cursor()
    bank = bank_of(request)
    legs = await _read(request, lambda conn: queries.legs(conn, bank, after=after, limit=page.limit + 1))
    await _record(http_request, [leg["leg"] for leg in legs[: page.limit] if leg["request"] is not None])
    return page.answer(legs, "leg")


@router.get(
    "/requests/{registration_number}/{leg}",
    summary="查看本行的一笔需求 / Read one of the bank's own legs",
    response_model=OwnLegWithMessages,
)
async def request(
    registration_number: NumberPath, leg: Leg, request: Requested, http_request: Request
) -> Response:
    """One of the bank's own legs: the messages about it, and the receipts of the bank's reports."""
    bank, number = bank_of(request), f"{registration_number}/{leg}"
    legs = await _read(request, lambda conn: queries.leg(conn, bank, number))
    if not legs:
        raise NotFound("本行没有这一笔需求", "this bank has no such leg", "leg")
    await _record(http_request, [number] if legs[0]["request"] is not None else [])
    conn = request.context.reader.reading()
    leg_messages = [
        {"type": row.type, "occurred_at": row.occurred_at, "data": orjson.Fragment(row.body)}
        for row in await queries.messages(conn, bank, number)
    ]
    receipts = [orjson.Fragment(receipt) for receipt in await queries.receipts(conn, bank, number)]
    return json(legs[0] | {"told": leg_messages, "receipts": receipts})


def bank_of(request: RequestContext) -> str:
    """The code of the bank that calls; accounts of banks have one."""
    assert request.caller.code is not None
    return request.caller.code


async def _read(
    request: RequestContext, query: Callable[[Connection], Awaitable[list[queries.ShownLeg]]]
) -> list[dict[str, Any]]:
    """Legs as the bank sees them. What a bank reads at its desk is marked as sent."""
    async with request.context.engine.begin() as conn:
        rows = await query(conn)
        at = await request.context.clock.stamp(conn)
        await queries.mark_read(conn, bank_of(request), [row.leg for row in rows], at)
    return [_shown(row) for row in rows]


def _shown(row: queries.ShownLeg) -> dict[str, Any]:
    """A leg, with the JSON in it as it is written."""
    written = {"deadlines": row.deadlines, "request": row.request}
    return row._asdict() | {
        name: orjson.Fragment(content) for name, content in written.items() if content is not None
    }


async def _record(request: Request, legs: Collection[str]) -> None:
    """Put on record that the bank reads whom to contact about the requests of these legs."""
    if legs:
        cases = await queries.cases_of(service(request).reader.reading(), legs)
        await put_on_record(request, cases, [LoanFieldKind.CONTACT.value], purpose="own_leg")


@router.get(
    "/messages",
    summary="窗口发给本行的消息 / List what the window told the bank",
    response_model=ToldFrom,
)
async def messages(
    request: Requested,
    http_request: Request,
    after: Annotated[str | None, Query(max_length=1000)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> Response:
    """All messages of the window to the bank in order, from the first or after a cursor: what a bank on Kafka
    reads on its topic `requests`. Keep the `after` of an answer and ask with it again; it does not expire.
    """
    place = _place(after)
    context, bank = request.context, bank_of(request)
    async with context.engine.begin() as conn:
        at = await context.clock.stamp(conn)
        rows = await queries.told_after(conn, bank, place, limit + 1)
        told_rows = rows[:limit]
        await queries.mark_told(conn, bank, [row.seq for row in told_rows], at)
    await _record(http_request, [row.leg for row in told_rows if row.type == PushedRequest.type])
    items = [
        {name: getattr(row, name) for name in ("message_id", "type", "leg", "occurred_at")}
        | {"data": orjson.Fragment(row.body)}
        for row in told_rows
    ]
    last = cursor([told_rows[-1].place]) if told_rows else after
    return json({"items": items, "after": last, "more": len(rows) > limit})


def _place(after: str | None) -> int:
    """The place in the messages that a cursor names. `Invalid` for one that no answer gave."""
    match position(after, "after"):
        case None:
            return 0
        case [int(place)] if not isinstance(place, bool) and 0 <= place < MOST_PLACE:
            return place
        case [str(), int()]:  # as it was until 2026-11-30: all messages again, which have the same ids
            return 0
    raise no_cursor("after")


@router.post(
    "/reports",
    summary="银行回报进展 / Report how a leg stands",
    response_model=ReportReceipt,
    responses={
        400: {"model": UnreadReport, "content": {MEDIA_TYPE: {}}},
        409: {"model": ReportReceipt},
        422: {"model": UnreadReport, "content": {MEDIA_TYPE: {}}},
    },
    dependencies=[Depends(signed)],
)
async def report(body: BankReport, request: Writing, http_request: Request) -> Response:
    """Report how a leg stands. The answer is a receipt: 200 if accepted now or before, else 409; where the
    report cannot be read, the refusal (400, 422) has the receipt that the same report gets on Kafka. Once
    the bank has a secret for its reports, they need a signature by Standard Webhooks 1.0 (else 401).
    """
    bank, source, raw = bank_of(request), f"http:{request.caller.name}", await http_request.body()

    def do(work: Work) -> Answer:
        receipt = take_report(work, bank, body, work.at, source)
        if receipt.outcome is not ReportOutcome.ACCEPTED:
            work.keep_unrecorded(UnrecordedReport(bank, source, work.at, receipt, raw))
        return Answer(receipt.model_dump_json(), 409 if receipt.outcome is ReportOutcome.REFUSED else 200)

    return await request.write([body.leg, ReportKey(bank, body.report_id)], do)
