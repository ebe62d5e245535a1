"""The office's inbox: what is to be dispatched, the chosen appeal beside it, and the dispatch in one step."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.desks.pages.access import DISPATCHING
from services.desks.pages.calls import Refused, together
from services.desks.pages.cases import STATES, case_row, done_act, listed_cases
from services.desks.pages.forms import EMPTY, Form, read_form
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in, viewer_in
from services.desks.pages.suggesting import lead_of, suggestions
from shared.rules.terms import Mark, Role

MOST_BESIDE = 5
"""So many of an enterprise's past and of similar appeals stand beside the chosen one."""
MOST_OF_SUBJECT = 20
"""So many of the latest appeals of the same subject are counted by unit."""
MARKS = tuple((mark.value, mark.zh, mark.value.replace("_", " ")) for mark in Mark)
FIELDS_OF_REQUEST = {"legs": "units", "legs.unit": "units"}
"""The field of the page by the field that dispatch names in a refusal."""


async def show(request: Request) -> Response:
    """What waits to be dispatched by the office's own remaining time; the first one is chosen by itself."""
    return await dispatching_page(request, request.query_params.get("chosen", ""), EMPTY)


async def dispatching_page(
    request: Request,
    number: str,
    form: Form,
    *,
    status: int = 200,
    bulk: Form = EMPTY,
    trial: Mapping[str, Any] | None = None,
    results: Mapping[str, Any] | None = None,
) -> Response:
    """The inbox. `form` is that of the chosen appeal; where it waits no more, only what was wrong is shown.

    `bulk` is the form of many; `trial` and `results` are what came of it, tried or done.
    """
    listed, waiting = await asyncio.gather(
        listed_cases(request, state="registered", sort="due"), _waiting(request)
    )
    numbers = [row["case"]["registration_number"] for row in listed["rows"]]
    is_chosen = number in numbers
    chosen = await _chosen(request, number if is_chosen else next(iter(numbers), ""))
    units = await _units(request)
    return page(
        request,
        "office/dispatching.html",
        status=status,
        **listed,
        waiting=waiting,
        done=done_act(request),
        was=request.query_params.get("was", ""),
        chosen=chosen,
        is_chosen=is_chosen,
        after=next_number(numbers, chosen["number"]) if chosen else "",
        form=_preset(form if is_chosen else Form(mistakes=form.mistakes), chosen),
        bulk=bulk,
        units=units,
        marks=MARKS,
        trial=trial,
        results=results,
    )


def next_number(numbers: Sequence[str], number: str) -> str:
    """The number after this one in the list, else the first that stays; empty where nothing else waits."""
    if number not in numbers:
        return next(iter(numbers), "")
    rest = numbers[numbers.index(number) + 1 :] or [each for each in numbers if each != number]
    return next(iter(rest), "")


def _preset(form: Form, chosen: Mapping[str, Any] | None) -> Form:
    """A form that nobody has filled in proposes the units that speak for themselves."""
    if form.values or chosen is None:
        return form
    proposed = [each for each in chosen["suggested"] if each.unit == chosen["lead"] or each.is_locality]
    units = tuple(each.unit for each in proposed)
    return Form({"lead": chosen["lead"] or ""}, {"units": units}, form.mistakes)


async def _waiting(request: Request) -> Any:
    counted = await calls_in(request).get(viewer_in(request), "desks", "/waiting", count="true", limit=1)
    return counted["count"]


async def _units(request: Request) -> list[Any]:
    answers = await together(units=calls_in(request).get(viewer_in(request), "dispatch", "/units"))
    return list((answers["units"] or {"items": []})["items"])


async def _chosen(request: Request, number: str) -> dict[str, Any] | None:
    """The chosen appeal with its text, what the enterprise brought before, and what is like it."""
    if not number:
        return None
    calls, viewer, phrases = calls_in(request), viewer_in(request), phrases_in(request)
    try:
        case = await calls.get(viewer, "desks", f"/cases/{number}")
    except Refused:
        return None
    path = f"/appeals/{case['appeal_id']}"
    answers = await together(
        intake=calls.get(viewer, "intake", path),
        dispatch=calls.get(viewer, "dispatch", path),
        past=_past(request, case),
        same_category=_same_category(request, case),
    )
    intake = answers["intake"]
    alike = [] if intake is None else await _alike(request, case, intake)
    past, same_category = answers["past"] or [], answers["same_category"] or []
    suggested = suggestions(case, await _units(request), alike=alike, same_category=same_category, past=past)
    return {
        "number": number,
        "case": case,
        "intake": intake,
        "version": (answers["dispatch"] or {}).get("version", ""),
        "away": [name for name in ("intake", "dispatch") if answers[name] is None],
        "past": [case_row(each, phrases) for each in past[:MOST_BESIDE]],
        "alike": [case_row(each, phrases) for each in alike],
        "suggested": suggested,
        "lead": lead_of(suggested),
    }


async def _past(request: Request, case: Mapping[str, Any]) -> list[Any]:
    """The enterprise's other appeals, the newest first."""
    if not (case["credit_code"] or case["enterprise"]):
        return []
    who = {"credit_code": case["credit_code"]} if case["credit_code"] else {"enterprise": case["enterprise"]}
    return await _others(request, case, limit=MOST_BESIDE + 1, **who)


async def _same_category(request: Request, case: Mapping[str, Any]) -> list[Any]:
    if not case["category"]:
        return []
    return await _others(request, case, limit=MOST_OF_SUBJECT, category=case["category"])


async def _others(request: Request, case: Mapping[str, Any], **query: Any) -> list[Any]:
    answer = await calls_in(request).get(viewer_in(request), "desks", "/cases", sort="received", **query)
    return [each for each in answer["items"] if each["appeal_id"] != case["appeal_id"]]


async def _alike(request: Request, case: Mapping[str, Any], intake: Mapping[str, Any]) -> list[Any]:
    """The appeals that intake finds alike, as the read model has them."""
    calls, viewer = calls_in(request), viewer_in(request)
    answers = await together(
        alike=calls.get(
            viewer,
            "intake",
            "/alike",
            title=intake["title"],
            text=intake["text"][:500],
            enterprise=case["credit_code"] or case["enterprise"],
        )
    )
    items = (answers["alike"] or {"items": []})["items"]
    ids = [each["appeal_id"] for each in items if each["appeal_id"] != case["appeal_id"]][:MOST_BESIDE]
    read = await together(**{id_: calls.get(viewer, "desks", f"/cases/{id_}") for id_ in ids})
    return [each for each in read.values() if each is not None and each["state"] in STATES]


async def assign(request: Request) -> Response:
    """Dispatch the chosen appeal, and go on to the next one of the list."""
    form = await read_form(request)
    number = request.path_params["number"]
    try:
        case = await calls_in(request).get(viewer_in(request), "desks", f"/cases/{number}")
        path = f"/appeals/{case['appeal_id']}/assignments"
        body = assignment_of(form)
        await calls_in(request).post(viewer_in(request), "dispatch", path, body, form.headers())
    except Refused as error:
        shown = form.refused(error, FIELDS_OF_REQUEST)
        shown = shown.again() if error.status == 412 else shown
        return await dispatching_page(request, number, shown, status=error.status)
    query = {"done": "assign", "was": number, "chosen": form["after"]}
    return RedirectResponse("/dispatching?" + urlencode(query), 303)


def assignment_of(form: Form) -> dict[str, Any]:
    """What dispatch is sent: the leg of the lead unit, then those that assist, marks and remarks."""
    lead = form["lead"] or next(iter(form.all("units")), "")
    units = ([lead] if lead else []) + [unit for unit in form.all("units") if unit != lead]
    legs = [{"unit": unit, "role": Role.LEAD if unit == lead else Role.ASSIST} for unit in units]
    remarks = {"remarks": form["remarks"]} if form["remarks"] else {}
    return {"legs": legs, "marks": list(form.all("marks")), **remarks}


PAGES = (
    Page("GET", "/dispatching", show, DISPATCHING),
    Page("POST", "/dispatching/{number}/assignment", assign, DISPATCHING),
)
