"""A bank is down for two days and then answers everything: each verdict is right to the second."""

import asyncio
from typing import Any

from tests.banks import KafkaBank, ask, directory, leg_of
from tests.city import City


async def contact_of(city: City, loan: dict[str, Any]) -> dict[str, Any]:
    """The contact deadline of the bank's leg, once it was judged."""
    async with asyncio.timeout(30):
        while True:
            leg = await leg_of(city, loan, "abc")
            for one in leg["deadlines"]:
                if one["deadline"] == "bank_contact" and one["verdict"] != "open":
                    return dict(one)
            await asyncio.sleep(0.05)


async def test_a_bank_that_was_down_is_late_exactly_where_its_answer_came_late(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"])
    on_time, second_late = await ask(city, "abc"), await ask(city, "abc")
    await city.move_to("2026-11-10 00:00:00")
    next_day = await ask(city, "abc")
    await city.move_to("2026-11-10 23:59:50")
    async with KafkaBank(city, "abc") as bank:
        legs = {loan["legs"]["abc"] for loan in (on_time, second_late, next_day)}
        async with asyncio.timeout(30):
            while {one["body"]["leg"] for one in bank.heard["requests"]} != legs:
                await asyncio.sleep(0.02)
        city.set_clocks("2026-11-11 00:00:00")
        assert (await bank.report(on_time["legs"]["abc"], "contacted"))["code"] == "accepted"
        city.set_clocks("2026-11-11 00:00:01")
        late = await bank.report(second_late["legs"]["abc"], "contacted")
        assert (late["outcome"], late["code"]) == ("accepted", "too_late_but_recorded")
        assert (await bank.report(next_day["legs"]["abc"], "contacted"))["code"] == "accepted"
        await city.move_to("2026-11-11 09:00")
        verdicts = [(await contact_of(city, loan))["verdict"] for loan in (on_time, second_late, next_day)]
        assert verdicts == ["met", "overdue", "met"]
        overdue = await city.said("financing", "loan.overdue.v1")
        assert [(one["leg"], one["deadline"]) for one in overdue] == [
            (second_late["legs"]["abc"], "bank_contact")
        ]
