"""The webhooks of banks over HTTP, for the office and each bank itself: endpoint, secrets, deliveries."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.financing.banks.answers import (
    DeliveryState,
    Endpoint,
    NewSecret,
    Replayed,
    SetEndpoint,
    WebhookDelivery,
)
from services.financing.banks.api import BankCodePath
from services.financing.banks.webhook import queries
from services.financing.settings import settings_of
from shared.database.connection import Connection
from shared.roles import AccountRole
from shared.service.errors import Conflict, Invalid, NotFound
from shared.web.answers import PageOf
from shared.web.bodies import Body, Moment
from shared.web.paging import Paged, no_cursor
from shared.web.request import Reading, RequestContext, Requested, json
from shared.web.webhooks import check_url, new_secret

router = APIRouter(prefix="/banks/{code}", tags=["financing"])

OLD_SECRET = timedelta(days=1)


class EndpointBody(Body):
    """Where the bank is called. A new address is tried at once, even if the old one was disabled."""

    url: Annotated[str, Field(min_length=10, max_length=500)]


class ReplayBody(Body):
    """Messages from `since` to before `before`: those that failed or wait; with `all`, delivered ones too."""

    since: Moment
    before: Moment
    all: bool = False


async def require_own(request: RequestContext, conn: Connection, bank: str) -> None:
    """`NotFound` for a bank that does not exist, and to a bank that asks about another one."""
    await _own_ways(request, conn, bank)


async def _own_ways(request: RequestContext, conn: Connection, bank: str) -> list[str]:
    """The integrations of the bank; `NotFound` as `require_own`."""
    ways = await queries.ways(conn, bank)
    if ways is None or (request.caller.role is AccountRole.BANK and request.caller.code != bank):
        raise NotFound("没有这家银行", "no such bank", "code")
    return ways


def _no_webhook(ways: list[str]) -> Conflict:
    listed = "、".join(sorted(ways)), ", ".join(sorted(ways))
    return Conflict(
        f"该银行的接入方式为 {listed[0]}，不含 webhook，不会有回调：请先由营商环境办在银行名录中加上 webhook",
        f"this bank's integrations are {listed[1]}, without webhook, so no address would be called: have the"
        " office add webhook to its `ways` first",
        "code",
    )


def _no_endpoint() -> NotFound:
    return NotFound("该银行未设回调地址", "this bank has no webhook: PUT its endpoint first", "code")


@router.get("/endpoint", summary="查看回调地址 / Read the webhook of a bank", response_model=Endpoint)
async def endpoint(code: BankCodePath, request: Requested, conn: Reading) -> Response:
    """Where the bank is called, and since when it is not called any more; without secrets."""
    await require_own(request, conn, code)
    endpoint = await queries.endpoint(conn, code)
    if endpoint is None:
        raise _no_endpoint()
    return json(endpoint)


@router.put(
    "/endpoint",
    summary="设置回调地址 / Set the webhook of a bank",
    response_model=SetEndpoint,
    responses={409: {}},
)
async def set_endpoint(code: BankCodePath, body: EndpointBody, request: Requested) -> Response:
    """Set where the bank is called. The answer to the first time holds the secret, which is shown once.

    409 where `webhook` is not among the bank's integrations. What waits is sent at once; after 410 so is what
    failed, and `again` says how many messages.
    """
    settings = settings_of(request.context)
    check_url(body.url, allow_private=settings.allow_private_webhooks, ports=settings.webhook_ports)
    async with request.context.engine.begin() as conn:
        if "webhook" not in (ways := await _own_ways(request, conn, code)):
            raise _no_webhook(ways)
        secret, at = new_secret(), await request.context.clock.stamp(conn)
        saved = await queries.save_endpoint(conn, code, body.url, secret, at)
    return json({"url": body.url, "again": saved.again} | ({"secret": secret} if saved.is_new else {}))


@router.post(
    "/endpoint/secrets", summary="更换签名密钥 / Make a new secret", response_model=NewSecret, status_code=201
)
async def rotate(code: BankCodePath, request: Requested) -> Response:
    """Make a new secret, shown only here. For a day calls are signed with the old secret as well."""
    async with request.context.engine.begin() as conn:
        await require_own(request, conn, code)
        secret, at = new_secret(), await request.context.clock.stamp(conn)
        until = at + OLD_SECRET
        if not await queries.rotate_secret(conn, code, secret, at, until):
            raise _no_endpoint()
    return json({"secret": secret, "old_until": until}, 201)


@router.get("/deliveries", summary="回调记录 / List webhook calls", response_model=PageOf[WebhookDelivery])
async def deliveries(
    code: BankCodePath,
    request: Requested,
    conn: Reading,
    page: Paged,
    state: Annotated[DeliveryState | None, Query()] = None,
) -> Response:
    """The bank's webhook calls in order, with the last answer to each; optionally those in one state."""
    await require_own(request, conn, code)
    match page.after or [0]:
        case [int(after)]:
            pass
        case _:
            raise no_cursor()
    states = list(DeliveryState) if state is None else [state]
    rows = await queries.deliveries(conn, code, states, after=after, limit=page.limit + 1)
    return page.answer(rows, "seq")


@router.post(
    "/deliveries/replay",
    summary="重发回调 / Send webhook calls again",
    response_model=Replayed,
    status_code=202,
)
async def replay(code: BankCodePath, body: ReplayBody, request: Requested) -> Response:
    """Send messages of a span of time again, with the same ids and in the same order; what waits, at once."""
    if body.since >= body.before:
        raise Invalid("起始时间须早于截止时间", "since must lie before before", "since")
    states = ["failed", "waiting", *(["delivered"] if body.all else [])]
    async with request.context.engine.begin() as conn:
        await require_own(request, conn, code)
        at = await request.context.clock.stamp(conn)
        again = await queries.replay(conn, code, states, body.since, body.before, at)
    return json({"again": again}, 202)
