"""What a page is: its address, who may open it, and what shows it."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from services.desks.pages.calls import Calls
from services.desks.pages.phrases import Phrases
from services.desks.pages.viewer import Viewer
from shared.roles import Roles
from shared.service.service import ServiceContext


class Page(NamedTuple):
    """One page. `roles` are who may open it; None: everybody, also without an account."""

    method: str
    path: str
    show: Callable[[Request], Awaitable[Response]]
    roles: Roles | None = None


def viewer_in(request: Request) -> Viewer:
    """The person who looks; only for pages that need one."""
    viewer: Viewer | None = request.state.viewer
    assert viewer is not None
    return viewer


def calls_in(request: Request) -> Calls:
    """The calls that a page makes; they act on nothing where a form is only shown again."""
    calls: Calls = request.app.state.calls
    return calls.looking() if getattr(request.state, "shown_again", False) else calls


def phrases_in(request: Request) -> Phrases:
    phrases: Phrases = request.state.phrases
    return phrases


def context_in(request: Request) -> ServiceContext:
    context: ServiceContext = request.app.state.service
    return context
