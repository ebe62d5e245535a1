"""Receipts over HTTP: the SMS gateway says what became of a message that it accepted."""

import hmac
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from pydantic import Field
from pydantic_core import from_json

from services.notify.answers import Recorded
from services.notify.channels.settings import load
from services.notify.channels.sms import signature
from services.notify.receipts import work as receipts
from services.notify.settings import settings_of
from shared.service.errors import Invalid, NotFound, Unauthorized, redacted
from shared.web.bodies import Body
from shared.web.letters import all_visible
from shared.web.request import RequestContext, Requested, json

router = APIRouter(tags=["notify"])

LONGEST_AGE = timedelta(minutes=5)
"""How far the time in a signature may be from ours."""


class Receipt(Body):
    """The status of a message that the gateway accepted."""

    provider_id: Annotated[str, Field(min_length=1, max_length=200)]
    status: Annotated[str, Field(min_length=1, max_length=50)]


@router.post(
    "/receipts/sms",
    summary="短信状态回执 / Take a receipt of the SMS gateway",
    response_model=Recorded,
    responses={404: {}},
)
async def sms_receipt(
    http_request: Request,
    request: Requested,
    x_timestamp: Annotated[str, Header(pattern="^[0-9]{9,12}$")],
    x_nonce: Annotated[str, Header(max_length=200)],
    x_signature: Annotated[str, Header(max_length=200)],
) -> Response:
    """The SMS gateway reports the status of a message, signed as our requests to it are."""
    body = await http_request.body()
    _check_signature(request, http_request.url.path, body, x_timestamp, x_nonce, x_signature)
    receipt = _receipt(body)
    async with request.context.engine.begin() as conn:
        at = await request.context.clock.stamp(conn)
        if not await receipts.is_known(conn, receipt.provider_id):
            raise NotFound(
                "没有这条短信，请稍后重试", "no such message yet: say it again later", "provider_id"
            )
        changed = await receipts.save(conn, at, receipt.provider_id, receipt.status)
    return json({"changed": changed})


def _receipt(body: bytes) -> Receipt:
    try:
        return Receipt.model_validate(all_visible(from_json(body)))
    except (ValueError, RecursionError) as error:
        raise Invalid(
            f"回执无法读取：{redacted(error)}", f"this is no receipt: {redacted(error)}", "body"
        ) from error


def _check_signature(
    request: RequestContext, path: str, body: bytes, sent_at: str, nonce: str, signed: str
) -> None:
    sms = load(settings_of(request.context).channels).sms
    age_s = request.context.clock.now().timestamp() - int(sent_at)
    if sms is None or abs(age_s) > LONGEST_AGE.total_seconds():
        raise Unauthorized(
            "回执已过期或未启用短信", "the receipt is stale, or there is no SMS gateway", "X-Timestamp"
        )
    expected = signature(sms.secret.get_secret_value(), "POST", path, sent_at, nonce, body)
    if not hmac.compare_digest(expected.encode(), signed.encode()):
        raise Unauthorized("回执签名无效", "the receipt's signature is wrong", "X-Signature")
