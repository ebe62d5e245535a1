"""What is told of a loan request: each bank its own leg, and enterprise, office and regulator their part."""

from typing import Any

import pytest

from tests.city import DISPATCH, FINANCING, NOTIFY, City, refused
from tests.lending import CREDIT_CODE, ask, banks, judged, move_to, report

pytestmark = pytest.mark.services(DISPATCH, FINANCING, NOTIFY)

ACCOUNTS = ("office", "regulator", "bank-a", "bank-b")


@pytest.fixture(scope="module")
async def asked(city: City) -> dict[str, Any]:
    """A request that bank A takes up and bank B lets pass; a complaint about B, decided; then withdrawn."""
    await banks(city, "bank-a", "bank-b")
    asked = await ask(city)
    number = asked["registration_number"]
    for state in ("contacted", "under_review"):
        await report(city, "bank-a", f"{number}/1", state)
    await move_to(city, "2026-11-13 09:00")
    path = f"/financing/status/{number}/complaints"
    body = {"bank": "bank-b", "text": "要求搭售保险"}
    complaint = await city.ok(None, "POST", path, body, receipt_code=asked["receipt_code"])
    await judged(city)
    path = f"/financing/complaints/{complaint['complaint_id']}"
    version = (await city.ok("regulator", "GET", path))["version"]
    decision = {"founded": True, "finding": "属实", "measures": "责令改正", "result": "已责令改正"}
    await city.ok("regulator", "POST", f"{path}/decisions", decision, if_match=f'"{version}"')
    path = f"/financing/status/{number}/withdrawals"
    await city.ok(None, "POST", path, {}, receipt_code=asked["receipt_code"])
    await judged(city)
    return asked


async def inbox(city: City, account: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await city.ok(account, "GET", "/notify/inbox?limit=500"))["items"]
    return items


async def templates(city: City, account: str) -> list[str]:
    return sorted(message["template"] for message in await inbox(city, account))


@pytest.mark.usefixtures("asked")
async def test_each_hears_what_concerns_it(city: City) -> None:
    assert await templates(city, "regulator") == ["complained_regulator"]
    assert await templates(city, "bank-a") == ["loan_pushed_bank", "loan_withdrawn_bank"]
    assert set(await templates(city, "bank-b")) == {
        "loan_pushed_bank",
        "loan_due_soon",
        "loan_overdue_bank",
        "loan_reminded",
        "loan_supervised_bank",
        "loan_withdrawn_bank",
    }
    assert {
        "loan_requested_office",
        "loan_overdue_office",
        "loan_supervised_office",
        "complained_office",
        "complaint_decided_office",
        "loan_withdrawn_office",
    } == set(await templates(city, "office"))


async def test_the_enterprise_reads_its_own_with_its_receipt_code(city: City, asked: dict[str, Any]) -> None:
    path = f"/notify/status/{asked['registration_number']}"
    items = (await city.ok(None, "GET", path, receipt_code=asked["receipt_code"]))["items"]
    words = " ".join(message["body"] for message in items)
    assert "已推送至示例银行A、示例银行B" in words
    assert "示例银行A就您的融资需求" in words
    assert "反馈：审查中" in words
    assert "认定投诉成立" in words
    assert "已按您的要求撤回" in words
    refused(await city.call(None, "GET", path, receipt_code="0000-0000-0000-0000"), 404)


async def test_no_bank_hears_of_another_and_nobody_of_money_or_of_who_asks(
    city: City, asked: dict[str, Any]
) -> None:
    inboxes = {account: await inbox(city, account) for account in ACCOUNTS}
    assert all(inboxes.values())
    words = {
        account: " ".join(message["subject"] + message["body"] for message in items)
        for account, items in inboxes.items()
    }
    number = asked["registration_number"]
    assert f"{number}/1" in words["bank-a"]
    assert f"{number}/2" not in words["bank-a"]
    assert "示例银行B" not in words["bank-a"]
    assert f"{number}/2" in words["bank-b"]
    assert f"{number}/1" not in words["bank-b"]
    assert "投诉" not in words["bank-b"]
    for text in words.values():
        for secret in (CREDIT_CODE, "示例制造", "3000000", "300万", "王工", "13800000000", "搭售"):
            assert secret not in text


async def test_an_inbox_of_a_bank_opens_to_that_bank_alone(city: City, asked: dict[str, Any]) -> None:
    message = (await inbox(city, "bank-b"))[0]
    path = f"/notify/inbox/{message['id']}/read"
    refused(await city.call("bank-a", "POST", path), 404, "message_id")
    refused(await city.call("regulator", "POST", path), 404, "message_id")
    assert (await city.ok("bank-b", "POST", path))["read_at"]
    everything = f"/notify/appeals/{asked['loan_id']}/messages"
    refused(await city.call("bank-a", "GET", everything), 403)
    assert (await city.ok("office", "GET", everything))["items"]
