"""Complaints about banks over HTTP: from the enterprise or the window to the regulator."""

import secrets
from uuid import UUID, uuid4

import orjson
from fastapi import APIRouter, Response

from services.financing.answers import (
    FiledComplaint,
    FiledComplaintWithCode,
    RegulatorComplaint,
    ShownComplaint,
)
from services.financing.complaints import acts, queries
from services.financing.complaints.domain import complain, complain_alone, decide
from services.financing.complaints.views import for_enterprise, for_regulator
from services.financing.loans.api_office import part
from services.financing.loans.api_status import opened
from services.financing.loans.domain import registration_number
from services.financing.readers import FIELDS
from services.financing.rules import pack_on
from services.financing.work import Work
from shared.service.errors import NotFound
from shared.service.receipts import CHANCE_BYTES, opens, receipt_code, receipt_hash
from shared.web.answers import PageOf
from shared.web.openapi import VERSIONED
from shared.web.paging import Paged
from shared.web.request import Called, Deciding, Reading, Requested, WriteContext, Writing, json
from shared.web.status import CodeHeader, NumberPath
from shared.web.writer import Answer

router = APIRouter(tags=["financing"])


@router.post(
    "/requests/{loan_id}/complaints",
    summary="窗口代为投诉金融机构 / File a complaint at the window",
    response_model=FiledComplaint,
    status_code=201,
)
async def complain_at_window(loan_id: UUID, body: acts.Complain, request: Writing) -> Response:
    """The window files a complaint about a bank or another institution; it goes to the regulator."""
    return await _complain(request, loan_id, body)


@router.post(
    "/status/{registration_number}/complaints",
    summary="企业投诉金融机构 / File a complaint as the enterprise",
    response_model=FiledComplaint,
    status_code=201,
)
async def complain_by_enterprise(
    registration_number: NumberPath, receipt_code: CodeHeader, body: acts.Complain, request: Writing
) -> Response:
    """The enterprise complains about an unreasonable demand of an institution; it goes to the regulator."""
    loan = await opened(request.context.reader.reading(), registration_number, receipt_code)
    return await _complain(request, loan.case_id, body)


async def _complain(request: WriteContext, loan_id: UUID, body: acts.Complain) -> Response:
    complaint_id = uuid4()
    by = request.caller.name if request.caller.role else "enterprise"

    def do(work: Work) -> Answer:
        loan = work.loan(loan_id).model_copy(deep=True)
        pack = pack_on(request.context, work.at)
        complaint, event = complain(loan, body, complaint_id, work.at, by, pack.ref, work.banks)
        work.keep(loan)
        work.say(complaint, [event])
        answer = {"complaint_id": complaint_id, "complaint": complaint.number, "bank": complaint.bank}
        return Answer(orjson.dumps(answer).decode(), 201)

    return await request.write([loan_id], do)


@router.post(
    "/complaints",
    summary="窗口登记对金融机构的投诉 / File a complaint without a loan request",
    response_model=FiledComplaintWithCode,
    status_code=201,
)
async def complain_without_request(body: acts.ComplainAtWindow, request: Writing) -> Response:
    """A complaint about any institution, without a loan request. Only this answer holds the receipt code."""
    complaint_id, code, zone = uuid4(), receipt_code(secrets.token_bytes(CHANCE_BYTES)), request.context.zone

    def do(work: Work) -> Answer:
        pack, day = pack_on(request.context, work.at), work.at.astimezone(zone).date()
        number = registration_number(pack.prefix, day, work.last_numbers[day] + 1)
        complaint, event = complain_alone(
            body,
            complaint_id,
            number,
            work.at,
            request.caller.name,
            pack.ref,
            receipt_hash(code),
            work.banks,
        )
        work.next_number(day)
        work.say(complaint, [event])
        answer = {
            "complaint_id": complaint_id,
            "complaint": number,
            "bank": complaint.bank,
            "receipt_code": code,
        }
        return Answer(orjson.dumps(answer).decode(), 201)

    return await request.write([zone], do)


@router.get(
    "/status/{registration_number}/complaint",
    summary="凭回执码查询投诉 / Read a complaint by its receipt code",
    response_model=ShownComplaint,
    responses=VERSIONED,
)
async def complaint_status(
    registration_number: NumberPath, receipt_code: CodeHeader, conn: Reading, request: Requested
) -> Response:
    """How a complaint without a loan request stands, for whoever has its receipt code."""
    complaint = await queries.complaint_numbered(conn, registration_number)
    if not opens(receipt_code, complaint.receipt_hash if complaint else None) or complaint is None:
        raise NotFound(
            "编号或回执码不符，请核对",
            "no complaint has this number and receipt code: check both",
            "registration_number",
        )
    return json(for_enterprise(complaint, request.context.zone), etag=complaint.version)


@router.get("/complaints", summary="投诉列表 / List complaints", response_model=PageOf[RegulatorComplaint])
async def complaints(conn: Reading, called: Called, page: Paged) -> Response:
    """Complaints about financial institutions, with their deadlines."""
    known = await queries.complaints(conn, **part(page))
    rows = [FIELDS.shown(for_regulator(complaint), called.role) for complaint in known]
    return page.answer(rows, "number")


@router.get(
    "/complaints/{complaint_id}",
    summary="查看投诉 / Read a complaint",
    response_model=RegulatorComplaint,
    responses=VERSIONED,
)
async def complaint(complaint_id: UUID, conn: Reading, called: Called) -> Response:
    """One complaint. The decision names its ETag."""
    complaint = await queries.complaint(conn, complaint_id)
    if complaint is None:
        raise NotFound("没有这项投诉", "no such complaint here", "complaint_id")
    return json(FIELDS.shown(for_regulator(complaint), called.role), etag=complaint.version)


@router.post(
    "/complaints/{complaint_id}/decisions",
    summary="监管部门处理投诉 / Decide a complaint",
    response_model=RegulatorComplaint,
)
async def decide_complaint(complaint_id: UUID, body: acts.DecideComplaint, request: Deciding) -> Response:
    """The regulator decides: finding and measures, the result for the enterprise, what the bank may see."""

    def do(work: Work) -> Answer:
        complaint = work.complaint(complaint_id).model_copy(deep=True)
        request.check(complaint.version)
        work.say(complaint, [decide(complaint, body, work.at)])
        shown = FIELDS.shown(for_regulator(complaint), request.caller.role)
        return Answer(orjson.dumps(shown).decode(), 200, str(complaint.version))

    return await request.write([complaint_id], do)
