"""The enterprise reads what was answered: at its status, in its inbox, by SMS; or is told that it cannot."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.notify.deliveries.answers import ANSWER_PATIENCE
from services.notify.messages.answering import BEGINNING
from tests.city import APPEALS, NOTIFY, City, refused
from tests.door import Door
from tests.gateway import Gateway
from tests.integration.test_deliveries import until

REPLY = (
    "已于今日上午到现场勘查，路面破损约二十平方米，已通知养护单位备料，预计本周内修复，"
    "施工期间保留一条车道供货车通行，如有不便请联系我们。"
)


@pytest.fixture(scope="module")
def door() -> Door:
    return Door("intake", "dispatch")


@pytest.fixture(scope="module")
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, channels: Path, door: Door
) -> AsyncIterator[City]:
    settings: dict[str, Any] = {"procedures": ("xx-city-2022-clues",), "channels": channels, **door.urls}
    async with City(postgres, broker, services=(*APPEALS, NOTIFY), **settings) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


async def replied(city: City, phone: str, **more: Any) -> tuple[dict[str, Any], str]:
    enterprise = {"name": "示例制造有限公司", "phone": phone}
    appeal = await city.register(enterprise=enterprise, **more)
    (leg,) = await city.dispatch(appeal)
    path = f"/dispatch/appeals/{appeal['appeal_id']}/replies"
    answer = await city.call("roads", "POST", path, {"leg_id": leg, "text": REPLY})
    assert answer.is_success  # also where the case is kept from the unit
    await city.drained()
    return appeal, leg


def texts(gateway: Gateway, phone: str) -> list[str]:
    return [text for to, text in gateway.taken.values() if to == phone]


async def told(gateway: Gateway, phone: str, number: int) -> None:
    async def arrived() -> bool:
        return len(texts(gateway, phone)) >= number

    await until(arrived)


async def test_the_status_has_every_public_text_with_its_unit_and_none_that_is_internal(
    city: City, door: Door
) -> None:
    async with door.open(city):
        appeal, leg = await replied(city, "13800000001")
        secret = {"how": "电话", "text": "内部情况", "visibility": "internal"}
        await city.act("roads", appeal, "contacts", leg_id=leg, **secret)
        await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text="已修复")
        await city.drained()
        shown = await city.status(appeal)
    asked = await city.ok("intake", "GET", f"/dispatch/appeals/{appeal['appeal_id']}/answers")
    assert [answer["text"] for answer in asked["items"]] == [REPLY, "已修复"]
    assert shown["answers_complete"] is True
    assert [(answer["unit_name"], answer["text"]) for answer in shown["answers"]] == [
        ("市交通局", REPLY),
        ("市交通局", "已修复"),
    ]
    lines = {line["type"]: line["text"] for line in shown["timeline"]}
    assert (lines["appeal.responded.v1"], lines["appeal.completed.v1"]) == (REPLY, "已修复")
    assert lines["appeal.contacted.v1"] is None
    assert "内部情况" not in str(shown)
    assert [step["by"] for step in shown["next"]][-1] == "enterprise"


async def test_while_dispatch_is_away_the_status_says_that_texts_are_missing(city: City, door: Door) -> None:
    async with door.open(city):
        appeal, _ = await replied(city, "13800000002")
    shown = await city.status(appeal)
    assert (shown["answers_complete"], shown["answers"]) == (False, [])
    assert shown["legs"][0]["responded_at"]
    path = f"/notify/status/{appeal['registration_number']}"
    page = await city.ok(None, "GET", path, receipt_code=appeal["receipt_code"])
    assert page["answers_complete"] is False
    assert page["items"]


async def test_the_answers_are_for_services_alone(city: City) -> None:
    appeal = await city.register()
    path = f"/dispatch/appeals/{appeal['appeal_id']}/answers"
    assert await city.ok("intake", "GET", path) == {"items": []}
    for account in ("office", "roads", None):
        refused(await city.call(account, "GET", path), 403 if account else 401)
    refused(await city.call("intake", "GET", path.replace(appeal["appeal_id"], "0" * 32)), 404)


async def test_the_inbox_carries_the_text_whole_and_an_sms_its_beginning(
    city: City, gateway: Gateway, door: Door
) -> None:
    async with door.open(city):
        appeal, _ = await replied(city, "13800000003")
        await told(gateway, "13800000003", 3)
        path = f"/notify/status/{appeal['registration_number']}"
        page = await city.ok(None, "GET", path, receipt_code=appeal["receipt_code"])
    (answered,) = [message for message in page["items"] if message["answer"]]
    assert (answered["answer"], page["answers_complete"]) == (REPLY, True)
    (sms,) = [text for text in texts(gateway, "13800000003") if REPLY[:BEGINNING] in text]
    assert REPLY[: BEGINNING + 1] not in sms
    assert "凭挂号编号和回执码" in sms


async def test_notify_and_events_keep_no_such_text(city: City, gateway: Gateway, door: Door) -> None:
    async with door.open(city):
        await replied(city, "13800000004")
        await told(gateway, "13800000004", 3)
    for service in ("notify", "intake"):
        assert await holding(city, service) == []
    async with city.services["dispatch"].engine.connect() as conn:
        rows = await conn.execute(sa.text("select body from outbox where position(:text in body) > 0"), TEXT)
        assert rows.all() == []


TEXT = {"text": REPLY[:BEGINNING]}


async def holding(city: City, service: str) -> list[str]:
    """The tables of a service in which the reply stands."""
    async with city.services[service].engine.connect() as conn:
        tables = await conn.execute(sa.text("select tablename from pg_tables where schemaname = 'public'"))
        counts = {
            name: await conn.execute(
                sa.text(f"select count(*) from {name} t where position(:text in cast(t as text)) > 0"), TEXT
            )
            for name in tables.scalars().all()
        }
    return [name for name, count in counts.items() if count.scalar()]


async def test_a_message_waits_for_its_text_and_leaves_without_it_at_last(
    city: City, gateway: Gateway, door: Door
) -> None:
    async with door.open(city):
        appeal, leg = await replied(city, "13800000005")
        await told(gateway, "13800000005", 3)
    await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text="已修复到位")
    await city.drained()
    await until(lambda: waiting(city, appeal))
    assert len(texts(gateway, "13800000005")) == 3
    clock = city.services["notify"].clock
    await city.move_to(
        f"{(clock.now() + ANSWER_PATIENCE).astimezone(city.services['notify'].zone):%Y-%m-%d %H:%M}"
    )
    await city.move_to(
        f"{(clock.now() + ANSWER_PATIENCE).astimezone(city.services['notify'].zone):%Y-%m-%d %H:%M}"
    )
    await told(gateway, "13800000005", 4)
    assert "已修复到位" not in "".join(texts(gateway, "13800000005"))


async def waiting(city: City, appeal: dict[str, Any]) -> bool:
    """Whether the message about the completion was put back to be sent later."""
    query = """
        select count(*) from deliveries d join messages m on m.id = d.message_id
        where m.template = 'completed' and d.state = 'waiting' and d.next_at > d.written_at
          and m.registration_number = :number
    """
    async with city.services["notify"].engine.connect() as conn:
        return bool((await conn.execute(sa.text(query), {"number": appeal["registration_number"]})).scalar())


async def test_a_confidential_case_leaves_without_its_text(city: City, gateway: Gateway, door: Door) -> None:
    async with door.open(city):
        appeal, _ = await replied(city, "13800000006", procedure="xx-city-2022-clues", kind="clue")
        await told(gateway, "13800000006", 2)
        assert (await city.status(appeal))["answers"][0]["text"] == REPLY
    assert REPLY[:20] not in "".join(texts(gateway, "13800000006"))
