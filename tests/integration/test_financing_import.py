"""Past requests come in whole or not at all; a case that cannot be judged stops no other."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE
from tests.city import City, refused
from tests.lending import ask, banks, judged, move_to, status


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Financing alone, on Monday 2026-11-09 at 09:00, with three banks."""
    async with City(postgres, broker, services=(SERVICE,)) as city:
        await move_to(city, "2026-11-09 09:00")
        await banks(city)
        yield city


def past(act: str, at: str, **more: Any) -> dict[str, Any]:
    return {"act": act, "source_id": "7", "occurred_at": f"2026-11-{at}:00+08:00", **more}


REQUEST = past("request", "09T10:00", amount="5000.00", bank="bank-a")
CALL = past("report", "09T11:00", state="contacted", evidence={"by": "李"})


async def test_past_requests_are_judged_by_their_own_times_and_no_bank_is_told(city: City) -> None:
    withdrawal = past("withdraw", "10T09:00")
    body = {"source": "test", "items": [REQUEST, CALL, withdrawal]}
    await city.ok("importer", "POST", "/financing/import", body)
    await move_to(city, "2026-11-20 09:00")
    (case,) = (await city.ok("importer", "GET", "/financing/cases"))["items"]
    assert case["state"] == "withdrawn"
    assert [(d["deadline"], d["verdict"]) for d in case["deadlines"]] == [
        ("dispatch", "met"),
        ("bank_contact", "met"),
        ("bank_status", "void"),
        ("bank_decision", "void"),
    ]
    async with city.services["financing"].engine.connect() as conn:
        assert (await conn.execute(sa.text("select count(*) from bank_messages"))).scalar_one() == 0


@pytest.mark.parametrize(
    ("items", "status_", "field"),
    [
        ([REQUEST, REQUEST], 409, "items.1.source_id"),
        ([CALL], 404, "items.0.source_id"),
        ([REQUEST, {**CALL, "state": "disbursed"}], 409, "items.1.state"),
        ([{**REQUEST, "bank": "nobody"}], 422, "items.0.banks.0"),
        ([{**REQUEST, "occurred_at": "2026-11-08T10:00:00+08:00"}], 422, "items.0.occurred_at"),
    ],
)
async def test_an_import_that_cannot_be_brings_nothing_in(
    city: City, items: list[dict[str, Any]], status_: int, field: str
) -> None:
    await ask(city)
    await judged(city)
    before = {name: digest for name, digest in (await city.stored()).items() if "numbers" not in name}
    body = {"source": "test", "items": items}
    refused(await city.call("importer", "POST", "/financing/import", body), status_, field)
    after = {name: digest for name, digest in (await city.stored()).items() if "numbers" not in name}
    assert after == before


async def test_a_case_that_cannot_be_judged_is_parked_and_stops_no_other(city: City) -> None:
    broken, other = await ask(city), await ask(city)
    await judged(city)
    async with city.services["financing"].engine.begin() as conn:
        change = "update cases set file = jsonb_set(file, '{pack}', '\"gone@1\"') where case_id = :id"
        await conn.execute(sa.text(change), {"id": broken["loan_id"]})
    await move_to(city, "2026-11-11 09:00")
    (parked,) = (await city.ok("ops", "GET", "/financing/parked"))["items"]
    assert broken["registration_number"] in parked["reason"]
    verdicts = [leg["deadlines"][0]["verdict"] for leg in (await status(city, other))["legs"]]
    assert verdicts == ["overdue", "overdue"]
    async with city.services["financing"].engine.begin() as conn:
        mend = "update cases set file = jsonb_set(file, '{pack}', :pack) where case_id = :id"
        pack = '"bozhou-2024-financing@2"'
        await conn.execute(sa.text(mend), {"id": broken["loan_id"], "pack": pack})
    await city.ok("ops", "POST", f"/financing/parked/{parked['id']}/redrive")
    await judged(city)
    verdicts = [leg["deadlines"][0]["verdict"] for leg in (await status(city, broken))["legs"]]
    assert verdicts == ["overdue", "overdue"]
