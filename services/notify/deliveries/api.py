"""What came of sending messages, over HTTP: deliveries with every attempt, what failed, receipts."""

import hmac
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import Field
from sqlalchemy import text

from services.notify.channels.base import load
from services.notify.channels.sms import signature
from services.notify.deliveries import receipts, work
from services.notify.deliveries.domain import ChannelKind, DeliveryState
from services.notify.settings import settings_of
from shared.database.connection import Connection
from shared.service.errors import NotFound, Unauthorized
from shared.web.bodies import Body
from shared.web.request import Page, Paged, Reading, RequestContext, Requested, json, no_cursor

router = APIRouter(tags=["notify"])

FRESH = timedelta(minutes=5)


class Receipt(Body):
    """What a gateway says of a message it took."""

    provider_id: Annotated[str, Field(min_length=1, max_length=200)]
    status: Annotated[str, Field(min_length=1, max_length=50)]


_COLUMNS = """
    cast(d.id as text), cast(d.message_id as text), m.registration_number, cast(m.appeal_id as text),
    m.template, m.subject, d.recipient, d.channel, d.address, d.urgent, d.state, d.attempts, d.outcome,
    d.code, d.reason, d.provider_id, cast(d.parcel as text), d.next_at, d.written_at, d.changed_at,
    (select coalesce(json_agg(json_build_object(
       'at', a.at, 'outcome', a.outcome, 'code', a.code, 'reason', a.reason, 'provider_id', a.provider_id,
       'segments', a.segments) order by a.id), '[]'::json)
     from attempts a where a.delivery_id = d.id) as tried
"""


_ACKNOWLEDGEMENTS = text(
    """
    select cast(a.id as text), cast(a.message_id as text), cast(a.card_id as text), a.template, m.recipient,
      a.recipient as asked, a.level, a.state, a.asked_at, a.due_at, a.ended_at, a.ended_by
    from acknowledgements a join messages m on m.id = a.id
    where a.appeal_id = :appeal order by a.asked_at, a.id
    """
)
_TIMELINE = text(
    """
    select m.created_at as at, 'written' as what, m.recipient, 'inbox' as channel, m.template, m.subject,
      null as code, null as by, cast(m.id as text) as message_id
    from messages m where m.appeal_id = :appeal
    union all
    select m.read_at, 'read', m.recipient, 'inbox', m.template, m.subject, null, null, cast(m.id as text)
    from messages m where m.appeal_id = :appeal and m.read_at is not null
    union all
    select t.at, t.outcome, d.recipient, d.channel, m.template, m.subject, t.code, null, cast(m.id as text)
    from messages m join deliveries d on d.message_id = m.id join attempts t on t.delivery_id = d.id
    where m.appeal_id = :appeal
    union all
    select a.ended_at, a.state, a.recipient, 'inbox', a.template, m.subject, null, a.ended_by,
      cast(a.message_id as text)
    from acknowledgements a join messages m on m.id = a.message_id
    where a.appeal_id = :appeal and a.ended_at is not null
    order by at, message_id, what desc
    """
)


@router.get("/appeals/{appeal_id}/timeline")
async def timeline(appeal_id: UUID, conn: Reading) -> Response:
    """All that was told about one case, in the order of time: written, read, each attempt, acknowledged.

    `what` is that, or an attempt's outcome; `needless` where what had to be acknowledged is no more.
    """
    rows = await conn.execute(_TIMELINE, {"appeal": appeal_id})
    return json({"items": [dict(row) for row in rows.mappings()]})


@router.get("/appeals/{appeal_id}/deliveries")
async def evidence(appeal_id: UUID, conn: Reading) -> Response:
    """What left about one case: to whom, over which channel, when, and what came of every attempt.

    Beside it what had to be acknowledged: whether it was, by whom, and how far it climbed.
    """
    acknowledgements = await conn.execute(_ACKNOWLEDGEMENTS, {"appeal": appeal_id})
    rows = await conn.execute(
        text(
            f"""
            select {_COLUMNS} from messages m join deliveries d on d.message_id = m.id
            where m.appeal_id = :appeal order by d.written_at, d.id
            """
        ),
        {"appeal": appeal_id},
    )
    found = {"items": rows.all(), "acknowledgements": acknowledgements.all()}
    return json({name: [dict(row) for row in rows] for name, rows in found.items()})


@router.get("/deliveries")
async def deliveries(
    conn: Reading, page: Paged, state: Annotated[DeliveryState, Query()] = DeliveryState.FAILED
) -> Response:
    """Deliveries in one state, the last changed first; by default those that failed for good."""
    return page.answer(await standing(conn, page, state), "changed_at", "id")


async def standing(conn: Connection, page: Page, state: DeliveryState) -> list[dict[str, Any]]:
    """Up to one more delivery than the page holds, the last changed first."""
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
    return [dict(row) for row in rows.mappings()]


def _after(page: Page) -> dict[str, Any]:
    try:
        changed_at, id_ = page.after or [None, None]
        return {"changed_at": datetime.fromisoformat(changed_at).astimezone(UTC), "id": UUID(id_)}
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise no_cursor() from error


@router.post("/deliveries/{delivery_id}/resend")
async def resend(delivery_id: UUID, request: Requested) -> Response:
    """Try a failed delivery again, under a new id: a provider takes it for another one."""
    return json(await sent_again(request, delivery_id))


async def sent_again(request: RequestContext, delivery_id: UUID) -> dict[str, Any]:
    """The delivery, waiting again. Raises `NotFound` where none failed under this id."""
    async with request.context.engine.begin() as conn:
        row = await conn.execute(
            text(
                """
                update deliveries set state = 'waiting', next_at = :at, written_at = :at, changed_at = :at,
                  parcel = gen_random_uuid(), poll_at = null
                where id = :id and state = 'failed' returning cast(id as text), state, next_at
                """
            ),
            {"id": delivery_id, "at": await request.context.clock.stamp(conn)},
        )
        if (found := row.mappings().one_or_none()) is None:
            raise NotFound("没有这条发送失败的消息", "no such delivery failed", "delivery_id")
    return dict(found)


@router.post("/receipts/sms")
async def sms_receipt(
    http_request: Request,
    request: Requested,
    x_timestamp: Annotated[str, Header(pattern="^[0-9]{9,12}$")],
    x_nonce: Annotated[str, Header(max_length=200)],
    x_signature: Annotated[str, Header(max_length=200)],
) -> Response:
    """The SMS gateway says what became of a message it took, signed as our requests to it are."""
    body = await http_request.body()
    _check_signature(request, http_request.url.path, body, x_timestamp, x_nonce, x_signature)
    said = Receipt.model_validate_json(body)
    async with request.context.engine.begin() as conn:
        at = await request.context.clock.stamp(conn)
        if not await work.knows(conn, ChannelKind.SMS, said.provider_id):
            raise NotFound(
                "没有这条短信，请稍后重试", "no such message yet: say it again later", "provider_id"
            )
        changed = await receipts.keep(conn, at, said.provider_id, said.status)
    return json({"changed": changed})


def _check_signature(
    request: RequestContext, path: str, body: bytes, sent_at: str, nonce: str, signed: str
) -> None:
    setup = load(settings_of(request.context).channels).sms
    age = request.context.clock.now() - datetime.fromtimestamp(int(sent_at), UTC)
    if setup is None or abs(age) > FRESH:
        raise Unauthorized(
            "回执已过期或未启用短信", "the receipt is stale, or there is no SMS gateway", "X-Timestamp"
        )
    right = signature(setup.secret.get_secret_value(), "POST", path, sent_at, nonce, body)
    if not hmac.compare_digest(right.encode(), signed.encode()):
        raise Unauthorized("回执签名无效", "the receipt's signature is wrong", "X-Signature")
