"""Who looks at a page: a person with a session, in one of the account's roles."""

from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request

from services.desks.pages.language import kept
from services.desks.people import queries
from services.desks.people.cookies import SESSION, named
from services.desks.people.domain import Account, Grant, Stage, author_name, label
from services.desks.people.sessions import Session, session_of
from services.desks.people.transactions import acting, address_of, settings_of
from shared.database.connection import Connection
from shared.roles import AccountRole
from shared.service.errors import Unauthorized
from shared.service.service import ServiceContext
from shared.web.tokens import Person

CHOSEN_ROLE = "huying-role"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who is signed in, and the role in which pages are shown. `grants` are all roles in force."""

    session_id: UUID
    proof: str
    account: Account
    grant: Grant | None
    grants: tuple[Grant, ...]
    author: str

    @property
    def role(self) -> AccountRole | None:
        return None if self.grant is None else self.grant.role

    @property
    def code(self) -> str | None:
        return None if self.grant is None else self.grant.code

    def person(self) -> Person:
        """Whom services take the viewer for. Only a viewer with a role calls services."""
        assert self.grant is not None
        return Person(self.account.account_id, self.author, self.grant.role, self.grant.code)


def role_key(grant: Grant) -> str:
    """A role with its code, as a cookie and a form name it."""
    return f"{grant.role}:{grant.code or ''}"


async def viewer_of(context: ServiceContext, request: Request) -> Viewer | None:
    """Who is signed in; None for the public. Where a session waits for a step, the viewer has no role."""
    if named(SESSION, secure=settings_of(context).behind_proxy) not in request.cookies:
        return None
    try:
        async with acting(context, address_of(context, request)) as act:
            session = await session_of(context, request, act.conn, act.at)
            grants = tuple(session.account.roles_on(act.day)) if session.stage is Stage.OPEN else ()
            grant = _chosen(grants, kept(request, CHOSEN_ROLE))
            author = await _author(act.conn, session, grant)
    except Unauthorized:
        return None
    return Viewer(session.id, session.cookie.proof, session.account, grant, grants, author)


def _chosen(grants: tuple[Grant, ...], key: str | None) -> Grant | None:
    """The role that was chosen before, else the account's own first one, else that of a deputy."""
    own = [grant for grant in grants if grant.deputy_for is None]
    return next((grant for grant in grants if role_key(grant) == key), next(iter(own or grants), None))


async def _author(conn: Connection, session: Session, grant: Grant | None) -> str:
    """The name under which the person's acts go on record."""
    if grant is None:
        return label(session.account.name, session.account.login)
    wanted = [] if grant.deputy_for is None else [grant.deputy_for]
    rows = await queries.labels(conn, wanted) if wanted else ()
    return author_name(session.account, grant, {row.account_id: label(row.name, row.login) for row in rows})
