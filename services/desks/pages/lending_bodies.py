"""What the pages of lending send: a bank's report, and the regulator's finding. Pure."""

from typing import Any

from services.desks.pages.forms import Form

OUTCOMES = (
    ("financed", "已获融资", "financed"),
    ("not_financed", "未获融资", "not financed"),
    ("settled_otherwise", "以其他方式解决", "settled otherwise"),
)
DECLINE_REASONS = (
    ("credit_record", "征信记录", "credit record"),
    ("collateral", "抵押物不足", "collateral"),
    ("cash_flow", "现金流不足", "cash flow"),
    ("industry", "行业限制", "industry"),
    ("documents", "材料不全", "documents"),
    ("product", "产品不符", "product"),
    ("other", "其他，请说明", "other: say which"),
)


def loan_act_of(form: Form) -> tuple[str, dict[str, Any]]:
    """What the window does to a loan request: the last part of the route, and the body."""
    if form["act"] == "close":
        return "closures", {"outcome": form["outcome"], "remark": form["remark"] or None}
    return "pushes", {"banks": list(form.all("banks"))}


def report_of(form: Form, leg: str) -> dict[str, Any]:
    """A bank's report. The form's key is its id, so that a second click is the same report."""
    body: dict[str, Any] = {"report_id": f"form-{form.once}", "leg": leg, "state": form["state"]}
    body["evidence"] = {"by": form["by"]} | ({"text": form["text"]} if form["text"] else {})
    for name in ("amount", "rate_percent", "reason", "disbursed_on"):
        if form[name]:
            body[name] = form[name]
    if form["term_months"]:
        number = form["term_months"]
        body["term_months"] = int(number) if number.isdecimal() else number
    return body


def decision_of(form: Form) -> dict[str, Any]:
    """The regulator's finding; `result` is for the enterprise, `shown` for the bank."""
    body: dict[str, Any] = {"founded": {"true": True, "false": False}.get(form["founded"])}
    body |= {name: form[name] for name in ("finding", "result")}
    return body | {name: form[name] for name in ("measures", "shown") if form[name]}
