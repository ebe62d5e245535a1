"""The first administrator, who makes all other accounts: made where there is no account yet."""

from uuid import uuid4

from services.desks.people import passwords, queries
from services.desks.people.api_accounts import add_account
from services.desks.people.bodies import AddedAccount, GivenRole
from services.desks.people.record import NOWHERE
from services.desks.people.transactions import acting
from shared.roles import AccountRole
from shared.service.service import ServiceContext

LOGIN = "admin"


async def first_administrator(context: ServiceContext) -> str | None:
    """Make the first administrator, and return its first password; None where there are accounts."""
    if await queries.has_accounts(context.reader.reading()):
        return None
    password = passwords.first_password()
    hash_ = await passwords.hashed(password)
    body = AddedAccount(login=LOGIN, name="系统管理员", roles=(GivenRole(role=AccountRole.ADMINISTRATOR),))
    async with acting(context, NOWHERE) as act:
        return password if await add_account(act, uuid4(), body, hash_) else None
