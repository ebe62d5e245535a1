"""Enterprises hear by the phone or e-mail they gave at registration; no event and no log has it."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import uvicorn

from huying.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from services.notify.clients import Reach
from services.notify.delivery import Channel
from services.notify.inquiries import addresses
from shared.runtime import under_one_port
from tests.city import City, refused
from tests.gateway import SECRET, Gateway
from tests.integration.test_deliveries import SETUP, until

PHONE, EMAIL = "138-0000-1111", "boss@firm.example"


class Door:
    """Intake's real HTTP server, which may be closed."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/intake"

    @contextlib.asynccontextmanager
    async def open(self, city: City) -> AsyncIterator[None]:
        app = under_one_port({"intake": city.services["intake"].app})
        config = uvicorn.Config(app, port=self.port, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            server.should_exit = True
            await task


@pytest.fixture(scope="module")
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway().serving() as found:
        yield found


@pytest.fixture(scope="module")
def channels(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file: Path = tmp_path_factory.mktemp("notify") / "channels.yaml"
    file.write_text(SETUP.format(url=gateway.url, secret=SECRET), "utf-8")
    return file


@pytest.fixture(scope="module")
def door() -> Door:
    return Door()


@pytest.fixture(scope="module")
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, channels: Path, door: Door
) -> AsyncIterator[City]:
    async with City(postgres, broker, channels=channels, intake_url=door.url) as city:
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
    found = await city.ok("office", "GET", f"/notify/contacts/enterprise:{appeal['appeal_id']}")
    assert [(one["address"], one["changed_by"]) for one in found["items"]] == [("13800001111", "intake")]


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


async def test_no_event_has_what_intake_was_asked_for(city: City) -> None:
    for service in city.services.values():
        async with service.engine.connect() as conn:
            bodies = " ".join((await conn.execute(sa.text("select body from outbox"))).scalars())
        for said in (PHONE, "13800001111", "13700002222", EMAIL):
            assert said not in bodies


async def test_an_anonymous_letter_and_a_landline_are_asked_about_once_and_reached_in_no_way(
    city: City, gateway: Gateway, door: Door
) -> None:
    before = len(gateway.taken)
    async with door.open(city):
        letter = {"channel": "anonymous_letter", "kind": "clue", "title": "线索", "text": "线索一条。"}
        await city.ok(None, "POST", "/intake/appeals", letter)
        await city.register(**enterprise("0558-1234567"))
        await city.drained()

        async def answered() -> bool:
            return (await asked(city))["open"] == 0

        await until(answered)
    assert len(gateway.taken) == before


async def test_only_the_service_reads_a_contact(city: City) -> None:
    appeal = await city.register(**enterprise(email=EMAIL))
    path = f"/intake/appeals/{appeal['appeal_id']}/contact"
    assert await city.ok("notify", "GET", path) == {"phone": PHONE, "email": EMAIL}
    for account in ("office", "operator", "roads", "ops"):
        refused(await city.call(account, "GET", path), 403)
    for email in ("boss", "a@b", "a@b.cn\nBcc: c@d.cn", "a@-"):
        body = enterprise(email=email)
        base = {"channel": "hotline", "kind": "help", "title": "标题", "text": "正文"}
        answer = await city.call("operator", "POST", "/intake/appeals", base | body)
        refused(answer, 422, "enterprise.email")


@pytest.mark.parametrize(
    ("reach", "channels", "found"),
    [
        (Reach(phone="+86 138 0000 1111"), [Channel.SMS], [(Channel.SMS, "+8613800001111")]),
        (Reach(phone="13800001111", email=EMAIL), list(Channel), [(Channel.MAIL, EMAIL)]),
        (Reach(phone="13800001111", email=EMAIL), [Channel.SMS], [(Channel.SMS, "13800001111")]),
        (Reach(phone="0558-1234567"), list(Channel), []),
        (Reach(email=EMAIL), [Channel.SMS], []),
        (Reach(), list(Channel), []),
    ],
)
def test_an_enterprise_hears_over_one_channel(
    reach: Reach, channels: list[Channel], found: list[tuple[Channel, str]]
) -> None:
    assert addresses(reach, channels) == found
