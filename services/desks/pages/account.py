"""A person's own account: where it is signed in, its password; and how pages are shown."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.desks.pages.calls import Refused, with_cookies
from services.desks.pages.forms import read_form
from services.desks.pages.language import LANGUAGE, SENIOR, Language, keep
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, context_in, phrases_in
from services.desks.pages.sign_in import own_path
from services.desks.people.transactions import settings_of


async def show(request: Request) -> Response:
    if request.state.viewer is None:
        return RedirectResponse("/sign-in?next=/account", 303)
    answer = await calls_in(request).as_browser(request, "GET", "/people/sessions")
    return page(request, "account/account.html", sessions=answer.json()["items"], phrases=phrases_in(request))


async def end_session(request: Request) -> Response:
    """End one of my sessions, or all of them."""
    form = await read_form(request)
    path = f"/people/sessions/{form['session']}" if form["session"] else "/people/sessions"
    try:
        answer = await calls_in(request).as_browser(request, "DELETE", path)
    except Refused as error:
        if error.status != 404:
            raise
        return RedirectResponse("/account", 303)
    return with_cookies(RedirectResponse("/account" if form["session"] else "/sign-in", 303), answer)


async def display(request: Request) -> Response:
    """Choose the language, or the large size (长者模式)."""
    form = await read_form(request)
    answer = RedirectResponse(own_path(form["back"]) or "/", 303)
    secure = settings_of(context_in(request)).behind_proxy
    if form["language"] in list(Language):
        keep(answer, LANGUAGE, form["language"], secure=secure)
    if form["senior"] in ("0", "1"):
        keep(answer, SENIOR, form["senior"], secure=secure)
    return answer


PAGES = (
    Page("GET", "/account", show),
    Page("POST", "/account/sessions", end_session),
    Page("POST", "/display", display),
)
