"""A person's own session over HTTP: sign in and out, password, second factor, and the list of sessions."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.desks.people import passwords, queries, second_factor, views
from services.desks.people.answers import Ended, NewSecondFactor, SessionStands, ShownSession
from services.desks.people.bodies import ChangedPassword, ShownCode, SignIn
from services.desks.people.cookies import SessionCookie, drop_session, set_device, set_session
from services.desks.people.domain import Account, Stage
from services.desks.people.provider.provider import sign_out_address
from services.desks.people.sessions import Session, check_own_page, session_of
from services.desks.people.signing_in import sign_in
from services.desks.people.throttle import Buckets
from services.desks.people.transactions import Act, acting, address_of, settings_of
from services.desks.resources import people_keys, provider_of
from shared.events.people import AccountChange, RefusalReason, SessionEnd
from shared.service.clock import epoch_s
from shared.service.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from shared.service.service import ServiceContext
from shared.web.answers import Items
from shared.web.request import Requested, json

router = APIRouter(tags=["people"])
READ: dict[int | str, dict[str, Any]] = {409: {}}
OWN: dict[int | str, dict[str, Any]] = {403: {}, **READ}
CHANGING: dict[int | str, dict[str, Any]] = {**OWN, 429: {}}
"""How routes of a session refuse: 409 where nobody can sign in here, or as things stand."""


@router.post("/people/session", summary="登录 / Sign in", response_model=SessionStands, responses=CHANGING)
async def begin(body: SignIn, http_request: Request, request: Requested) -> Response:
    """Sign in by name and password. The answer is the same, after the same time, whatever is wrong."""
    context = request.context
    check_own_page(http_request, None)
    keys, secure = people_keys(context), settings_of(context).behind_proxy
    keys.signer()  # refuses where nobody can sign in here
    signed_in = await sign_in(context, http_request, body.login, body.password)
    answer = json(
        {
            "session_id": signed_in.cookie.session_id,
            "stage": signed_in.stage,
            "proof": signed_in.cookie.proof,
            "account": views.shown_account(signed_in.account),
        }
    )
    set_session(answer, signed_in.cookie, keys, secure=secure)
    if signed_in.is_new_device:
        set_device(answer, signed_in.account.account_id, keys, secure=secure)
    return answer


@router.get(
    "/people/session",
    summary="我的会话 / The session of this browser",
    response_model=SessionStands,
    responses=READ,
)
async def stands(http_request: Request, request: Requested) -> Response:
    """Who is signed in here, and what the session waits for."""
    async with acting(request.context, address_of(request.context, http_request)) as act:
        return json(views.standing(await session_of(request.context, http_request, act.conn, act.at)))


@router.delete("/people/session", summary="退出登录 / Sign out", response_model=Ended, responses=OWN)
async def end(http_request: Request, request: Requested) -> Response:
    """End the session of this browser."""
    context = request.context
    async with acting(context, address_of(context, http_request)) as act:
        session = await session_of(context, http_request, act.conn, act.at)
        ended = await end_sessions(act, session.account.account_id, SessionEnd.SIGNED_OUT, only=session.id)
        id_token = queries.id_token_of(act.conn, session.row)
    answer = json({"ended": ended, "elsewhere": await _elsewhere(context, id_token)})
    drop_session(answer, secure=settings_of(context).behind_proxy)
    return answer


async def _elsewhere(context: ServiceContext, id_token: str | None) -> str | None:
    """Where the browser signs out at the identity provider too. A provider that is away keeps nobody in."""
    provider = provider_of(context)
    if provider is None or id_token is None:
        return None
    try:
        return await sign_out_address(provider, id_token)
    except Unavailable:
        return None


@router.get(
    "/people/sessions",
    summary="我的全部会话 / List my sessions",
    response_model=Items[ShownSession],
    responses=READ,
)
async def sessions(http_request: Request, request: Requested) -> Response:
    """Where I am signed in."""
    context = request.context
    async with acting(context, address_of(context, http_request)) as act:
        session = await session_of(context, http_request, act.conn, act.at)
        rows = await queries.own_sessions(act.conn, session.account.account_id, session.id, act.at)
    return json({"items": [views.shown_session(row, session.id) for row in rows]})


@router.delete(
    "/people/sessions",
    summary="退出所有设备 / Sign out everywhere",
    response_model=Ended,
    responses=OWN,
)
async def end_all(http_request: Request, request: Requested) -> Response:
    """End all my sessions, this one too."""
    context = request.context
    async with acting(context, address_of(context, http_request)) as act:
        session = await session_of(context, http_request, act.conn, act.at)
        ended = await end_sessions(act, session.account.account_id, SessionEnd.SIGNED_OUT)
    answer = json({"ended": ended})
    drop_session(answer, secure=settings_of(context).behind_proxy)
    return answer


@router.delete(
    "/people/sessions/{session_id}",
    summary="结束某一会话 / End one of my sessions",
    response_model=Ended,
    responses=OWN,
)
async def end_one(session_id: UUID, http_request: Request, request: Requested) -> Response:
    """End one of my sessions, as where I forgot to sign out."""
    context = request.context
    async with acting(context, address_of(context, http_request)) as act:
        session = await session_of(context, http_request, act.conn, act.at)
        own = await queries.own_sessions(act.conn, session.account.account_id, session.id, act.at)
        if session_id not in {row.session_id for row in own}:
            raise NotFound(
                "没有这个会话，或已结束", "there is no such session, or it has ended", "session_id"
            )
        ended = await end_sessions(act, session.account.account_id, SessionEnd.SIGNED_OUT, only=session_id)
    return json({"ended": ended})


@router.post(
    "/people/session/password", summary="修改密码 / Change the password", response_model=SessionStands,
    responses=CHANGING,
)  # fmt: skip
async def change_password(body: ChangedPassword, http_request: Request, request: Requested) -> Response:
    """Change my password. All my other sessions end, and this one gets a new cookie."""
    context = request.context
    address = address_of(context, http_request)
    async with acting(context, address) as act:
        session = await session_of(context, http_request, act.conn, act.at)
        refuse_second_factor_due(session)
    account = session.account
    tries = Buckets(f"password {account.login}", address, str(session.id))
    await tries.take(context, address, account.account_id)
    if not await passwords.matches(body.old, session.secrets.password_hash):
        async with acting(context, address) as act:
            await act.record.refused(account.account_id, RefusalReason.WRONG_PASSWORD)
        raise Invalid("原密码不正确", "the old password is wrong", "old")
    if body.new == body.old:
        raise Invalid("新密码须与原密码不同", "the new password is the old one", "new")
    passwords.check(body.new, (account.login, account.name, account.post or ""))
    hash_ = await passwords.hashed(body.new)
    async with acting(context, address) as act:
        session = await session_of(context, http_request, act.conn, act.at, locked=True)
        await tries.undo(act.conn)
        await queries.set_password(act.conn, account.account_id, act.at, hash_, is_first=False)
        await end_sessions(act, account.account_id, SessionEnd.PASSWORD_CHANGED, but=session.id)
        await act.record.account_changed(account.account_id, AccountChange.PASSWORD_CHANGED)
        return await _renewed(context, act, session)


@router.post(
    "/people/session/second-factor/setup",
    summary="绑定动态验证码 / Set up one-time codes",
    response_model=NewSecondFactor,
    responses=OWN,
)
async def set_up(http_request: Request, request: Requested) -> Response:
    """A new secret for the app of one-time codes. It counts once a code of it was shown."""
    context = request.context
    async with acting(context, address_of(context, http_request)) as act:
        session = await session_of(context, http_request, act.conn, act.at, locked=True)
        refuse_second_factor_due(session)
        if session.stage is Stage.PASSWORD:
            raise Forbidden("请先修改初始密码", "change the first password first")
        if session.account.has_second_factor:
            raise Conflict(
                "已绑定动态验证码；更换手机请联系系统管理员重置",
                "one-time codes are set up; for a new phone ask the administrator for a reset",
            )
        secret = second_factor.new_secret()
        await queries.set_second_factor(act.conn, session.account.account_id, secret)
    return json({"secret": secret, "uri": second_factor.uri(secret, session.account.login)})


@router.post(
    "/people/session/second-factor",
    summary="提交动态验证码 / Show a one-time code",
    response_model=SessionStands,
    responses=CHANGING,
)
async def show_code(body: ShownCode, http_request: Request, request: Requested) -> Response:
    """Show a one-time code: it opens the session, and confirms a secret that was set up. Each counts once."""
    context = request.context
    address = address_of(context, http_request)
    async with acting(context, address) as act:
        session = await session_of(context, http_request, act.conn, act.at)
    account = session.account
    tries = Buckets(f"code {account.login}", address, f"code {account.account_id}")
    await tries.take(context, address, account.account_id)
    async with acting(context, address) as act:
        session = await session_of(context, http_request, act.conn, act.at, locked=True)
        secret = queries.second_factor_of(act.conn, session.secrets)
        account_id = session.account.account_id
        if secret is None:
            raise Conflict("尚未绑定动态验证码", "no one-time codes are set up yet")
        step = second_factor.step_of(secret, body.code, epoch_s(), session.secrets.totp_step)
        if step is None:
            await act.record.refused(account_id, RefusalReason.WRONG_CODE)
        else:
            await tries.undo(act.conn)
            await queries.use_step(act.conn, account_id, act.at, step)
            await queries.pass_second_factor(act.conn, session.id, act.at)
            if not session.account.has_second_factor:
                await act.record.account_changed(account_id, AccountChange.SECOND_FACTOR_SET)
            answer = await _renewed(context, act, session)
    if step is None:
        raise Invalid("验证码不正确或已使用", "this code is wrong, or was used before", "code")
    return answer


def refuse_second_factor_due(session: Session) -> None:
    """Raise `Forbidden` where the session still waits for a one-time code."""
    if session.stage is Stage.SECOND_FACTOR:
        raise Forbidden("请先提交动态验证码", "show a one-time code first")


async def end_sessions(
    act: Act, account_id: UUID, reason: SessionEnd, *, only: UUID | None = None, but: UUID | None = None
) -> int:
    """End sessions of an account, each on record; returns how many."""
    ended = await queries.end_sessions(act.conn, account_id, act.at, only=only, but=but)
    for session_id in ended:
        await act.record.session_ended(account_id, session_id, reason)
    return len(ended)


async def _renewed(context: ServiceContext, act: Act, session: Session) -> Response:
    """The session as it stands now, with a new secret in its cookie: the rights behind it have grown."""
    cookie = SessionCookie.new(session.id)
    await queries.renew_secret(act.conn, session.id, act.at, cookie.secret_hash)
    account = Account.of(await queries.account(act.conn, session.account.account_id))
    row = await queries.live_session(act.conn, session.id, act.at)
    answer = json(views.standing(replace(session, cookie=cookie, account=account, row=row)))
    set_session(answer, cookie, people_keys(context), secure=settings_of(context).behind_proxy)
    return answer
