"""How often anybody may register an appeal in an hour. Whoever has an account is not counted."""

from datetime import timedelta

from fastapi import Request

from services.intake import acts
from services.intake.allowances.allowing import allow, caller_address
from services.intake.allowances.work import Allowance
from services.intake.settings import settings_of
from shared.web.request import RequestContext

HOUR = timedelta(hours=1)


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
        (Allowance(f"registrations by {what}", most, HOUR), value) for what, most, value in limits if value
    ]
    await allow(request.context, *wanted)
