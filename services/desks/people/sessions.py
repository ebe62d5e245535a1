"""The session of a request: found by its cookie, in force, and not begun by another site's page."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Request

from services.desks.people import queries
from services.desks.people.cookies import SessionCookie, session_cookie
from services.desks.people.domain import Account, Stage, stage_of
from services.desks.people.transactions import settings_of
from services.desks.resources import people_keys
from shared.database.connection import Connection
from shared.roles import AccountRole
from shared.service.errors import Forbidden, Unauthorized
from shared.service.service import ServiceContext

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PROOF = "x-csrf-token"


@dataclass(frozen=True, slots=True)
class Session:
    """A session in force, with its account as it stands now."""

    cookie: SessionCookie
    account: Account
    row: Any
    secrets: Any
    second_factor_besides: tuple[AccountRole, ...] = ()

    @property
    def id(self) -> UUID:
        return self.cookie.session_id

    @property
    def stage(self) -> Stage:
        passed = self.row.second_factor_at is not None
        return stage_of(self.account, self.second_factor_besides, passed_second_factor=passed)


async def session_of(
    context: ServiceContext, request: Request, conn: Connection, at: datetime, *, locked: bool = False
) -> Session:
    """The session of a request; its account's row is `locked` where it is to be changed.

    Raises `Unauthorized` where there is none in force, and `Forbidden` where another site's page may have
    sent the request.
    """
    cookie = session_cookie(
        request, people_keys(context).checking(), secure=settings_of(context).behind_proxy
    )
    row = None if cookie is None else await queries.live_session(conn, cookie.session_id, at)
    if cookie is None or row is None or not hmac.compare_digest(row.secret_hash, cookie.secret_hash):
        raise not_signed_in()
    if request.method not in SAFE:
        check_own_page(request, cookie)
    stored = await queries.account(conn, row.account_id, locked=locked)
    account = Account.of(stored)
    if not account.roles_on(at.astimezone(context.zone).date()):
        raise not_signed_in()
    await queries.see(conn, row, at)
    return Session(cookie, account, row, stored, settings_of(context).second_factor_besides)


def check_own_page(request: Request, cookie: SessionCookie | None) -> None:
    """Raise `Forbidden` for a request that another site's page may have sent (CSRF).

    A browser names the page's origin itself. Without one the request shows what only our pages can read.
    """
    origin = request.headers.get("origin")
    if origin is not None:
        is_own = urlsplit(origin).hostname == urlsplit(f"//{request.headers.get('host', '')}").hostname
    elif cookie is not None:
        shown = request.headers.get(PROOF, "")
        is_own = hmac.compare_digest(shown.encode(), cookie.proof.encode())
    else:
        is_own = True  # no browser, or none that sends cookies of ours
    if not is_own:
        raise Forbidden(
            "请求须来自本系统的页面：请求头 Origin 须为本站，或以 X-CSRF-Token 出示会话凭据",
            "this may come from another site: Origin must be ours, or X-CSRF-Token show the session's proof",
        )


def not_signed_in() -> Unauthorized:
    error = Unauthorized(
        "请先登录：没有会话，或会话已结束", "sign in first: no session, or it has ended", "Cookie"
    )
    error.challenge = "Session"
    return error
