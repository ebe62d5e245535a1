"""What banks on Kafka are promised, each promise by its name, on a real broker and a real PostgreSQL."""

import asyncio
import json

import pytest
import sqlalchemy as sa
from jsonschema import Draft202012Validator

from huying.local import bank_sim
from services.financing import bank_documents
from services.financing.banks.kafka.readers import hear_banks
from tests.banks import KafkaBank, ask, directory, leg_of, report
from tests.city import FINANCING, City

pytestmark = pytest.mark.services(FINANCING)

RECEIPT_SCHEMA = Draft202012Validator(bank_documents.documents()["bank.receipt.v1.json"])
OFFER = {"amount": "500000.00", "rate_percent": "3.85", "term_months": 12}


async def start(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"], xyz=["kafka"])


async def rows(city: City, query: str) -> list[tuple]:
    async with city.services["financing"].engine.connect() as conn:
        return [tuple(row) for row in await conn.execute(sa.text(query))]


async def test_who_knows_the_document_alone_receives_answers_and_sees_the_case_move(city: City) -> None:
    await start(city)
    async with KafkaBank(city, "abc") as bank:
        loan = await ask(city, "abc")
        (message,) = await bank.until("requests", 1)
        assert message["headers"]["ce_type"] == "bank.request.v1"
        assert message["body"]["enterprise"]["credit_code"] == "91000000MA0000001R"
        leg = message["body"]["leg"]
        for state, more in (("contacted", {}), ("under_review", {}), ("approved", OFFER)):
            receipt = await bank.report(leg, state, **more)
            assert (receipt["outcome"], receipt["leg_state"]) == ("accepted", state), receipt
            RECEIPT_SCHEMA.validate(receipt)
            assert (await leg_of(city, loan, "abc"))["state"] == state
        better = await bank.report(leg, "approved", **OFFER | {"rate_percent": "3.45"}, report_id="better")
        assert (better["code"], better["leg_state"]) == ("accepted", "approved")
        above = await bank.report(leg, "disbursed", amount="500000.01")
        assert (above["code"], above["field"]) == ("more_than_approved", "amount")
        part = await bank.report(leg, "disbursed", amount="200000", disbursed_on="2026-11-09", report_id="1")
        assert (part["outcome"], part["leg_state"]) == ("accepted", "disbursed")
        RECEIPT_SCHEMA.validate(part)
        shown = await leg_of(city, loan, "abc")
        assert (shown["offer"]["rate_percent"], shown["disbursed"]) == ("3.45", "200000.00")


async def test_repeated_and_malformed_replies_are_answered_and_change_nothing(city: City) -> None:
    await start(city)
    async with KafkaBank(city, "abc") as bank:
        loan = await ask(city, "abc", "xyz")
        leg, other = loan["legs"]["abc"], loan["legs"]["xyz"]
        assert (await bank.report(leg, "contacted"))["code"] == "accepted"
        before = await rows(city, "select leg, state from legs order by leg")
        assert (await bank.report(leg, "contacted"))["code"] == "repeated"
        assert (await bank.report(leg, "disbursed"))["code"] == "out_of_order"
        assert (await bank.report(other, "contacted"))["code"] == "unknown_leg"
        assert (await bank.report("RZ-20991231-99999/1", "contacted"))["code"] == "unknown_leg"
        junk = [(b"", None), (b"{", None), (b"\xff\xfe", None), (b"[]", None), (b"x" * 70_000, None)]
        junk += [(b"{}", {}), (b"{}", {"ce_id": "\x00", "ce_type": "bank.report.v9"})]
        already = len(bank.heard["receipts"])
        for value, headers in junk:
            await bank.say(value, headers)
        answers = (await bank.until("receipts", already + len(junk)))[already:]
        assert {answer["body"]["code"] for answer in answers} == {"malformed"}
        assert all(answer["body"]["en"] and answer["body"]["field"] for answer in answers)
        places = {
            (answer["body"]["reply"]["partition"], answer["body"]["reply"]["offset"]) for answer in answers
        }
        assert len(places) == len(junk)
        assert await rows(city, "select leg, state from legs order by leg") == before
        assert len(await rows(city, "select * from parked")) == len(junk)
        assert (await bank.report(leg, "under_review"))["code"] == "accepted"


async def test_a_flood_of_one_bank_does_not_delay_another(city: City) -> None:
    await start(city)
    async with KafkaBank(city, "abc") as flooding, KafkaBank(city, "xyz") as bank:
        loan = await ask(city, "xyz")
        await asyncio.gather(*(flooding.say(b"flood") for _ in range(1_000)))
        receipt = await bank.report(loan["legs"]["xyz"], "contacted")
        assert receipt["code"] == "accepted"
        assert len(flooding.heard["receipts"]) < 1_000
        assert len(await flooding.until("receipts", 1_000)) == 1_000


async def test_nothing_of_one_bank_is_on_a_topic_of_another(city: City) -> None:
    await start(city)
    async with KafkaBank(city, "abc") as abc, KafkaBank(city, "xyz") as xyz:
        loan = await ask(city, "abc", "xyz")
        for bank in (abc, xyz):
            await bank.until("requests", 1)
            await bank.report(loan["legs"][bank.code], "contacted")
        for bank, other in ((abc, xyz), (xyz, abc)):
            heard = json.dumps(bank.heard)
            assert loan["legs"][bank.code] in heard
            assert loan["legs"][other.code] not in heard
            assert other.code not in heard
        topics = {row[0] for row in await rows(city, "select distinct topic from outbox")}
        assert {topic for topic in topics if topic.startswith("banks.")} == {
            f"banks.{code}.{channel}" for code in ("abc", "xyz") for channel in ("requests", "receipts")
        }


async def test_duplicates_and_garbage_of_the_simulator_have_one_effect(city: City) -> None:
    await start(city)
    plan = bank_sim.BankPlan("abc", faults={"duplicate": 0.6, "garbage": 0.4}, seed=7, speed=1e7)
    working = asyncio.create_task(bank_sim.on_kafka(plan, city.broker.as_client("bank-abc")))
    try:
        loans = [await ask(city, "abc") for _ in range(20)]
        legs = [loan["legs"]["abc"] for loan in loans]
        request = {"amount": "500000.00", "term_months": 12}
        wanted = {
            (leg, step.report["state"]) for leg in legs for step in plan.reports({"leg": leg, **request})
        }
        async with asyncio.timeout(60):
            while len(await rows(city, "select leg from reports")) < len(wanted):
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    events = [
        (event["leg"], event["state"]) for event in await city.published("financing", "loan.reported.v1")
    ]
    assert sorted(events) == sorted(wanted)
    assert await rows(city, "select count(*) from parked") != [(0,)]
    assert len(await city.records("banks.abc.receipts")) > len(wanted)


async def test_two_replicas_read_every_reply_once(city: City) -> None:
    await start(city)
    financing = city.services["financing"]
    replica = asyncio.create_task(hear_banks(financing))
    try:
        async with KafkaBank(city, "abc") as bank:
            loans = [await ask(city, "abc") for _ in range(10)]
            for so_far, state in enumerate(("contacted", "under_review", "declined"), 1):
                more = {"reason": "cash_flow"} if state == "declined" else {}
                legs = [loan["legs"]["abc"] for loan in loans]
                await asyncio.gather(
                    *(bank.say(json.dumps(report(leg, state, **more)).encode()) for leg in legs)
                )
                answers = await bank.until("receipts", 10 * so_far)
            await asyncio.sleep(0.5)
            assert {answer["body"]["outcome"] for answer in answers} == {"accepted"}
            assert len(bank.heard["receipts"]) == 30
    finally:
        replica.cancel()
        await asyncio.gather(replica, return_exceptions=True)
    assert len(await city.published("financing", "loan.reported.v1")) == 30
