"""Acts on a case: the form of each, and what comes of sending it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.desks.pages.acts.act import About, Act, Field, Kind, Option
from services.desks.pages.acts.bodies import LIMIT_UNITS, body_of, field_names
from services.desks.pages.acts.choices import FROM_SERVICES, choices
from services.desks.pages.acts.table import BY_KEY
from services.desks.pages.calls import Refused, together
from services.desks.pages.case import CaseView, case_view
from services.desks.pages.forms import VERSION, Form, read_form
from services.desks.pages.lines import ShownLine
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, viewer_in
from services.desks.pages.sign_in import own_path
from shared.roles import READERS
from shared.service.errors import NotFound

CHANGED = 412
"""The status of a decision on a version that is not the newest."""
SEEN = "seen"
"""A hidden field: the lines of the case when the person began to type."""
ID_LETTERS = 8
"""By so many letters of its id a line is known within its case."""


async def show(request: Request) -> Response:
    """The form of an act."""
    view, act, subject = await _chosen(request)
    presets = {field.input: field.preset for field in act.fields if field.preset}
    presets[SEEN] = _seen(view.case)
    return await _act_page(request, view, act, subject, Form(presets))


async def do(request: Request) -> Response:
    """Do an act; on a refusal the form is shown again with all that was typed."""
    form = await read_form(request)
    view, act, subject = await _chosen(request, form["of"])
    path = act.path.format(id=view.case["appeal_id"])
    body = body_of(act, form, subject)
    try:
        answer = await calls_in(request).post(viewer_in(request), act.service, path, body, form.headers())
    except Refused as error:
        shown = form.refused(error, field_names(act))
        if error.status != CHANGED:
            return await _act_page(request, view, act, subject, shown, status=error.status)
        view = await case_view(request)
        return await _act_page(
            request, view, act, subject, shown.again(), status=CHANGED, news=_news(view, form)
        )
    if act.shows:
        return page(request, act.shows, case=view.case, answer=answer)
    back = own_path(form["back"]) or f"/case/{view.case['registration_number']}"
    return RedirectResponse(f"{back}{'&' if '?' in back else '?'}done={act.key}", 303)


def _seen(case: Mapping[str, Any]) -> str:
    """The lines of a case that are no messages, by the starts of their ids."""
    return " ".join(line["event_id"][:ID_LETTERS] for line in case["lines"] if line["service"] != "notify")


def _unseen(case: Mapping[str, Any], form: Form) -> list[Any]:
    """The lines that are no messages and came since the form was shown. Lines of one moment have no order."""
    seen = set(form[SEEN].split())
    lines = [line for line in case["lines"] if line["service"] != "notify"]
    return [line for line in lines if line["event_id"][:ID_LETTERS] not in seen]


def _news(view: CaseView, form: Form) -> list[ShownLine]:
    """What happened in the case since the form was shown."""
    return replace(view, case={**view.case, "lines": _unseen(view.case, form)}).lines()


async def _chosen(request: Request, of: str = "") -> tuple[CaseView, Act, str | None]:
    """The case, the act and the leg, card or publication that an address names; `of` is the id in the form.

    NotFound for what is not the role's, and for another unit's leg. What is not offered any more is shown
    still: its service says why it is refused, and what was typed is kept.
    """
    act = BY_KEY.get(request.path_params["act"])
    if act is None or viewer_in(request).role not in act.roles:
        raise NotFound("没有这项操作，或不属于您的角色", "there is no such act for your role")
    view = await case_view(request)
    if act.about is About.CASE:
        return view, act, None
    subject = of or request.query_params.get("of", "")
    unit = _units(view.case, act.about).get(subject)
    if unit is None or view.doer.unit not in (None, unit):
        raise NotFound("没有这项办件或黄牌，或不属于本单位", "there is no such leg or card of yours")
    return view, act, subject


def _units(case: Mapping[str, Any], about: About) -> dict[str, str]:
    """The units of what an act may be about, by id."""
    if about is About.PUBLICATION:
        return {row["subject"]: row["unit"] or "" for row in case["waiting"] if row["kind"] == about}
    rows = case["legs"] if about is About.LEG else case["cards"]
    return {row[f"{about}_id"]: row["unit"] for row in rows}


async def _act_page(
    request: Request,
    view: CaseView,
    act: Act,
    subject: str | None,
    form: Form,
    *,
    status: int = 200,
    news: list[ShownLine] | None = None,
) -> Response:
    viewer, calls, case = viewer_in(request), calls_in(request), view.case
    wanted = {field.source for field in act.fields if field.source in FROM_SERVICES}
    lists = await together(
        **{source.value: calls.get(viewer, *FROM_SERVICES[source]) for source in wanted if source},
        owner=calls.get(viewer, act.service, f"/appeals/{case['appeal_id']}"),
        templates=calls.get(viewer, "dispatch", "/answer-templates"),
    )
    offered = choices(act, case, view.pack, view.doer, {source: lists[source] for source in wanted if source})
    writes = any(field.input == "text" for field in act.fields)
    return page(
        request,
        "case/act.html",
        status=status,
        case=case,
        act=act,
        fields_shown=[
            (field, _options(field, offered)) for field in act.fields if _is_shown(field, offered, form)
        ],
        subject=subject,
        form=form,
        news=news,
        version=form[VERSION] or (lists["owner"] or {}).get("version", ""),
        unit=view.names.unit(_units(case, act.about).get(subject, "")) if subject else "",
        templates=(lists["templates"] or {"items": []})["items"] if writes else [],
        limit_units=LIMIT_UNITS,
        back=own_path(request.query_params.get("back", "")),
        seen=form[SEEN] if news is None else _seen(case),
        phrases=view.phrases,
    )


def _options(field: Field, offered: Mapping[str, list[Option]]) -> list[Option]:
    return offered.get(field.name, list(field.options))


def _is_shown(field: Field, offered: Mapping[str, list[Option]], form: Form) -> bool:
    """A box for what is meant is shown once something was refused; a choice where there is one."""
    if field.kind is Kind.MEANT:
        return bool(form.mistakes or form[field.input])
    return field.source is None or bool(offered[field.name]) or not field.optional


PAGES = (
    Page("GET", "/case/{number}/act/{act}", show, READERS),
    Page("POST", "/case/{number}/act/{act}", do, READERS),
)
