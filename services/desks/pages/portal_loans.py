"""Loan requests on the portal: asked for in one page, looked at once more, and followed by receipt code."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.desks.pages import images
from services.desks.pages.calls import Mistake, Refused
from services.desks.pages.forms import EMPTY, Form, read_form
from services.desks.pages.lending_bodies import DECLINE_REASONS, OUTCOMES
from services.desks.pages.phrases import Phrases
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in
from shared.service.errors import Unavailable
from shared.states import BankLegState, LoanState

CONSENT = "portal-1"
"""The version of the words of consent in `portal/loan_new.html`. Other words need another version."""
CONSENTED_AT = "consented_at"
"""A hidden field: when the consent was given. It stays the same for a second click."""
PRODUCTS = (
    ("working_capital", "流动资金（采购、工资、周转）", "working capital"),
    ("equipment", "设备和厂房", "equipment and plant"),
    ("technology", "科技创新", "technology"),
    ("other", "其他", "other"),
)
FIELDS_OF_REQUEST = {
    "enterprise.name": "enterprise",
    "enterprise.credit_code": "credit_code",
    "contact.name": "contact_name",
    "contact.phone": "phone",
    "consent.given_at": "consent",
    "Receipt-Code": "code",
    "registration_number": "number",
    "institution": "bank",
}
REQUIRED = (
    ("enterprise", "请填写企业名称", "name the enterprise"),
    ("credit_code", "请填写统一社会信用代码", "give the credit code"),
    ("amount", "请填写需要多少万元", "say how much you need"),
    ("term_months", "请填写用多少个月", "say for how many months"),
    ("purpose", "请写明资金用途", "say what the money is for"),
    ("first_loan", "请选择是否首次向银行贷款", "say whether this is your first loan"),
    ("contact_name", "请填写联系人", "name whom the banks may call"),
    ("phone", "请填写联系电话", "give a phone number"),
    ("consent", "银行需要这些信息才能联系您，请勾选同意", "banks need these data to reach you: agree to it"),
)
_SUM = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
"""A sum in 万元, to the cent."""
_MONTHS = re.compile(r"[0-9]{1,4}")
ACTS = ("complaints", "withdrawals")
"""What an enterprise may do with its code: the routes of financing below the status of its request."""
NAMED_ELSEWHERE = "other"
"""The choice of an institution that was not asked."""


async def new(request: Request) -> Response:
    return _new_page(request, EMPTY)


def _new_page(request: Request, form: Form, status: int = 200) -> Response:
    return page(request, "portal/loan_new.html", form=form, products=PRODUCTS, status=status)


async def check(request: Request) -> Response:
    """Look at what was typed once more. What is missing is said first."""
    form = await read_form(request)
    if mistakes := _wrong(form):
        return _new_page(request, form.with_mistakes(*mistakes), 422)
    now = phrases_in(request).now.isoformat()
    return page(
        request, "portal/loan_check.html", form=replace(form, values={**form.values, CONSENTED_AT: now}),
        product=next(each for each in PRODUCTS if each[0] == _product(form)),
    )  # fmt: skip


async def register(request: Request) -> Response:
    """Register the request; the page shows the receipt code once."""
    form = await read_form(request)
    if form["change"]:
        return _new_page(request, form)
    if mistakes := _wrong(form):
        return _new_page(request, form.with_mistakes(*mistakes), 422)
    try:
        registered = await calls_in(request).post(
            None, "financing", "/requests", body_of(form), form.headers()
        )
    except (Refused, Unavailable) as error:
        return _new_page(request, form.refused(error, FIELDS_OF_REQUEST), error.status)
    number, code = registered["registration_number"], registered["receipt_code"]
    address = f"{request.url.scheme}://{request.headers.get('host', '')}/loan/{number}#{code}"
    return page(
        request,
        "portal/loan_done.html",
        number=number,
        code=code,
        banks=[leg["bank_name"] or leg["bank"] for leg in registered["legs"]],
        picture=images.qr_code(address),
    )


def _wrong(form: Form) -> list[Mistake]:
    mistakes = [Mistake(name, zh, en) for name, zh, en in REQUIRED if not form[name]]
    if form["amount"] and yuan_of(form["amount"]) is None:
        mistakes.append(
            Mistake(
                "amount",
                "金额请填数字，单位是万元，如 50 或 12.5",
                "an amount in 10,000 yuan, like 50 or 12.5",
            )
        )
    if form["term_months"] and not _MONTHS.fullmatch(form["term_months"]):
        mistakes.append(Mistake("term_months", "请填整数，如 12", "a whole number of months, like 12"))
    return mistakes


def yuan_of(typed: str) -> str | None:
    """A sum typed in 万元 as yuan with two decimals; None for what is no sum above zero."""
    plain = unicodedata.normalize("NFKC", typed).replace(",", "")
    if not _SUM.fullmatch(plain):
        return None
    amount = Decimal(plain) * 10_000
    return f"{amount:.2f}" if amount else None


def in_wan(yuan: str | None) -> str:
    """Yuan as 万元, as short as it is exact."""
    if yuan is None:
        return ""
    text = f"{Decimal(yuan) / 10_000:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _product(form: Form) -> str:
    return form["product"] if form["product"] in {each[0] for each in PRODUCTS} else "other"


def body_of(form: Form) -> dict[str, Any]:
    """The body of the loan request that a form comes to."""
    body: dict[str, Any] = {
        "enterprise": {"name": form["enterprise"], "credit_code": form["credit_code"]},
        "contact": {"name": form["contact_name"], "phone": form["phone"].replace(" ", "")},
        "amount": yuan_of(form["amount"]),
        "term_months": int(form["term_months"]),
        "purpose": form["purpose"],
        "product": _product(form),
        "collateral": form["collateral"] or "无",
        "first_loan": form["first_loan"] == "true",
        "consent": {"given_at": form[CONSENTED_AT], "text_version": CONSENT},
    }
    if form["email"]:
        body["contact"]["email"] = form["email"]
    return body


async def ask(request: Request) -> Response:
    """Number and receipt code are asked for."""
    return _ask_page(request, Form({"number": request.path_params.get("number", "")}))


def _ask_page(request: Request, form: Form, status: int = 200) -> Response:
    return page(request, "portal/loan_ask.html", form=form, status=status)


async def show(request: Request) -> Response:
    """How the request stands with every bank. The code comes in the form alone."""
    form = await read_form(request)
    opening = Form({"number": form["number"].upper(), "code": form["code"]})
    act, done = form["act"], ""
    try:
        if act in ACTS:
            try:
                await _act(request, opening, form)
                done, form = act, opening
            except (Refused, Unavailable) as error:
                if error.status in (401, 404):
                    raise
                form = form.refused(error, FIELDS_OF_REQUEST)
                return await _shown(request, opening, form, "", error.status)
        return await _shown(request, opening, form, done)
    except (Refused, Unavailable) as error:
        return _ask_page(request, opening.refused(error, FIELDS_OF_REQUEST), error.status)


async def _act(request: Request, opening: Form, form: Form) -> None:
    act = form["act"]
    body: dict[str, Any] = {"reason": form["reason"] or None}
    if act == "complaints":
        if not form["complaint"]:
            raise Refused(422, (Mistake("complaint", "请写明哪里不合理", "say what is unreasonable"),))
        body = {"text": form["complaint"]}
        body |= (
            {"institution": form["institution"]}
            if form["bank"] == NAMED_ELSEWHERE
            else {"bank": form["bank"]}
        )
    headers = {**form.headers(), "receipt-code": opening["code"]}
    await calls_in(request).post(None, "financing", f"/status/{opening['number']}/{act}", body, headers)


async def _shown(request: Request, opening: Form, form: Form, done: str, code: int = 200) -> Response:
    """The page of the request. Raises `Refused` where the code does not open it."""
    answer = await calls_in(request).send(
        None, "GET", "financing", f"/status/{opening['number']}", headers={"receipt-code": opening["code"]}
    )
    loan, phrases = answer.json(), phrases_in(request)
    state = LoanState(loan["state"])
    return page(
        request,
        "portal/loan_status.html",
        status=code,
        loan=loan,
        version=answer.headers.get("etag", "").strip('"'),
        amount=in_wan(loan["amount"]),
        state=phrases.t(state.zh, state.value.replace("_", " ")),
        outcome=_word(OUTCOMES, loan["outcome"], phrases),
        legs=[_leg(leg, phrases) for leg in loan["legs"]],
        complaints=[{**each, "steps": _steps(each["deadlines"], phrases)} for each in loan["complaints"]],
        form=form,
        opening=opening,
        done=done,
        phrases=phrases,
        At=datetime.fromisoformat,
    )


def _leg(leg: Mapping[str, Any], phrases: Phrases) -> dict[str, Any]:
    """A bank's part: how it stands, what it reported, and what it must do by when."""
    offer = leg["offer"]
    return {
        "bank": leg["bank"],
        "name": leg["bank_name"] or leg["bank"],
        "state": _state(leg["state"], phrases),
        "steps": _steps(leg["deadlines"], phrases),
        "offer": offer and {**offer, "amount": in_wan(offer["amount"])},
        "disbursed": in_wan(leg["disbursed"]),
        "reason": _word(DECLINE_REASONS, leg["reason"], phrases),
        "reports": [
            {**report, "state": _state(report["state"], phrases)} for report in reversed(leg["reports"])
        ],
    }


def _state(code: str, phrases: Phrases) -> str:
    state = BankLegState(code)
    return phrases.t(state.zh, state.value.replace("_", " "))


def _word(words: tuple[tuple[str, str, str], ...], code: str | None, phrases: Phrases) -> str:
    """What people call a code; the code itself where no word is known."""
    return next((phrases.t(zh, en) for value, zh, en in words if value == code), code or "")


def _steps(deadlines: list[dict[str, Any]], phrases: Phrases) -> list[dict[str, Any]]:
    """What was done and when, and what must be done by when."""
    steps = []
    for each in sorted(deadlines, key=_moment):
        name = each["title"].get(phrases.t("zh", "en")) or each["deadline"]
        if each["met_at"]:
            when = phrases.when(datetime.fromisoformat(each["met_at"]))
            steps.append({"kind": "done", "sign": "✓", "name": name, "when": when, "rest": "", "why": each})
        elif each["due_at"] and each["verdict"] != "ended":
            due = phrases.due(datetime.fromisoformat(each["due_at"]))
            steps.append({
                "kind": "now", "sign": due.standing.sign, "name": name, "when": due.lead, "rest": due.rest,
                "why": each,
            })  # fmt: skip
    return steps


def _moment(deadline: Mapping[str, Any]) -> datetime:
    """When it was met, or falls due; what has neither is not shown."""
    moment = deadline["met_at"] or deadline["due_at"]
    return datetime.fromisoformat(moment) if moment else datetime.max.replace(tzinfo=UTC)


PAGES = (
    Page("GET", "/loan", ask),
    Page("GET", "/loan/new", new),
    Page("POST", "/loan/check", check),
    Page("POST", "/loan", register),
    Page("POST", "/loan/status", show),
    Page("GET", "/loan/{number}", ask),
)
