"""Whose eyes a list is for, by the caller of the request."""

from services.desks.finding.conditions import Scope
from shared.judging.rulebook import rulebook
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.service import ServiceContext


def scope_of(context: ServiceContext, caller: Caller) -> Scope:
    """What the caller may see: a unit its own cases, everybody what the packs do not keep from the role."""
    unit = (caller.code or "") if caller.role == AccountRole.UNIT else None
    return Scope(rulebook(context).sight(caller.role), unit, context.clock.now(), context.zone)
