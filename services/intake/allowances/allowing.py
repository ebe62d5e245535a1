"""Whether a caller may do something once more now: by its network address, and by what it names."""

from collections.abc import Sequence

from fastapi import Request

from services.intake.allowances import work
from services.intake.allowances.work import Allowance
from services.intake.settings import settings_of
from shared.service.errors import TooMany
from shared.service.service import ServiceContext
from shared.telemetry.spans import shared_by
from shared.web.request import RequestContext, client_address


def caller_address(request: RequestContext, http_request: Request) -> str:
    """The network address of the caller: by the proxy's word where the settings say that there is one."""
    return client_address(http_request, behind_proxy=settings_of(request.context).behind_proxy)


async def allow(context: ServiceContext, *wanted: tuple[Allowance, str]) -> None:
    """Use each of these allowances once. Raises `TooMany` where one is used up."""
    with shared_by(()):  # it is counted before there is a case, so it is in no case's trace
        await _allow(context, wanted)


async def _allow(context: ServiceContext, wanted: Sequence[tuple[Allowance, str]]) -> None:
    async with context.engine.begin() as conn:
        at = await context.clock.stamp(conn)
        in_order = sorted(wanted)  # as everybody takes them, so that nobody waits for each other
        again_at = [await work.use(conn, at, allowance, value) for allowance, value in in_order]
    if refused_until := max(filter(None, again_at), default=None):
        raise TooMany.until(refused_until, at)
