"""What tests of financing share: a request that is right in every field, banks, reports, and waiting."""

import asyncio
from typing import Any

from services.financing.banks.queries import ReportKey
from services.financing.banks.reporting import take_report
from services.financing.contract import BankReport
from services.financing.contract_receipts import ReportReceipt
from services.financing.work import Work
from shared.addresses.credit_codes import check_character
from shared.service.clock import TICK
from shared.web.writer import Answer
from tests.city import City

CREDIT_CODE = "91350100M000100Y43"


def credit_code(n: int) -> str:
    """The n-th invented credit code."""
    first = f"91340600MA{n:07d}"
    return first + check_character(first)


def wish(**more: Any) -> dict[str, Any]:
    """A loan request as it is sent."""
    return {
        "enterprise": {"name": "示例制造有限公司", "credit_code": CREDIT_CODE},
        "contact": {"name": "王工", "phone": "13800000000"},
        "amount": "3000000.00",
        "term_months": 12,
        "purpose": "采购原材料",
        "product": "working_capital",
        "first_loan": False,
        "collateral": "厂房抵押",
        "consent": {"given_at": "2026-11-09T08:00:00+08:00", "text_version": "2026-01"},
        "banks": ["bank-a", "bank-b"],
        **more,
    }


async def banks(city: City, *codes: str, ways: tuple[str, ...] = ("desk",)) -> None:
    """Write banks into the directory."""
    for code in codes or ("bank-a", "bank-b", "bank-c"):
        body = {"name": f"示例银行{code[-1].upper()}", "ways": list(ways)}
        await city.ok("office", "PUT", f"/financing/banks/{code}", body)


async def ask(city: City, **more: Any) -> dict[str, Any]:
    """Send a request; the answer with number, receipt code and legs."""
    answer: dict[str, Any] = await city.ok("operator", "POST", "/financing/requests", wish(**more))
    return answer


_OFFER = {"amount": "2000000.00", "rate_percent": "3.45", "term_months": 12}


def report_body(leg: str, state: str, report_id: str = "", **more: Any) -> dict[str, Any]:
    """A report as a bank sends it."""
    facts: dict[str, Any] = {"approved": _OFFER, "declined": {"reason": "cash_flow"}}.get(state, {})
    return {
        "report_id": report_id or f"{leg.replace('/', '.')}:{state}",
        "leg": leg,
        "state": state,
        "evidence": {"by": "客户经理李", "how": "电话"},
        **facts,
        **more,
    }


async def report(city: City, bank: str, leg: str, state: str, **more: Any) -> ReportReceipt:
    """A bank's report, taken as each of its integrations takes it."""
    body = BankReport.model_validate(report_body(leg, state, **more))

    def do(work: Work) -> Answer:
        return Answer(take_report(work, bank, body, work.at).model_dump_json())

    keys = [body.leg, ReportKey(bank, body.report_id)]
    answer = await city.services["financing"].writer.write(keys, do)
    return ReportReceipt.model_validate_json(answer.body)


async def move_to(city: City, moment: str) -> None:
    """Move the clocks, and wait until all that follows from it has been judged."""
    city.set_clocks(moment)
    await judged(city)


async def judged(city: City, seconds: float = 30) -> None:
    """Wait until financing has judged all up to now."""
    await city.drained()
    context = city.services["financing"]
    async with asyncio.timeout(seconds):
        while context.relay.upto is None or context.relay.upto < context.clock.now() - TICK:
            await asyncio.sleep(0.02)


async def status(city: City, asked: dict[str, Any]) -> dict[str, Any]:
    """What the enterprise sees."""
    path = f"/financing/status/{asked['registration_number']}"
    answer: dict[str, Any] = await city.ok(None, "GET", path, receipt_code=asked["receipt_code"])
    return answer
