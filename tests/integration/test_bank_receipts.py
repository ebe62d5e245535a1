"""What a bank learns from the receipts of its reports, over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import City
from tests.lending import ask, banks, judged, move_to, report_body


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Financing alone, on Monday 2026-11-09 at 09:00, with three banks that read at their desks."""
    from services.financing.app import SERVICE

    async with City(postgres, broker, services=(SERVICE,)) as city:
        await move_to(city, "2026-11-09 09:00")
        await banks(city)
        yield city


async def tell(city: City, leg: str, state: str, report_id: str = "", **more: Any) -> dict[str, Any]:
    """The receipt of a report, accepted or not."""
    answer = await city.call(
        "bank-a", "POST", "/financing/bank/reports", report_body(leg, state, report_id, **more)
    )
    receipt: dict[str, Any] = answer.json()
    return receipt


async def test_each_receipt_says_how_the_leg_stands_and_what_the_bank_owes_next(city: City) -> None:
    asked = await ask(city)
    first, other = (leg["leg"] for leg in asked["legs"])
    await judged(city)

    called = await tell(city, first, "contacted")
    assert called["leg_state"] == "contacted"
    assert called["next_deadline"] == {
        "deadline": "bank_status",
        "zh": "银行反馈办理情况",
        "en": "bank status",
        "due_at": "2026-11-13T00:00:00+08:00",
    }
    refused = await tell(city, first, "disbursed")
    assert (refused["code"], refused["leg_state"]) == ("out_of_order", "contacted")
    assert refused["next_deadline"] == called["next_deadline"]

    # The bank was away, and sends everything again: it learns where it stands now.
    await tell(city, first, "under_review")
    again = await tell(city, first, "contacted")
    assert (again["code"], again["state"], again["leg_state"]) == ("repeated", "contacted", "under_review")
    assert (again["next_deadline"]["deadline"], again["next_deadline"]["due_at"]) == (
        "bank_decision",
        "2026-12-10T00:00:00+08:00",
    )

    # Nothing is left to do: no field, rather than one that is null. Nor is anything said of another's leg.
    assert "next_deadline" not in await tell(city, first, "approved")
    assert not {"leg_state", "next_deadline"} & (await tell(city, other, "contacted")).keys()
    kept = (await city.ok("bank-a", "GET", f"/financing/bank/requests/{first}"))["receipts"]
    assert {receipt["leg_state"] for receipt in kept} == {"contacted", "under_review", "approved"}


async def test_a_rate_that_was_written_as_a_fraction_is_accepted_and_warned_of(city: City) -> None:
    leg = (await ask(city))["legs"][0]["leg"]
    answer = await tell(city, leg, "approved", rate_percent="0.0385")
    assert answer["code"] == "accepted"
    assert answer["warnings"] == [
        {
            "code": "rate_looks_like_a_fraction",
            "field": "rate_percent",
            "zh": "rate_percent 为 0.0385，即年利率 0.0385%；3.85% 请写 3.85",
            "en": "rate_percent 0.0385 means 0.0385 % a year; write 3.85 for 3.85 %",
        }
    ]
    again = await tell(city, leg, "approved", rate_percent="0.0385")
    assert (again["code"], again["warnings"]) == ("repeated", answer["warnings"])


async def test_an_answer_of_an_earlier_release_is_repeated_as_it_was_given(city: City) -> None:
    asked = await ask(city)
    leg = asked["legs"][0]["leg"]
    await judged(city)
    await tell(city, leg, "contacted")
    context = city.services["financing"]
    async with context.engine.begin() as conn:
        await conn.execute(sa.text("update reports set receipt = receipt - 'leg_state' - 'next_deadline'"))
    again = await tell(city, leg, "contacted")
    assert (again["code"], again["leg_state"]) == ("repeated", "contacted")
