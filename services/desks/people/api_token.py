"""Tokens over HTTP: with one of a minute what acts for a person calls the services."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from services.desks.people import queries
from services.desks.people.answers import GivenToken
from services.desks.people.bodies import WantedToken
from services.desks.people.domain import Grant, Stage, author_name, label
from services.desks.people.sessions import Session, session_of
from services.desks.people.transactions import Act, acting, address_of
from services.desks.resources import people_keys
from shared.service.clock import epoch_s
from shared.service.errors import Forbidden, Invalid
from shared.web.request import Requested, json
from shared.web.tokens import LONGEST_S, Person, sign

router = APIRouter(tags=["people"])
_WAITS_FOR = {
    Stage.PASSWORD: ("请先修改初始密码", "change the first password first"),
    Stage.SECOND_FACTOR: ("请先提交动态验证码", "show a one-time code first"),
    Stage.SECOND_FACTOR_SETUP: (
        "此角色须先绑定动态验证码",
        "this role needs one-time codes: set them up first",
    ),
}


@router.post(
    "/people/token", summary="换取令牌 / Get a token", response_model=GivenToken, responses={403: {}, 409: {}}
)
async def give(body: WantedToken, http_request: Request, request: Requested) -> Response:
    """A token with which a service takes the bearer for the person in one of its roles, for a minute."""
    context = request.context
    key = people_keys(context).signer()
    async with acting(context, address_of(context, http_request)) as act:
        session = await session_of(context, http_request, act.conn, act.at)
        if session.stage is not Stage.OPEN:
            raise Forbidden(*_WAITS_FOR[session.stage])
        grant = _chosen(body, session.account.roles_on(act.day))
        person = await _person(act, session, grant)
    token = sign(key, person, body.service, body.purpose, epoch_s())
    return json({"token": token, "service": body.service, "purpose": body.purpose, "seconds": LONGEST_S})


def _chosen(body: WantedToken, grants: Sequence[Grant]) -> Grant:
    """The role that is meant. Raises `Invalid` where several fit, and `Forbidden` where none does."""
    fitting = [
        grant for grant in grants if body.role in (None, grant.role) and body.code in (None, grant.code)
    ]
    if not fitting:
        raise Forbidden("本账号没有这一角色，或不在任期内", "the account does not have this role now")
    if len({(grant.role, grant.code) for grant in fitting}) > 1:
        raise Invalid("本账号有多个角色，请指明其一", "the account has several roles: name one", "role")
    own = [grant for grant in fitting if grant.deputy_for is None]
    return (own or fitting)[0]


async def _person(act: Act, session: Session, grant: Grant) -> Person:
    """Whom the token speaks for, by the name under which its acts go on record."""
    wanted = [] if grant.deputy_for is None else [grant.deputy_for]
    rows = await queries.labels(act.conn, wanted) if wanted else ()
    represented = {row.account_id: label(row.name, row.login) for row in rows}
    name = author_name(session.account, grant, represented)
    return Person(session.account.account_id, name, grant.role, grant.code)
