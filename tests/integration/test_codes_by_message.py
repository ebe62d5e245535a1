"""Lost receipt codes go to the registered contact alone, and who proves a contact sees its appeals."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.intake.codes.bodies import PROOF_SPAN, PROOFS_OF_CONTACT, RENEWALS
from services.intake.codes.work import MOST_TRIES
from services.intake.resources import code_desk
from tests.city import APPEALS, NOTIFY, City, refused
from tests.door import Door
from tests.gateway import Gateway
from tests.integration.test_deliveries import until

CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")
DIGITS = re.compile(r"[0-9]{6}")


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker, channels: Path) -> AsyncIterator[City]:
    door = Door("notify")
    settings: dict[str, Any] = {"channels": channels, "behind_proxy": True, **door.urls}
    async with City(postgres, broker, services=(*APPEALS, NOTIFY), **settings) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        async with door.open(city):
            yield city


def texts(gateway: Gateway, phone: str) -> list[str]:
    return [text for to, text in gateway.taken.values() if to == phone]


async def sent(gateway: Gateway, phone: str, number: int) -> str:
    async def arrived() -> bool:
        return len(texts(gateway, phone)) >= number

    await until(arrived)
    return texts(gateway, phone)[-1]


async def registered(city: City, phone: str, **more: Any) -> dict[str, Any]:
    return await city.register(enterprise={"name": "示例制造有限公司", "phone": phone}, **more)


async def dealt_with(city: City) -> None:
    """Wait until every code that was asked for was sent, or was not to be sent."""
    desk = code_desk(city.services["intake"])
    assert desk is not None
    await desk.orders.join()


def address() -> str:
    """A network address that nobody has called from."""
    return f"10.{uuid4().int % 250}.{uuid4().int % 250}.{uuid4().int % 250}"


async def renew(city: City, number: str, caller: str | None = None) -> Any:
    path = f"/intake/status/{number}/receipt-codes"
    return await city.call(None, "POST", path, {}, x_forwarded_for=caller or address())


async def opens(city: City, appeal: dict[str, Any], code: str, service: str = "intake") -> bool:
    path = f"/{service}/status/{appeal['registration_number']}"
    return (await city.call(None, "GET", path, receipt_code=code)).status_code == 200


async def test_a_new_code_is_sent_to_the_contact_and_the_old_one_ends_when_it_is_used(
    city: City, gateway: Gateway
) -> None:
    appeal = await registered(city, "13800000101")
    answer = await renew(city, appeal["registration_number"])
    assert answer.status_code == 202
    match = CODE.search(await sent(gateway, "13800000101", 1))
    assert match
    assert match[0] not in answer.text
    assert await opens(city, appeal, appeal["receipt_code"])
    assert await opens(city, appeal, match[0])
    assert not await opens(city, appeal, appeal["receipt_code"])
    assert await opens(city, appeal, match[0])
    await city.drained()
    assert await opens(city, appeal, match[0], "notify")
    assert not await opens(city, appeal, appeal["receipt_code"], "notify")
    shown = await city.ok(
        None, "GET", f"/intake/status/{appeal['registration_number']}", receipt_code=match[0]
    )
    assert "已启用新的回执码" in [line["zh"] for line in shown["timeline"]]


async def test_an_act_with_a_new_code_puts_it_in_force(city: City, gateway: Gateway) -> None:
    appeal = await registered(city, "13800000102")
    await renew(city, appeal["registration_number"])
    match = CODE.search(await sent(gateway, "13800000102", 1))
    assert match
    path = f"/intake/status/{appeal['registration_number']}/urgings"
    await city.ok(None, "POST", path, {}, receipt_code=match[0])
    assert not await opens(city, appeal, appeal["receipt_code"])


async def test_the_answer_for_an_unknown_number_is_the_same_and_sends_nothing(
    city: City, gateway: Gateway
) -> None:
    appeal = await registered(city, "13800000103")
    before = dict(gateway.taken)
    known, unknown = await renew(city, appeal["registration_number"]), await renew(city, "BZ-20261109-99999")
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    await dealt_with(city)
    assert len(gateway.taken) == len(before) + 1


async def test_codes_of_one_case_and_of_one_caller_are_limited(city: City, gateway: Gateway) -> None:
    appeal = await registered(city, "13800000104")
    for _ in range(5):
        assert (await renew(city, appeal["registration_number"])).status_code == 202
    await dealt_with(city)
    assert len(texts(gateway, "13800000104")) == 3
    caller = address()
    answers = [await renew(city, "BZ-20261109-99998", caller) for _ in range(RENEWALS.most + 1)]
    assert [answer.status_code for answer in answers] == [202] * RENEWALS.most + [429]
    refused(answers[-1], 429)
    assert (await renew(city, "BZ-20261109-99998")).status_code == 202


async def stored(city: City, words: str) -> list[str]:
    """The tables of all services in which some words stand."""
    found = []
    for name, context in city.services.items():
        async with context.engine.connect() as conn:
            tables = await conn.execute(
                sa.text("select tablename from pg_tables where schemaname = 'public'")
            )
            for table in tables.scalars().all():
                query = sa.text(
                    f"select 1 from {table} t where position(:words in cast(t as text)) > 0 limit 1"
                )
                if (await conn.execute(query, {"words": words})).scalar():
                    found.append(f"{name}.{table}")
    return found


async def test_a_code_is_stored_nowhere_and_the_office_reads_it_nowhere(city: City, gateway: Gateway) -> None:
    appeal = await registered(city, "13800000106")
    await renew(city, appeal["registration_number"])
    match = CODE.search(await sent(gateway, "13800000106", 1))
    assert match
    assert await opens(city, appeal, match[0])
    await city.drained()
    assert await stored(city, match[0]) == []
    for account, path in (
        ("office", f"/intake/appeals/{appeal['appeal_id']}"),
        ("office", f"/notify/appeals/{appeal['appeal_id']}/messages"),
        ("operator", "/intake/appeals?limit=500"),
    ):
        answer = await city.call(account, "GET", path)
        assert answer.is_success
        assert match[0] not in answer.text
        assert "receipt_hash" not in answer.text
        assert '"renewed"' not in answer.text


async def prove(city: City, caller: str | None = None, **contact: str) -> Any:
    return await city.call(None, "POST", "/intake/proofs", contact, x_forwarded_for=caller or address())


async def mine(city: City, proof_id: str, code: str) -> Any:
    headers = {"proof_id": proof_id, "proof_code": code, "x_forwarded_for": address()}
    return await city.call(None, "GET", "/intake/mine", **headers)


async def test_who_proves_a_contact_sees_the_appeals_of_it_and_no_others(
    city: City, gateway: Gateway
) -> None:
    first = await registered(city, "13800000201")
    second = await registered(city, "13800000201", title="厂区停水")
    await registered(city, "13800000202")
    proof = (await prove(city, phone="138-0000-0201")).json()
    match = DIGITS.search(await sent(gateway, "13800000201", 1))
    assert match
    shown = await mine(city, proof["proof_id"], match[0])
    assert shown.status_code == 200
    assert [(item["registration_number"], item["title"]) for item in shown.json()["items"]] == [
        (second["registration_number"], "厂区停水"),
        (first["registration_number"], "厂区门口道路破损"),
    ]
    assert "receipt" not in shown.text
    refused(await mine(city, str(uuid4()), match[0]), 404)


async def test_a_contact_that_nobody_registered_gets_the_same_answer_and_no_code(
    city: City, gateway: Gateway
) -> None:
    before = len(gateway.taken)
    answer = await prove(city, phone="13800000299")
    assert (answer.status_code, set(answer.json())) == (202, {"proof_id", "expires_at", "zh", "en"})
    await dealt_with(city)
    assert len(gateway.taken) == before
    refused(await mine(city, answer.json()["proof_id"], "000000"), 404)


async def test_a_proof_bears_few_tries_and_ends_soon(city: City, gateway: Gateway) -> None:
    await registered(city, "13800000204")
    proof = (await prove(city, phone="13800000204")).json()["proof_id"]
    match = DIGITS.search(await sent(gateway, "13800000204", 1))
    assert match
    wrong = "000000" if match[0] != "000000" else "000001"
    for _ in range(MOST_TRIES):
        refused(await mine(city, proof, wrong), 404)
    refused(await mine(city, proof, match[0]), 404)

    proof = (await prove(city, phone="13800000204")).json()["proof_id"]
    match = DIGITS.search(await sent(gateway, "13800000204", 2))
    assert match
    assert (await mine(city, proof, match[0])).status_code == 200
    clock = city.services["intake"].clock
    after = (clock.now() + 2 * PROOF_SPAN).astimezone(city.services["intake"].zone)
    await city.move_to(f"{after:%Y-%m-%d %H:%M}")
    refused(await mine(city, proof, match[0]), 404)


async def test_codes_to_one_contact_are_limited_whoever_asks(city: City, gateway: Gateway) -> None:
    await registered(city, "13800000205")
    answers = [await prove(city, phone="13800000205") for _ in range(PROOFS_OF_CONTACT.most + 1)]
    assert [answer.status_code for answer in answers] == [202] * PROOFS_OF_CONTACT.most + [429]
    await dealt_with(city)
    assert len(texts(gateway, "13800000205")) == PROOFS_OF_CONTACT.most


async def test_a_code_is_tried_again_where_the_gateway_fails_and_no_second_one_is_made(
    city: City, gateway: Gateway
) -> None:
    appeal = await registered(city, "13800000206")
    gateway.lost_answers = 1
    await renew(city, appeal["registration_number"])
    match = CODE.search(await sent(gateway, "13800000206", 1))
    assert match
    assert await opens(city, appeal, match[0])


async def test_codes_are_ordered_by_services_alone(city: City) -> None:
    order = {
        "purpose": "proof",
        "code": "123456",
        "appeal_id": str(uuid4()),
        "registration_number": "BZ-20261109-00001",
    }
    for account, status in ((None, 401), ("office", 403)):
        refused(await city.call(account, "POST", "/notify/codes", order), status)
    refused(await city.call("intake", "POST", "/notify/codes", order), 409)
    sent_by = await city.ok("intake", "POST", "/notify/codes", order | {"phone": "13800000207"})
    assert sent_by == {"channel": "sms"}
