"""The hotline's desk: one screen while talking, with the caller's history and similar appeals beside it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.desks.pages.calls import Refused, together
from services.desks.pages.cases import case_row_of_found
from services.desks.pages.forms import EMPTY, Form, read_form
from services.desks.pages.portal import FIELDS_OF_REQUEST, KINDS, body_of
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in, viewer_in
from shared.roles import OFFICE, OPERATOR, only


async def show(request: Request) -> Response:
    return await _hotline_page(request, EMPTY)


async def register(request: Request) -> Response:
    """Register what the caller said, or look for the caller's other appeals and for similar ones."""
    form = await read_form(request)
    if form["act"] == "look":
        return await _hotline_page(request, form)
    body = {**body_of(form), "channel": form["channel"] or "hotline"}
    if form["locality"]:
        body["locality"] = form["locality"]
    if form["answer"]:
        body["answer"] = form["answer"]
    try:
        registered = await calls_in(request).post(
            viewer_in(request), "intake", "/appeals", body, form.headers()
        )
    except Refused as error:
        return await _hotline_page(request, form.refused(error, FIELDS_OF_REQUEST), status=error.status)
    return await _hotline_page(request, EMPTY, registered=registered)


async def beside(request: Request) -> Response:
    """What stands beside the form, for the script that asks while somebody types."""
    form = await read_form(request)
    return page(request, "hotline/beside.html", **await _found(request, form))


async def _hotline_page(
    request: Request, form: Form, *, registered: dict[str, Any] | None = None, status: int = 200
) -> Response:
    calls, viewer = calls_in(request), viewer_in(request)
    answers = await together(
        channels=calls.get(viewer, "intake", "/channels"), units=calls.get(viewer, "dispatch", "/units")
    )
    units = (answers["units"] or {"items": []})["items"]
    return page(
        request,
        "hotline/hotline.html",
        status=status,
        form=form,
        kinds=KINDS,
        channels=(answers["channels"] or {"items": []})["items"],
        localities=[unit for unit in units if unit["kind"] == "locality"],
        registered=registered,
        **await _found(request, form),
    )


async def _found(request: Request, form: Form) -> dict[str, Any]:
    """The caller's appeals by phone, and those like what is typed."""
    calls, viewer, phrases = calls_in(request), viewer_in(request), phrases_in(request)
    asked = {}
    if len(form["phone"]) >= 7:
        asked["caller"] = calls.get(viewer, "intake", "/callers", phone=form["phone"])
    if len(form["title"]) >= 2:
        asked["alike"] = calls.get(
            viewer, "intake", "/alike", title=form["title"], text=form["text"], enterprise=form["enterprise"]
        )
    answers = await together(**asked)
    return {
        name: [case_row_of_found(item, phrases) for item in (answers.get(name) or {"items": []})["items"]]
        for name in ("caller", "alike")
    }


PAGES = (
    Page("GET", "/hotline", show, only(OPERATOR, OFFICE)),
    Page("POST", "/hotline", register, only(OPERATOR, OFFICE)),
    Page("POST", "/hotline/beside", beside, only(OPERATOR, OFFICE)),
)
