"""Public tracking: with number and receipt code an enterprise sees what happens next, by when, and why."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.desks.pages.calls import Refused
from services.desks.pages.forms import Form, read_form
from services.desks.pages.phrases import Phrases
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in
from shared.rules.wording.words import SHORT_DEADLINES as NAMES

ACTS = ("additions", "urgings", "withdrawals", "complaints", "reopening-requests", "ratings")
"""What an enterprise may do with its code: the routes of intake below the status of its appeal."""


async def ask(request: Request) -> Response:
    """Number and receipt code are asked for."""
    form = Form({"number": request.path_params.get("number", "")})
    return page(request, "portal/ask.html", form=form)


async def show(request: Request) -> Response:
    """How the appeal stands. The code comes in the form alone, so that it is in no address and no history."""
    form = await read_form(request)
    number = form["number"].upper()
    act = form["act"]
    done = ""
    try:
        if act in ACTS:
            await _act(request, number, act, form)
            done = act
            form = Form({"number": number, "code": form["code"]})
        status = await calls_in(request).send(
            None, "GET", "intake", f"/status/{number}", headers={"receipt-code": form["code"]}
        )
    except Refused as error:
        if act in ACTS and error.status not in (401, 404):
            return await _with_status(request, number, form.refused(error), error.status)
        return page(
            request,
            "portal/ask.html",
            form=form.refused(error, {"Receipt-Code": "code"}),
            status=error.status,
        )
    return _status_page(request, status.json(), form, done)


async def _with_status(request: Request, number: str, form: Form, code: int) -> Response:
    answer = await calls_in(request).send(
        None, "GET", "intake", f"/status/{number}", headers={"receipt-code": form["code"]}
    )
    return _status_page(request, answer.json(), form, "", code)


async def _act(request: Request, number: str, act: str, form: Form) -> None:
    headers = {**form.headers(), "receipt-code": form["code"]}
    await calls_in(request).post(None, "intake", f"/status/{number}/{act}", _body(act, form), headers)


def _body(act: str, form: Form) -> dict[str, Any]:
    match act:
        case "additions":
            return {"text": form["text"]}
        case "withdrawals":
            return {"reason": form["reason"]}
        case "complaints":
            return {"about": "handling", "text": form["complaint"]}
        case "reopening-requests":
            return {"reason": form["why_again"]}
        case "ratings":
            comment = {"comment": form["comment"]} if form["comment"] else {}
            return {"rating": form["rating"], **comment}
        case _:
            return {}


def _status_page(
    request: Request, status: dict[str, Any], form: Form, done: str, code: int = 200
) -> Response:
    phrases = phrases_in(request)
    return page(
        request,
        "portal/status.html",
        status=code,
        appeal=status,
        form=form,
        done=done,
        next=_next(status, phrases),
        legs=[_leg(leg, phrases) for leg in status["legs"]],
        phrases=phrases,
        At=datetime.fromisoformat,
    )


def _next(status: dict[str, Any], phrases: Phrases) -> list[dict[str, Any]]:
    """What happens next: who must do what by when."""
    shown = []
    for step in status["next"]:
        until = datetime.fromisoformat(step["until"]) if step["until"] else None
        due = phrases.due(until) if until else None
        name = phrases.t(*NAMES.get(step["deadline"], (step["deadline"],) * 2)) if step["deadline"] else ""
        shown.append({**step, "due": due, "name": name})
    return shown


def _leg(leg: dict[str, Any], phrases: Phrases) -> dict[str, Any]:
    """A unit's part as steps: what was done and when, and what is due."""
    language = phrases.t("zh", "en")
    steps = []
    for each in leg["deadlines"]:
        due_at = datetime.fromisoformat(each["due_at"]) if each["due_at"] else None
        met_at = datetime.fromisoformat(each["met_at"]) if each["met_at"] else None
        name = each["title"].get(language) or each["deadline"]
        if met_at:
            steps.append(
                {"kind": "done", "sign": "✓", "name": name, "when": phrases.when(met_at), "why": each}
            )
        elif due_at and each["verdict"] != "ended":
            due = phrases.due(due_at)
            steps.append(
                {"kind": "now", "sign": due.standing.sign, "name": name, "when": due.lead, "why": each}
            )
    return {**leg, "steps": steps}


PAGES = (
    Page("GET", "/status", ask),
    Page("GET", "/status/{number}", ask),
    Page("POST", "/status", show),
)
