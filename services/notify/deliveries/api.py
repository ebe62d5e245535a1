"""Deliveries over HTTP: the evidence of a case, deliveries by state, and sending again."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.notify.answers import Delivery, Evidence, Resent, TimelineLine
from services.notify.deliveries import queries, work
from services.notify.deliveries.domain import DeliveryState
from services.notify.messages.queries import has_case
from services.notify.reading import as_read_by
from shared.appeals.document import no_such_appeal
from shared.judging.rulebook import rulebook
from shared.service.errors import NotFound
from shared.web.answers import Items, PageOf
from shared.web.paging import Paged
from shared.web.request import Called, Reading, RequestContext, Requested, json

router = APIRouter(tags=["notify"])


@router.get(
    "/appeals/{appeal_id}/timeline",
    summary="一件诉求的通知时间线 / The timeline of messages about a case",
    response_model=Items[TimelineLine],
)
async def timeline(appeal_id: UUID, conn: Reading, called: Called) -> Response:
    """The messages of one case in the order of time: written, read, each attempt, acknowledged.

    `what` says which of these it is, or the outcome of the attempt; `needless` where a card or case that had
    to be acknowledged is no more.
    """
    if not await has_case(conn, appeal_id):
        raise no_such_appeal()
    rows = await queries.timeline(conn, appeal_id)
    return json({"items": [as_read_by(called.role, row) for row in rows]})


@router.get(
    "/appeals/{appeal_id}/deliveries",
    summary="一件诉求的送达证据 / Evidence of delivery about a case",
    response_model=Evidence,
)
async def evidence(appeal_id: UUID, conn: Reading, called: Called) -> Response:
    """The deliveries of one case: to whom, by which delivery channel, when, and the outcome of every attempt.

    Beside them the acknowledgements: whether they were given, by whom, and how far they were escalated; and
    `unreached`: why nothing leaves for the enterprise, where it has no address that is of use.
    """
    if not await has_case(conn, appeal_id):
        raise no_such_appeal()
    return json(
        {
            "items": [as_read_by(called.role, row) for row in await queries.deliveries_of(conn, appeal_id)],
            "acknowledgements": await queries.acknowledgements_of(conn, appeal_id),
            "unreached": await queries.why_unreached(conn, appeal_id),
        }
    )


@router.get(
    "/deliveries", summary="按状态列出发送记录 / List deliveries by state", response_model=PageOf[Delivery]
)
async def deliveries(
    conn: Reading,
    called: Called,
    page: Paged,
    request: Requested,
    state: Annotated[DeliveryState, Query()] = DeliveryState.FAILED,
) -> Response:
    """Deliveries in one state, the last changed first; by default those that failed for good."""
    sight = rulebook(request.context).sight(called.role)
    rows = await queries.deliveries_in(conn, sight, page, state)
    return page.answer([as_read_by(called.role, row) for row in rows], "changed_at", "id")


@router.post(
    "/deliveries/{delivery_id}/resend",
    summary="重新发送 / Send a failed delivery again",
    response_model=Resent,
)
async def resend(delivery_id: UUID, request: Requested) -> Response:
    """Try a failed delivery again, under a new id: a provider takes it for another one."""
    return json(await send_again(request, delivery_id))


async def send_again(request: RequestContext, delivery_id: UUID) -> dict[str, Any]:
    """Make a failed delivery wait again, and return it. Raises `NotFound` where none failed under this id."""
    async with request.context.engine.begin() as conn:
        row = await work.resend(conn, await request.context.clock.stamp(conn), delivery_id)
        if row is None:
            raise NotFound("没有这条发送失败的消息", "no such delivery failed", "delivery_id")
    return dict(row)
