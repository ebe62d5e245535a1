"""Whom to contact, in full, over HTTP: for a reason, and on record."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.intake import queries
from services.intake.answers import Contact, WholeContact
from services.intake.api_staff import in_charge_for
from services.intake.reading import FIELDS, relations
from shared.appeals.document import no_such_appeal
from shared.appeals.readers import FieldKind
from shared.service.errors import Forbidden
from shared.web.purposes import Reading as ReadingFor
from shared.web.reads import put_on_record
from shared.web.request import Called, Reading, Requested, json

router = APIRouter(tags=["intake"])
KINDS = (FieldKind.CONTACT.value,)


@router.post(
    "/appeals/{appeal_id}/contact-readings",
    summary="查看完整联系方式 / Read whom to contact in full",
    response_model=WholeContact,
)
async def read_contact(
    appeal_id: UUID,
    body: ReadingFor,
    conn: Reading,
    called: Called,
    request: Requested,
    http_request: Request,
) -> Response:
    """Whom to contact, in full, for a purpose that is put on record; other answers show it masked."""
    row = await queries.appeal_for_staff(conn, appeal_id)
    if row is None:
        raise no_such_appeal()
    known = relations(called, row.document, await in_charge_for(conn, called, request))
    if not FIELDS.reads(FieldKind.CONTACT, called.role, known):
        raise Forbidden(
            "联系方式限话务和窗口人员、营商环境办、在办单位和分管领导查看",
            "contacts are for operators, the office, units of live legs and the leader in charge",
        )
    await put_on_record(http_request, [appeal_id], KINDS, purpose=body.purpose, reason=body.reason)
    return json({"enterprise": row.document["enterprise"], "contacts": row.document.get("contacts") or []})


@router.get(
    "/appeals/{appeal_id}/contact",
    summary="企业联系方式 / How the enterprise is reached",
    response_model=Contact,
)
async def contact(appeal_id: UUID, conn: Reading, http_request: Request) -> Response:
    """How the enterprise is reached, for the service that writes to it. Nothing where it gave nothing."""
    enterprise = await queries.enterprise_of(conn, appeal_id)
    if enterprise is None:
        raise no_such_appeal()
    await put_on_record(http_request, [appeal_id], KINDS, purpose="message")
    return json({name: enterprise.get(name) for name in ("phone", "email")})
