"""The desks of lending: loan requests for the window, legs for a bank, complaints for the regulator."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.desks.pages.access import LENDING, OF_BANKS, OF_REGULATOR, WINDOW
from services.desks.pages.calls import Refused, together
from services.desks.pages.cases import next_page
from services.desks.pages.forms import EMPTY, Form, read_form
from services.desks.pages.lending_bodies import (
    DECLINE_REASONS,
    OUTCOMES,
    decision_of,
    loan_act_of,
    report_of,
)
from services.desks.pages.phrases import Phrases, Standing
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in, viewer_in
from shared.events.loans import AmountBand
from shared.states import BankLegState, LoanState

FIELDS_OF_REPORT = {"evidence.by": "by", "evidence.text": "text", "evidence": "by"}


async def loans(request: Request) -> Response:
    """The open loan requests, those due first."""
    listed = await _listed(request, "/loans", LoanState)
    return page(request, "finance/loans.html", **listed, done=request.query_params.get("done"))


async def bank_legs(request: Request) -> Response:
    """The bank's open legs, those due first."""
    listed = await _listed(request, "/bank-legs", BankLegState)
    return page(request, "bank/legs.html", **listed, done=request.query_params.get("done"))


async def _listed(request: Request, path: str, states: type[LoanState | BankLegState]) -> dict[str, Any]:
    phrases = phrases_in(request)
    listed = await calls_in(request).get(
        viewer_in(request), "desks", path, cursor=request.query_params.get("cursor"), count="true"
    )
    return {
        "rows": [_row(item, states(item["state"]), phrases) for item in listed["items"]],
        "count": listed["count"],
        "next": next_page(request, listed["next"]),
    }


def _row(item: Mapping[str, Any], state: LoanState | BankLegState, phrases: Phrases) -> dict[str, Any]:
    due_at = datetime.fromisoformat(item["due_at"]) if item["due_at"] else None
    due = phrases.due(due_at, item["remaining_minutes"]) if due_at else None
    return {
        "item": item,
        "due": due,
        "standing": due.standing if due else Standing("rest", "○", phrases.t("没有时限", "no limit")),
        "state": phrases.t(state.zh, state.value.replace("_", " ")),
        "band": phrases.t(
            AmountBand(item["amount_band"]).zh, item["amount_band"].replace("_", " ") + " yuan"
        ),
    }


async def loan(request: Request) -> Response:
    return await _loan_page(request, EMPTY)


async def _loan_page(request: Request, form: Form, status: int = 200) -> Response:
    """A loan request with its legs; the window may ask further banks, or close it."""
    calls, viewer, phrases = calls_in(request), viewer_in(request), phrases_in(request)
    path = f"/requests/{request.path_params['loan_id']}"
    known = await calls.get(viewer, "financing", path)
    banks = await together(banks=calls.get(viewer, "financing", "/banks"))
    asked = {leg["bank"] for leg in known["legs"]}
    return page(
        request,
        "finance/loan.html",
        status=status,
        loan=known,
        legs=[_leg(leg, phrases) for leg in known["legs"]],
        state=phrases.t(LoanState(known["state"]).zh, known["state"]),
        banks=[bank for bank in (banks["banks"] or {"items": []})["items"] if bank["code"] not in asked],
        outcomes=OUTCOMES,
        form=form,
        may_act=viewer.role in LENDING and known["ended"] is None,
    )


def _leg(leg: Mapping[str, Any], phrases: Phrases) -> dict[str, Any]:
    state = BankLegState(leg["state"])
    return {
        "leg": leg,
        "state": phrases.t(state.zh, state.value.replace("_", " ")),
        "pushed": phrases.when(datetime.fromisoformat(leg["pushed_at"])),
    }


async def act_on_loan(request: Request) -> Response:
    """Ask further banks, or close the request."""
    form = await read_form(request)
    path = f"/requests/{request.path_params['loan_id']}"
    route, body = loan_act_of(form)
    try:
        await calls_in(request).post(viewer_in(request), "financing", f"{path}/{route}", body, form.headers())
    except Refused as error:
        return await _loan_page(request, form.refused(error), error.status)
    return RedirectResponse("/finance?done=1", 303)


async def bank_leg(request: Request) -> Response:
    return await _bank_leg_page(request, EMPTY)


async def _bank_leg_page(request: Request, form: Form, status: int = 200) -> Response:
    """What a bank reads of its leg, and the report that it may send."""
    parts = request.path_params
    path = f"/bank/requests/{parts['number']}/{parts['leg']}"
    known = await calls_in(request).get(viewer_in(request), "financing", path)
    phrases = phrases_in(request)
    state = BankLegState(known["state"])
    reported = [each for each in BankLegState if each is not BankLegState.PUSHED]
    return page(
        request,
        "bank/leg.html",
        status=status,
        leg=known,
        state=phrases.t(state.zh, state.value),
        reported=reported,
        reasons=DECLINE_REASONS,
        form=form,
    )


async def report(request: Request) -> Response:
    """Report how the leg stands."""
    form, parts = await read_form(request), request.path_params
    body = report_of(form, f"{parts['number']}/{parts['leg']}")
    try:
        await calls_in(request).post(viewer_in(request), "financing", "/bank/reports", body, {})
    except Refused as error:
        return await _bank_leg_page(request, form.refused(error, FIELDS_OF_REPORT), error.status)
    return RedirectResponse("/bank?done=1", 303)


async def complaints(request: Request) -> Response:
    return await _complaints_page(request, EMPTY)


async def _complaints_page(request: Request, form: Form, status: int = 200, *, decided: str = "") -> Response:
    """The complaints about banks; what is open comes first, by its limit. `form` is that of `decided`."""
    listed = await calls_in(request).get(
        viewer_in(request), "financing", "/complaints", cursor=request.query_params.get("cursor"), limit=100
    )
    rows = [_complaint(item, phrases_in(request)) for item in listed["items"]]
    rows.sort(key=lambda row: (row["complaint"]["state"] != "open", row["due"].at if row["due"] else "9"))
    return page(
        request,
        "regulator/complaints.html",
        status=status,
        decided=decided,
        rows=rows,
        next=next_page(request, listed["next"]),
        form=form,
        done=request.query_params.get("done"),
    )


def _complaint(complaint: Mapping[str, Any], phrases: Phrases) -> dict[str, Any]:
    live = [each for each in complaint["deadlines"] if each["verdict"] == "open"]
    moments = [each["due_at"] for each in live if each["due_at"]]
    due = phrases.due(datetime.fromisoformat(min(moments))) if moments else None
    return {
        "complaint": complaint,
        "due": due,
        "complained": phrases.when(datetime.fromisoformat(complaint["complained_at"])),
    }


async def decide(request: Request) -> Response:
    """The regulator's finding on a complaint."""
    form, id_ = await read_form(request), request.path_params["complaint_id"]
    path = f"/complaints/{id_}/decisions"
    try:
        await calls_in(request).post(viewer_in(request), "financing", path, decision_of(form), form.headers())
    except Refused as error:
        return await _complaints_page(request, form.refused(error), error.status, decided=str(id_))
    return RedirectResponse("/regulator?done=1", 303)


PAGES = (
    Page("GET", "/finance", loans, WINDOW),
    Page("GET", "/finance/{loan_id}", loan, WINDOW),
    Page("POST", "/finance/{loan_id}", act_on_loan, LENDING),
    Page("GET", "/bank", bank_legs, OF_BANKS),
    Page("GET", "/bank/{number}/{leg}", bank_leg, OF_BANKS),
    Page("POST", "/bank/{number}/{leg}", report, OF_BANKS),
    Page("GET", "/regulator", complaints, OF_REGULATOR),
    Page("POST", "/regulator/{complaint_id}", decide, OF_REGULATOR),
)
