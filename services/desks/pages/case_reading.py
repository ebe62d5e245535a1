"""Reads one case for a page: from the read model, with the pack it is under."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from services.desks.pages.calls import Refused
from services.desks.pages.cases import STATES
from services.desks.pages.phrases import Phrases, Standing
from services.desks.pages.routing import calls_in, context_in, viewer_in
from services.desks.resources import resources_of
from shared.judging.rulebook import PackMissing
from shared.rules.pack.pack import Pack
from shared.service.errors import NotFound


async def read_case(request: Request) -> dict[str, Any]:
    """The case that the address names. NotFound for one that the person cannot see."""
    number = request.path_params["number"]
    try:
        case: dict[str, Any] = await calls_in(request).get(viewer_in(request), "desks", f"/cases/{number}")
    except Refused as error:
        if error.status in (403, 404, 422):
            raise NotFound(
                "没有这件诉求，或不在您的权限之内", "there is no such case, or it is not yours to read"
            ) from None
        raise
    return case


def pack_of(request: Request, ref: str) -> Pack | None:
    """The pack of a case; None where this service does not have it."""
    try:
        return resources_of(context_in(request)).pack_of(ref)
    except PackMissing:
        return None


def state_of(case: Mapping[str, Any], phrases: Phrases) -> Standing:
    """How a case stands as a whole."""
    kind, sign, zh, en = STATES[case["state"]]
    return Standing(kind, sign, phrases.t(zh, en))
