"""Bad requests and bad reports: refused by field or by receipt, and nothing of them is stored."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE
from tests.city import City, refused
from tests.lending import ask, banks, credit_code, judged, move_to, report, wish


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Financing alone, on Monday 2026-11-09 at 09:00, with three banks and one request."""
    async with City(postgres, broker, services=(SERVICE,)) as city:
        await move_to(city, "2026-11-09 09:00")
        await banks(city)
        await ask(city)
        await judged(city)
        yield city


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"consent": None}, "consent"),
        ({"enterprise": {"name": "甲", "credit_code": "91350100M000100Y44"}}, "enterprise.credit_code"),
        ({"enterprise": {"name": "甲", "credit_code": "9135"}}, "enterprise.credit_code"),
        ({"enterprise": {"name": "", "credit_code": credit_code(1)}}, "enterprise.name"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "0.001"}, "amount"),
        ({"amount": "10000000000.01"}, "amount"),
        ({"amount": 3000000.0}, "amount"),
        ({"amount": "1e6"}, "amount"),
        ({"term_months": 0}, "term_months"),
        ({"banks": ["nobody"]}, "banks.0"),
        ({"banks": ["bank-a", "Bank B"]}, "banks.1"),
        ({"first_loan": "perhaps"}, "first_loan"),
        (
            {"consent": {"given_at": "2026-11-09T09:01:00+08:00", "text_version": "1"}},
            "consent.given_at",
        ),
        ({"attachments": [{"name": "报表", "reference": "x", "sha256": "00"}]}, "attachments.0.sha256"),
    ],
)
async def test_bad_input_is_refused_by_its_field_and_nothing_is_stored(
    city: City, change: dict[str, Any], field: str
) -> None:
    await judged(city)
    before = await city.stored()
    body = {name: value for name, value in wish(**change).items() if value is not None}
    refused(await city.call(None, "POST", "/financing/requests", body), 422, field)
    assert await city.stored() == before


@pytest.mark.parametrize(
    ("bank", "place", "reported", "more", "code"),
    [
        ("bank-b", 0, "contacted", {}, "unknown_leg"),
        ("bank-a", 0, "disbursed", {}, "out_of_order"),
        ("bank-a", 0, "under_review", {"report_id": "reused"}, "report_id_reused"),
        ("bank-c", 1, "contacted", {}, "unknown_leg"),
    ],
)
async def test_a_report_that_cannot_be_taken_gets_a_receipt_and_changes_nothing(
    city: City, bank: str, place: int, reported: str, more: dict[str, Any], code: str
) -> None:
    asked = await ask(city)
    await report(
        city,
        "bank-a",
        asked["legs"][0]["leg"],
        "received",
        report_id=f"{code}-{bank}" if code != "report_id_reused" else "reused",
    )
    await judged(city)
    before = await city.stored()
    receipt = await report(city, bank, asked["legs"][place]["leg"], reported, **more)
    assert (receipt.outcome, receipt.code) == ("refused", code)
    assert await city.stored() == before
