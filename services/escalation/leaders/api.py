"""The directory of leaders over HTTP, and in events."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Response

from services.escalation.answers import Leader, ListedLeader
from services.escalation.leaders import queries
from services.escalation.work import Work
from shared.events import LeaderChanged
from shared.service.errors import Invalid
from shared.service.service import ServiceContext
from shared.web.answers import Items
from shared.web.bodies import Body, Code, Line
from shared.web.request import Reading, Replacing, json

router = APIRouter(tags=["escalation"])


class LeaderBody(Body):
    """A leader (牵头领导) to whom appeals may be lifted, and the post (职务) that the leader holds.

    Without a `post` it is the one that bears the leader's own code. `holds_from` and `holds_until` are its
    first and last day. `deputy`, a leader or a post, stands in; `above` is the post above this one, without
    which it is the mayor's.
    """

    name: Line
    title: Line
    post: Code | None = None
    holds_from: date | None = None
    holds_until: date | None = None
    deputy: Code | None = None
    above: Code | None = None


@router.get("/leaders", summary="领导名册 / List the leaders", response_model=Items[ListedLeader])
async def leaders(conn: Reading) -> Response:
    """The leaders to whom appeals may be lifted."""
    return json({"items": await queries.leaders(conn)})


@router.put("/leaders/{code}", summary="登记领导 / Write a leader", response_model=Leader)
async def put_leader(code: Code, body: LeaderBody, request: Replacing) -> Response:
    """Write a leader; an existing one needs If-Match."""
    _check(code, body)
    leader = {"code": code, **body.model_dump(), "post": body.post or code}
    async with request.context.engine.begin() as conn:
        version = await queries.lock_leader(conn, code)
        if version is not None:
            request.check(version)
        version = await queries.save_leader(conn, leader)
        work = Work(conn, await request.context.clock.stamp(conn))
        work.emit(LeaderChanged.of(code, work.at, **_published(leader)))
        await work.flush()
    request.context.wake()
    return json(leader, etag=version)


def _check(code: str, body: LeaderBody) -> None:
    if body.holds_from and body.holds_until and body.holds_until < body.holds_from:
        raise Invalid("任期止日早于起日", "the last day lies before the first", "holds_until")
    post = body.post or code
    if body.deputy in (code, post):
        raise Invalid("不能由本人代理", "nobody stands in for themselves: name another deputy", "deputy")
    if body.above == post:
        raise Invalid("上级职务不能是本职务", "no post stands above itself: name another", "above")


def _published(leader: dict[str, Any]) -> dict[str, Any]:
    return {name: leader[name] for name in ("post", "holds_from", "holds_until", "deputy", "above")}


async def say_unsaid(context: ServiceContext) -> None:
    """Tell the other services of the leaders that were written before there was an event to tell of them."""
    async with context.engine.begin() as conn:
        work = Work(conn, await context.clock.stamp(conn))
        for row in await queries.take_unsaid(conn):
            work.emit(LeaderChanged.of(row.code, work.at, **_published(dict(row._mapping))))
        await work.flush()
