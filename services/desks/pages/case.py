"""The case page: what is due of each leg and why, what happened, who asked, and what the person may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.desks.pages import deadlines
from services.desks.pages.access import FILING
from services.desks.pages.acts.act import About, Act
from services.desks.pages.acts.offering import Doer, is_ended, offered, open_words
from services.desks.pages.acts.table import BY_KEY, MEETS
from services.desks.pages.calls import together
from services.desks.pages.case_reading import pack_of, read_case, state_of
from services.desks.pages.deadlines import ShownDeadline
from services.desks.pages.forms import EMPTY, Form
from services.desks.pages.line_values import Names
from services.desks.pages.lines import ShownLine, timeline
from services.desks.pages.papers import files_of, papers_of
from services.desks.pages.phrases import Due, Phrases
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in, viewer_in
from services.desks.pages.uploading import limits
from services.desks.rows.states import WaitingKind
from shared.roles import READERS
from shared.rules.pack.pack import Pack

CARD_STATES = {
    "issued": ("已签发", "issued"),
    "served": ("已送达", "served"),
    "acknowledged": ("已签收", "acknowledged"),
    "appealed": ("申诉中", "contested"),
    "upheld": ("申诉后维持", "upheld"),
    "withdrawn": ("已撤销", "withdrawn"),
    "cleared": ("已销牌", "cleared"),
}


@dataclass(frozen=True, slots=True)
class ShownLeg:
    """A leg with its deadlines and what the person may do on it."""

    row: Mapping[str, Any]
    deadlines: list[ShownDeadline]
    acts: list[Act]


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card by its name, how it stands, its unit, why it was issued, and what the person may do about it."""

    id: str
    name: str
    state: str
    unit: str
    why: str
    paper: str | None
    acts: list[Act]


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as one person sees it: the read model, and what the owning services say where they answer."""

    case: dict[str, Any]
    intake: dict[str, Any] | None
    dispatch: dict[str, Any] | None
    escalation: dict[str, Any] | None
    pack: Pack | None
    doer: Doer
    names: Names
    phrases: Phrases

    def acts(self, about: About, subject: Mapping[str, Any]) -> list[Act]:
        return offered(self.doer, about, self.case, self.pack, subject)

    def lines(self) -> list[ShownLine]:
        owners = [owner for owner in (self.intake, self.escalation) if owner is not None]
        reasons = [reason for owner in owners for reason in owner["reasons"] or ()]
        return timeline(self.case, self.dispatch, self.names, self.phrases, reasons)


async def show(request: Request) -> Response:
    added = request.query_params.get("added", "")
    return await case_page(request, EMPTY, added=int(added) if added.isdecimal() else 0)


async def case_page(request: Request, form: Form, status: int = 200, added: int = 0) -> Response:
    """The case, from the read model; texts and contacts come from the services that own them.

    `form` is that of its files, of which so many were `added`.
    """
    view = await case_view(request)
    case, phrases = view.case, view.phrases
    return page(
        request,
        "case/case.html",
        status=status,
        form=form,
        added=added,
        limits=await limits(request) if _may_file(view) else None,
        case=case,
        intake=view.intake,
        legs=_legs(view),
        others=deadlines.shown((each for each in case["deadlines"] if each["leg_id"] is None), phrases),
        lines=view.lines(),
        dispatch_is_away=view.dispatch is None,
        acts=view.acts(About.CASE, case),
        cards=_cards(view),
        waiting=_waiting(view),
        papers=papers_of(case, view.doer, view.names),
        files=files_of(view.intake, view.names, phrases),
        phrases=phrases,
        due=_due(case, phrases),
        state=state_of(case, phrases),
        leader=view.names.leader(case["leader"]) if case["leader"] else "",
        done=BY_KEY.get(request.query_params.get("done", "")),
        At=datetime.fromisoformat,
    )


async def case_view(request: Request) -> CaseView:
    """The case that the address names, with what services say. NotFound where the person cannot see it."""
    case = await read_case(request)
    viewer, calls, phrases, case_id = (
        viewer_in(request),
        calls_in(request),
        phrases_in(request),
        case["appeal_id"],
    )
    parts = await together(
        intake=calls.get(viewer, "intake", f"/appeals/{case_id}"),
        dispatch=calls.get(viewer, "dispatch", f"/appeals/{case_id}"),
        units=calls.get(viewer, "dispatch", "/units"),
        escalation=calls.get(viewer, "escalation", f"/appeals/{case_id}"),
        leaders=calls.get(viewer, "escalation", "/leaders"),
    )
    pack = pack_of(request, case["pack"])
    of_legs = {leg["unit"]: leg["unit_name"] for leg in case["legs"] if leg["unit_name"]}
    names = Names({**_names(parts["units"]), **of_legs}, _names(parts["leaders"]), pack, phrases)
    doer = Doer(viewer.role, viewer.code)
    return CaseView(case, parts["intake"], parts["dispatch"], parts["escalation"], pack, doer, names, phrases)


def _may_file(view: CaseView) -> bool:
    """Whether the person may add files: a unit only to a case that it has."""
    units = {leg["unit"] for leg in view.case["legs"]}
    return view.doer.role in FILING and view.doer.unit in (None, *units)


def _names(listed: Any) -> dict[str, str]:
    return {} if listed is None else {item["code"]: item["name"] for item in listed["items"]}


def _legs(view: CaseView) -> list[ShownLeg]:
    """The legs, the lead unit's first; a leg that ended last."""
    shown = []
    for leg in sorted(view.case["legs"], key=lambda leg: (leg["state"] == "ended", leg["role"] != "lead")):
        own = [each for each in view.case["deadlines"] if each["leg_id"] == leg["leg_id"]]
        acts = sorted(view.acts(About.LEG, leg), key=lambda act: act.key != MEETS.get(leg["deadline"] or ""))
        shown.append(ShownLeg(leg, deadlines.shown(own, view.phrases), acts))
    return shown


def _cards(view: CaseView) -> list[ShownCard]:
    """The cards; a card as a paper is for its own unit and the office."""
    t = view.phrases.t
    cards = []
    for card in view.case["cards"]:
        deadline, clause = view.names.deadline(card["deadline"]), view.names.clause(card["clause"])
        why = t(
            f"第 {card['round']} 次{deadline}超期 · {clause}",
            f"{deadline} overdue, round {card['round']} · {clause}",
        )
        own = view.doer.unit in (None, card["unit"])
        paper = f"/case/{view.case['registration_number']}/papers/card?of={card['card_id']}" if own else None
        cards.append(
            ShownCard(
                card["card_id"],
                view.names.card(card["card"]),
                t(*CARD_STATES.get(card["state"], (card["state"],) * 2)),
                view.names.unit(card["unit"]),
                why,
                paper,
                view.acts(About.CARD, card),
            )
        )
    return cards


def _waiting(view: CaseView) -> list[dict[str, Any]]:
    """What waits for a word, with what the person may do about a publication."""
    shown = []
    for row in open_words(view.case):
        kind = WaitingKind(row["kind"])
        subject = {"unit": row["unit"], "publication_id": row["subject"]}
        is_publication = kind is WaitingKind.PUBLICATION
        shown.append(
            {
                "subject": row["subject"],
                "name": view.phrases.t(kind.zh, kind.value),
                "unit": view.names.unit(row["unit"]) if row["unit"] else "",
                "asked": view.phrases.when(datetime.fromisoformat(row["asked_at"])),
                "due": view.phrases.due(datetime.fromisoformat(row["due_at"])) if row["due_at"] else None,
                "acts": view.acts(About.PUBLICATION, subject) if is_publication else [],
            }
        )
    return shown


def _due(case: Mapping[str, Any], phrases: Phrases) -> Due | None:
    """What is due next of a case that has not ended."""
    due_at = case["due_at"]
    if not due_at or is_ended(case):
        return None
    return phrases.due(datetime.fromisoformat(due_at), provisional=case["provisional"])


PAGES = (Page("GET", "/case/{number}", show, READERS),)
