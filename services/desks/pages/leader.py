"""A leader's page, for a phone: what waits for the leader's word, what was ordered, and what is late."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.desks.pages.access import OF_LEADERS
from services.desks.pages.calls import Refused, together
from services.desks.pages.cases import case_row, done_act, listed_cases
from services.desks.pages.forms import EMPTY, Form, read_form
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in, viewer_in
from shared.rules.terms import LiftReason

Sentence = tuple[str, str]
MOST_COMPLETED = 100
QUICK: dict[str, tuple[Sentence, int | None]] = {
    "soon": (("请抓紧办结，并向企业当面反馈。", "Complete it soon and answer the enterprise in person."), 3),
    "on_site": (("请现场办公，当场研究解决。", "Meet on the spot and solve it there."), 3),
    "task_force": (("请组建专班，明确分工和时限。", "Form a task force with clear parts and limits."), None),
    "hand_back": (
        ("退回补充：请补充调查情况和办理意见后再报。", "Handed back: add what was found, then ask again."),
        None,
    ),
}
"""Instructions that are often given: the words, and how many working days they leave."""
REASONS: dict[str, Sentence] = {
    reason.value: (reason.zh, reason.value.replace("_", " ")) for reason in LiftReason
}
FIELDS_OF_REQUEST = {"limit.number": "limit_number", "limit": "limit_number"}


async def show(request: Request) -> Response:
    """What is lifted: first what waits for a word, then what was ordered; in each the late ones first."""
    return await _leader_page(request, EMPTY)


async def _leader_page(request: Request, form: Form, *, number: str = "", status: int = 200) -> Response:
    calls, viewer = calls_in(request), viewer_in(request)
    listed, completed = await asyncio.gather(
        listed_cases(request, state="lifted", sort="due"), _completed(request)
    )
    lifted = [*listed["rows"], *completed]
    ids = [row["case"]["appeal_id"] for row in lifted]
    answers = await together(
        units=calls.get(viewer, "dispatch", "/units"),
        decisions=calls.get(viewer, "desks", "/waiting", count="true", limit=1),
        **{id_: calls.get(viewer, "escalation", f"/appeals/{id_}") for id_ in ids},
    )
    rows = [_shown(row, answers[row["case"]["appeal_id"]], viewer.code) for row in lifted]
    mine = [row for row in rows if row["is_mine"]]
    return page(
        request,
        "leader/leader.html",
        status=status,
        groups=(
            ("signing", [row for row in mine if row["is_to_sign"]]),
            ("waiting", [row for row in mine if row["is_open"] and not row["instruction"]]),
            ("ordered", [row for row in mine if row["is_open"] and row["instruction"]]),
            ("others", [row for row in rows if row["is_open"] and not row["is_mine"]]),
        ),
        late=sum(row["is_late"] for row in mine),
        next=listed["next"],
        quick=QUICK,
        reasons=REASONS,
        units=(answers["units"] or {"items": []})["items"],
        decisions=(answers["decisions"] or {"count": {"value": 0}})["count"]["value"],
        is_away=bool(ids) and all(answers[id_] is None for id_ in ids),
        form=form,
        number=number,
        done=done_act(request),
        phrases=phrases_in(request),
    )


async def _completed(request: Request) -> list[dict[str, Any]]:
    """Cases that are completed and were lifted: they may wait to be signed off."""
    listed = await calls_in(request).get(
        viewer_in(request), "desks", "/cases", state="completed", sort="due", limit=MOST_COMPLETED
    )
    return [case_row(case, phrases_in(request)) for case in listed["items"] if case["leader"]]


def _shown(row: dict[str, Any], file: Mapping[str, Any] | None, code: str | None) -> dict[str, Any]:
    """A lifted case with its lift; `file` is None where escalation does not answer."""
    lift = (file or {}).get("lift") or {}
    return {
        **row,
        "is_mine": code in (row["case"]["leader"], lift.get("acts")),
        "is_late": row["standing"].kind == "over",
        "is_open": row["case"]["state"] == "lifted",
        "is_to_sign": row["case"]["state"] == "completed" and bool(lift) and not lift.get("signed_off_at"),
        "lift": lift,
        "instruction": lift.get("instruction") or "",
        "gathered": [each.get("summary", "") for each in (file or {}).get("gathered", ())],
        "version": (file or {}).get("version", ""),
    }


async def instruct(request: Request) -> Response:
    """Instruct: in words of one's own or in those that are often given, with a limit and a task force."""
    form = await read_form(request)
    return await _act(
        request, form, "instructions", _instruction(form, phrases_in(request).t("zh", "en")), "instruct"
    )


def _instruction(form: Form, language: str) -> dict[str, Any]:
    words, days = QUICK.get(form["quick"], (("", ""), None))
    text = "\n".join(part for part in (words[language == "en"], form["instruction"]) if part)
    body: dict[str, Any] = {"instruction": text, "task_force": list(form.all("task_force"))}
    number = form["limit_number"] or (str(days) if days else "")
    if number:
        limit = int(number) if number.isdecimal() else number
        body["limit"] = {"number": limit, "unit": "working_days"}
    return body


async def sign_off(request: Request) -> Response:
    """Sign the lifted handling off."""
    return await _act(request, await read_form(request), "sign-off", {}, "sign-off")


async def _act(request: Request, form: Form, route: str, body: Mapping[str, Any], done: str) -> Response:
    number = request.path_params["number"]
    try:
        case = await calls_in(request).get(viewer_in(request), "desks", f"/cases/{number}")
        path = f"/appeals/{case['appeal_id']}/{route}"
        await calls_in(request).post(viewer_in(request), "escalation", path, body, form.headers())
    except Refused as error:
        shown = form.refused(error, FIELDS_OF_REQUEST)
        shown = shown.again() if error.status == 412 else shown
        return await _leader_page(request, shown, number=number, status=error.status)
    return RedirectResponse("/leader?" + urlencode({"done": done}), 303)


PAGES = (
    Page("GET", "/leader", show, OF_LEADERS),
    Page("POST", "/leader/{number}/instruction", instruct, OF_LEADERS),
    Page("POST", "/leader/{number}/sign-off", sign_off, OF_LEADERS),
)
