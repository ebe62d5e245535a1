"""The case page: what is due of each leg and why, what happened, who asked, and what the person may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.desks.pages import acts
from services.desks.pages.acts import About, Act
from services.desks.pages.calls import Refused, together
from services.desks.pages.forms import VERSION, Form, read_form
from services.desks.pages.lines import timeline
from services.desks.pages.phrases import Due, Phrases, Standing
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in, viewer_in
from shared.roles import OFFICE, READERS, UNIT
from shared.service.errors import NotFound
from shared.states import LegState


@dataclass(frozen=True, slots=True)
class ShownDeadline:
    """A deadline of a leg: how it stands, when it is due, and how that day was reckoned."""

    name: str
    round: int
    standing: Standing
    when: str
    full: str
    steps: list[str]
    at: str


@dataclass(frozen=True, slots=True)
class ShownLeg:
    """A leg with its deadlines and what the person may do on it."""

    row: Mapping[str, Any]
    deadlines: list[ShownDeadline]
    acts: list[Act]


async def show(request: Request) -> Response:
    """The case, from the read model; texts and contacts come from the services that own them."""
    return await case_page(request, request.path_params["number"])


async def case_page(request: Request, number: str) -> Response:
    case = await read_case(request, number)
    viewer, calls, phrases, case_id = (
        viewer_in(request),
        calls_in(request),
        phrases_in(request),
        case["appeal_id"],
    )
    parts = await together(
        intake=calls.get(viewer, "intake", f"/appeals/{case_id}"),
        dispatch=calls.get(viewer, "dispatch", f"/appeals/{case_id}"),
    )
    intake, dispatch = parts["intake"], parts["dispatch"]
    return page(
        request,
        "case/case.html",
        case=case,
        intake=intake,
        dispatch=dispatch,
        legs=[shown_leg(leg, case, viewer, phrases) for leg in case["legs"]],
        others=[_deadline(each, phrases) for each in case["deadlines"] if each["leg_id"] is None],
        lines=timeline(case, dispatch, phrases),
        acts=acts.offered(viewer.role, About.CASE),
        cards=_cards(case, viewer.code),
        phrases=phrases,
        due=_due(case, phrases),
        At=datetime.fromisoformat,
    )


async def read_case(request: Request, number: str) -> dict[str, Any]:
    """The case of a number, as the read model has it. NotFound for one that the person cannot see."""
    calls, viewer = calls_in(request), viewer_in(request)
    try:
        case: dict[str, Any] = await calls.get(viewer, "desks", f"/cases/{number}")
    except Refused as error:
        if error.status in (403, 404, 422):
            raise NotFound(
                "没有这件诉求，或不在您的权限之内", "there is no such case, or it is not yours to read"
            ) from None
        raise
    return case


def shown_leg(leg: Mapping[str, Any], case: Mapping[str, Any], viewer: Any, phrases: Phrases) -> ShownLeg:
    """A leg; acts are offered on the person's own, and to the office and leaders on every live one."""
    deadlines = [_deadline(each, phrases) for each in case["deadlines"] if each["leg_id"] == leg["leg_id"]]
    is_own = viewer.role is not UNIT or leg["unit"] == viewer.code
    offered = acts.offered(viewer.role, About.LEG, LegState(leg["state"])) if is_own else []
    return ShownLeg(leg, deadlines, offered)


def _cards(case: Mapping[str, Any], unit: str | None) -> list[Mapping[str, Any]]:
    """The cards that the person's unit may still acknowledge or contest."""
    return [
        card
        for card in case["cards"]
        if card["unit"] == unit and card["state"] not in ("withdrawn", "cleared")
    ]


def _deadline(deadline: Mapping[str, Any], phrases: Phrases) -> ShownDeadline:
    zh = phrases.t("zh", "en")
    title = deadline["title"].get(zh) or phrases.t(
        *NAMES.get(deadline["deadline"], (deadline["deadline"],) * 2)
    )
    due_at = datetime.fromisoformat(deadline["due_at"]) if deadline["due_at"] else None
    met_at = datetime.fromisoformat(deadline["met_at"]) if deadline["met_at"] else None
    standing, when = _standing(deadline["verdict"], due_at, met_at, phrases)
    return ShownDeadline(
        title,
        deadline["round"],
        standing,
        when,
        phrases.full(due_at) if due_at else "",
        deadline["explanation"].get(zh, "").splitlines(),
        deadline["due_at"] or "",
    )


def _standing(
    verdict: str, due_at: datetime | None, met_at: datetime | None, phrases: Phrases
) -> tuple[Standing, str]:
    """How a deadline stands, and the moment that goes with it."""
    if verdict == "met":
        return Standing("ok", "✓", phrases.t("按时", "in time")), phrases.when(met_at)
    if due_at is None:
        return Standing("rest", "‖", phrases.t("已暂停", "paused")), ""
    if verdict == "open":
        return phrases.standing(due_at), phrases.by(due_at)
    if verdict == "ended":
        return Standing("rest", "–", phrases.t("已终止", "ended")), ""
    late = phrases.t("已完成，超期", "done late") if met_at else phrases.t("已超期", "overdue")
    return Standing("over", "■", late), phrases.t(
        f"应于 {phrases.when(due_at)}", f"was due {phrases.when(due_at)}"
    )


def _due(case: Mapping[str, Any], phrases: Phrases) -> Due | None:
    """What is due next of the case."""
    due_at = case["due_at"]
    return phrases.due(datetime.fromisoformat(due_at), provisional=case["provisional"]) if due_at else None


NAMES: dict[str, tuple[str, str]] = {
    "dispatch": ("交办", "dispatch"),
    "contact": ("联系企业", "contact"),
    "reply": ("回复", "reply"),
    "completion": ("办结", "completion"),
    "objection": ("裁定异议", "objection decided"),
    "lifted": ("提级办理", "lifted handling"),
    "follow_up": ("回访", "follow-up"),
    "dispatch_again": ("再次交办", "dispatch again"),
    "extension": ("审批延期", "extension decided"),
    "pause": ("审批暂停", "pause decided"),
    "complaint": ("答复投诉", "complaint answered"),
    "closure": ("销号", "closure"),
    "referral": ("引导", "referral"),
    "gathering": ("汇总梳理", "gathering"),
    "promise": ("承诺日期", "promised day"),
    "stage_decision": ("环节确认", "stage decided"),
}


async def show_act(request: Request) -> Response:
    """The form of an act."""
    case, act, subject = await _chosen(request)
    presets = {field.name: field.preset for field in act.fields if field.preset}
    return await act_page(request, case, act, subject, Form(presets))


async def do_act(request: Request) -> Response:
    """Do an act; on a refusal the form is shown again with all that was typed."""
    form = await read_form(request)
    case, act, subject = await _chosen(request)
    path = act.path.format(id=case["appeal_id"])
    body = acts.body_of(act, form, subject)
    try:
        answer = await calls_in(request).post(viewer_in(request), act.service, path, body, form.headers())
    except Refused as error:
        shown = form.refused(error, acts.FIELDS_OF_REQUESTS)
        if error.status == 412:
            case = await read_case(request, request.path_params["number"])
            return await act_page(request, case, act, subject, shown.again(), status=412, changed=True)
        return await act_page(request, case, act, subject, shown, status=error.status)
    if act.shows:
        return page(request, act.shows, case=case, answer=answer)
    back = form["back"] or f"/case/{case['registration_number']}"
    return RedirectResponse(f"{back}?done={act.key}" if "?" not in back else f"{back}&done={act.key}", 303)


async def _chosen(request: Request) -> tuple[dict[str, Any], Act, str | None]:
    """The case, the act and the leg or card that an address names. NotFound for what is not offered."""
    act = acts.BY_KEY.get(request.path_params["act"])
    if act is None or viewer_in(request).role not in act.roles:
        raise NotFound("没有这项操作，或不属于您的角色", "there is no such act for your role")
    case = await read_case(request, request.path_params["number"])
    subject = request.query_params.get("of")
    if act.about is About.CASE:
        return case, act, None
    rows = case["legs"] if act.about is About.LEG else case["cards"]
    known = [row[f"{act.about}_id"] for row in rows]
    if subject not in known:
        raise NotFound("没有这项办件或黄牌", "there is no such leg or card")
    return case, act, subject


async def act_page(
    request: Request,
    case: Mapping[str, Any],
    act: Act,
    subject: str | None,
    form: Form,
    *,
    status: int = 200,
    changed: bool = False,
) -> Response:
    viewer, calls = viewer_in(request), calls_in(request)
    known = await together(owner=calls.get(viewer, act.service, f"/appeals/{case['appeal_id']}"))
    version = form[VERSION] or (known["owner"] or {}).get("version", "")
    units = await together(units=calls.get(viewer, "dispatch", "/units")) if act.key == "assign" else {}
    templates = (
        await together(templates=calls.get(viewer, "dispatch", "/answer-templates"))
        if any(field.name == "text" for field in act.fields) and viewer.role in (UNIT, OFFICE)
        else {}
    )
    return page(
        request,
        "case/act.html",
        status=status,
        case=case,
        act=act,
        subject=subject,
        form=form,
        changed=changed,
        version=version,
        leg=next((leg for leg in case["legs"] if leg["leg_id"] == subject), None),
        units=[] if not units or units["units"] is None else units["units"]["items"],
        templates=[] if not templates or templates["templates"] is None else templates["templates"]["items"],
        limit_units=acts.LIMIT_UNITS,
        back=request.query_params.get("back", ""),
    )


PAGES = (
    Page("GET", "/case/{number}", show, READERS),
    Page("GET", "/case/{number}/act/{act}", show_act, READERS),
    Page("POST", "/case/{number}/act/{act}", do_act, READERS),
)
