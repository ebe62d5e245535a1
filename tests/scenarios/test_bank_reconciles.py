"""A bank on HTTP is down for two days and sends all again: verdicts to the second, statements that agree."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE
from tests.banks import ask, leg_of, report
from tests.city import ZONE, City
from tests.integration.test_bank_webhooks import Endpoint, endpoint, until_state
from tests.lending import judged

DAYS = ("2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12")


@pytest.fixture
async def city(postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[City]:
    """Financing alone, on a broker of its own."""
    async with (
        EmbeddedBroker(tmp_path) as broker,
        City(postgres, broker, services=(SERVICE,), allow_private_webhooks=True) as city,
    ):
        await city.move_to("2026-11-09 09:00")
        yield city


class Books:
    """What the bank writes down of its own: each report with the answer, on the day on which it sent it."""

    def __init__(self, city: City) -> None:
        self._city = city
        self.reports: dict[str, Counter[tuple[str, str]]] = {day: Counter() for day in DAYS}
        self.states: dict[str, str] = {}
        self.sent: list[tuple[str, str]] = []

    async def report(self, leg: str, state: str, *, again: bool = False) -> str:
        """Report, and write down the answer; returns its code."""
        answer = await self._city.call("bank-a", "POST", "/financing/bank/reports", report(leg, state))
        receipt = answer.json()
        day = f"{self._city.services['financing'].clock.now().astimezone(ZONE):%Y-%m-%d}"
        self.reports[day][receipt["report_id"], receipt["code"]] += 1
        self.states[leg] = receipt["state"]
        if not again:
            self.sent.append((leg, state))
        return str(receipt["code"])

    async def send_all_again(self) -> list[str]:
        """Send every report that was ever sent, in the same order; returns the codes of the answers."""
        return [await self.report(*sent, again=True) for sent in list(self.sent)]


async def judged_contact(city: City, loan: dict[str, Any]) -> dict[str, Any]:
    """The contact deadline of the bank's leg, once it was judged what met it."""
    async with asyncio.timeout(30):
        while True:
            leg = await leg_of(city, loan, "bank-a")
            for deadline in leg["deadlines"]:
                if deadline["deadline"] == "bank_contact" and deadline["met_at"] is not None:
                    return dict(deadline)
            await asyncio.sleep(0.05)


async def heard(city: City, bank: Endpoint, loans: list[dict[str, Any]]) -> None:
    """Wait until the bank has heard of these loan requests, and their limits are known."""
    legs = {loan["legs"]["bank-a"] for loan in loans}
    async with asyncio.timeout(30):
        while not legs <= {message["leg"] for message in bank.data()}:
            await asyncio.sleep(0.02)
        await city.drained()
        for loan in loans:
            while not (await leg_of(city, loan, "bank-a"))["deadlines"]:
                await asyncio.sleep(0.05)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


async def test_after_an_outage_of_two_days_both_sides_have_the_same_statement(city: City) -> None:
    books = Books(city)
    async with endpoint(city, "bank-a") as (bank, _):
        loans = [await ask(city, "bank-a")]  # to be called by 24:00 of the 10th
        await heard(city, bank, loans)
        first = loans[0]["legs"]["bank-a"]
        assert await books.report(first, "received") == "accepted"

        city.set_clocks("2026-11-09 23:59:00")
        bank.status = 500
        await city.move_to("2026-11-10 09:00")
        loans.append(await ask(city, "bank-a"))  # by 24:00 of the 11th
        await city.move_to("2026-11-11 09:00:01")
        loans.append(await ask(city, "bank-a"))  # by 24:00 of the 12th
        await until_state(city, "bank-a", "waiting", 2)
        second, third = (loan["legs"]["bank-a"] for loan in loans[1:])

        city.set_clocks("2026-11-11 23:59:50")
        bank.status, before = 204, len(bank.calls)
        span = {"since": "2026-11-09T00:00:00+08:00", "before": "2026-11-12T00:00:00+08:00", "all": True}
        await city.ok("bank-a", "POST", "/financing/banks/bank-a/deliveries/replay", span)
        await heard(city, bank, loans)
        async with asyncio.timeout(30):  # what was refused before was heard, too: the replay is still to come
            while len(bank.calls) < before + 3:
                await asyncio.sleep(0.02)
        ids = [headers["webhook-id"] for headers, _ in bank.calls[before:]]
        assert len(ids) >= 3

        assert await books.send_all_again() == ["repeated"]
        city.set_clocks("2026-11-12 00:00:59")
        assert await books.report(second, "contacted") == "accepted"  # within the due minute
        city.set_clocks("2026-11-12 00:01:00")
        assert await books.report(first, "contacted") == "too_late_but_recorded"
        assert await books.report(third, "contacted") == "accepted"
        assert await books.report(third, "disbursed") == "out_of_order"
        city.set_clocks("2026-11-12 00:01:05")
        assert await books.send_all_again() == ["repeated"] * 4 + ["out_of_order"]

        city.set_clocks("2026-11-13 09:00:01")
        await judged(city)
        contacts = [await judged_contact(city, loan) for loan in loans]
        async with asyncio.timeout(30):
            while (await city.ok("bank-a", "GET", "/financing/bank/connection"))["waiting"][0]["messages"]:
                await asyncio.sleep(0.05)
        messages = {
            (headers["webhook-id"], data["leg"])
            for (headers, _), data in zip(bank.calls, bank.data(), strict=True)
        }
    assert [contact["verdict"] for contact in contacts] == ["overdue", "met", "met"]
    assert [datetime.fromisoformat(contact["met_at"]) for contact in contacts] == [
        at("2026-11-12 00:01:00"),
        at("2026-11-12 00:00:00"),  # at 00:00:59: the minute counts
        at("2026-11-12 00:01:00"),
    ]
    overdue_events = await city.published("financing", "loan.overdue.v1")
    overdue = [
        event for event in overdue_events if (event["leg"], event["deadline"]) == (first, "bank_contact")
    ]
    assert [datetime.fromisoformat(event["due_at"]) for event in overdue] == [at("2026-11-11 00:00")]

    city.set_clocks("2026-11-13 09:00:02")  # a statement holds what is over
    statements = [
        await city.ok("bank-a", "GET", f"/financing/bank/statement?date={day}")
        for day in (*DAYS, "2026-11-13")
    ]
    for day, statement in zip(DAYS, statements, strict=False):
        assert statement["complete"]
        theirs = Counter((item["report_id"], item["code"]) for item in statement["reports"])
        assert theirs == books.reports[day], day
        assert statement["sums"]["reports"]["count"] == books.reports[day].total()
    assert {leg["leg"]: leg["state"] for leg in statements[3]["legs"]} == books.states
    assert [leg["state"] for leg in statements[0]["legs"]] == ["received"]
    message_legs = [
        (item["message_id"], item["leg"]) for statement in statements for item in statement["messages"]
    ]
    assert len(message_legs) == len(set(message_legs))
    assert set(message_legs) == messages
