"""The desk of banks over HTTP: a bank sees and reports on its own legs, and learns of no other bank."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Response

from services.financing.banks.answers import OwnLeg, OwnLegWithMessages
from services.financing.banks.desk import queries
from services.financing.banks.queries import ReportKey
from services.financing.banks.reporting import take_report
from services.financing.contract import BankReport
from services.financing.contract_receipts import ReportOutcome, ReportReceipt
from services.financing.work import Work
from shared.database.connection import Connection
from shared.service.errors import NotFound
from shared.web.answers import PageOf
from shared.web.request import Paged, RequestContext, Requested, Writing, json, no_cursor
from shared.web.status import NumberPath
from shared.web.writer import Answer

router = APIRouter(prefix="/bank", tags=["financing"])

Leg = Annotated[int, Path(ge=1, le=999)]


@router.get("/requests", summary="本行的融资需求 / List the bank's own legs", response_model=PageOf[OwnLeg])
async def requests(request: Requested, page: Paged) -> Response:
    """The bank's own legs by number, with the request of each; without it once the enterprise withdrew."""
    match page.after or [""]:
        case [str(after)]:
            pass
        case _:
            raise no_cursor()
    bank = _bank(request)
    legs = await _read(request, lambda conn: queries.legs(conn, bank, after=after, limit=page.limit + 1))
    return page.answer(legs, "leg")


@router.get(
    "/requests/{registration_number}/{leg}",
    summary="查看本行的一笔需求 / Read one of the bank's own legs",
    response_model=OwnLegWithMessages,
)
async def request(registration_number: NumberPath, leg: Leg, request: Requested) -> Response:
    """One of the bank's own legs: the messages about it, and the receipts of the bank's reports."""
    bank, number = _bank(request), f"{registration_number}/{leg}"
    legs = await _read(request, lambda conn: queries.leg(conn, bank, number))
    if not legs:
        raise NotFound("本行没有这一笔需求", "this bank has no such leg", "leg")
    conn = request.context.reader.reading()
    messages = [
        {"type": row.type, "occurred_at": row.occurred_at, "data": orjson.Fragment(row.body)}
        for row in await queries.messages(conn, bank, number)
    ]
    receipts = [orjson.Fragment(receipt) for receipt in await queries.receipts(conn, bank, number)]
    return json(legs[0] | {"told": messages, "receipts": receipts})


def _bank(request: RequestContext) -> str:
    """The code of the bank that calls; accounts of banks have one."""
    assert request.caller.code is not None
    return request.caller.code


async def _read(
    request: RequestContext, query: Callable[[Connection], Awaitable[list[Any]]]
) -> list[dict[str, Any]]:
    """Legs as the bank sees them. What a bank reads at its desk is marked as sent."""
    async with request.context.engine.begin() as conn:
        rows = await query(conn)
        at = await request.context.clock.stamp(conn)
        await queries.mark_read(conn, _bank(request), [row.leg for row in rows], at)
    return [
        dict(row)
        | {name: orjson.Fragment(row[name]) for name in ("deadlines", "request") if row[name] is not None}
        for row in rows
    ]


@router.post(
    "/reports",
    summary="银行回报进展 / Report how a leg stands",
    response_model=ReportReceipt,
    responses={409: {"model": ReportReceipt}},
)
async def report(body: BankReport, request: Writing) -> Response:
    """Report how a leg stands. The answer is a receipt: 200 if accepted now or before, else 409."""
    bank = _bank(request)

    def do(work: Work) -> Answer:
        receipt = take_report(work, bank, body, work.at, f"http:{request.caller.name}")
        return Answer(receipt.model_dump_json(), 409 if receipt.outcome is ReportOutcome.REFUSED else 200)

    return await request.write([body.leg, ReportKey(bank, body.report_id)], do)
