"""What came of sending messages, over HTTP: deliveries with every attempt, what failed, receipts."""

import hmac
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import Field
from sqlalchemy import text

from services.notify import outgoing
from services.notify.channels import load
from services.notify.delivery import Channel, Outcome, State
from services.notify.sms import RECEIPTS, signature
from shared.errors import NotFound, Unauthorized
from shared.events import NoticeFailed
from shared.outbox import Said, publish
from shared.telemetry import traceparent
from shared.web.edge import Edge, Edged, Page, Paged, Reading, json, no_cursor
from shared.web.text import Body

router = APIRouter(tags=["notify"])

FRESH = timedelta(minutes=5)


class Receipt(Body):
    """What a gateway says of a message it took."""

    provider_id: Annotated[str, Field(min_length=1, max_length=200)]
    status: Annotated[str, Field(min_length=1, max_length=50)]


_COLUMNS = """
    cast(d.id as text), cast(d.message_id as text), m.registration_number, cast(m.appeal_id as text),
    m.template, d.recipient, d.channel, d.address, d.urgent, d.state, d.attempts, d.outcome, d.code, d.reason,
    d.provider_id, cast(d.parcel as text), d.next_at, d.written_at, d.changed_at,
    (select coalesce(json_agg(json_build_object(
       'at', a.at, 'outcome', a.outcome, 'code', a.code, 'reason', a.reason, 'provider_id', a.provider_id,
       'segments', a.segments) order by a.id), '[]'::json)
     from attempts a where a.delivery_id = d.id) as tried
"""


@router.get("/appeals/{appeal_id}/deliveries")
async def evidence(appeal_id: UUID, conn: Reading) -> Response:
    """What left about one case: to whom, over which channel, when, and what came of every attempt."""
    rows = await conn.execute(
        text(
            f"""
            select {_COLUMNS} from messages m join deliveries d on d.message_id = m.id
            where m.appeal_id = :appeal order by d.written_at, d.id
            """
        ),
        {"appeal": appeal_id},
    )
    return json({"items": [dict(row) for row in rows.mappings()]})


@router.get("/deliveries")
async def deliveries(conn: Reading, page: Paged, state: Annotated[State, Query()] = State.FAILED) -> Response:
    """Deliveries in one state, the last changed first; by default those that failed for good."""
    values: dict[str, Any] = {"state": state, "limit": page.limit + 1}
    after = ""
    if page.after is not None:
        after = "and (d.changed_at, d.id) < (:changed_at, :id)"
        values |= _after(page)
    rows = await conn.execute(
        text(
            f"""
            select {_COLUMNS} from deliveries d join messages m on m.id = d.message_id
            where d.state = :state {after} order by d.changed_at desc, d.id desc limit :limit
            """
        ),
        values,
    )
    return page.answer([dict(row) for row in rows.mappings()], "changed_at", "id")


def _after(page: Page) -> dict[str, Any]:
    try:
        changed_at, id_ = page.after or [None, None]
        return {"changed_at": datetime.fromisoformat(changed_at).astimezone(UTC), "id": UUID(id_)}
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise no_cursor() from error


@router.post("/deliveries/{delivery_id}/resend")
async def resend(delivery_id: UUID, edge: Edged) -> Response:
    """Try a failed delivery again, under a new id: a provider takes it for another one."""
    async with edge.running.engine.begin() as conn:
        row = await conn.execute(
            text(
                """
                update deliveries set state = 'waiting', next_at = :at, written_at = :at, changed_at = :at,
                  parcel = gen_random_uuid()
                where id = :id and state = 'failed' returning cast(id as text), state, next_at
                """
            ),
            {"id": delivery_id, "at": await edge.running.clock.stamp(conn)},
        )
        if (found := row.mappings().one_or_none()) is None:
            raise NotFound("没有这条发送失败的消息", "no such delivery failed", "delivery_id")
    return json(dict(found))


@router.post("/receipts/sms")
async def sms_receipt(
    request: Request,
    edge: Edged,
    x_timestamp: Annotated[str, Header(pattern="^[0-9]{9,12}$")],
    x_nonce: Annotated[str, Header(max_length=200)],
    x_signature: Annotated[str, Header(max_length=200)],
) -> Response:
    """The SMS gateway says what became of a message it took, signed as our requests to it are."""
    body = await request.body()
    _check_signature(edge, request.url.path, body, x_timestamp, x_nonce, x_signature)
    said = Receipt.model_validate_json(body)
    outcome = RECEIPTS.get(said.status, Outcome.TECHNICAL)
    async with edge.running.engine.begin() as conn:
        at = await edge.running.clock.stamp(conn)
        if not await outgoing.knows(conn, Channel.SMS, said.provider_id):
            raise NotFound(
                "没有这条短信，请稍后重试", "no such message yet: say it again later", "provider_id"
            )
        changed = await outgoing.receive(conn, at, Channel.SMS, said.provider_id, outcome, said.status)
        if outcome != Outcome.DELIVERED:
            failed = [_failed(dict(row), at, outcome, said.status) for row in changed]
            await publish(conn, "notify", [Said(event, traceparent()) for event in failed])
    return json({"changed": len(changed)})


def _check_signature(edge: Edge, path: str, body: bytes, sent_at: str, nonce: str, signed: str) -> None:
    setup = load(edge.running.settings.channels).sms
    age = edge.running.clock.now() - datetime.fromtimestamp(int(sent_at), UTC)
    if setup is None or abs(age) > FRESH:
        raise Unauthorized(
            "回执已过期或未启用短信", "the receipt is stale, or there is no SMS gateway", "X-Timestamp"
        )
    right = signature(setup.secret.get_secret_value(), "POST", path, sent_at, nonce, body)
    if not hmac.compare_digest(right.encode(), signed.encode()):
        raise Unauthorized("回执签名无效", "the receipt's signature is wrong", "X-Signature")


def _failed(row: dict[str, Any], at: datetime, outcome: Outcome, status: str) -> NoticeFailed:
    return NoticeFailed(
        occurred_at=at,
        appeal_id=row["appeal_id"],
        registration_number=row["registration_number"],
        message_id=row["message_id"],
        recipient=row["recipient"],
        channel=Channel.SMS,
        template=row["template"],
        outcome=outcome,
        reason=f"the gateway's receipt says {status}",
    )
