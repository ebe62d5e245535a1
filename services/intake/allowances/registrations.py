"""Who registers, and how often anybody may in an hour. Whoever has an account is not counted."""

from datetime import timedelta

from fastapi import Request

from services.intake import acts
from services.intake.allowances.allowing import allow, caller_address
from services.intake.allowances.work import Allowance
from services.intake.settings import settings_of
from shared.roles import AccountRole
from shared.web.request import RequestContext

HOUR = timedelta(hours=1)
TOLD_OF_ALL = (AccountRole.OPERATOR, AccountRole.OFFICE)
"""Who is told that somebody else registered the same: they take calls, and read who asks."""


def sender_of(request: RequestContext, http_request: Request, body: acts.Register) -> tuple[str, ...]:
    """Who sends this, as far as another sender cannot be taken for them; empty for who is told of all.

    Without an account that is a network address with all that the enterprise says of itself. Were it less,
    whoever guesses the words of an appeal would learn which enterprise sent it, and its number.
    """
    caller = request.caller
    if caller.role is not None:
        return () if caller.role in TOLD_OF_ALL else ("account", caller.name)
    named = body.enterprise.model_dump_json() if body.enterprise else ""
    return "anyone", caller_address(request, http_request), named


async def allow_registration(request: RequestContext, http_request: Request, body: acts.Register) -> None:
    """Count a registration by address, enterprise and phone. Raises `TooMany` where it is one too many."""
    if request.caller.role is not None:
        return
    settings, enterprise = settings_of(request.context), body.enterprise
    limits = (
        ("address", settings.registrations_of_address, caller_address(request, http_request)),
        ("credit code", settings.registrations_of_enterprise, enterprise and enterprise.credit_code),
        ("phone", settings.registrations_of_phone, enterprise and enterprise.phone),
    )
    wanted = [
        (Allowance(f"registrations by {counted_by}", most, HOUR), value)
        for counted_by, most, value in limits
        if value
    ]
    await allow(request.context, *wanted)
