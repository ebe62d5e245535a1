"""Signing in and out: name and password, the first password, one-time codes, and the role to work in."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.desks.pages import images
from services.desks.pages.calls import Mistake, Refused, with_cookies
from services.desks.pages.forms import EMPTY, PASSWORDS, SHOWN_AGAIN, Form, read_form
from services.desks.pages.home import home_of
from services.desks.pages.language import keep
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, context_in
from services.desks.pages.viewer import CHOSEN_ROLE, role_key
from services.desks.people.transactions import settings_of
from services.desks.resources import provider_of

KEPT, KEPT_PATH, KEPT_FILES = "kept_", "kept_:path", "kept_:files"
"""What was typed in a form whose session had ended: its fields under a prefix, its address with the query,
and whether files were chosen, which cannot be kept."""
STEPS = {
    "password": "/sign-in/password",
    "second_factor": "/sign-in/code",
    "second_factor_setup": "/sign-in/setup",
}


async def show(request: Request) -> Response:
    return _sign_in_page(request, EMPTY, next_=own_path(request.query_params.get("next", "")))


async def ask_keeping(request: Request) -> Response:
    """The page of signing in, after a form was sent without a session: it keeps what was typed.

    Passwords are not kept.
    """
    form = await read_form(request)
    kept = {KEPT + name: values for name, values in form.many.items() if name not in PASSWORDS}
    kept[KEPT_PATH] = (address_in(request),)
    if form.lost_files:
        kept[KEPT_FILES] = ("1",)
    return _sign_in_page(request, Form(many=kept), status=401)


def address_in(request: Request) -> str:
    """The address of a request within this site, with its query."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


async def sign_in(request: Request) -> Response:
    form = await read_form(request)
    credentials = {"login": form["login"].lower(), "password": form["password"]}
    try:
        answer = await calls_in(request).as_browser(request, "POST", "/people/session", credentials)
    except Refused as error:
        return _sign_in_page(request, form.refused(error), status=error.status)
    return await _onward(request, form, answer)


async def go_on(request: Request) -> Response:
    """On with what was typed, after signing in elsewhere: in another tab, or by the identity provider."""
    form, viewer = await read_form(request), request.state.viewer
    if viewer is not None and viewer.grant is not None:
        return _kept_page(request, form)
    still = Mistake("", "还没有登录：请先在其他标签页登录", "not signed in yet: do so in the other tab")
    return _sign_in_page(request, form.with_mistakes(still), status=401)


def _sign_in_page(request: Request, form: Form, next_: str = "", status: int = 200) -> Response:
    provider = provider_of(context_in(request))
    return page(
        request,
        "sign_in/sign_in.html",
        form=form,
        kept=_kept_in(form),
        next=form["next"] or next_,
        provider=None if provider is None else provider.settings().name,
        status=status,
    )


def _kept_in(form: Form) -> list[tuple[str, str]]:
    """The hidden fields that carry what was typed over the pages of signing in."""
    return [(name, value) for name in form.many if name.startswith(KEPT) for value in form.all(name)]


def _kept_page(request: Request, form: Form) -> Response:
    """What was typed goes back to its own page, which shows it once more before it is sent."""
    fields = [
        (name.removeprefix(KEPT), value)
        for name, value in _kept_in(form)
        if name not in (KEPT_PATH, KEPT_FILES)
    ]
    return page(
        request,
        "sign_in/kept.html",
        target=own_path(form[KEPT_PATH]) or "/home",
        fields=[*fields, (SHOWN_AGAIN, "1")],
        lost_files=bool(form[KEPT_FILES]),
    )


async def _onward(request: Request, form: Form, answer: httpx.Response) -> Response:
    """To the step that the session waits for; an open one goes where the person wanted to go."""
    stage = answer.json()["stage"]
    if not form[KEPT_PATH]:
        target = STEPS.get(stage) or own_path(form["next"]) or "/home"
        return with_cookies(RedirectResponse(target, 303), answer)
    if stage not in STEPS:
        return with_cookies(_kept_page(request, form), answer)
    step, kept = STEPS[stage].rpartition("/")[2], Form(many=dict(_kept_values(form)))
    return with_cookies(await _step_page(request, step, kept, cookies=dict(answer.cookies)), answer)


def _kept_values(form: Form) -> list[tuple[str, tuple[str, ...]]]:
    return [(name, values) for name, values in form.many.items() if name.startswith(KEPT)]


async def show_step(request: Request) -> Response:
    """The page of a step: the first password, setting up one-time codes, or showing one."""
    answer = await _session(request)
    if answer is None:
        return RedirectResponse("/sign-in", 303)
    return await _step_page(request, request.url.path.rpartition("/")[2], EMPTY)


async def _session(request: Request) -> Any:
    try:
        return (await calls_in(request).as_browser(request, "GET", "/people/session")).json()
    except Refused:
        return None


async def _step_page(
    request: Request, step: str, form: Form, status: int = 200, cookies: Mapping[str, str] | None = None
) -> Response:
    values: dict[str, Any] = {}
    if step == "setup":
        path = "/people/session/second-factor/setup"
        if not form["secret"]:
            made = (await calls_in(request).as_browser(request, "POST", path, cookies=cookies)).json()
            form = replace(form, values={**form.values, **made})
        values["picture"] = images.qr_code(form["uri"])
    return page(request, f"sign_in/{step}.html", form=form, kept=_kept_in(form), status=status, **values)


async def change_password(request: Request) -> Response:
    form = await read_form(request)
    if form["new"] != form["repeated"]:
        return await _step_page(
            request,
            "password",
            form.with_mistakes(Mistake("repeated", "两次输入的新密码不一致", "the two new passwords differ")),
            422,
        )
    return await _do_step(request, "password", form, {"old": form["old"], "new": form["new"]})


async def show_code(request: Request) -> Response:
    form = await read_form(request)
    step = "setup" if form["secret"] else "code"
    return await _do_step(request, step, form, {"code": form["code"].replace(" ", "")})


async def _do_step(request: Request, step: str, form: Form, body: dict[str, str]) -> Response:
    path = "/people/session/password" if step == "password" else "/people/session/second-factor"
    try:
        answer = await calls_in(request).as_browser(request, "POST", path, body)
    except Refused as error:
        if error.status == 401:
            return RedirectResponse("/sign-in", 303)
        return await _step_page(request, step, form.refused(error), error.status)
    return await _onward(request, form, answer)


async def sign_out(request: Request) -> Response:
    await read_form(request)
    try:
        answer = await calls_in(request).as_browser(request, "DELETE", "/people/session")
    except Refused:
        return RedirectResponse("/sign-in", 303)
    elsewhere = answer.json()["elsewhere"]
    onward = page(request, "sign_in/signed_out.html", elsewhere=elsewhere) if elsewhere else None
    return with_cookies(onward or RedirectResponse("/sign-in", 303), answer)


async def home(request: Request) -> Response:
    """The desk of the role."""
    viewer = request.state.viewer
    if viewer is None:
        return RedirectResponse("/sign-in", 303)
    if viewer.grant is None:
        session = await _session(request)
        return RedirectResponse(STEPS.get(session["stage"] if session else "", "/sign-in"), 303)
    return RedirectResponse(home_of(viewer.role), 303)


async def choose_role(request: Request) -> Response:
    """Work in another of the person's roles."""
    form, viewer = await read_form(request), request.state.viewer
    keys = [] if viewer is None else [role_key(grant) for grant in viewer.grants]
    answer = RedirectResponse("/home", 303)
    if form["role"] in keys:
        keep(answer, CHOSEN_ROLE, form["role"], secure=settings_of(context_in(request)).behind_proxy)
    return answer


def own_path(target: str) -> str:
    """The path where it is one of this site; empty for any other, so that no link leads away from here."""
    parts = urlsplit(target)
    is_own = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return target if is_own and target.isprintable() and "\\" not in target else ""


PAGES = (
    Page("GET", "/sign-in", show),
    Page("POST", "/sign-in", sign_in),
    Page("POST", "/sign-in/go-on", go_on),
    Page("GET", "/sign-in/password", show_step),
    Page("GET", "/sign-in/setup", show_step),
    Page("GET", "/sign-in/code", show_step),
    Page("POST", "/sign-in/password", change_password),
    Page("POST", "/sign-in/setup", show_code),
    Page("POST", "/sign-in/code", show_code),
    Page("POST", "/sign-out", sign_out),
    Page("GET", "/home", home),
    Page("POST", "/role", choose_role),
)
