"""The sample of a bank on Spring Boot answers a city, as it stands in `docs/banks/samples/spring-boot`."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.structs import ConsumerRecord

from huying.kafka.broker import Kafka
from huying.local.cluster import PARTITIONS
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE as FINANCING
from shared.messaging.clients import connected
from tests.bank_clients import until_told
from tests.banks import DOCUMENT, ask, directory, leg_of
from tests.city import City
from tests.conftest import BROKER
from tests.spring_bank import SpringBank

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
FRACTION = "0.0385"
GIVEN_UP_AFTER = 10
"""Attempts after which Spring skips a message, unless told otherwise."""
NEWS = [("ce_specversion", b"1.0"), ("ce_type", b"bank.news.v1"), ("ce_id", b"news")]
"""The headers of a message whose type no bank knows."""


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker | Kafka) -> AsyncIterator[City]:
    """Financing alone, with a bank on Kafka."""
    async with City(postgres, broker, services=(FINANCING,)) as city:
        await city.move_to("2026-11-09 09:00")
        await directory(city, abc=["kafka"])
        yield city


def connection(city: City, code: str = "abc") -> dict[str, str]:
    """What the sample takes from the environment to connect as the bank."""
    login = city.broker.as_client(f"bank-{code}")
    environment = {"CODE": code, "BROKER": login.bootstrap}
    if BROKER != "apache":
        return environment
    return environment | {"SPRING_PROFILES_ACTIVE": "sasl", "PASSWORD": login.client()["sasl_plain_password"]}


def again(request: ConsumerRecord, **fields: Any) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The request as a new message, with other fields or further ones."""
    headers = dict(request.headers) | {"ce_id": b"again"}
    return json.dumps(json.loads(request.value) | fields).encode(), list(headers.items())


async def put(city: City, topic: str, partition: int, *messages: tuple[bytes, Any]) -> None:
    """Write messages with these headers to a partition."""
    async with AIOKafkaProducer(**city.broker.as_client().client()) as producer:
        for value, headers in messages:
            await producer.send_and_wait(topic, value, partition=partition, headers=headers)


async def make_topics(city: City, *names: str) -> None:
    async with connected(AIOKafkaAdminClient(**city.broker.as_client().client())) as admin:
        await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])


def verdicts(logged: list[str], leg: str) -> list[tuple[str, ...]]:
    """Of each receipt and warning that was logged: the first word, the state that was reported, the code."""
    report_id = leg.replace("/", "-") + "-"
    lines = [line.replace(":", "").split() for line in logged if report_id in line]
    return [(line[0], line[1].removeprefix(report_id), line[2]) for line in lines]


async def test_the_sample_reports_the_states_and_logs_receipts_refusals_and_warnings(city: City) -> None:
    loan = await ask(city, "abc")
    await until_told(city, "abc", 1)
    for partition in range(PARTITIONS):
        await put(city, "banks.abc.receipts", partition, (b"{}", NEWS))
    leg, states = loan["legs"]["abc"], "contacted,approved,received,declined"
    async with SpringBank(**connection(city), STATES=states, RATE_PERCENT=FRACTION) as bank:
        logged = await bank.until(f"{leg.replace('/', '-')}-declined")
    assert verdicts(logged, leg) == [
        ("accepted", "contacted", "accepted"),
        ("accepted", "approved", "accepted"),
        ("warning", "approved", "rate_looks_like_a_fraction"),
        ("refused", "received", "out_of_order"),
        ("refused", "declined", "out_of_order"),
    ]
    assert (await leg_of(city, loan, "abc"))["state"] == "approved"
    replies = await city.records("banks.abc.replies")
    assert {record.key for record in replies} == {leg.encode()}
    assert {tuple(record.headers) for record in replies} == {
        (("ce_specversion", b"1.0"), ("ce_type", b"bank.report.v1"))
    }
    assert json.loads(replies[1].value)["rate_percent"] == FRACTION


async def test_the_sample_declines_with_a_reason(city: City) -> None:
    loan = await ask(city, "abc")
    async with SpringBank(**connection(city), STATES="declined", REASON="industry") as bank:
        await bank.until("accepted")
    assert (await leg_of(city, loan, "abc"))["state"] == "declined"


async def test_the_sample_reads_on_behind_what_came_before_what_it_does_not_know_and_what_is_unreadable(
    city: City,
) -> None:
    loan = await ask(city, "abc")
    await until_told(city, "abc", 1)
    (request,) = await city.records("banks.abc.requests")
    same, headers = request.value, list(request.headers)
    _, new = again(request)
    await put(
        city,
        request.topic,
        request.partition,
        (same, headers),
        (b"[]", NEWS),
        (b"no JSON", new),
        (b"{}", new),
        (same, []),
        again(request, amount="400000.00", priority={"level": 1}),
    )
    async with SpringBank(**connection(city), STATES="approved") as bank:
        logged = await bank.until("report_id_reused")
    # the request as it came before would be `repeated`; with another amount the report is another one
    assert verdicts(logged, loan["legs"]["abc"]) == [
        ("accepted", "approved", "accepted"),
        ("refused", "approved", "report_id_reused"),
    ]
    dropped = [line.split()[1:] for line in logged if line.startswith("dropped")]
    ce_id = dict(headers)["ce_id"].decode()
    assert dropped == [["bank.request.v1", ce_id], ["bank.news.v1", "news"], []]
    skipped = [line.rpartition(" ")[2] for line in bank.lines if "cannot be read" in line]
    assert skipped == [str(request.offset + behind) for behind in (3, 4)]
    enterprise = json.loads(same)["enterprise"]
    assert [line for line in bank.lines if enterprise["name"] in line or enterprise["phone"] in line] == []


async def test_the_sample_tries_a_report_until_the_broker_takes_it(city: City) -> None:
    if BROKER != "apache":
        pytest.skip("NOT RUN: the embedded broker makes each topic that is written to (make test-clients)")
    (example,) = DOCUMENT["components"]["messages"]["bank.request.v1"]["examples"]
    await city.broker.admit(["abc-2"])
    await make_topics(city, "banks.abc-2.requests", "banks.abc-2.receipts")
    headers = [(name, value.encode()) for name, value in example["headers"].items()]
    await put(city, "banks.abc-2.requests", 0, (json.dumps(example["payload"]).encode(), headers))
    environment = connection(city, "abc-2") | {"SPRING_KAFKA_PRODUCER_PROPERTIES_MAX_BLOCK_MS": "200"}
    async with SpringBank(**environment) as bank:
        await bank.until("Topic banks.abc-2.replies not present in metadata", lines=GIVEN_UP_AFTER + 1)
        await make_topics(city, "banks.abc-2.replies")
        (reply,) = await city.records("banks.abc-2.replies")
    assert json.loads(reply.value)["leg"] == example["payload"]["leg"]
