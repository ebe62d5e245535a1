"""Acknowledgements over HTTP: a recipient acknowledges a message about a card or a lift."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from services.notify.acknowledgements import work as acknowledgements
from services.notify.acknowledgements.domain import acknowledged
from services.notify.answers import Acknowledged
from services.notify.messages import queries
from services.notify.messages.inboxes import inboxes_of
from services.notify.messages.work import mark_read
from shared.messaging.outbox import Pending, publish_events
from shared.service.errors import Conflict, NotFound
from shared.web.request import Requested, json

router = APIRouter(tags=["notify"])


@router.post(
    "/inbox/{message_id}/acknowledged",
    summary="签收 / Acknowledge a message",
    response_model=Acknowledged,
    responses={409: {}},
)
async def acknowledge(message_id: UUID, request: Requested) -> Response:
    """Acknowledge one of the caller's messages about a card or a lift; the first time stays.

    It counts for everybody who was asked before, too, and ends the escalation.
    """
    own = inboxes_of(request.caller)
    async with request.context.engine.begin() as conn:
        at = await request.context.clock.stamp(conn)
        _require_asking(await queries.acknowledgement_of(conn, message_id, own))
        await mark_read(conn, at, message_id, own)
        row = await acknowledgements.acknowledge(conn, message_id, own, request.caller.name, at)
        after = await queries.acknowledgement_of(conn, message_id, own)
        if row is not None:
            event = acknowledged(row, after.registration_number, at)
            await publish_events(conn, "notify", [Pending.done(event, request.caller)])
    request.context.relay.poke()
    return json({"id": message_id, "state": after.state, "ended_at": after.ended_at, "by": after.ended_by})


def _require_asking(row: Any) -> None:
    if row is None:
        raise NotFound("收件箱中没有这条消息", "no such message in this inbox", "message_id")
    if row.acknowledgement is None:
        raise Conflict(
            "这条消息无须签收", "this message asks for no acknowledgement: read it, that is all", "message_id"
        )
