"""What a bank learns from the receipts of its reports, over HTTP."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.contract_receipts import BEIJING
from tests.city import City
from tests.lending import ask, banks, judged, move_to, report_body, status


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


async def test_an_offer_is_corrected_and_paid_out_in_parts_and_nobody_gets_more_time(city: City) -> None:
    asked = await ask(city, banks=["bank-a"])  # 3,000,000 yuan for 12 months
    leg = asked["legs"][0]["leg"]
    await judged(city)
    await tell(city, leg, "contacted")
    slip = await tell(city, leg, "approved", "offer-1", amount="300", rate_percent="3.85")
    assert [warning["code"] for warning in slip["warnings"]] == ["amount_far_below_requested"]
    await judged(city)
    before = await _limits(city, asked)
    assert before["disbursement"] == "2026-12-10T00:00:00+08:00"  # a month after the first approval: 24:00

    # The next day the clerk reads the warning, and reports what was meant. Nobody's month starts anew.
    await move_to(city, "2026-11-10 09:00")
    right = await tell(city, leg, "approved", "offer-2", amount="3000000", rate_percent="3.85")
    assert (right["code"], right["leg_state"], right.get("warnings")) == ("accepted", "approved", None)
    await judged(city)
    assert await _limits(city, asked) == before

    # The money comes in two parts, and a third would be more than was approved.
    first = await tell(city, leg, "disbursed", "part-1", amount="1000000", disbursed_on="2026-11-10")
    assert (first["code"], first["leg_state"]) == ("accepted", "disbursed")
    await judged(city)
    followed = await _limits(city, asked)
    await move_to(city, "2026-11-11 09:00")
    assert (await tell(city, leg, "disbursed", "part-2", amount="2000000"))["code"] == "accepted"
    above = await tell(city, leg, "disbursed", "part-3", amount="0.01")
    assert (above["code"], above["field"]) == ("more_than_approved", "amount")
    assert "批准 3000000.00 元，已放款 3000000.00 元" in above["zh"]
    await judged(city)
    assert await _limits(city, asked) == followed

    shown = (await status(city, asked))["legs"][0]
    assert (shown["offer"]["amount"], shown["disbursed"]) == ("3000000.00", "3000000.00")
    parts = [report["amount"] for report in shown["reports"] if report["state"] == "disbursed"]
    assert parts == ["1000000.00", "2000000.00"]
    assert await _said(city) == [
        ("loan.reported.v1", "contacted"),
        ("loan.reported.v1", "approved"),
        ("loan.reported_again.v1", "approved"),
        ("loan.reported.v1", "disbursed"),
        ("loan.reported_again.v1", "disbursed"),
    ]


async def _limits(city: City, asked: dict[str, Any]) -> dict[str, str]:
    """When each limit of bank, window and office falls due, in Beijing time."""
    loan = await city.ok("office", "GET", f"/financing/requests/{asked['loan_id']}")
    return {
        deadline["deadline"]: datetime.fromisoformat(deadline["due_at"]).astimezone(BEIJING).isoformat()
        for deadline in loan["deadlines"]
    }


async def _said(city: City) -> list[tuple[str, str]]:
    """The events about what banks reported, with the state of each."""
    query = "select type, body::jsonb->>'state' from outbox where type like 'loan.reported%' order by seq"
    async with city.services["financing"].engine.connect() as conn:
        return [(row[0], row[1]) for row in await conn.execute(sa.text(query))]


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
