"""What a bank wrote in a transaction does not count, and holds nothing up: open, aborted or committed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from aiokafka import AIOKafkaProducer
from aiokafka.errors import TransactionalIdAuthorizationFailed

from huying.kafka.broker import Kafka
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE as FINANCING
from tests import batches
from tests.banks import DOCUMENT, KafkaBank, address, ask, directory, leg_of, report
from tests.city import City, local
from tests.kafka import knows_principals

TRANSACTION_REFUSED = 53


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker | Kafka) -> AsyncIterator[City]:
    """Financing alone."""
    async with City(postgres, broker, services=(FINANCING,)) as city:
        yield city


class Transactions:
    """Writes the reports of a bank in transactions, as only a superuser may."""

    def __init__(self, city: City, bank: str) -> None:
        self._topic = address("replies", bank)
        self._producer = AIOKafkaProducer(**city.broker.as_client().client(), transactional_id=f"of-{bank}")

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Transactions"]:
        await self._producer.start()
        try:
            yield self
        finally:
            await self._producer.stop()

    async def write(self, body: dict[str, Any]) -> None:
        """Begin a transaction with a report."""
        (example,) = DOCUMENT["components"]["messages"]["bank.report.v1"]["examples"]
        headers = [(name, value.encode()) for name, value in example["headers"].items()]
        await self._producer.begin_transaction()
        await self._producer.send_and_wait(
            self._topic, json.dumps(body).encode(), partition=0, headers=headers
        )

    async def commit(self) -> None:
        await self._producer.commit_transaction()

    async def abort(self) -> None:
        await self._producer.abort_transaction()


async def until_complete(city: City, moment: str) -> None:
    """Wait until all that the bank wrote up to a moment was read."""
    query = sa.text("select bool_and(coalesce(complete_upto >= :moment, false)) from bank_replies")
    async with asyncio.timeout(60), city.services["financing"].engine.connect() as conn:
        while not (await conn.execute(query, {"moment": local(moment)})).scalar_one():
            await asyncio.sleep(0.05)


async def test_a_bank_s_transactions_neither_count_nor_hold_anything_up(
    city: City, broker: EmbeddedBroker | Kafka
) -> None:
    if isinstance(broker, EmbeddedBroker):
        pytest.skip("NOT RUN: the embedded broker takes no transactions (make test-kafka)")
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"])
    bank = KafkaBank(city, "abc", partitioner=lambda *_: 0)
    async with bank, Transactions(city, "abc").open() as transactions:
        loan = await ask(city, "abc")
        leg = loan["legs"]["abc"]
        for hour, end in ((10, transactions.abort), (11, transactions.commit)):
            await transactions.write(report(leg, "contacted"))
            await end()
            await city.move_to(f"2026-11-09 {hour}:00")
            await until_complete(city, f"2026-11-09 {hour - 1:02}:59")
        await transactions.write(report(leg, "contacted"))
        answers = [answer["body"] for answer in await bank.until("receipts", 3)]
        assert {answer["code"] for answer in answers} == {"malformed"}
        assert all("were written in a transaction" in answer["en"] for answer in answers)
        assert all("事务" in answer["zh"] for answer in answers)
        assert (await leg_of(city, loan, "abc"))["state"] == "pushed"
        assert (await bank.report(leg, "received"))["code"] == "accepted"

        await city.move_to("2026-11-12 09:00")  # the transaction is open still
        await until_complete(city, "2026-11-12 08:59")
        async with asyncio.timeout(60):
            while not (overdue := await city.published("financing", "loan.overdue.v1")):
                await asyncio.sleep(0.05)
        assert {event["deadline"] for event in overdue} == {"bank_contact"}
        assert (await bank.report(leg, "contacted"))["code"] == "too_late_but_recorded"
        await transactions.commit()
        assert (await bank.report(leg, "documents_needed"))["code"] != "malformed"


async def test_a_batch_that_says_it_is_of_a_transaction_does_not_count(
    city: City, broker: EmbeddedBroker | Kafka
) -> None:
    if isinstance(broker, Kafka):
        pytest.skip("Apache Kafka refuses it: see below")
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"])
    async with KafkaBank(city, "abc") as bank:
        loan = await ask(city, "abc")
        written = batches.batch(0, b"{}", b"{}", flags=batches.TRANSACTIONAL)
        assert await batches.put(broker.as_client(), "banks.abc.replies", written) == [0]
        (answer,) = await bank.until("receipts", 1)
        assert (answer["body"]["code"], answer["body"]["field"]) == ("malformed", "batch")
        assert (await bank.report(loan["legs"]["abc"], "contacted"))["code"] == "accepted"


@knows_principals
@pytest.mark.parametrize("transaction", [None, "of-abc", "bank-abc", "banks.abc.replies"])
async def test_a_bank_is_refused_every_transaction(
    city: City, broker: Kafka, transaction: str | None
) -> None:
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"])
    async with KafkaBank(city, "abc", enable_idempotence=True) as bank:
        loan = await ask(city, "abc")
        assert (await bank.report(loan["legs"]["abc"], "contacted"))["code"] == "accepted"
    client = broker.as_client("bank-abc")
    written = batches.batch(0, b"{}", flags=batches.TRANSACTIONAL)
    refused = await batches.put(client, "banks.abc.replies", written, transaction=transaction)
    assert refused == [TRANSACTION_REFUSED]
    if transaction is not None:
        producer = AIOKafkaProducer(**client.client(), transactional_id=transaction)
        with pytest.raises(TransactionalIdAuthorizationFailed):
            await producer.start()
        await producer.stop()
