"""Financing over HTTP for office, regulator and importer: banks, their records, complaints, past requests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Response
from sqlalchemy import text

from services.financing.banks.domain import report_past
from services.financing.complaints.document import ComplaintDocument
from services.financing.complaints.domain import decide
from services.financing.loans import acts, domain
from services.financing.loans.api import after
from services.financing.loans.document import LoanDocument, LoanState
from services.financing.loans.status import of_regulator
from services.financing.rules import pack_now
from services.financing.work import Work
from shared.database.locks import wait_for_name
from shared.roles import AccountRole
from shared.rules.pack.pack import Pack
from shared.service.errors import Conflict, HuyingError, NotFound
from shared.web.request import Called, Paged, Reading, Requested, json
from shared.web.writer import Answer

router = APIRouter(tags=["financing"])

Code = Annotated[str, Path(pattern=r"^[a-z0-9-]{2,20}$")]


@router.get("/banks")
async def banks(conn: Reading) -> Response:
    """The directory of banks."""
    rows = await conn.execute(text("select code, bank, version from banks order by code"))
    return json({"items": [{"code": row.code, **row.bank, "version": row.version} for row in rows]})


_ONE_AT_A_TIME = text("select " + wait_for_name("'bank ' || :code"))
_SAVE_BANK = text(
    """
    insert into banks (code, bank) values (:code, cast(:bank as jsonb))
    on conflict (code) do update set bank = excluded.bank, version = banks.version + 1
    returning version
    """
)


@router.put("/banks/{code}")
async def put_bank(code: Code, body: acts.BankBody, request: Requested) -> Response:
    """Write a bank; an existing one needs If-Match."""
    async with request.context.engine.begin() as conn:
        await conn.execute(_ONE_AT_A_TIME, {"code": code})
        query = text("select version from banks where code = :code")
        version = (await conn.execute(query, {"code": code})).scalar()
        if version is not None:
            request.check(version, needed=True)
        saved = await conn.execute(_SAVE_BANK, {"code": code, "bank": body.model_dump_json()})
        version = saved.scalar_one()
    request.context.wake()
    return json({"code": code, **body.model_dump(mode="json")}, etag=version)


_RECORD = text(
    """
    select d->>'deadline' as deadline, d->>'verdict' as verdict, d->>'met_at' is not null as met,
      count(*) as n
    from legs, jsonb_array_elements(deadlines) as d where bank = :bank group by 1, 2, 3 order by 1, 2, 3
    """
)
_STATES = text("select state, count(*) as n from legs where bank = :bank group by state order by state")


@router.get("/banks/{code}/record")
async def record(code: Code, conn: Reading, called: Called) -> Response:
    """What a bank did in time and what late, by deadline, and how its legs stand; a bank sees its own."""
    query = text("select bank->>'name' from banks where code = :code")
    name = (await conn.execute(query, {"code": code})).scalar()
    if name is None or (called.role is AccountRole.BANK and called.code != code):
        raise NotFound(f"没有代码为 {code} 的银行", f"no bank has the code {code}", "code")
    counts: dict[str, dict[str, int]] = {}
    for row in await conn.execute(_RECORD, {"bank": code}):
        its = counts.setdefault(row.deadline, {"open": 0, "met": 0, "overdue": 0, "void": 0, "met_late": 0})
        its[row.verdict] += row.n
        its["met_late"] += row.n if row.verdict == "overdue" and row.met else 0
    states = {row.state: row.n for row in await conn.execute(_STATES, {"bank": code})}
    return json(
        {"bank": code, "name": name, "legs": sum(states.values()), "states": states, "deadlines": counts}
    )


_OVERDUE = text(
    """
    select leg, case_id, bank, state, pushed_at, deadlines from legs
    where overdue and leg > :after order by leg limit :limit
    """
)


@router.get("/overdue")
async def overdue(conn: Reading, page: Paged) -> Response:
    """Bank legs with a deadline that passed and was not met since."""
    rows = await conn.execute(_OVERDUE, after(page))
    return page.answer([_overdue(row) for row in rows], "leg")


def _overdue(row: Any) -> dict[str, Any]:
    late = [one for one in row.deadlines if one["verdict"] == "overdue" and one["met_at"] is None]
    return {
        "leg": row.leg,
        "loan_id": row.case_id,
        "bank": row.bank,
        "state": row.state,
        "pushed_at": row.pushed_at,
        "overdue": [{"deadline": one["deadline"], "due_at": one["due_at"]} for one in late],
    }


_CASES = text(
    """
    select number, cast(file as text) as file from cases
    where what = 'loan' and number > :after order by number limit :limit
    """
)


@router.get("/cases")
async def cases(conn: Reading, page: Paged) -> Response:
    """All requests as last judged, in the shape in which escalation gives its cases."""
    loans = [LoanDocument.model_validate_json(row.file) for row in await conn.execute(_CASES, after(page))]
    return page.answer([_case(loan) for loan in loans], "registration_number")


def _case(loan: LoanDocument) -> dict[str, Any]:
    return {
        "appeal_id": loan.case_id,
        "registration_number": loan.number,
        "source_id": loan.source_id,
        "pack": loan.pack,
        "state": loan.judged_state,
        "rounds": 1 if loan.legs else 0,
        "cards_counted": 0,
        "lifted_at": None,
        "deadlines": [one.model_dump(mode="json") for one in loan.deadlines],
    }


_CONTACT = text("select file->'wish'->'contact' as contact from cases where case_id = :id and what = 'loan'")


@router.get("/requests/{loan_id}/contact")
async def contact(loan_id: UUID, conn: Reading) -> Response:
    """How the enterprise is reached, for the service that writes to it. Nothing of an imported request."""
    found = (await conn.execute(_CONTACT, {"id": loan_id})).one_or_none()
    if found is None:
        raise NotFound("没有这项融资需求", "no such loan request here", "loan_id")
    said = found.contact or {}
    return json({name: said.get(name) for name in ("phone", "email", "language")})


_COMPLAINTS = text(
    """
    select number, cast(file as text) as file from cases
    where what = 'complaint' and number > :after order by number limit :limit
    """
)


@router.get("/complaints")
async def complaints(conn: Reading, page: Paged) -> Response:
    """Complaints about banks, with their deadlines."""
    found = [
        ComplaintDocument.model_validate_json(row.file)
        for row in await conn.execute(_COMPLAINTS, after(page))
    ]
    return page.answer([of_regulator(one) for one in found], "number")


@router.get("/complaints/{complaint_id}")
async def complaint(complaint_id: UUID, conn: Reading) -> Response:
    """One complaint. Its ETag is what the decision names."""
    query = text("select cast(file as text) from cases where case_id = :id and what = 'complaint'")
    file = (await conn.execute(query, {"id": complaint_id})).scalar()
    if file is None:
        raise NotFound("没有这项投诉", "no such complaint here", "complaint_id")
    found = ComplaintDocument.model_validate_json(file)
    return json(of_regulator(found), etag=found.version)


@router.post("/complaints/{complaint_id}/decisions")
async def decide_complaint(complaint_id: UUID, body: acts.DecideComplaint, request: Requested) -> Response:
    """The regulator decides: finding and measures, the result for the enterprise, what the bank may see."""

    def do(desk: Work) -> Answer:
        found = desk.complaint(complaint_id).model_copy(deep=True)
        request.check(found.version, needed=True)
        desk.say(found, [decide(found, body, desk.at)])
        return Answer(orjson.dumps(of_regulator(found)).decode(), 200, str(found.version))

    return await request.write([complaint_id], do)


@router.post("/import")
async def import_(body: acts.ImportLoans, request: Requested) -> Response:
    """Past requests and what followed, all or none; for the importer alone, under a hold (`PUT /hold`)."""
    await request.require_hold()
    keys, zone, pack = set[Any](), request.context.zone, pack_now(request.context)
    for i, past in enumerate(body.items):
        with _naming(i):
            request.context.clock.check_import(past.occurred_at)
        keys.add(domain.imported_id(body.source, past.source_id))
        if isinstance(past, acts.PastLoan):
            keys.add(past.occurred_at.astimezone(zone).date())

    def do(desk: Work) -> Answer:
        done = []
        for i, past in enumerate(body.items):
            with _naming(i):
                loan = _bring_in(desk, body.source, past, pack, zone)
            done.append({"source_id": past.source_id, "registration_number": loan.number})
        return Answer(orjson.dumps({"items": done}).decode())

    return await request.write(keys, do)


def _bring_in(desk: Work, source: str, past: acts.AnyPastAct, pack: Pack, zone: Any) -> LoanDocument:
    loan_id, at = domain.imported_id(source, past.source_id), past.occurred_at
    if isinstance(past, acts.PastLoan):
        if loan_id in desk.cases:
            raise Conflict("该需求已导入", "this request was brought in already", "source_id")
        day = at.astimezone(zone).date()
        number = domain.registration_number(pack.prefix, day, desk.number(day))
        loan, said = domain.register_past(past, loan_id, number, pack, desk.banks)
        desk.say(loan, said)
        return loan
    if loan_id not in desk.cases:
        raise NotFound("该来源没有这项需求", "no request of this id came from this source", "source_id")
    loan = desk.loan(loan_id)
    if isinstance(past, acts.PastLoanWithdrawal):
        desk.say(loan, [domain.end(loan, LoanState.WITHDRAWN, at)])
    else:
        _report(desk, loan, past)
    return loan


def _report(desk: Work, loan: LoanDocument, past: acts.PastBankReport) -> None:
    answer, event = report_past(loan, past.state, past.evidence, past.occurred_at)
    if event is None:
        raise Conflict(answer.zh, answer.en, answer.field)
    desk.say(loan, [event])


@contextmanager
def _naming(i: int) -> Iterator[None]:
    """A refusal within says that it was about item `i`."""
    try:
        yield
    except HuyingError as refusal:
        refusal.field = f"items.{i}.{refusal.field}" if refusal.field else f"items.{i}"
        raise
