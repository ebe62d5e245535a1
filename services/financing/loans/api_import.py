"""Past loan requests over HTTP, for the importer."""

from typing import Any

import orjson
from fastapi import APIRouter, Response

from services.financing.answers import ImportedLoan
from services.financing.banks.domain import accept_past
from services.financing.loans import acts, domain
from services.financing.loans.document import LoanDocument
from services.financing.rules import pack_on
from services.financing.work import Work
from shared.service.errors import Conflict, NotFound
from shared.service.service import ServiceContext
from shared.states import LoanState
from shared.web.answers import Items
from shared.web.bodies import in_item
from shared.web.request import Writing
from shared.web.writer import Answer

router = APIRouter(tags=["financing"])


@router.post(
    "/import",
    summary="导入历史融资需求 / Import past loan requests",
    response_model=Items[ImportedLoan],
    responses={404: {}},
)
async def import_(body: acts.ImportLoans, request: Writing) -> Response:
    """Import past acts, all or none; for the importer alone, while judgement is held (`PUT /hold`)."""
    await request.require_hold()
    keys, context = set[Any](), request.context
    for i, act in enumerate(body.items):
        with in_item("items", i):
            context.clock.check_import(act.occurred_at)
        keys.add(domain.imported_id(body.source, act.source_id))
        if isinstance(act, acts.PastLoan):
            keys.add(act.occurred_at.astimezone(context.zone).date())

    def do(work: Work) -> Answer:
        items = []
        for i, act in enumerate(body.items):
            with in_item("items", i):
                loan = _bring_in(work, body.source, act, context)
            items.append({"source_id": act.source_id, "registration_number": loan.number})
        return Answer(orjson.dumps({"items": items}).decode())

    return await request.write(keys, do)


def _bring_in(work: Work, source: str, act: acts.AnyPastAct, context: ServiceContext) -> LoanDocument:
    loan_id = domain.imported_id(source, act.source_id)
    if isinstance(act, acts.PastLoan):
        if loan_id in work.cases:
            raise Conflict("该需求已导入", "this request was brought in already", "source_id")
        pack, day = pack_on(context, act.occurred_at), act.occurred_at.astimezone(context.zone).date()
        number = domain.registration_number(pack.prefix, day, work.next_number(day))
        loan, events = domain.register_past(act, loan_id, number, pack, work.banks)
        work.say(loan, events)
        return loan
    if loan_id not in work.cases:
        raise NotFound("该来源没有这项需求", "no request of this id came from this source", "source_id")
    loan = work.loan(loan_id)
    if isinstance(act, acts.PastLoanWithdrawal):
        work.say(loan, [domain.end(loan, LoanState.WITHDRAWN, act.occurred_at)])
    else:
        _report(work, loan, act)
    return loan


def _report(work: Work, loan: LoanDocument, act: acts.PastBankReport) -> None:
    receipt, event = accept_past(loan, act.state, act.evidence, act.occurred_at)
    if event is None:
        raise Conflict(receipt.zh, receipt.en, receipt.field)
    work.say(loan, [event])
