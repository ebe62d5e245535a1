"""Somebody leaves: in one act another person has all that the account was for, and the account is disabled.

Work belongs to units, leaders and banks. A person has it by a role, and hands it over with the role.
"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.desks.people import queries, views
from services.desks.people.answers import HandedOver, Work
from services.desks.people.api_accounts import account_now, locked, refuse_known, with_an_administrator
from services.desks.people.api_session import end_sessions
from services.desks.people.bodies import HandingOver
from services.desks.people.domain import Account, Grant, ended, received, standing_in
from services.desks.people.transactions import Act, acting, address_of
from shared.events.people import AccountChange, SessionEnd
from shared.service.errors import Conflict, Invalid
from shared.web.request import Reading, Replacing, Requested, json

router = APIRouter(tags=["people"])


@router.get(
    "/people/accounts/{account_id}/work",
    summary="账号名下的在办事项 / What an account has open",
    response_model=Work,
)
async def work(account_id: UUID, conn: Reading, request: Requested) -> Response:
    """By role in force, how many legs of the unit, or lifts of the leader, are open. No case is named."""
    known = account_now(await queries.account(conn, account_id))
    now = await request.context.clock.stamp(conn)
    grants = known.roles_on(now.astimezone(request.context.zone).date())
    return json({"items": [await _open(conn, grant) for grant in grants]})


async def _open(conn: Any, grant: Grant) -> dict[str, Any]:
    count = await queries.open_work(conn, grant.role.acts_as, grant.code)
    return {"role": grant.role, "code": grant.code, "open": count}


@router.post(
    "/people/accounts/{account_id}/handing-over",
    summary="离岗移交 / Hand over and leave",
    response_model=HandedOver,
    responses={409: {}},
)
async def hand_over(
    account_id: UUID, body: HandingOver, http_request: Request, request: Replacing
) -> Response:
    """Give the roles of an account to another one from today on, and disable it: its sessions end.

    Whoever stood in for the one who leaves stands in for the other one now.
    """
    context = request.context
    async with acting(context, address_of(context, http_request), request.caller) as act:
        leaving = await locked(act, account_id, request)
        receiver = await _receiver(act, leaving, body.to)
        moved = received(leaving.grants, receiver.grants, act.day)
        await _write(act, receiver, (*receiver.grants, *moved))
        await _write(act, leaving, ended(leaving.grants, act.day))
        await _move_deputies(act, leaving.account_id, receiver.account_id)
        await queries.set_disabled(act.conn, account_id, act.at)
        await end_sessions(act, account_id, SessionEnd.DISABLED)
        left = await with_an_administrator(act, leaving)
        await act.record.account_changed(account_id, AccountChange.HANDED_OVER, str(receiver.account_id))
        await act.record.account_changed(receiver.account_id, AccountChange.TOOK_OVER, str(account_id))
        taken = account_now(await queries.account(act.conn, receiver.account_id))
    accounts = {"account": views.shown_account(left), "to": views.shown_account(taken)}
    handed_over = [grant.model_dump(mode="json") for grant in moved]
    return json({**accounts, "handed_over": handed_over}, etag=left.version)


async def _receiver(act: Act, leaving: Account, login: str) -> Account:
    """The account that takes over. Raises `Invalid` or `Conflict` where it cannot."""
    row = await queries.account_of_login(act.conn, login)
    receiver = None if row is None else Account.of(row)
    if receiver is None or receiver.is_disabled or receiver.account_id == leaving.account_id:
        raise Invalid(
            "接手人的账号不存在、已停用，或就是离岗的账号",
            "there is no such account to take over, it is disabled, or it is the one that leaves",
            "to",
        )
    refuse_known(receiver)
    if leaving.is_disabled:
        raise Conflict("该账号已停用，无可移交", "this account is disabled: it has nothing to hand over")
    return receiver


async def _move_deputies(act: Act, leaving: UUID, receiver: UUID) -> None:
    for row in await queries.all_accounts_locked(act.conn):
        account = Account.of(row)
        moved = standing_in(account.grants, leaving, receiver, account.account_id)
        if moved != account.grants:
            await _write(act, account, moved)


async def _write(act: Act, account: Account, grants: tuple[Grant, ...]) -> None:
    roles = [grant.model_dump(mode="json") for grant in grants]
    await queries.change_account(act.conn, account.account_id, account.name, account.post, roles)
