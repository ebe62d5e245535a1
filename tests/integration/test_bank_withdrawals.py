"""亳政办〔2024〕8号 §6 over HTTP: a withdrawal is the enterprise's, how a request ends, and complaints."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import City, refused
from tests.lending import CREDIT_CODE, ask, banks, judged, move_to, report, status


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Financing alone, on Monday 2026-11-09 at 09:00, with three banks that read at their desks."""
    from services.financing.app import SERVICE

    async with City(postgres, broker, services=(SERVICE,)) as city:
        await move_to(city, "2026-11-09 09:00")
        await banks(city)
        yield city


async def say(city: City, asked: dict[str, Any], leg: int, **body: Any) -> Any:
    path = f"/financing/status/{asked['registration_number']}/legs/{leg}/withdrawals"
    return await city.call(None, "POST", path, body, receipt_code=asked["receipt_code"])


async def test_the_enterprise_alone_withdraws_and_is_heard_before_the_request_is_closed(city: City) -> None:
    asked = await ask(city)
    loan, (first, second) = f"/financing/requests/{asked['loan_id']}", (leg["leg"] for leg in asked["legs"])
    # The old way: `withdrawn` on a fresh leg met all three deadlines.
    answer = await report(city, "bank-a", first, "withdrawn")
    assert (answer.code, answer.state) == ("accepted", "pushed")
    await judged(city)
    shown = (await status(city, asked))["legs"][0]
    assert (shown["state"], shown["withdrawal"]["confirmed"]) == ("pushed", None)
    assert {deadline["verdict"] for deadline in shown["deadlines"]} == {"open"}
    refused(await say(city, asked, 2, confirmed=False), 409)
    assert (await say(city, asked, 1, confirmed=False)).is_success
    await report(city, "bank-b", second, "withdrawn")
    window = {"confirmed": True, "words": "王工电话确认"}
    await city.ok("operator", "POST", f"{loan}/legs/2/withdrawals", window)
    await move_to(city, "2026-11-11 09:00")
    first_leg, other = (await status(city, asked))["legs"]
    assert [deadline["verdict"] for deadline in first_leg["deadlines"]] == ["overdue", "open", "open"]
    assert (other["state"], other["deadlines"]) == ("withdrawn", [])
    record = await city.ok("office", "GET", "/financing/banks/bank-a/record")
    assert record["withdrawals"] == {"open": 0, "confirmed": 0, "denied": 1}
    assert set(record["deadlines"]) == {"bank_contact", "bank_status", "bank_decision"}, "the bank's own"
    request = await city.ok("bank-a", "GET", f"/financing/bank/requests/{first}")
    assert "bank.withdrawal_denied.v1" in [message["type"] for message in request["told"]]

    # What the pack's closure says holds: the enterprise is heard first.
    await report(city, "bank-a", first, "declined")
    version = (await city.ok("office", "GET", loan))["version"]
    close = {"body": {"outcome": "not_financed"}, "if_match": f'"{version}"'}
    refused(await city.call("office", "POST", f"{loan}/closures", **close), 409)
    rating = f"/financing/status/{asked['registration_number']}/ratings"
    await city.ok(None, "POST", rating, {"rating": "not_satisfied"}, receipt_code=asked["receipt_code"])
    version = (await city.ok("office", "GET", loan))["version"]
    await city.ok("office", "POST", f"{loan}/closures", {"outcome": "not_financed"}, if_match=f'"{version}"')


async def test_any_institution_can_be_complained_about_at_the_window(city: City) -> None:
    body = {
        "institution": "示例小额贷款公司",
        "text": "贷款搭售保险",
        "enterprise": {"name": "示例制造有限公司", "credit_code": CREDIT_CODE},
        "contact": {"name": "王工", "phone": "13800000000"},
    }
    filed = await city.ok("operator", "POST", "/financing/complaints", body)
    path = f"/financing/status/{filed['complaint']}/complaint"
    refused(await city.call(None, "GET", path, receipt_code="0000"), 404, "registration_number")
    await judged(city)
    shown = await city.ok(None, "GET", path, receipt_code=filed["receipt_code"])
    deadlines = {deadline["deadline"] for deadline in shown["deadlines"]}
    assert deadlines == {"regulator_result", "complaint_tracking"}
    (listed,) = (await city.ok("regulator", "GET", "/financing/complaints"))["items"]
    assert (listed["bank_name"], listed["enterprise"]) == ("示例小额贷款公司", "示例制造有限公司")
    assert "receipt_hash" not in listed
    decision = {"founded": True, "finding": "属实", "result": "已责令退还"}
    await city.ok(
        "regulator",
        "POST",
        f"/financing/complaints/{filed['complaint_id']}/decisions",
        decision,
        if_match=f'"{listed["version"]}"',
    )
    shown = await city.ok(None, "GET", path, receipt_code=filed["receipt_code"])
    assert (shown["founded"], shown["result"]) == (True, "已责令退还")
