"""Signing in by the identity provider: the account that it knows, with the roles that its claims give."""

from uuid import UUID, uuid4

from fastapi import Request

from services.desks.people import queries
from services.desks.people.cookies import SessionCookie, session_cookie
from services.desks.people.domain import Account, Grant
from services.desks.people.provider.claims import grants_of, logins_of, name_of, passed_second_factor
from services.desks.people.provider.id_tokens import Subject
from services.desks.people.provider.settings import ProviderSettings
from services.desks.people.signing_in import ByProvider, begin
from services.desks.people.transactions import Act, acting, address_of, settings_of
from services.desks.resources import people_keys
from shared.events.people import AccountChange, RefusalReason
from shared.service.errors import Forbidden
from shared.service.service import ServiceContext


def subject_of(settings: ProviderSettings, subject: str) -> str:
    """A person by issuer and subject: another provider's subject may be the same."""
    return f"{settings.issuer} {subject}"


async def let_in(
    context: ServiceContext, request: Request, settings: ProviderSettings, token: str, person: Subject
) -> SessionCookie:
    """Begin a session of whom the provider named. Raises `Forbidden` where no role is in force."""
    before = session_cookie(
        request, people_keys(context).checking(), secure=settings_of(context).behind_proxy
    )
    by_provider = ByProvider(
        person.session or "", token, passed_second_factor=passed_second_factor(person.claims, settings)
    )
    async with acting(context, address_of(context, request)) as act:
        account = await _known(act, settings, person)
        is_in_force = account is not None and account.may_sign_in(act.at, act.day)
        if account is not None and is_in_force:
            return await begin(act, request, account.account_id, before, by_provider)
        await act.record.refused(account.account_id if account else None, RefusalReason.NOT_IN_FORCE)
    raise Forbidden(
        "统一身份认证已确认您的身份，但您在本系统没有生效的角色，或账号已停用：请联系系统管理员",
        "the provider confirms who you are, but you have no role here now, or your account is disabled:"
        " ask the administrator",
    )


async def _known(act: Act, settings: ProviderSettings, person: Subject) -> Account | None:
    """The account as the claims now have it; None for somebody who is new and whom they give no role."""
    subject = subject_of(settings, str(person.subject))
    row = await queries.account_of_subject(act.conn, subject)
    grants, name = grants_of(person.claims, settings), name_of(person.claims, settings)
    if row is None:
        if not grants:
            return None
        row = await queries.account(act.conn, await _added(act, settings, person, grants, name))
        return Account.of(row)
    before = Account.of(row)
    if (before.grants, before.name) != (grants, name):
        roles = [grant.model_dump(mode="json") for grant in grants]
        await queries.change_account(act.conn, before.account_id, name, before.post, roles)
        await act.record.account_changed(before.account_id, AccountChange.CHANGED)
    return Account.of(await queries.account(act.conn, before.account_id))


async def _added(
    act: Act, settings: ProviderSettings, person: Subject, grants: tuple[Grant, ...], name: str
) -> UUID:
    """A new account of somebody whom the provider knows, on record; its id."""
    account_id = uuid4()
    values = {
        "account_id": account_id,
        "name": name,
        "roles": [grant.model_dump(mode="json") for grant in grants],
        "subject": subject_of(settings, str(person.subject)),
    }
    for login in logins_of(person.claims, settings):
        if await queries.add_known_account(act.conn, act.at, login=login, **values):
            await act.record.account_changed(account_id, AccountChange.CREATED)
            return account_id
    raise LookupError(f"both logins of a new account are taken: {logins_of(person.claims, settings)}")
