"""Lists of cases: what waits for a word, and the search."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.desks.pages.access import WAITING
from services.desks.pages.acts import table as acts
from services.desks.pages.calls import Mistake, Refused
from services.desks.pages.phrases import Phrases, Standing
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in, viewer_in
from shared.roles import READERS

STATES: dict[str, tuple[str, str, str, str]] = {
    "registered": ("rest", "○", "待交办", "to be dispatched"),
    "dispatched": ("ok", "●", "办理中", "under way"),
    "lifted": ("lift", "▲", "提级办理", "lifted"),
    "completed": ("ok", "✓", "已办结待评价", "completed"),
    "closed": ("ok", "✓✓", "已销号", "closed"),
    "approved": ("ok", "✓✓", "已批准", "approved"),
    "referred": ("rest", "⤷", "已引导", "guided elsewhere"),
    "withdrawn": ("rest", "–", "已撤回", "withdrawn"),
}
NOT_SEARCHED = Mistake(
    "",
    "受理服务没有应答：正文和电话没有查全",
    "intake does not answer: texts and phones were not searched",
)
ENDED = frozenset({"closed", "approved", "referred", "withdrawn"})


class Word(NamedTuple):
    """What waits for a word: its name, and the act that gives it, where there is one alone.

    `is_of_case`: the act is about the case, not about the leg or the publication that waits.
    """

    zh: str
    en: str
    act: str | None
    is_of_case: bool = False


WORDS = {
    "objection": Word("派单异议", "objection", "decide-objection"),
    "extension": Word("延期申请", "extension", "decide-extension"),
    "pause": Word("暂停申请", "pause", "decide-pause"),
    "lift": Word("提级请求", "lift", "gather", is_of_case=True),
    "stage": Word("环节确认", "stage", "decide-stage"),
    "card": Word("黄牌申诉", "contested card", None),
    "complaint": Word("企业投诉", "complaint", "answer-complaint", is_of_case=True),
    "referral": Word("引导异议", "objection to guiding", None),
    "publication": Word("公开审核", "publication", "decide-publication"),
}


async def waiting(request: Request) -> Response:
    """What waits for a word, the nearest limit first."""
    viewer, calls, phrases = viewer_in(request), calls_in(request), phrases_in(request)
    kind = request.query_params.get("kind", "")
    listed = await calls.get(
        viewer,
        "desks",
        "/waiting",
        kind=kind if kind in WORDS else None,
        cursor=request.query_params.get("cursor"),
        count="true",
    )
    rows = [_waiting_row(item, phrases, viewer.role) for item in listed["items"]]
    return page(
        request,
        "office/waiting.html",
        rows=rows,
        words=WORDS,
        kind=kind,
        count=listed["count"],
        next=next_page(request, listed["next"]),
        done=done_act(request),
    )


def _waiting_row(item: Mapping[str, Any], phrases: Phrases, role: Any) -> dict[str, Any]:
    word = WORDS[item["kind"]]
    act = acts.BY_KEY.get(word.act or "")
    due = phrases.due(datetime.fromisoformat(item["due_at"])) if item["due_at"] else None
    return {
        "item": item,
        "word": word,
        "due": due,
        "standing": due.standing if due else Standing("rest", "○", phrases.t("没有时限", "no limit")),
        "act": act if act and role in act.roles else None,
        "of": "" if word.is_of_case else item["subject"].partition(" ")[0],
        "asked": phrases.when(datetime.fromisoformat(item["asked_at"])),
    }


async def search(request: Request) -> Response:
    """One search over numbers, firms, credit codes, titles, texts and the ends of phones."""
    wanted = request.query_params.get("q", "").strip()
    if not wanted:
        return page(request, "search/search.html", wanted="", rows=[], count=None, next=None, mistakes=())
    try:
        listed = await listed_cases(request, q=wanted)
    except Refused as error:
        return page(
            request, "search/search.html", status=error.status, wanted=wanted, rows=[], count=None, next=None,
            mistakes=error.mistakes,
        )  # fmt: skip
    numbers = [row["case"]["registration_number"] for row in listed["rows"]]
    if numbers == [wanted.upper()]:
        return RedirectResponse(f"/case/{numbers[0]}", 303)
    mistakes = (NOT_SEARCHED,) if listed["incomplete"] else ()
    return page(request, "search/search.html", wanted=wanted, mistakes=mistakes, **listed)


async def listed_cases(request: Request, **query: str) -> dict[str, Any]:
    """A page of a list of cases, as templates show it."""
    phrases = phrases_in(request)
    listed = await calls_in(request).get(
        viewer_in(request),
        "desks",
        "/cases",
        cursor=request.query_params.get("cursor"),
        count="true",
        **query,
    )
    return {
        "rows": [case_row(case, phrases) for case in listed["items"]],
        "count": listed["count"],
        "next": next_page(request, listed["next"]),
        "incomplete": listed["incomplete"],
    }


def case_row(case: Mapping[str, Any], phrases: Phrases) -> dict[str, Any]:
    """A row of a list of cases: how it stands, and what is due."""
    kind, sign, zh, en = STATES[case["state"]]
    due = None
    if case["due_at"] and case["state"] not in ENDED:
        due = phrases.due(datetime.fromisoformat(case["due_at"]), provisional=case["provisional"])
    return {
        "case": case,
        "due": due,
        "standing": due.standing if due else Standing("rest", "○", phrases.t("没有时限", "no limit")),
        "state": Standing(kind, sign, phrases.t(zh, en)),
        "received": phrases.when(datetime.fromisoformat(case["received_at"])),
    }


def case_row_of_found(found: Mapping[str, Any], phrases: Phrases) -> dict[str, Any]:
    """A row of what intake finds for a caller: the case, its state, and when it was registered."""
    kind, sign, zh, en = STATES[found["state"]]
    received = phrases.when(datetime.fromisoformat(found["received_at"]))
    return {"case": found, "state": Standing(kind, sign, phrases.t(zh, en)), "received": received}


def next_page(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    return "?" + urlencode({**request.query_params, "cursor": cursor})


def done_act(request: Request) -> Any:
    return acts.BY_KEY.get(request.query_params.get("done", ""))


PAGES = (
    Page("GET", "/waiting", waiting, WAITING),
    Page("GET", "/search", search, READERS),
)
