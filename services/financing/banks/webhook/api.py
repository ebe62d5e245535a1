"""Where a bank's webhooks go, with which secrets, and what came of them; the office and the bank itself."""

from datetime import timedelta
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field
from sqlalchemy import text

from services.financing.settings import settings_of
from shared.database.connection import Connection
from shared.roles import AccountRole
from shared.service.errors import Invalid, NotFound
from shared.web.bodies import Body, Moment
from shared.web.request import Paged, Reading, RequestContext, Requested, json, no_cursor
from shared.web.webhooks import check_url, new_secret

router = APIRouter(prefix="/banks/{code}", tags=["financing"])

Code = Annotated[str, Path(pattern=r"^[a-z0-9-]{2,20}$")]
State = Literal["waiting", "sending", "delivered", "failed", "stopped"]
OLD_SECRET = timedelta(days=1)

_BANK = text("select 1 from banks where code = :bank")
_ENDPOINT = text("select url, disabled_at, old_until from bank_endpoints where bank = :bank")
_SET = text(
    """
    insert into bank_endpoints (bank, url, secret) values (:bank, :url, :secret)
    on conflict (bank) do update set url = excluded.url, disabled_at = null
    returning secret = :secret as fresh
    """
)
_NUDGE = text("update bank_deliveries set next_at = :at where bank = :bank and state = 'waiting'")
_ROTATE = text(
    """
    update bank_endpoints set old_secret = secret, old_until = :until, secret = :secret
    where bank = :bank returning old_until
    """
)
_LIST = text(
    """
    select d.seq, cast(d.message_id as text) as message_id, m.type, m.leg, m.occurred_at, d.state, d.attempts,
      case when d.state = 'waiting' then d.next_at end as next_at, d.changed_at, d.status, d.reason
    from bank_deliveries d join bank_messages m on m.seq = d.seq
    where d.bank = :bank and d.seq > :after and d.state = any(cast(:states as text[]))
    order by d.seq limit :limit
    """
)
_REPLAY = text(
    """
    update bank_deliveries d set state = 'waiting', attempts = 0, next_at = :at, changed_at = :at
    from bank_messages m
    where m.seq = d.seq and d.bank = :bank and m.occurred_at >= :since and m.occurred_at < :before
      and d.state = any(cast(:states as text[]))
    returning d.seq
    """
)


class EndpointBody(Body):
    """Where webhooks go. A new address is tried at once, also where the old one was disabled."""

    url: Annotated[str, Field(min_length=10, max_length=500)]


class ReplayBody(Body):
    """What occurred from `since` up to, without, `before`: the failed, or `all` that were ever delivered."""

    since: Moment
    before: Moment
    all: bool = False


async def _own(request: RequestContext, conn: Connection, bank: str) -> None:
    """`NotFound` for a bank that is not there, and for any but its own where a bank asks."""
    foreign = request.caller.role is AccountRole.BANK and request.caller.code != bank
    if foreign or (await conn.execute(_BANK, {"bank": bank})).scalar() is None:
        raise NotFound("没有这家银行", "no such bank", "code")


def _none() -> NotFound:
    return NotFound("该银行未设回调地址", "this bank has no webhook: PUT its endpoint first", "code")


@router.get("/endpoint")
async def endpoint(code: Code, request: Requested, conn: Reading) -> Response:
    """Where the bank's webhooks go, and since when they do not any more; secrets are not shown."""
    await _own(request, conn, code)
    if (row := (await conn.execute(_ENDPOINT, {"bank": code})).one_or_none()) is None:
        raise _none()
    return json(dict(row))


@router.put("/endpoint")
async def set_endpoint(code: Code, body: EndpointBody, request: Requested) -> Response:
    """Say where webhooks go from now on. The first time, the answer holds the secret, once."""
    check_url(body.url, allow_private=settings_of(request.context).allow_private_webhooks)
    async with request.context.engine.begin() as conn:
        await _own(request, conn, code)
        secret = new_secret()
        row = (await conn.execute(_SET, {"bank": code, "url": body.url, "secret": secret})).one()
        await conn.execute(_NUDGE, {"bank": code, "at": await request.context.clock.stamp(conn)})
    return json({"url": body.url} | ({"secret": secret} if row.fresh else {}))


@router.post("/endpoint/secrets")
async def rotate(code: Code, request: Requested) -> Response:
    """A new secret, shown this once; what leaves within a day is signed with the one before as well."""
    async with request.context.engine.begin() as conn:
        await _own(request, conn, code)
        secret, until = new_secret(), await request.context.clock.stamp(conn) + OLD_SECRET
        values = {"bank": code, "secret": secret, "until": until}
        if (await conn.execute(_ROTATE, values)).one_or_none() is None:
            raise _none()
    return json({"secret": secret, "old_until": until}, 201)


@router.get("/deliveries")
async def deliveries(
    code: Code, request: Requested, conn: Reading, page: Paged, state: Annotated[State | None, Query()] = None
) -> Response:
    """The bank's webhooks in their order, with the last answer to each; those in one state where named."""
    await _own(request, conn, code)
    match page.after or [0]:
        case [int(after)]:
            pass
        case _:
            raise no_cursor()
    states = get_args(State) if state is None else [state]
    values = {"bank": code, "after": after, "limit": page.limit + 1, "states": list(states)}
    rows = await conn.execute(_LIST, values)
    return page.answer([dict(row) for row in rows], "seq")


@router.post("/deliveries/replay")
async def replay(code: Code, body: ReplayBody, request: Requested) -> Response:
    """Send again, under the same ids and in the same order, what occurred in a span of time."""
    if body.since >= body.before:
        raise Invalid("起始时间须早于截止时间", "since must lie before before", "since")
    async with request.context.engine.begin() as conn:
        await _own(request, conn, code)
        values = {
            "bank": code,
            "at": await request.context.clock.stamp(conn),
            "since": body.since,
            "before": body.before,
            "states": ["failed", "delivered"] if body.all else ["failed"],
        }
        again = (await conn.execute(_REPLAY, values)).all()
    return json({"again": len(again)}, 202)
