"""Enterprises over HTTP, by their credit codes."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.financing.answers import Enterprise, EnterpriseWithRequests
from services.financing.complaints.queries import complaints_with_ids
from services.financing.enterprises import queries
from services.financing.enterprises.acts import EnterpriseBody
from services.financing.enterprises.domain import profile_from_request, summary
from services.financing.loans.queries import loans_of_enterprise
from shared.addresses.credit_codes import check_credit_code
from shared.service.errors import NotFound
from shared.web.openapi import VERSIONED
from shared.web.request import Reading, Replacing, json

router = APIRouter(prefix="/enterprises", tags=["financing"])

CreditCodePath = Annotated[str, Path(max_length=40)]


@router.put("/{credit_code}", summary="登记企业 / Write an enterprise", response_model=Enterprise)
async def put_enterprise(credit_code: CreditCodePath, body: EnterpriseBody, request: Replacing) -> Response:
    """Write what the window knows of an enterprise; a profile that is there needs If-Match."""
    code = check_credit_code(credit_code)
    async with request.context.engine.begin() as conn:
        await queries.lock(conn, code)
        row = await queries.profile(conn, code)
        if row is not None:
            request.check(row.version)
        version = await queries.save(conn, code, body, await request.context.clock.stamp(conn))
    return json({"credit_code": code, **body.model_dump(mode="json")}, etag=version)


@router.get(
    "/{credit_code}",
    summary="查看企业及其融资 / Read an enterprise and its requests",
    response_model=EnterpriseWithRequests,
    responses=VERSIONED,
)
async def enterprise(credit_code: CreditCodePath, conn: Reading) -> Response:
    """What the window knows of an enterprise, and what came of its requests."""
    code = check_credit_code(credit_code)
    row, loans = await queries.profile(conn, code), await loans_of_enterprise(conn, code)
    if row is None and not loans:
        raise NotFound("窗口没有这家企业", "no enterprise with this credit code came here", "credit_code")
    complaints = await complaints_with_ids(conn, [id_ for loan in loans for id_ in loan.complaints])
    profile = EnterpriseBody.model_validate(row.profile) if row else profile_from_request(loans[0])
    moments = [loan.received_at for loan in loans] + ([row.first_seen_at] if row else [])
    answer = {
        "credit_code": code,
        **profile.model_dump(mode="json"),
        "first_seen_at": min(moments),
        **summary(loans, complaints),
    }
    return json(answer, etag=row.version if row else 0)
