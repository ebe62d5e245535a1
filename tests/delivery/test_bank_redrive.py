"""A bank's reply that was parked is tried again, and counts from when it first came."""

import json
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE
from tests.banks import KafkaBank, ask, directory, leg_of, report
from tests.city import City, refused

DEFECT = """
    create function defect() returns trigger language plpgsql as
    $$ begin if new.report_id = 'odd' then raise exception 'a defect'; end if; return new; end $$;
    create trigger defect before insert on reports for each row execute function defect()
"""
MENDED = "drop trigger defect on reports; drop function defect()"


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Financing alone."""
    async with City(postgres, broker, services=(SERVICE,)) as city:
        yield city


async def do(city: City, statements: str) -> None:
    async with city.services["financing"].engine.begin() as conn:
        for statement in statements.split(";\n") if "$$" in statements else statements.split(";"):
            await conn.execute(sa.text(statement))


async def parked(city: City) -> list[dict[str, object]]:
    return list((await city.ok("ops", "GET", "/financing/parked"))["items"])


async def test_a_reply_parked_for_a_defect_counts_from_its_first_moment_once_that_is_mended(
    city: City,
) -> None:
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"])
    async with KafkaBank(city, "abc") as bank:
        loan = await ask(city, "abc")
        leg = loan["legs"]["abc"]
        await do(city, DEFECT)
        try:
            first = await bank.report(leg, "contacted", report_id="odd")
            assert first["code"] == "not_processed"
            (message,) = await parked(city)
            again = f"/financing/parked/{message['id']}/redrive"
            assert (await city.call("ops", "POST", again)).status_code == 500  # not mended yet
            assert await parked(city) == [message]
        finally:
            await do(city, MENDED)
        await city.move_to("2026-11-10 23:00")
        await city.ok("ops", "POST", again)
        second = (await bank.until("receipts", 2))[1]["body"]
        assert (second["code"], second["state"], second["at"]) == ("accepted", "contacted", first["at"])
        assert second["reply"] == first["reply"]
        assert await parked(city) == []
        refused(await city.call("ops", "POST", again), 404)
        assert (await leg_of(city, loan, "abc"))["state"] == "contacted"
        assert (await bank.report(leg, "contacted", report_id="odd"))["code"] == "repeated"
        await city.move_to("2026-11-11 09:00")
        assert await city.published("financing", "loan.overdue.v1") == []


async def test_what_still_cannot_be_read_stays_parked_and_says_which_field(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"])
    async with KafkaBank(city, "abc") as bank:
        loan = await ask(city, "abc")
        body = report(loan["legs"]["abc"], "approved")
        await bank.say(json.dumps(body).encode())
        await bank.until("receipts", 1)
        (message,) = await parked(city)
        problem = refused(
            await city.call("ops", "POST", f"/financing/parked/{message['id']}/redrive"), 409, "amount"
        )
        assert "amount" in problem["detail"]
        assert await parked(city) == [message]
        assert len(bank.heard["receipts"]) == 1
