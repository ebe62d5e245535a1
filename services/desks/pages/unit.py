"""A unit's desk: its open legs, those due first, and what is to be done of each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from services.desks.pages.access import UNDER_WAY
from services.desks.pages.acts.act import Act
from services.desks.pages.acts.offering import Doer, offered_in_lists
from services.desks.pages.acts.table import BY_KEY, MEETS
from services.desks.pages.phrases import Due, Phrases, Standing
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in, viewer_in
from services.desks.pages.views import VIEWS, View, counts_of, query_of
from shared.roles import UNIT_STAFF
from shared.states import LegState


async def show(request: Request) -> Response:
    """The legs of a view, sorted by the moment they fall due."""
    viewer, calls, phrases = viewer_in(request), calls_in(request), phrases_in(request)
    view = VIEWS.get(request.query_params.get("view", ""), VIEWS["all"])
    cursor = request.query_params.get("cursor")
    listed = await calls.get(viewer, "desks", "/legs", cursor=cursor, count="true", **query_of(view, phrases))
    counts = await counts_of(calls, viewer, phrases)
    return page(
        request,
        "unit/unit.html",
        view=view,
        views=list(VIEWS.values()),
        counts=counts,
        rows=[row_of(leg, phrases, Doer(viewer.role, viewer.code)) for leg in listed["items"]],
        count=listed["count"],
        next=_address(view, listed["next"]) if listed["next"] else None,
        first=cursor is None,
        phrases=phrases,
        done=BY_KEY.get(request.query_params.get("done", "")),
    )


async def export(request: Request) -> Response:
    """The whole list of a view as a table, passed on as it comes."""
    view = VIEWS.get(request.query_params.get("view", ""), VIEWS["all"])
    form = "xlsx" if request.query_params.get("format") == "xlsx" else "csv"
    query = {**query_of(view, phrases_in(request)), "format": form}
    return await calls_in(request).passed_on(viewer_in(request), "desks", "/legs", params=query)


def _address(view: View, cursor: str) -> str:
    return "?" + urlencode({"view": view.key, "cursor": cursor})


def row_of(leg: Mapping[str, Any], phrases: Phrases, doer: Doer) -> dict[str, Any]:
    """A row of a work list: the leg, how it stands, its steps, and the act that is to be done next."""
    paused = leg["state"] == LegState.PAUSED
    due_at = datetime.fromisoformat(leg["due_at"]) if leg["due_at"] else None
    due: Due | None = None
    if due_at is not None:
        due = phrases.due(due_at, leg["remaining_minutes"], provisional=leg["provisional"])
    if paused:
        standing = Standing("rest", "‖", phrases.t("已暂停", "paused"))
    else:
        standing = due.standing if due else Standing("rest", "○", phrases.t("没有时限", "no limit"))
    offered = offered_in_lists(doer, leg)
    return {
        "leg": leg,
        "due": due,
        "standing": standing,
        "steps": steps_of(leg, standing, phrases),
        "first": _first_act(leg, offered),
        "acts": offered,
    }


def _first_act(leg: Mapping[str, Any], offered: list[Act]) -> Act | None:
    wanted = MEETS.get(leg["deadline"] or "")
    return next(
        (act for act in offered if act.key == wanted), next((act for act in offered if act.is_first), None)
    )


def steps_of(leg: Mapping[str, Any], standing: Standing, phrases: Phrases) -> list[tuple[str, str, str]]:
    """Contact, reply and completion: the class, the sign and the word of each."""
    done = (leg["contacted_at"], leg["responded_at"], leg["state"] == LegState.COMPLETED)
    words = (phrases.t("联系", "contact"), phrases.t("回复", "reply"), phrases.t("办结", "complete"))
    kinds = ("contact", "reply", "completion")
    steps = []
    for is_done, word, kind in zip(done, words, kinds, strict=True):
        if is_done:
            steps.append(("done", "✓", word))
        elif leg["deadline"] == kind:
            steps.append(("now", standing.sign, word))
        else:
            steps.append(("", "○", word))
    return steps


PAGES = (
    Page("GET", "/unit", show, UNIT_STAFF),
    Page("GET", "/unit/export", export, UNIT_STAFF),
    Page("GET", "/under-way", show, UNDER_WAY),
    Page("GET", "/under-way/export", export, UNDER_WAY),
)
