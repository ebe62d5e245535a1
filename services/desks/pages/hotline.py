"""The hotline's desk: one screen while talking, with the caller's history and similar appeals beside it."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.desks.pages.access import WRITING_DOWN
from services.desks.pages.calls import Refused, together
from services.desks.pages.cases import case_row, case_row_of_found
from services.desks.pages.forms import Form, read_form
from services.desks.pages.phrases import Phrases
from services.desks.pages.portal import FIELDS_OF_REQUEST, KINDS, body_of
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in, viewer_in
from shared.rules.terms import Kind

NEW = Form({"kind": Kind.HELP})
"""A form in which nothing is typed yet."""
MOST_READ_OUT = 3
"""Of a caller's newest appeals the status is ready to be read out."""


async def show(request: Request) -> Response:
    return await _hotline_page(request, NEW)


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
    return await _hotline_page(request, NEW, registered=registered)


async def send_code(request: Request) -> Response:
    """Have a new receipt code sent to the contact that the caller gave."""
    form = await read_form(request)
    number = form["number"]
    path = f"/status/{number}/receipt-codes"
    try:
        await calls_in(request).post(viewer_in(request), "intake", path, {}, {})
    except Refused as error:
        return await _hotline_page(request, NEW.refused(error), status=error.status)
    return await _hotline_page(request, NEW, sent=number)


async def beside(request: Request) -> Response:
    """What stands beside the form, for the script that asks while somebody types."""
    form = await read_form(request)
    return page(request, "hotline/beside.html", **await _found(request, form))


async def _hotline_page(
    request: Request,
    form: Form,
    *,
    registered: dict[str, Any] | None = None,
    sent: str = "",
    status: int = 200,
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
        sent=sent,
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
    found = {name: (answers.get(name) or {"items": []})["items"] for name in ("caller", "alike")}
    newest = [item["appeal_id"] for item in reversed(found["caller"])][:MOST_READ_OUT]
    read = await together(**{id_: calls.get(viewer, "desks", f"/cases/{id_}") for id_ in newest})
    return {
        "is_phone": "caller" in asked,
        "is_title": "alike" in asked,
        "caller": [
            {**case_row_of_found(item, phrases), "read_out": read_out(read.get(item["appeal_id"]), phrases)}
            for item in reversed(found["caller"])
        ],
        "alike": [case_row_of_found(item, phrases) for item in found["alike"]],
        "away": [name for name, answer in answers.items() if answer is None],
    }


def read_out(case: Mapping[str, Any] | None, phrases: Phrases) -> str:
    """What is read to the caller of an appeal: when it was registered, who has it, and what is due when."""
    if case is None:
        return ""
    row = case_row(case, phrases)
    units = "、".join(case["unit_names"])
    zh, en = (
        f"{row['received']}登记，{row['state'].word}",
        f"Registered {row['received']}, {row['state'].word}",
    )
    if units:
        zh, en = f"{zh}，由{units}办理", f"{en}, with {units}"
    if row["due"] is not None:
        when = row["due"].lead if row["due"].standing.kind != "over" else row["due"].rest
        name = case["deadline_name"] or case["deadline"] or ""
        zh, en = f"{zh}；{name}：{when}", f"{en}; {name}: {when}"
    return phrases.t(f"{zh}。", f"{en}.")


PAGES = (
    Page("GET", "/hotline", show, WRITING_DOWN),
    Page("POST", "/hotline", register, WRITING_DOWN),
    Page("POST", "/hotline/code", send_code, WRITING_DOWN),
    Page("POST", "/hotline/beside", beside, WRITING_DOWN),
)
