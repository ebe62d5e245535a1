"""Accounts of people over HTTP, for administrators: make, change, disable, reset, list. None is deleted."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request, Response

from services.desks.people import passwords, queries, views
from services.desks.people.answers import NewAccount, Recorded, ShownAccount
from services.desks.people.api_session import end_sessions
from services.desks.people.bodies import AddedAccount, ChangedAccount
from services.desks.people.domain import Account, Grant, active_administrators
from services.desks.people.transactions import Act, acting, address_of
from shared.events.people import AccountChange, SessionEnd
from shared.service.errors import Conflict, Invalid, NotFound
from shared.web.answers import PageOf
from shared.web.openapi import VERSIONED
from shared.web.paging import Paged, no_cursor
from shared.web.request import Reading, Replacing, Requested, json

router = APIRouter(tags=["people"])


@router.get("/people/accounts", summary="账号列表 / List accounts", response_model=PageOf[ShownAccount])
async def accounts(conn: Reading, page: Paged) -> Response:
    """All accounts by their logins, disabled ones among them."""
    rows = await queries.accounts(conn, page.after_text, page.limit + 1)
    return page.answer([views.shown_account(Account.of(row)) for row in rows], "login")


@router.get(
    "/people/accounts/{account_id}",
    summary="查看账号 / Read an account",
    response_model=ShownAccount,
    responses=VERSIONED,
)
async def account(account_id: UUID, conn: Reading) -> Response:
    """One account; its version is the ETag."""
    return _shown(account_now(await queries.account(conn, account_id)))


@router.post(
    "/people/accounts",
    summary="新建账号 / Make an account",
    response_model=NewAccount,
    status_code=201,
    responses={409: {}},
)
async def add(body: AddedAccount, http_request: Request, request: Requested) -> Response:
    """Make an account. Its first password is in this answer alone, holds for a week, and must be changed."""
    context = request.context
    password, account_id = passwords.first_password(), uuid4()
    hash_ = await passwords.hashed(password)
    async with acting(context, address_of(context, http_request), request.caller) as act:
        await _check_deputies(act, account_id, body.grants())
        if not await add_account(act, account_id, body, hash_):
            raise Conflict(
                "此登录名已有账号，停用的也不能再用", "this login is, or was, another account's", "login"
            )
        added = Account.of(await queries.account(act.conn, account_id))
    return json({"account": views.shown_account(added), "password": password}, 201)


async def add_account(act: Act, account_id: UUID, body: AddedAccount, hash_: str) -> bool:
    """Add an account with its first password, on record; False where the login is taken."""
    is_added = await queries.add_account(
        act.conn,
        act.at,
        account_id=account_id,
        login=body.login,
        name=body.name,
        post=body.post,
        roles=[grant.model_dump(mode="json") for grant in body.grants()],
        password_hash=hash_,
    )
    if is_added:
        await act.record.account_changed(account_id, AccountChange.CREATED)
    return is_added


@router.post(
    "/people/accounts/{account_id}/changes",
    summary="修改账号 / Change an account",
    response_model=ShownAccount,
    responses={409: {}},
)
async def change(
    account_id: UUID, body: ChangedAccount, http_request: Request, request: Replacing
) -> Response:
    """Replace name, post and roles. What the roles no longer allow ends with the tokens given."""
    context, grants = request.context, body.grants()
    async with acting(context, address_of(context, http_request), request.caller) as act:
        before = await locked(act, account_id, request)
        refuse_known(before)
        await _check_deputies(act, account_id, grants)
        roles = [grant.model_dump(mode="json") for grant in grants]
        await queries.change_account(act.conn, account_id, body.name, body.post, roles)
        changed = await with_an_administrator(act, before)
        await act.record.account_changed(account_id, AccountChange.CHANGED)
    return _shown(changed)


@router.post(
    "/people/accounts/{account_id}/disabling",
    summary="停用账号 / Disable an account",
    response_model=ShownAccount,
    responses={409: {}},
)
async def disable(account_id: UUID, http_request: Request, request: Replacing) -> Response:
    """Disable an account at once: its sessions end, and it gets no token any more."""
    context = request.context
    async with acting(context, address_of(context, http_request), request.caller) as act:
        before = await locked(act, account_id, request)
        await queries.set_disabled(act.conn, account_id, act.at)
        disabled = await with_an_administrator(act, before)
        await end_sessions(act, account_id, SessionEnd.DISABLED)
        await act.record.account_changed(account_id, AccountChange.DISABLED)
    return _shown(disabled)


@router.post(
    "/people/accounts/{account_id}/enabling",
    summary="启用账号 / Enable an account",
    response_model=ShownAccount,
)
async def enable(account_id: UUID, http_request: Request, request: Replacing) -> Response:
    """Enable an account that was disabled, with the roles and the password that it had."""
    context = request.context
    async with acting(context, address_of(context, http_request), request.caller) as act:
        await locked(act, account_id, request)
        await queries.set_disabled(act.conn, account_id, None)
        await act.record.account_changed(account_id, AccountChange.ENABLED)
        enabled = account_now(await queries.account(act.conn, account_id))
    return _shown(enabled)


@router.post(
    "/people/accounts/{account_id}/reset",
    summary="重置密码与动态验证码 / Reset password and second factor",
    response_model=NewAccount,
    responses={409: {}},
)
async def reset(account_id: UUID, http_request: Request, request: Replacing) -> Response:
    """Give an account a first password again, without a second factor. Its sessions end."""
    context, password = request.context, passwords.first_password()
    hash_ = await passwords.hashed(password)
    async with acting(context, address_of(context, http_request), request.caller) as act:
        refuse_known(await locked(act, account_id, request))
        await queries.set_password(act.conn, account_id, act.at, hash_, is_first=True)
        await queries.set_second_factor(act.conn, account_id, None)
        await end_sessions(act, account_id, SessionEnd.RESET)
        await act.record.account_changed(account_id, AccountChange.RESET)
        changed = account_now(await queries.account(act.conn, account_id))
    return json({"account": views.shown_account(changed), "password": password}, etag=changed.version)


@router.get("/people/record", summary="登录与账号记录 / Read the record", response_model=PageOf[Recorded])
async def record(conn: Reading, page: Paged, account_id: Annotated[UUID | None, Query()] = None) -> Response:
    """Who signed in, who was refused, what was done to accounts: when, and from where; the newest first."""
    before, id_ = _position(page.after)
    rows = await queries.origins(conn, account_id, before, id_, page.limit + 1)
    positions = [{"at": row.at.isoformat(), "event_id": str(row.event_id)} for row in rows]
    items = [{name: row[name] for name in Recorded.model_fields} for row in rows[: page.limit]]
    return json({"items": items, "next": page.after_last(positions, "at", "event_id")})


def _position(after: list[Any] | None) -> tuple[datetime | None, UUID | None]:
    if after is None:
        return None, None
    try:
        at, id_ = after
        return datetime.fromisoformat(at), UUID(id_)
    except (ValueError, TypeError, AttributeError):
        raise no_cursor() from None


async def locked(act: Act, account_id: UUID, request: Replacing) -> Account:
    """The account, while nobody else changes any. Refuses a change made on another version."""
    rows = await queries.all_accounts_locked(
        act.conn
    )  # in one order: no two administrators wait for each other
    known = account_now(next((row for row in rows if row.account_id == account_id), None))
    request.check(known.version)
    return known


def refuse_known(account: Account) -> None:
    """Raise `Conflict` for an account whose name, roles and password are the identity provider's."""
    if account.subject is not None:
        raise Conflict(
            "此账号由统一身份认证管理：请在该平台修改姓名、角色或密码；在此可停用",
            "the identity provider says name, roles and password of this account: change them there,"
            " or disable it here",
        )


async def with_an_administrator(act: Act, before: Account) -> Account:
    """The account as it now is. Raises `Conflict` where it was the last one that may administer accounts."""
    known = {row.account_id: Account.of(row) for row in await queries.all_accounts_locked(act.conn)}
    was_administrator = bool(active_administrators([before], act.day))
    if was_administrator and not active_administrators(known.values(), act.day):
        raise Conflict(
            "这是最后一个系统管理员账号，请先设立另一个", "this is the last administrator: make another first"
        )
    return known[before.account_id]


async def _check_deputies(act: Act, account_id: UUID, grants: Collection[Grant]) -> None:
    """Raise `Invalid` where a role is held in place of an account that is not there, or of one's own."""
    wanted = {grant.deputy_for for grant in grants if grant.deputy_for is not None}
    known = {row.account_id for row in await queries.labels(act.conn, sorted(wanted))} if wanted else set()
    if account_id in wanted or wanted - known:
        raise Invalid(
            "代理的账号不存在，或是本人", "no such account to stand in for, or its own", "deputy_for"
        )


def account_now(row: Any) -> Account:
    """The account of a row. Raises `NotFound` where there is none."""
    if row is None:
        raise NotFound("没有这个账号", "there is no such account", "account_id")
    return Account.of(row)


def _shown(known: Account) -> Response:
    return json(views.shown_account(known), etag=known.version)
