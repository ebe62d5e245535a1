"""A city exported, wiped, rebuilt from the file: equal, silent about what it had said, and it goes on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from huying.archive.audit import verified
from huying.archive.export import export
from huying.archive.rebuild import differences, rebuild
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from shared.audit import seals
from tests.city import ALL, INTAKE, City
from tests.exported import Restarted, Urls, counted, now, urls_of, wiped
from tests.gateway import SECRET, Gateway
from tests.lending import ask, banks, report
from tests.scenarios.test_verify import on_case, story

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = seals.public_bytes(KEY)


@pytest.fixture
def urls(postgres: EmbeddedPostgres) -> Urls:
    return urls_of(postgres)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    """A broker of the test's own: on a module's, an emptied city would hear those of the tests before."""
    async with EmbeddedBroker(tmp_path / "broker") as started:
        yield started


@pytest.fixture
async def other_broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    """A broker that has heard nothing of the city."""
    async with EmbeddedBroker(tmp_path / "other") as started:
        yield started


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway().serving() as served:
        yield served


@pytest.fixture
def channels(gateway: Gateway, tmp_path: Path) -> Path:
    file = tmp_path / "channels.yaml"
    file.write_text(f"sms: {{url: '{gateway.url}', key_id: huying, secret: '{SECRET}', sign: 呼应}}", "utf-8")
    return file


async def busy(city: City) -> dict[str, dict[str, Any]]:
    """Cards, lifts, instructions, a bank on Kafka and one at the desk, messages that left by SMS."""
    await city.move_to("2026-11-08 09:00")
    contact = {"contacts": [{"channel": "sms", "address": "13900000001"}]}
    await city.ok("office", "PUT", "/notify/contacts/unit:roads", contact)
    appeals = await story(city)
    await banks(city, "bank-a", ways=("kafka",))
    await banks(city, "bank-b")
    loan = await ask(city, consent={"given_at": "2026-11-19T08:00:00+08:00", "text_version": "2026-01"})
    await report(city, "bank-b", f"{loan['registration_number']}/2", "contacted")
    card = (await city.case(appeals["refused"]))["cards"][0]["card_id"]
    await on_case(city, "office", appeals["refused"], "cards/served", card_id=card)
    await on_case(city, "roads", appeals["refused"], "cards/appealed", card_id=card, reason="已书面答复")
    await city.move_to("2026-11-20 09:30")
    return appeals


async def quiet(urls: Urls, gateway: Gateway) -> None:
    """Wait until nothing leaves any more; what waits for another day waits."""
    leaving = """select count(*) from deliveries
        where state = 'sending' or state = 'waiting' and next_at <= '2026-11-20 09:30+08:00'"""
    unsent = "select count(*) from bank_messages where bank = 'bank-a' and sent_at is null"
    async with asyncio.timeout(60):
        before = -1
        while (
            before != len(gateway.taken)
            or await counted(urls, "notify", leaving)
            or await counted(urls, "financing", unsent)
        ):
            before = len(gateway.taken)
            await asyncio.sleep(0.3)


async def test_a_rebuilt_city_is_the_same_says_nothing_twice_and_goes_on(
    postgres: EmbeddedPostgres,
    broker: EmbeddedBroker,
    other_broker: EmbeddedBroker,
    gateway: Gateway,
    channels: Path,
    urls: Urls,
    tmp_path: Path,
) -> None:
    file = tmp_path / "city.ndjson.gz"
    async with City(postgres, broker, services=ALL, channels=channels) as city:
        await busy(city)
        await quiet(urls, gateway)
        await city.drained()
    await export(urls, file, KEY, records=True)
    notices, texts = (
        len(gateway.taken),
        await counted(urls, "financing", "select count(*) from bank_messages"),
    )
    assert notices > 2
    assert texts > 1

    await wiped(postgres)
    before, after = await rebuild(file, urls, [PUBLIC])
    assert differences(before, after) == []
    assert before["escalation.cases"]["rows"] == 5

    async with Restarted(postgres, other_broker, services=ALL, channels=channels) as city:
        await city.move_to("2026-11-20 09:30")
        await quiet(urls, gateway)
        await city.drained()
        read_anew = ["financing.bank_replies"]  # of the other broker nothing was read
        assert differences(before, await now(urls)) == read_anew
        assert len(gateway.taken) == notices
        assert await city.records("banks.bank-a.requests") == []
        heard = await city.records("intake.events")
        assert (
            len([record for record in heard if dict(record.headers)["ce_type"] == b"appeal.received.v1"]) == 5
        )
        await goes_on(city, gateway, notices)
    assert verified(await again(urls, tmp_path), [PUBLIC]).events > verified(file).events


async def goes_on(city: City, gateway: Gateway, notices: int) -> None:
    """A new appeal takes the next number, is dispatched, answered too late, and carded."""
    appeal = await city.register(title="重建之后")
    assert appeal["registration_number"] == "BZ-20261120-00001"
    (leg,) = await city.dispatch(appeal)
    await city.move_to("2026-11-30 09:00")
    assert len((await city.case(appeal))["cards"]) == 1
    body = {"leg_id": leg, "outcome": "solved", "text": "已修复"}
    await city.act("roads", appeal, "completions", **body)
    await city.drained()
    assert (await city.status(appeal))["state"] == "completed"
    async with asyncio.timeout(20):
        while len(gateway.taken) == notices:
            await asyncio.sleep(0.05)


async def again(urls: Urls, tmp_path: Path) -> Path:
    file = tmp_path / "again.ndjson"
    await export(urls, file, KEY, records=True)
    return file


@pytest.mark.slow
async def test_what_was_still_on_its_way_arrives_after_the_rebuild(
    postgres: EmbeddedPostgres,
    broker: EmbeddedBroker,
    other_broker: EmbeddedBroker,
    urls: Urls,
    tmp_path: Path,
) -> None:
    file = tmp_path / "city.ndjson"
    async with City(postgres, broker, services=ALL) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        await city.drained()
    async with Restarted(postgres, broker, services=(INTAKE,)) as city:
        city.set_clocks("2026-11-09 10:00")
        appeal = await city.register()
    await export(urls, file, None, records=True)
    await wiped(postgres)
    before, after = await rebuild(file, urls)
    heard = {f"escalation.{name}" for name in ("inbox", "cases", "history")}
    heard |= {f"desks.{name}" for name in ("inbox", "appeals", "cases", "lines")}  # these two alone hear it
    assert set(differences(before, after)) == heard
    async with Restarted(postgres, other_broker, services=ALL) as city:
        await city.move_to("2026-11-09 11:00")
        await city.dispatch(appeal)
        await city.drained()
        assert (await city.status(appeal))["state"] == "dispatched"
