"""Enterprises hear by the phone or e-mail they gave at registration; no event and no log has it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.notify.contacts.clients import EnterpriseContact
from services.notify.contacts.inquiries import addresses
from services.notify.deliveries.domain import ChannelKind
from tests.city import APPEALS, FINANCING, NOTIFY, City, refused
from tests.door import Door
from tests.gateway import Gateway
from tests.integration.test_deliveries import until
from tests.lending import ask, banks, report

PHONE, EMAIL = "138-0000-1111", "boss@firm.example"


@pytest.fixture(scope="module")
def door() -> Door:
    return Door("intake", "financing")


@pytest.fixture(scope="module")
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, channels: Path, door: Door
) -> AsyncIterator[City]:
    async with City(
        postgres, broker, services=(*APPEALS, FINANCING, NOTIFY), channels=channels, **door.urls
    ) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


def enterprise(phone: str = PHONE, **more: Any) -> dict[str, Any]:
    return {"enterprise": {"name": "示例制造有限公司", "phone": phone, **more}}


async def asked(city: City) -> Counter[str]:
    """How inquiries stand."""
    async with city.services["notify"].engine.connect() as conn:
        query = "select case when next_at is null then 'answered' else 'open' end from inquiries"
        return Counter((await conn.execute(sa.text(query))).scalars())


def texts(gateway: Gateway, phone: str) -> list[str]:
    return [text for to, text in gateway.taken.values() if to == phone.replace("-", "")]


async def test_what_was_told_while_intake_was_away_arrives_once_when_it_is_back(
    city: City, gateway: Gateway, door: Door
) -> None:
    appeal = await city.register(**enterprise())
    await city.dispatch(appeal)
    await city.drained()
    await city.move_to("2026-11-09 11:00")
    assert texts(gateway, PHONE) == []
    async with door.open(city):
        await city.move_to("2026-11-09 12:00")
        await until(lambda: _is(lambda: len(texts(gateway, PHONE)) == 2))
        await city.act("roads", appeal, "contacts", leg_id=await _leg(city, appeal), how="电话")
        await city.drained()
        await until(lambda: _is(lambda: len(texts(gateway, PHONE)) == 3))
    assert await asked(city) == {"answered": 1}
    assert len(set(texts(gateway, PHONE))) == 3
    contacts = await city.ok("office", "GET", f"/notify/contacts/enterprise:{appeal['appeal_id']}")
    assert [(item["address"], item["changed_by"]) for item in contacts["items"]] == [
        ("13800001111", "intake")
    ]


async def _is(holds: Any) -> bool:
    return bool(holds())


async def _leg(city: City, appeal: dict[str, Any]) -> str:
    legs = (await city.ok("office", "GET", f"/dispatch/appeals/{appeal['appeal_id']}"))["legs"]
    return str(legs[0]["leg_id"])


async def test_who_wants_english_is_written_to_in_english(city: City, gateway: Gateway, door: Door) -> None:
    async with door.open(city):
        await city.register(**enterprise("13700002222", language="en", email=EMAIL))
        await until(lambda: _is(lambda: texts(gateway, "13700002222")))
    (text,) = texts(gateway, "13700002222")
    assert "Your appeal" in text


async def test_contacts_entered_by_hand_go_before_those_of_the_registration(
    city: City, gateway: Gateway, door: Door
) -> None:
    appeal = await city.register(**enterprise("13700003333"))
    contact = {"channel": "sms", "address": "13700004444"}
    path = f"/notify/contacts/enterprise:{appeal['appeal_id']}"
    await city.ok("operator", "PUT", path, {"contacts": [contact]})
    async with door.open(city):
        await city.move_to("2026-11-09 15:00")
        await until(lambda: _is(lambda: texts(gateway, "13700004444")))
    assert texts(gateway, "13700003333") == []


async def loan(city: City, phone: str, **more: Any) -> dict[str, Any]:
    return await ask(city, banks=["bank-a"], contact={"name": "王工", "phone": phone, **more})


async def learnt(city: City, case_id: str) -> list[tuple[str, str]]:
    contacts = await city.ok("office", "GET", f"/notify/contacts/enterprise:{case_id}")
    return [(item["address"], item["changed_by"]) for item in contacts["items"]]


async def test_the_enterprise_of_a_loan_request_hears_by_the_phone_of_its_request(
    city: City, gateway: Gateway, door: Door
) -> None:
    await banks(city, "bank-a")
    asked = await loan(city, "135-0000-1111")
    await city.drained()
    assert texts(gateway, "135-0000-1111") == []
    async with door.open(city):
        await city.move_to("2026-11-09 15:30")
        await until(lambda: _is(lambda: len(texts(gateway, "13500001111")) == 2))
        assert await learnt(city, asked["loan_id"]) == [("13500001111", "financing")]
        path = f"/financing/status/{asked['registration_number']}/consent-withdrawals"
        await city.ok(None, "POST", path, {}, receipt_code=asked["receipt_code"])
        await until(lambda: _is(lambda: len(texts(gateway, "13500001111")) == 3))
    assert "撤回" in texts(gateway, "13500001111")[2]


async def test_an_enterprise_of_a_loan_request_that_reads_english_is_written_to_in_english(
    city: City, gateway: Gateway, door: Door
) -> None:
    async with door.open(city):
        asked = await loan(city, "13500002222", language="en")
        await until(lambda: _is(lambda: len(texts(gateway, "13500002222")) == 2))
        await report(city, "bank-a", f"{asked['registration_number']}/1", "under_review")
        await until(lambda: _is(lambda: len(texts(gateway, "13500002222")) == 3))
    assert "under review" in texts(gateway, "13500002222")[2]


async def test_what_was_learnt_is_forgotten_when_the_case_has_ended_and_all_was_sent(
    city: City, gateway: Gateway, door: Door
) -> None:
    async with door.open(city):
        appeal = await city.register(**enterprise("13400001111"))
        kept = await city.register(**enterprise("13400002222"))
        path = f"/notify/contacts/enterprise:{kept['appeal_id']}"
        contact = {"channel": "sms", "address": "13400002222"}
        await city.ok("operator", "PUT", path, {"contacts": [contact]})
        asked = await loan(city, "13400003333")
        await until(lambda: _is(lambda: len(texts(gateway, "13400003333")) == 2))
        await until(lambda: _is(lambda: texts(gateway, "13400001111")))
        assert await learnt(city, appeal["appeal_id"]) == [("13400001111", "intake")]
        gateway.is_down = True
        for receipt in (appeal, kept):
            path = f"/intake/status/{receipt['registration_number']}/withdrawals"
            await city.ok(None, "POST", path, {"reason": "已自行解决"}, receipt_code=receipt["receipt_code"])
        path = f"/financing/status/{asked['registration_number']}/withdrawals"
        await city.ok(None, "POST", path, {}, receipt_code=asked["receipt_code"])
        await city.drained()
        await asyncio.sleep(1.2)
        assert await learnt(city, asked["loan_id"]) == [("13400003333", "financing")]
        gateway.is_down = False
        await city.move_to("2026-11-09 16:00")

        async def forgotten() -> bool:
            return not await learnt(city, appeal["appeal_id"]) and not await learnt(city, asked["loan_id"])

        await until(forgotten)
    assert len(texts(gateway, "13400001111")) == 1
    assert len(texts(gateway, "13400003333")) == 3
    assert await learnt(city, kept["appeal_id"]) == [("13400002222", "operator")]


async def test_what_was_learnt_is_forgotten_after_a_month_and_learnt_anew_for_the_next_message(
    city: City, gateway: Gateway, door: Door
) -> None:
    async with door.open(city):
        appeal = await city.register(**enterprise("13400004444"))
        await until(lambda: _is(lambda: texts(gateway, "13400004444")))
        await city.move_to("2026-12-10 10:00")

        async def forgotten() -> bool:
            return not await learnt(city, appeal["appeal_id"])

        await until(forgotten)
        before = len(texts(gateway, "13400004444"))
        await city.dispatch(appeal)
        await until(lambda: _is(lambda: len(texts(gateway, "13400004444")) == before + 1))
    assert await learnt(city, appeal["appeal_id"]) == [("13400004444", "intake")]
    assert len(set(texts(gateway, "13400004444"))) == before + 1


async def test_no_event_has_what_intake_was_asked_for(city: City) -> None:
    for service in city.services.values():
        async with service.engine.connect() as conn:
            bodies = " ".join((await conn.execute(sa.text("select body from outbox"))).scalars())
        for secret in (PHONE, PHONE.replace("-", ""), "13800001111", "13700002222", "13500001111", EMAIL):
            assert secret not in bodies


async def test_an_anonymous_letter_and_a_landline_are_asked_about_once_and_reached_in_no_way(
    city: City, gateway: Gateway, door: Door
) -> None:
    before = len(gateway.taken)
    async with door.open(city):
        letter = {"channel": "anonymous_letter", "kind": "clue", "title": "线索", "text": "线索一条。"}
        await city.ok(None, "POST", "/intake/appeals", letter)
        appeal = await city.register(**enterprise("+86 0558 5123456"))
        await city.drained()

        async def answered() -> bool:
            return (await asked(city))["open"] == 0

        await until(answered)
    assert len(gateway.taken) == before
    evidence = await city.ok("office", "GET", f"/notify/appeals/{appeal['appeal_id']}/deliveries")
    assert "nobody can be reached" in evidence["unreached"]


async def test_only_the_service_reads_a_contact(city: City) -> None:
    appeal = await city.register(**enterprise(email=EMAIL))
    path = f"/intake/appeals/{appeal['appeal_id']}/contact"
    assert await city.ok("notify", "GET", path) == {"phone": PHONE.replace("-", ""), "email": EMAIL}
    asked = await loan(city, PHONE, email=EMAIL, language="en")
    path = f"/financing/requests/{asked['loan_id']}/contact"
    assert await city.ok("notify", "GET", path) == {
        "phone": PHONE.replace("-", ""),
        "email": EMAIL,
        "language": "en",
    }
    for account in ("office", "operator", "roads", "ops", "bank-a"):
        refused(await city.call(account, "GET", path), 403)
        refused(await city.call(account, "GET", path), 403)
    for email in ("boss", "a@b", "a@b.cn\nBcc: c@d.cn", "a@-"):
        body = enterprise(email=email)
        base = {"channel": "hotline", "kind": "help", "title": "标题", "text": "正文"}
        answer = await city.call("operator", "POST", "/intake/appeals", base | body)
        refused(answer, 422, "enterprise.email")


@pytest.mark.parametrize(
    ("contact", "channels", "expected"),
    [
        (
            EnterpriseContact(phone="+86 138 0000 1111"),
            [ChannelKind.SMS],
            [(ChannelKind.SMS, "13800001111")],
        ),
        (EnterpriseContact(phone="13800001111", email=EMAIL), list(ChannelKind), [(ChannelKind.MAIL, EMAIL)]),
        (
            EnterpriseContact(phone="13800001111", email=EMAIL),
            [ChannelKind.SMS],
            [(ChannelKind.SMS, "13800001111")],
        ),
        *(
            (EnterpriseContact(phone=typed), [ChannelKind.SMS], [(ChannelKind.SMS, "13800001111")])
            for typed in ("8613800001111", "86 138 0000 1111", "0086 13800001111", "(+86)138-0000-1111")
        ),
        (
            EnterpriseContact(phone="+49 1512 3456789"),
            [ChannelKind.SMS],
            [(ChannelKind.SMS, "+4915123456789")],
        ),
        (EnterpriseContact(phone="+49 30 901820"), [ChannelKind.SMS], []),
        (EnterpriseContact(phone="0558-5123456"), list(ChannelKind), []),
        (EnterpriseContact(phone="+86 0558 5123456"), list(ChannelKind), []),
        (EnterpriseContact(phone="-----"), list(ChannelKind), []),
        (EnterpriseContact(email="a..b@qq.example", phone="13800001111"), [ChannelKind.MAIL], []),
        (
            EnterpriseContact(email="info@例子.中国"),
            [ChannelKind.MAIL],
            [(ChannelKind.MAIL, "info@xn--fsqu00a.xn--fiqs8s")],
        ),
        (EnterpriseContact(email=EMAIL), [ChannelKind.SMS], []),
        (EnterpriseContact(), list(ChannelKind), []),
    ],
)
def test_an_enterprise_hears_over_one_channel(
    contact: EnterpriseContact, channels: list[ChannelKind], expected: list[tuple[ChannelKind, str]]
) -> None:
    assert addresses(contact, channels) == expected
