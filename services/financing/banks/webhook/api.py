"""The webhooks of banks over HTTP, for the office and each bank itself: endpoint, secrets, deliveries."""

from datetime import timedelta
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.financing.banks.api import BankCodePath
from services.financing.banks.webhook import queries
from services.financing.settings import settings_of
from shared.database.connection import Connection
from shared.roles import AccountRole
from shared.service.errors import Invalid, NotFound
from shared.web.bodies import Body, Moment
from shared.web.request import Paged, Reading, RequestContext, Requested, json, no_cursor
from shared.web.webhooks import check_url, new_secret

router = APIRouter(prefix="/banks/{code}", tags=["financing"])

State = Literal["waiting", "sending", "delivered", "failed", "stopped"]
OLD_SECRET = timedelta(days=1)


class EndpointBody(Body):
    """Where webhooks go. A new address is tried at once, also where the old one was disabled."""

    url: Annotated[str, Field(min_length=10, max_length=500)]


class ReplayBody(Body):
    """What occurred from `since` up to, without, `before`: the failed, or `all` that were ever delivered."""

    since: Moment
    before: Moment
    all: bool = False


async def _require_own(request: RequestContext, conn: Connection, bank: str) -> None:
    """`NotFound` for a bank that does not exist, and to a bank that asks about another one."""
    foreign = request.caller.role is AccountRole.BANK and request.caller.code != bank
    if foreign or not await queries.bank_exists(conn, bank):
        raise NotFound("没有这家银行", "no such bank", "code")


def _no_endpoint() -> NotFound:
    return NotFound("该银行未设回调地址", "this bank has no webhook: PUT its endpoint first", "code")


@router.get("/endpoint")
async def endpoint(code: BankCodePath, request: Requested, conn: Reading) -> Response:
    """Where the bank's webhooks go, and since when they do not any more; secrets are not shown."""
    await _require_own(request, conn, code)
    endpoint = await queries.endpoint(conn, code)
    if endpoint is None:
        raise _no_endpoint()
    return json(endpoint)


@router.put("/endpoint")
async def set_endpoint(code: BankCodePath, body: EndpointBody, request: Requested) -> Response:
    """Say where webhooks go from now on. The first time, the answer holds the secret, once."""
    check_url(body.url, allow_private=settings_of(request.context).allow_private_webhooks)
    async with request.context.engine.begin() as conn:
        await _require_own(request, conn, code)
        secret, at = new_secret(), await request.context.clock.stamp(conn)
        is_new = await queries.save_endpoint(conn, code, body.url, secret, at)
    return json({"url": body.url} | ({"secret": secret} if is_new else {}))


@router.post("/endpoint/secrets")
async def rotate(code: BankCodePath, request: Requested) -> Response:
    """A new secret, shown this once; what leaves within a day is signed with the one before as well."""
    async with request.context.engine.begin() as conn:
        await _require_own(request, conn, code)
        secret, until = new_secret(), await request.context.clock.stamp(conn) + OLD_SECRET
        if not await queries.rotate_secret(conn, code, secret, until):
            raise _no_endpoint()
    return json({"secret": secret, "old_until": until}, 201)


@router.get("/deliveries")
async def deliveries(
    code: BankCodePath,
    request: Requested,
    conn: Reading,
    page: Paged,
    state: Annotated[State | None, Query()] = None,
) -> Response:
    """The bank's webhooks in their order, with the last answer to each; those in one state where named."""
    await _require_own(request, conn, code)
    match page.after or [0]:
        case [int(after)]:
            pass
        case _:
            raise no_cursor()
    states = get_args(State) if state is None else [state]
    rows = await queries.deliveries(conn, code, states, after=after, limit=page.limit + 1)
    return page.answer(rows, "seq")


@router.post("/deliveries/replay")
async def replay(code: BankCodePath, body: ReplayBody, request: Requested) -> Response:
    """Send again, under the same ids and in the same order, what occurred in a span of time."""
    if body.since >= body.before:
        raise Invalid("起始时间须早于截止时间", "since must lie before before", "since")
    states = ["failed", "delivered"] if body.all else ["failed"]
    async with request.context.engine.begin() as conn:
        await _require_own(request, conn, code)
        at = await request.context.clock.stamp(conn)
        again = await queries.replay(conn, code, states, body.since, body.before, at)
    return json({"again": again}, 202)
