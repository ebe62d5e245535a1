"""The signing of a bank's reports over HTTP: the bank or the office makes its secret, the office ends it."""

from fastapi import APIRouter, Depends, Response

from services.financing.banks.api import BankCodePath
from services.financing.banks.signing import queries
from services.financing.banks.signing.answers import NewReportSecret, SigningEnded
from services.financing.banks.signing.check import signed
from services.financing.banks.webhook.api import OLD_SECRET, require_own
from shared.service.errors import NotFound
from shared.web.request import Requested, json
from shared.web.webhooks import new_secret

router = APIRouter(prefix="/banks/{code}", tags=["financing"])


@router.post(
    "/report-secrets",
    summary="启用回报签名或更换密钥 / Make a secret to sign reports by",
    response_model=NewReportSecret,
    status_code=201,
    dependencies=[Depends(signed)],
)
async def new_report_secret(code: BankCodePath, request: Requested) -> Response:
    """Make a secret, shown only here: from now on what the bank reports over HTTP must be signed by it.

    For a day the secret before it is valid too. A bank that has one signs this request as well, so that who
    has found its API key gets no secret by it; the office does not.
    """
    async with request.context.engine.begin() as conn:
        await require_own(request, conn, code)
        secret, at = new_secret(), await request.context.clock.stamp(conn)
        old_until = await queries.renew_secret(conn, code, secret, at, at + OLD_SECRET)
    return json({"secret": secret, "old_until": old_until}, 201)


@router.delete(
    "/report-secrets",
    summary="停用回报签名 / End the signing of a bank's reports",
    response_model=SigningEnded,
)
async def end_signing(code: BankCodePath, request: Requested) -> Response:
    """Have the bank's reports count without a signature again; its secrets are deleted."""
    async with request.context.engine.begin() as conn:
        await require_own(request, conn, code)
        at = await request.context.clock.stamp(conn)
        if not await queries.end_signing(conn, code):
            raise NotFound("该银行未启用回报签名", "this bank signs no reports: nothing to end", "code")
    return json({"bank": code, "ended_at": at})
