"""The banks' desk and reports over HTTP. A bank sees and answers its own legs and learns of no other."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Response
from sqlalchemy import text

from services.financing.contract import BankReport, PushedRequest, ReportOutcome, RequestWithdrawn
from services.financing.work import ReportKey, Work
from shared.service.errors import NotFound
from shared.web.request import Paged, RequestContext, Requested, json, no_cursor
from shared.web.writer import Answer

router = APIRouter(prefix="/bank", tags=["financing"])

Number = Annotated[str, Path(max_length=40)]
Leg = Annotated[int, Path(ge=1, le=999)]

_LEGS = """
    select l.leg, l.state, l.pushed_at, l.overdue, cast(l.deadlines as text) as deadlines,
      case when not exists (
        select 1 from bank_messages w where w.leg = l.leg and w.bank = l.bank and w.type = :withdrawal
      ) then m.body end as request
    from legs l left join bank_messages m on m.leg = l.leg and m.bank = l.bank and m.type = :request
    where l.bank = :bank and m.dropped_at is null
"""
_LIST = text(f"{_LEGS} and l.leg > :after order by l.leg limit :limit")
_ONE = text(f"{_LEGS} and l.leg = :leg")
_READ = text(
    """
    update bank_messages m set sent_at = :at from banks b
    where m.bank = :bank and m.leg = any(cast(:legs as text[])) and m.sent_at is null
      and m.dropped_at is null and b.code = m.bank and not b.bank->'ways' ?| array['kafka', 'webhook']
    """
)
_TOLD = text(
    """
    select type, occurred_at, body from bank_messages
    where bank = :bank and leg = :leg and type <> :request and dropped_at is null order by seq
    """
)
_RECEIPTS = text(
    """
    select cast(receipt as text) from reports where bank = :bank and leg = :leg
    order by reported_at, report_id
    """
)


@router.get("/requests")
async def requests(request: Requested, page: Paged) -> Response:
    """The bank's own legs by number, with what the enterprise asks; that is left out once it withdrew."""
    match page.after or [""]:
        case [str(after)]:
            pass
        case _:
            raise no_cursor()
    return page.answer(await _legs(request, _LIST, after=after, limit=page.limit + 1), "leg")


@router.get("/requests/{registration_number}/{leg}")
async def request(registration_number: Number, leg: Leg, request: Requested) -> Response:
    """One leg of the bank's own: what it was told, and what became of each of its reports."""
    found = await _legs(request, _ONE, leg=f"{registration_number}/{leg}")
    if not found:
        raise NotFound("本行没有这一笔需求", "this bank has no such leg", "leg")
    one, conn = found[0], request.context.reader.reading()
    values = {"bank": request.caller.code, "leg": one["leg"]}
    told = await conn.execute(_TOLD, values | {"request": PushedRequest.type})
    one["told"] = [
        {"type": row.type, "occurred_at": row.occurred_at, "data": orjson.Fragment(row.body)} for row in told
    ]
    one["receipts"] = [orjson.Fragment(row) for row in (await conn.execute(_RECEIPTS, values)).scalars()]
    return json(one)


async def _legs(request: RequestContext, query: Any, **values: Any) -> list[dict[str, Any]]:
    """Legs as the bank sees them; what it reads here has left."""
    bank = request.caller.code
    values |= {"bank": bank, "request": PushedRequest.type, "withdrawal": RequestWithdrawn.type}
    async with request.context.engine.begin() as conn:
        rows = (await conn.execute(query, values)).all()
        at = await request.context.clock.stamp(conn)
        await conn.execute(_READ, {"bank": bank, "at": at, "legs": [row.leg for row in rows]})
    return [
        dict(row)
        | {name: orjson.Fragment(row[name]) for name in ("deadlines", "request") if row[name] is not None}
        for row in rows
    ]


@router.post("/reports")
async def report(body: BankReport, request: Requested) -> Response:
    """Say how a leg stands. The answer is a receipt: 200 where it counts or was told before, else 409."""
    bank = request.caller.code
    assert bank is not None

    def do(desk: Work) -> Answer:
        receipt = desk.report(bank, body, desk.at, f"http:{request.caller.name}")
        return Answer(receipt.model_dump_json(), 409 if receipt.outcome is ReportOutcome.REFUSED else 200)

    return await request.write([body.leg, ReportKey(bank, body.report_id)], do)
