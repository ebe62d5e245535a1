"""Public tracking: with number and receipt code an enterprise sees what happens next, by when, and why."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from services.desks.pages.calls import Refused
from services.desks.pages.case_reading import state_of
from services.desks.pages.forms import Form, read_form, read_upload
from services.desks.pages.papers import size_of
from services.desks.pages.phrases import Phrases
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in
from services.desks.pages.uploading import NONE_CHOSEN, Place, hand_over, limits
from shared.events import ENTERPRISE
from shared.rules.wording import words
from shared.service.errors import Unavailable

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
        return await _shown(request, number, form, done)
    except (Refused, Unavailable) as error:
        if act in ACTS and error.status not in (401, 404):
            return await _shown_refused(request, number, form, error)
        return _ask_again(request, form, error)


async def _shown(request: Request, number: str, form: Form, done: str, code: int = 200) -> Response:
    """The page of the appeal. Raises `Refused` where the code does not open it."""
    answer = await calls_in(request).send(
        None, "GET", "intake", f"/status/{number}", headers={"receipt-code": form["code"]}
    )
    return await _status_page(request, answer.json(), form, done, code)


async def _shown_refused(request: Request, number: str, form: Form, error: Refused | Unavailable) -> Response:
    """The page of the appeal after a refused act, with what was typed; without it where intake is away."""
    try:
        return await _shown(request, number, form.refused(error), "", error.status)
    except (Refused, Unavailable):
        return _ask_again(request, form, error)


def _ask_again(request: Request, form: Form, error: Refused | Unavailable) -> Response:
    shown = form.refused(error, FIELDS_OF_REQUEST)
    return page(request, "portal/ask.html", form=shown, status=error.status)


async def add_files(request: Request) -> Response:
    """Photos and papers that the enterprise adds to its appeal."""
    form, files = await read_upload(request)
    number = form["number"].upper()
    place = Place(None, f"/status/{number}/attachments", {"receipt-code": form["code"]})
    taken, mistakes = await hand_over(request, form, files, place)
    if not taken and not mistakes:
        mistakes = [NONE_CHOSEN]
    shown = Form({"number": number, "code": form["code"]}, mistakes=tuple(mistakes))
    try:
        return await _shown(request, number, shown, "files" if taken else "", 422 if mistakes else 200)
    except (Refused, Unavailable) as error:
        return _ask_again(request, shown, error)


async def read_file(request: Request) -> Response:
    """A file of the appeal as a download; the code comes in the form alone."""
    form = await read_form(request)
    path = f"/status/{form['number']}/attachments/{quote(form['file'], safe='')}"
    return await calls_in(request).passed_on(None, "intake", path, headers={"receipt-code": form["code"]})


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


async def _status_page(
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
        files=[_file(file, status, phrases) for file in status["attachments"]],
        limits=await limits(request),
        phrases=phrases,
        At=datetime.fromisoformat,
    )


def _file(file: dict[str, Any], status: dict[str, Any], phrases: Phrases) -> dict[str, Any]:
    """A file that the enterprise may read: its own, or one of staff for it."""
    units = {leg["unit"]: leg["unit_name"] or leg["unit"] for leg in status["legs"]}
    staff = phrases.t("工作人员", "staff")
    own = phrases.t("您", "you")
    return {
        "id": file["attachment_id"],
        "name": file["name"] or phrases.t("附件", "file"),
        "size": size_of(file["size"]),
        "by": own if file["by"] == ENTERPRISE else units.get(file["unit"], staff),
        "at": phrases.when(datetime.fromisoformat(file["added_at"])),
    }


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
    Page("POST", "/status/files", add_files),
    Page("POST", "/status/file", read_file),
)
