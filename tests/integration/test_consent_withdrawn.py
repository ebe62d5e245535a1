"""Consent withdrawn: what has not left yet stays, whichever way it was to go."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from services.financing.app import SERVICE
from tests.banks import ask, directory
from tests.city import City
from tests.scenarios.test_judgement_waits import stopped_relay


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Financing alone, which may call addresses that are not public."""
    async with City(postgres, broker, services=(SERVICE,), allow_private_webhooks=True) as city:
        await city.move_to("2026-11-09 09:00")
        yield city


async def until(city: City, query: str) -> None:
    """Wait until a query finds something."""
    async with asyncio.timeout(30), city.services["financing"].engine.connect() as conn:
        while not (await conn.execute(sa.text(query))).all():
            await asyncio.sleep(0.05)


async def withdraw(city: City, loan: dict[str, object]) -> None:
    await city.ok("operator", "POST", f"/financing/requests/{loan['loan_id']}/consent-withdrawals", {})


async def test_a_request_that_waits_for_the_broker_never_reaches_the_banks_topic(city: City) -> None:
    await directory(city, abc=["kafka"])
    async with stopped_relay(city.services["financing"]):
        loan = await ask(city, "abc")
        await until(city, "select 1 from outbox where type = 'bank.request.v1'")
        await withdraw(city, loan)
        await until(city, "select 1 from outbox where type = 'bank.request_withdrawn.v1'")
    values: list[bytes] = []
    while not values:
        values = [record.value for record in await city.records("banks.abc.requests")]
    assert len(values) == 1
    assert b"withdrawn_at" in values[0]
    assert "示例制造" not in values[0].decode()


async def test_a_webhook_that_waits_for_its_next_try_is_not_tried_again(city: City) -> None:
    await directory(city, hook=["webhook"])
    nobody = {"url": f"http://127.0.0.1:{free_port()}/"}
    await city.ok("office", "PUT", "/financing/banks/hook/endpoint", nobody)
    loan = await ask(city, "hook")
    await until(city, "select 1 from bank_deliveries where attempts = 1 and state = 'waiting'")
    await withdraw(city, loan)
    city.set_clocks("2026-11-09 10:00")
    await until(city, "select 1 from bank_deliveries where state = 'stopped'")
    items = (await city.ok("office", "GET", "/financing/banks/hook/deliveries"))["items"]
    assert [
        (delivery["type"], delivery["attempts"]) for delivery in items if delivery["state"] == "stopped"
    ] == [("bank.request.v1", 1)]
