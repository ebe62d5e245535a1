"""The application of the pages: the routes of all desks, static files, and pages for what goes wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.desks.pages import (
    account,
    accounts,
    bulk,
    case,
    case_files,
    cases,
    dispatching,
    doing,
    hotline,
    leader,
    lending,
    live,
    papers,
    portal,
    portal_loans,
    sign_in,
    tracking,
    unit,
)
from services.desks.pages.calls import Calls, Refused, mistakes_of
from services.desks.pages.forms import Form
from services.desks.pages.language import chosen_language
from services.desks.pages.phrases import Phrases
from services.desks.pages.rendering import page, static_file
from services.desks.pages.routing import Page
from services.desks.pages.viewer import viewer_of
from shared.database.errors import DATABASE_ERRORS, is_transient
from shared.service.errors import HuyingError, Unavailable
from shared.service.service import ServiceContext
from shared.web.guard import Guard

PAGES: tuple[Page, ...] = (
    *portal.PAGES,
    *portal_loans.PAGES,
    *tracking.PAGES,
    *sign_in.PAGES,
    *account.PAGES,
    *unit.PAGES,
    *case.PAGES,
    *case_files.PAGES,
    *bulk.PAGES,
    *dispatching.PAGES,
    *doing.PAGES,
    *papers.PAGES,
    *cases.PAGES,
    *hotline.PAGES,
    *accounts.PAGES,
    *leader.PAGES,
    *lending.PAGES,
    *live.PAGES,
)


DRAWN_AT_ONCE = 2
"""Pictures that are made small at once in one process."""


def site(context: ServiceContext) -> Starlette:
    """The pages of a running desks service."""
    routes = [Route(each.path, _opened(each), methods=[each.method]) for each in PAGES]
    app = Starlette(
        routes=[Route("/static/{name}", static_file), *routes],
        exception_handlers={
            HuyingError: _failed,
            Refused: _failed,
            HTTPException: _unserved,
            **dict.fromkeys(DATABASE_ERRORS, _failed),
        },
    )
    app.state.service = context
    app.state.calls = calls = Calls(context)
    context.closing.push_async_callback(calls.close)
    app.state.drawing = asyncio.Semaphore(DRAWN_AT_ONCE)
    app.add_middleware(Guard, state=app.state)
    return app


def _opened(each: Page) -> Callable[[Request], Awaitable[Response]]:
    """The page for whoever may open it; others are asked to sign in, or told that it is not theirs."""

    async def respond(request: Request) -> Response:
        context: ServiceContext = request.app.state.service
        request.state.viewer = viewer = await viewer_of(context, request)
        request.state.phrases = Phrases(chosen_language(request), context.zone, await _now(context))
        if each.roles is None:
            return await each.show(request)
        if viewer is None or viewer.grant is None:
            return await _ask_to_sign_in(request)
        if viewer.role not in each.roles:
            return page(request, "forbidden.html", status=403)
        return await each.show(request)

    return respond


async def _now(context: ServiceContext) -> datetime:
    """The time by which pages say what is due: that of the service, which a test or a sandbox moves."""
    async with context.reader.connect() as conn:
        return await context.clock.stamp(conn)


async def _ask_to_sign_in(request: Request) -> Response:
    """To the page of signing in; what was typed goes along and is kept there."""
    if request.method == "GET":
        return RedirectResponse(f"/sign-in?next={quote(sign_in.address_in(request), safe='')}", 303)
    return await sign_in.ask_keeping(request)


async def _failed(request: Request, error: Exception) -> Response:
    """The page for an error that no page could show beside its form."""
    if isinstance(error, Refused):
        return page(request, "refused.html", status=error.status, mistakes=error.mistakes)
    if isinstance(error, HuyingError) and not isinstance(error, Unavailable):
        return page(request, "refused.html", status=error.status, mistakes=mistakes_of(error))
    if isinstance(error, Unavailable):
        return _try_again(request, error)
    if not is_transient(error):
        raise error
    return _try_again(
        request, Unavailable("数据库暂不可用，请稍后再试", "the database is away: try again later")
    )


def _try_again(request: Request, away: Unavailable) -> Response:
    """The page for what is away. A form that was sent is kept there, to be sent again by the same key."""
    form: Form | None = getattr(request.state, "form", None)
    return page(
        request,
        "away.html",
        status=away.status,
        mistakes=mistakes_of(away),
        target=sign_in.address_in(request),
        form=form,
    )


async def _unserved(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return page(request, "missing.html", status=error.status_code)
