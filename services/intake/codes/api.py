"""Codes over HTTP: a lost receipt code is renewed, and an enterprise proves itself and sees its appeals.

Codes go to registered contacts alone. No answer tells whether there is an appeal or a contact.
"""

import hmac
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Header, Request, Response

from services.intake.allowances.allowing import allow, caller_address
from services.intake.answers import OwnAppeal, Proof, Sent
from services.intake.codes import work
from services.intake.codes.bodies import (
    LOOKS,
    PROOF_SPAN,
    PROOFS,
    PROOFS_OF_CONTACT,
    RENEWALS,
    AskProof,
    RenewReceiptCode,
)
from services.intake.codes.sending import NewProof, NewReceiptCode, proof_hash
from services.intake.resources import CodeDesk, code_desk, hashes_of
from shared.judging.rulebook import rulebook
from shared.roles import AccountRole
from shared.service.errors import Conflict, Invalid, NotFound, Unavailable
from shared.service.service import ServiceContext
from shared.web.answers import Items
from shared.web.openapi import NEVER_REFUSED
from shared.web.request import Requested, json
from shared.web.status import NumberPath

router = APIRouter(tags=["intake"])

SENT = {
    "zh": "如登记信息相符，验证码或回执码将发送至登记的联系方式，请注意查收",
    "en": "If the contact is registered, the code is sent to it: look there",
}


@router.post(
    "/status/{registration_number}/receipt-codes",
    summary="补发回执码 / Have a new receipt code sent",
    response_model=Sent,
    status_code=202,
    responses={409: {}, 429: {}},
    openapi_extra={NEVER_REFUSED: [404]},
)
async def renew_receipt_code(
    registration_number: NumberPath, body: RenewReceiptCode, request: Requested, http_request: Request
) -> Response:
    """Send a new receipt code to the registered e-mail address, else the phone.


    The old one is valid until it is used. The answer is the same for a number that does not exist.
    """
    desk = _desk(request.context)
    await allow(request.context, (RENEWALS, caller_address(request, http_request)))
    _order(desk, NewReceiptCode(registration_number))
    return json(SENT, 202)


@router.post(
    "/proofs",
    summary="身份核验 / Prove a registered contact",
    response_model=Proof,
    status_code=202,
    responses={409: {}, 429: {}},
)
async def prove(body: AskProof, request: Requested, http_request: Request) -> Response:
    """Send a short code to a contact that was registered; with it `GET /mine` lists its appeals."""
    context = request.context
    desk, (_, value) = _desk(context), body.part
    await allow(context, (PROOFS, caller_address(request, http_request)), (PROOFS_OF_CONTACT, value))
    proof_id = uuid4()
    _order(desk, NewProof(proof_id, body))
    expires_at = (context.clock.now() + PROOF_SPAN).astimezone(context.zone)
    return json({"proof_id": proof_id, "expires_at": expires_at, **SENT}, 202)


@router.get(
    "/mine",
    summary="我的诉求 / One's own appeals",
    response_model=Items[OwnAppeal],
    responses={404: {}, 429: {}},
)
async def mine(
    request: Requested,
    http_request: Request,
    proof_id: Annotated[UUID | None, Header()] = None,
    proof_code: Annotated[str, Header(max_length=20)] = "",
) -> Response:
    """One's own appeals, the newest first: of the contact that was proved, or of the enterprise signed in.

    The identity provider proved its credit code.
    """
    context = request.context
    await allow(context, (LOOKS, caller_address(request, http_request)))
    if request.caller.may is AccountRole.ENTERPRISE and request.caller.code:
        rows = await _of_enterprise(context, request.caller.code)
    else:
        rows = await _of_contact(context, proof_id, proof_code)
    return json({"items": [_shown(context, row) for row in rows]})


async def _of_enterprise(context: ServiceContext, credit_code: str) -> Sequence[Any]:
    conn = context.reader.reading()
    ids = await work.appeals_of_enterprise(conn, hashes_of(context), credit_code)
    return await work.own_appeals(conn, ids)


async def _of_contact(context: ServiceContext, proof_id: UUID | None, code: str) -> Sequence[Any]:
    """The appeals of a contact. Raises `Invalid` without a proof, and `NotFound` where it is not right."""
    if proof_id is None:
        raise Invalid("请出示核验编号和验证码", "show the proof and its code", "Proof-Id")
    async with context.engine.begin() as conn:
        proof = await work.tried_proof(conn, await context.clock.stamp(conn), proof_id)
        kept = proof.code_hash if proof else ""
        is_right = hmac.compare_digest(proof_hash(proof_id, code), kept)
        if is_right:
            await work.was_right(conn, proof_id)
            rows: Sequence[Any] = await work.own_appeals(conn, proof.appeals)
    if not is_right:
        raise NotFound(
            "验证码不符或已失效，请重新获取",
            "this code is not right, or no longer valid: ask for another one",
            "Proof-Code",
        )
    return rows


def _shown(context: ServiceContext, row: Any) -> dict[str, Any]:
    withheld = rulebook(context).is_confidential(row.pack)
    return {
        "registration_number": row.registration_number,
        "title": None if withheld else row.title,
        "kind": row.kind,
        "state": row.state,
        "received_at": row.received_at.astimezone(context.zone),
        "rating": row.rating,
    }


def _desk(context: ServiceContext) -> CodeDesk:
    """Where codes are ordered. Raises `Conflict` where nobody sends them."""
    if (desk := code_desk(context)) is None:
        raise Conflict(
            "本地尚未开通发送验证码，请联系营商环境办", "this city sends no codes yet: ask the office"
        )
    return desk


def _order(desk: CodeDesk, order: NewReceiptCode | NewProof) -> None:
    if desk.orders.full():
        raise Unavailable("系统繁忙，请稍后再试", "too many codes wait to be sent: try again later")
    desk.orders.put_nowait(order)
