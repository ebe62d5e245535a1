"""A bank is down for two days and then answers everything: each verdict is right to the second."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE
from tests.banks import KafkaBank, ask, directory, leg_of
from tests.city import City


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Financing alone."""
    async with City(postgres, broker, services=(SERVICE,)) as city:
        yield city


async def contact_of(city: City, loan: dict[str, Any]) -> dict[str, Any]:
    """The contact deadline of the bank's leg, once it was judged."""
    async with asyncio.timeout(30):
        while True:
            leg = await leg_of(city, loan, "abc")
            for deadline in leg["deadlines"]:
                if deadline["deadline"] == "bank_contact" and deadline["verdict"] != "open":
                    return dict(deadline)
            await asyncio.sleep(0.05)


async def due(city: City, loan: dict[str, Any]) -> None:
    """Wait until the leg has its deadlines: by them an answer is told that it is late."""
    async with asyncio.timeout(30):
        while not (await leg_of(city, loan, "abc"))["deadlines"]:
            await asyncio.sleep(0.05)


async def test_a_bank_that_was_down_is_late_exactly_where_its_answer_came_late(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"])
    first = await ask(city, "abc")  # due at 24:00 of the 10th, when the bank is down
    await city.move_to("2026-11-10 09:00")
    on_time, second_late = await ask(city, "abc"), await ask(city, "abc")  # due at 24:00 of the 11th
    await city.move_to("2026-11-11 09:00:01")
    last = await ask(city, "abc")
    loans = [first, on_time, second_late, last]
    await city.move_to("2026-11-11 23:59:50")
    async with KafkaBank(city, "abc") as bank:
        legs = {loan["legs"]["abc"] for loan in loans}
        async with asyncio.timeout(30):
            while {message["body"]["leg"] for message in bank.heard["requests"]} < legs:
                await asyncio.sleep(0.02)
        for loan in loans:
            await due(city, loan)
        city.set_clocks("2026-11-12 00:00:59")
        assert (await bank.report(on_time["legs"]["abc"], "contacted"))["code"] == "accepted"
        city.set_clocks("2026-11-12 00:01:00")
        for loan, code in (
            (second_late, "too_late_but_recorded"),
            (first, "too_late_but_recorded"),
            (last, "accepted"),
        ):
            receipt = await bank.report(loan["legs"]["abc"], "contacted")
            assert (receipt["outcome"], receipt["code"]) == ("accepted", code)
        await city.move_to("2026-11-12 09:00")
        verdicts = [(await contact_of(city, loan))["verdict"] for loan in loans]
        assert verdicts == ["overdue", "met", "overdue", "met"]
        overdue = await city.published("financing", "loan.overdue.v1")
        assert [(deadline["leg"], deadline["deadline"]) for deadline in overdue] == [
            (first["legs"]["abc"], "bank_contact"),
            (second_late["legs"]["abc"], "bank_contact"),
        ]
