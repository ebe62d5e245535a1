"""Public tracking: with number and receipt code an enterprise sees what happens next, by when, and why."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.desks.pages.calls import Refused
from services.desks.pages.case_reading import state_of
from services.desks.pages.forms import Form, read_form
from services.desks.pages.phrases import Phrases
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in
from shared.rules.wording import words

ACTS = (
    "additions",
    "urgings",
    "withdrawals",
    "complaints",
    "reopening-requests",
    "referral-objections",
    "ratings",
)
"""What an enterprise may do with its code: the routes of intake below the status of its appeal."""


OF_UNIT = "unit_"
"""The rating of a unit: this and its code."""
SOLVED = {"true": True, "false": False}
FIELDS_OF_REQUEST = {"Receipt-Code": "code", "registration_number": "number"}
WHOSE = {
    "office": ("营商环境办", "the office"),
    "leader": ("牵头领导", "the leader"),
    "unit": ("承办单位", "the unit"),
}


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
            form=form.refused(error, FIELDS_OF_REQUEST),
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
        case "referral-objections":
            return {"reason": form["why_not"]}
        case "ratings":
            return _rating(form)
        case _:
            return {}


def _rating(form: Form) -> dict[str, Any]:
    """The rating of the handling, and of each unit where one was given."""
    units = [
        {"unit": name.removeprefix(OF_UNIT), "rating": value}
        for name, value in form.values.items()
        if name.startswith(OF_UNIT) and value
    ]
    said = {"comment": form["comment"], "solved": SOLVED.get(form["solved"]), "units": units}
    return {
        "rating": form["rating"],
        **{name: value for name, value in said.items() if value not in ("", None, [])},
    }


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
        next=next_steps(status, phrases),
        state=state_of(status, phrases),
        legs=[_leg(leg, phrases) for leg in status["legs"]],
        phrases=phrases,
        At=datetime.fromisoformat,
    )


def next_steps(status: dict[str, Any], phrases: Phrases) -> list[dict[str, Any]]:
    """What happens next: who must do what by when, in a sentence."""
    return [{**step, **_told(step, phrases)} for step in status["next"]]


def _told(step: dict[str, Any], phrases: Phrases) -> dict[str, Any]:
    """The sentence of a step, and its moment; what has no moment is told as intake tells it."""
    if not step["until"]:
        return {"sentence": phrases.t(step["zh"], step["en"]), "due": None}
    due = phrases.due(datetime.fromisoformat(step["until"]))
    who = step["unit_name"] or phrases.t(*WHOSE.get(step["by"], ("", "")))
    act = phrases.t(*words.DEADLINES.get(step["deadline"], (step["deadline"],) * 2))
    if due.standing.kind == "over":
        sentence = phrases.t(f"{who}：{act}{due.lead}，{due.rest}", f"{who}: {act}, {due.lead}, {due.rest}")
    else:
        sentence = phrases.t(
            f"{who}须在 {due.lead}完成{act}（{due.rest}）", f"{who}: {act} {due.lead} ({due.rest})"
        )
    return {"sentence": sentence, "due": due}


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
