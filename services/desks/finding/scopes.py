"""Whose eyes a list is for, by the caller of the request."""

from services.desks.fields import searches
from services.desks.finding import queries
from services.desks.finding.conditions import Scope
from shared.appeals.readers import FieldKind
from shared.database.connection import Connection
from shared.judging.rulebook import rulebook
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.service import ServiceContext


async def scope_of(context: ServiceContext, conn: Connection, caller: Caller) -> Scope:
    """What the caller may see: a unit its own cases and those of the units below it, everybody what the packs
    do not keep from the role."""
    is_unit = caller.role == AccountRole.UNIT
    units = await queries.unit_and_below(conn, caller.code or "") if is_unit else None
    names = searches(FieldKind.ENTERPRISE, caller.role)
    return Scope(rulebook(context).sight(caller.role), units, context.clock.now(), context.zone, names)
