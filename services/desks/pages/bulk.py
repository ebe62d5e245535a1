"""Many appeals to the same units: tried first, then done, with a result for each."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.desks.pages.access import DISPATCHING
from services.desks.pages.calls import Mistake, Refused, together
from services.desks.pages.dispatching import assignment_of, dispatching_page
from services.desks.pages.forms import EMPTY, ONCE, Form, read_form
from services.desks.pages.routing import Page, calls_in, viewer_in
from shared.service.errors import Unavailable

CHOSEN = "of"
"""The field with the numbers that are ticked in the list."""
NOTHING_CHOSEN = Mistake("", "请先在列表中勾选诉求", "tick appeals in the list first")
FIELDS = {
    "assignment.legs": "bulk-lead",
    "assignment.legs.unit": "bulk-lead",
    "assignment.remarks": "bulk-remarks",
}
"""The field of the page by the field that dispatch names in a refusal."""


async def assign_many(request: Request) -> Response:
    """Try a dispatch of all that are ticked, or do it. What was refused stays ticked."""
    form = await read_form(request)
    numbers = form.all(CHOSEN)
    if not numbers:
        return await dispatching_page(request, "", EMPTY, bulk=form.with_mistakes(NOTHING_CHOSEN), status=422)
    is_trial = form["act"] != "do"
    try:
        answer = await _sent(request, form, numbers, is_trial=is_trial)
    except Refused as error:
        return await dispatching_page(
            request, "", EMPTY, bulk=form.refused(error, FIELDS), status=error.status
        )
    if is_trial:
        return await dispatching_page(request, "", EMPTY, bulk=_with_new_key(form), trial=answer)
    refused = tuple(result["number"] for result in answer["results"] if not result["accepted"])
    return await dispatching_page(request, "", EMPTY, bulk=Form(many={CHOSEN: refused}), results=answer)


async def _sent(request: Request, form: Form, numbers: tuple[str, ...], *, is_trial: bool) -> dict[str, Any]:
    """What dispatch says of each number; one that cannot be read is left out of the request."""
    calls, viewer = calls_in(request), viewer_in(request)
    read = await together(**{number: calls.get(viewer, "desks", f"/cases/{number}") for number in numbers})
    ids = {case["appeal_id"]: number for number, case in read.items() if case is not None}
    files = await together(**{id_: calls.get(viewer, "dispatch", f"/appeals/{id_}") for id_ in ids})
    known = {id_: file for id_, file in files.items() if file is not None}
    if not known:
        raise Unavailable(
            "交办服务没有应答，请稍后再试", "the dispatch service does not answer: try again later"
        )
    body = {
        "appeals": [{"appeal_id": id_, "version": file["version"]} for id_, file in known.items()],
        "assignment": assignment_of(form),
        "dry_run": is_trial,
    }
    headers = {"idempotency-key": f"form {form.once}{' trial' if is_trial else ''}"}
    answer = await calls.post(viewer, "dispatch", "/bulk/assignments", body, headers)
    return _shown(answer, ids, read)


def _shown(answer: Mapping[str, Any], ids: Mapping[str, str], read: Mapping[str, Any]) -> dict[str, Any]:
    """The results by number, with the titles that people know."""
    results = [
        {**result, "number": ids[result["appeal_id"]], "title": read[ids[result["appeal_id"]]]["title"]}
        for result in answer["results"]
    ]
    return {**answer, "results": results}


def _with_new_key(form: Form) -> Form:
    """After a trial: the form as it was typed, to be sent for good."""
    return Form({**form.values, ONCE: ""}, form.many)


PAGES = (Page("POST", "/dispatching/bulk", assign_many, DISPATCHING),)
