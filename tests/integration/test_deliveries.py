"""What left and what came of it, over HTTP: contacts, evidence, the list of failures, receipts."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.notify.channels.sms import signature
from services.notify.contacts import work
from services.notify.contacts.work import NewContact
from services.notify.deliveries.domain import ChannelKind
from services.notify.messages.words import Language
from shared.database.connection import Connection
from tests.city import APPEALS, NOTIFY, City, local, refused
from tests.gateway import SECRET, Gateway

WAITS = sa.text(
    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
)
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker, channels: Path) -> AsyncIterator[City]:
    """All services on Monday 2026-11-09 at 09:00, with an SMS gateway."""
    async with City(postgres, broker, services=(*APPEALS, NOTIFY), channels=channels) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


async def until(ask: Callable[[], Awaitable[Any]]) -> Any:
    """The first answer of `ask` that is not empty."""
    async with asyncio.timeout(20):
        while not (answer := await ask()):
            await asyncio.sleep(0.05)
    return answer


async def set_contacts(city: City, account: str, recipient: str, *contacts: dict[str, Any]) -> Any:
    return await city.ok(account, "PUT", f"/notify/contacts/{recipient}", {"contacts": list(contacts)})


def sms(address: str, **more: Any) -> dict[str, Any]:
    return {"channel": "sms", "address": address, **more}


async def dispatched(city: City, unit: str) -> dict[str, Any]:
    appeal = await city.register()
    await city.dispatch(appeal, {"unit": unit})
    await city.drained()
    return appeal


async def test_a_dispatch_reaches_the_units_phone_and_the_case_shows_the_evidence(
    city: City, gateway: Gateway
) -> None:
    await set_contacts(city, "roads", "unit:roads", sms("13900000001"))
    appeal = await dispatched(city, "roads")
    path = f"/notify/appeals/{appeal['appeal_id']}/deliveries"

    async def sent() -> Any:
        items = (await city.ok("office", "GET", path))["items"]
        return [delivery for delivery in items if delivery["state"] == "sent"]

    (delivery,) = await until(sent)
    assert (delivery["recipient"], delivery["channel"], delivery["address"]) == (
        "unit:roads",
        "sms",
        "13900000001",
    )
    assert delivery["template"] == "assigned_unit"
    (tried,) = delivery["tried"]
    assert tried["outcome"] == "sent"
    assert tried["provider_id"] == delivery["provider_id"] == f"sms-{delivery['id']}"
    assert tried["segments"] == 2
    to, text = gateway.taken[delivery["id"]]
    assert to == "13900000001"
    assert appeal["registration_number"] in text
    notices = await city.published("notify", "notice.sent.v1")
    about = [notice for notice in notices if notice["message_id"] == delivery["message_id"]]
    assert sorted(notice["channel"] for notice in about) == ["inbox", "sms"]


async def test_a_receipt_of_the_gateway_is_kept_once_and_only_with_its_signature(
    city: City, gateway: Gateway
) -> None:
    await set_contacts(city, "water", "unit:water", sms("13900000002"))
    await dispatched(city, "water")

    async def state(wanted: str) -> Any:
        items = (await city.ok("ops", "GET", f"/notify/deliveries?state={wanted}"))["items"]
        return [delivery for delivery in items if delivery["recipient"] == "unit:water"]

    (delivery,) = await until(lambda: state("sent"))
    refused(await receipt(city, delivery["provider_id"], "DELIVERED", secret="guess"), 401, "X-Signature")
    refused(
        await receipt(city, delivery["provider_id"], "DELIVERED", at="2026-11-01 09:00"), 401, "X-Timestamp"
    )
    refused(await receipt(city, "sms-unknown", "DELIVERED"), 404, "provider_id")
    assert (await receipt(city, delivery["provider_id"], "DELIVERED")).json() == {"changed": 1}
    assert (await receipt(city, delivery["provider_id"], "DELIVERED")).json() == {"changed": 0}
    (delivered,) = await state("delivered")
    assert [tried["outcome"] for tried in delivered["tried"]] == ["sent", "delivered"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'"x"', b"9" * 5_000, b"[" * 5_000, b'{"provider_id": "\\u0000", "status": "x"}'],
)
async def test_a_signed_receipt_that_cannot_be_read_is_refused(city: City, body: bytes) -> None:
    refused(await signed_receipt(city, body), 422, "body")


async def receipt(
    city: City, provider_id: str, status: str, secret: str = SECRET, at: str = "2026-11-09 09:00"
) -> Any:
    body = json.dumps({"provider_id": provider_id, "status": status}).encode()
    return await signed_receipt(city, body, secret, at)


async def signed_receipt(
    city: City, body: bytes, secret: str = SECRET, at: str = "2026-11-09 09:00"
) -> httpx.Response:
    moment, nonce = str(int(local(at).timestamp())), str(uuid4())
    return await city.send(
        None,
        "POST",
        "/notify/receipts/sms",
        body,
        x_timestamp=moment,
        x_nonce=nonce,
        x_signature=signature(secret, "POST", "/receipts/sms", moment, nonce, body),
    )


async def test_what_failed_is_listed_and_can_be_sent_again_under_a_new_id(
    city: City, gateway: Gateway
) -> None:
    await set_contacts(city, "east", "unit:east", sms("13900000404"))
    await dispatched(city, "east")

    async def failed() -> Any:
        items = (await city.ok("office", "GET", "/notify/deliveries"))["items"]
        return [delivery for delivery in items if delivery["recipient"] == "unit:east"]

    (delivery,) = await until(failed)
    assert (delivery["outcome"], delivery["code"]) == ("permanent_failure", "INVALID_NUMBER")
    await city.ok("ops", "POST", f"/notify/deliveries/{delivery['id']}/resend")

    async def twice() -> Any:
        return [again for again in await failed() if again["attempts"] == 2]

    (again,) = await until(twice)
    assert again["parcel"] != delivery["parcel"]
    assert gateway.asked[again["parcel"]] == 1
    refused(await city.call("ops", "POST", f"/notify/deliveries/{uuid4()}/resend"), 404, "delivery_id")


async def test_an_account_changes_its_own_contacts_alone(city: City) -> None:
    body = {"contacts": [sms("13900000001")]}
    for account, recipient in (
        ("roads", "unit:water"),
        ("roads", "office"),
        ("leader", "leader:vice"),
        ("operator", "unit:roads"),
        ("roads", f"enterprise:{uuid4()}"),
    ):
        refused(await city.call(account, "PUT", f"/notify/contacts/{recipient}", body), 403)
        refused(await city.call(account, "GET", f"/notify/contacts/{recipient}"), 403)
    for account, recipient in (
        ("roads", "head:roads"),
        ("leader", "leader:mayor"),
        ("office", "unit:water"),
        ("operator", f"enterprise:{uuid4()}"),
    ):
        answer = await city.ok(account, "PUT", f"/notify/contacts/{recipient}", body)
        assert [contact["address"] for contact in answer["items"]] == ["13900000001"]


async def test_contacts_are_shown_without_their_secrets(city: City) -> None:
    hook = {"channel": "webhook", "address": "https://erp.example/hook", "secret": WHSEC}
    await set_contacts(city, "office", "office", hook, sms("13900000009", urgent_only=True))
    answer = await city.call("office", "GET", "/notify/contacts/office")
    assert [(contact["channel"], contact["signed"]) for contact in answer.json()["items"]] == [
        ("sms", False),
        ("webhook", True),
    ]
    assert WHSEC not in answer.text


@pytest.mark.parametrize(
    "contact",
    [
        sms("not a number"),
        {"channel": "mail", "address": "nobody"},
        {"channel": "mail", "address": "a@b.cn\r\nBcc: c@d.cn"},
        {"channel": "webhook", "address": "https://erp.example/hook"},
        {"channel": "webhook", "address": "https://erp.example/hook", "secret": "whsec_short"},
        {"channel": "wecom", "address": "javascript:alert(1)"},
        {"channel": "pigeon", "address": "13900000001"},
    ],
    ids=lambda contact: f"{contact['channel']} {contact['address'][:12]!r}",
)
async def test_what_is_no_address_is_refused(city: City, contact: dict[str, Any]) -> None:
    path = "/notify/contacts/unit:roads"
    refused(await city.call("roads", "PUT", path, {"contacts": [contact]}), 422)


async def test_an_address_that_stands_twice_is_refused(city: City) -> None:
    body = {"contacts": [sms("13900000001"), sms("13900000001")]}
    refused(await city.call("roads", "PUT", "/notify/contacts/unit:roads", body), 422, "contacts")


async def replaced(conn: Connection, recipient: str) -> None:
    new = [NewContact(ChannelKind.SMS, "13900000001", None, urgent_only=False)]
    await work.replace(conn, local("2026-11-09 09:00"), recipient, new, "office")


async def learnt(conn: Connection, recipient: str) -> None:
    at = local("2026-11-09 09:00")
    await work.add_learnt(
        conn, at, recipient, "intake", [(ChannelKind.SMS, "13900000001")], Language.ZH, at + work.KEPT
    )


@pytest.mark.parametrize("first", [replaced, learnt])
@pytest.mark.parametrize("second", [replaced, learnt])
async def test_contacts_that_are_set_and_learnt_at_once_wait_for_each_other(
    city: City, first: Any, second: Any
) -> None:
    notify, recipient = city.services["notify"], f"enterprise:{uuid4()}"

    async def in_transaction(change: Any) -> None:
        async with notify.engine.begin() as conn:
            await change(conn, recipient)

    async with notify.engine.begin() as conn:
        await first(conn, recipient)
        waiting = asyncio.create_task(in_transaction(second))
        while not waiting.done() and not (await notify.reader.reading().execute(WAITS)).scalar_one():
            await asyncio.sleep(0.01)
    await waiting
    (contact,) = (await city.ok("office", "GET", f"/notify/contacts/{recipient}"))["items"]
    assert contact["changed_by"] == ("office" if replaced in (first, second) else "intake")


async def test_contacts_that_many_set_at_once_are_those_of_one_of_them(city: City) -> None:
    recipient = f"enterprise:{uuid4()}"
    phones = [f"1390000000{number}" for number in range(5)]
    bodies = [{"contacts": [sms(phone) for phone in phones[number:]]} for number in range(4)] * 5
    path = f"/notify/contacts/{recipient}"
    answers = await asyncio.gather(*(city.call("office", "PUT", path, body) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
    shown = (await city.ok("office", "GET", path))["items"]
    assert shown in [answer.json()["items"] for answer in answers]
