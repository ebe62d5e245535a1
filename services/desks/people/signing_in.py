"""Signing in by name and password: one answer, in the same time, whatever was wrong."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request

from services.desks.people import passwords, queries
from services.desks.people.cookies import SessionCookie, device_of, session_cookie
from services.desks.people.domain import Account, Stage, stage_of
from services.desks.people.throttle import Buckets
from services.desks.people.transactions import Act, acting, address_of, settings_of
from services.desks.resources import people_keys
from shared.events.people import RefusalReason, SessionEnd
from shared.service.errors import Unauthorized
from shared.service.service import ServiceContext

LONGEST_AGENT = 300


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who was let in, with the session that began. `is_new_device`: the browser was not known before."""

    account: Account
    cookie: SessionCookie
    is_new_device: bool
    stage: Stage


@dataclass(frozen=True, slots=True)
class ByProvider:
    """What the identity provider said: its own session, and whether it asked for a second factor.

    `id_token` shows the provider which session ends when the person signs out here.
    """

    session: str
    id_token: str
    passed_second_factor: bool


async def sign_in(context: ServiceContext, request: Request, login: str, password: str) -> SignedIn:
    """Let a person in. Raises `TooMany` where tries must wait, and `Unauthorized` where anything is wrong."""
    keys, address = people_keys(context).checking(), address_of(context, request)
    secure = settings_of(context).behind_proxy
    row = await queries.account_of_login(context.reader.reading(), login)
    device = device_of(request, None if row is None else row.account_id, keys, secure=secure)
    buckets = Buckets(login, address, device)
    await buckets.take(context, address, None if row is None else row.account_id)
    is_right = await passwords.matches(password, None if row is None else row.password_hash)
    async with acting(context, address) as act:
        reason = _reason(row, is_right=is_right, act=act)
        if reason is None:
            await buckets.undo(act.conn)
            before = session_cookie(request, keys, secure=secure)
            cookie = await begin(act, request, row.account_id, before)
        else:
            await act.record.refused(None if row is None else row.account_id, reason)
    if reason is not None:
        raise _refused()
    account = Account.of(row)
    stage = stage_of(account, settings_of(context).second_factor_besides, passed_second_factor=False)
    return SignedIn(account, cookie, device is None, stage)


def _reason(row: Any, *, is_right: bool, act: Act) -> RefusalReason | None:
    """Why nobody is let in; None where the person is."""
    if row is None:
        return RefusalReason.UNKNOWN_ACCOUNT
    if not is_right:
        return RefusalReason.WRONG_PASSWORD
    return None if Account.of(row).may_sign_in(act.at, act.day) else RefusalReason.NOT_IN_FORCE


async def begin(
    act: Act,
    request: Request,
    account_id: UUID,
    before: SessionCookie | None,
    by_provider: ByProvider | None = None,
) -> SessionCookie:
    """Begin a session, on record. It takes the place of the one `before` that this browser had."""
    await _end_session_before(act, before)
    cookie, passed = SessionCookie.new(uuid4()), by_provider is not None and by_provider.passed_second_factor
    await queries.begin_session(
        act.conn,
        act.at,
        session_id=cookie.session_id,
        secret_hash=cookie.secret_hash,
        account_id=account_id,
        address=act.record.address,
        agent=request.headers.get("user-agent", "")[:LONGEST_AGENT] or None,
        second_factor_at=act.at if passed else None,
        provider_session=by_provider.session if by_provider else None,
        id_token=by_provider.id_token if by_provider else None,
    )
    await act.record.signed_in(account_id, cookie.session_id)
    return cookie


async def _end_session_before(act: Act, cookie: SessionCookie | None) -> None:
    """The session that this browser had is replaced by the new one."""
    before = None if cookie is None else await queries.live_session(act.conn, cookie.session_id, act.at)
    if cookie is not None and before is not None and before.secret_hash == cookie.secret_hash:
        for id_ in await queries.end_sessions(act.conn, before.account_id, act.at, only=cookie.session_id):
            await act.record.session_ended(before.account_id, id_, SessionEnd.REPLACED)


def _refused() -> Unauthorized:
    refusal = Unauthorized(
        "账号或密码不正确，或账号已停用、尚未生效",
        "the name or the password is wrong, or the account is not in force",
        "login",
    )
    refusal.challenge = "Session"
    return refusal
