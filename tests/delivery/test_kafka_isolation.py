"""On Apache Kafka the broker itself refuses a principal what is another's, whatever a client tries."""

from collections.abc import Iterable
from typing import Any

import pytest
import sqlalchemy as sa
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.protocol.admin import (
    AlterConfigsRequest,
    CreateAclsRequest,
    CreatePartitionsRequest,
    CreateTopicsRequest,
    DeleteGroupsRequest,
    DeleteRecordsRequest,
    DeleteTopicsRequest,
    DescribeAclsRequest,
    DescribeConfigsRequest,
    DescribeGroupsRequest,
)
from aiokafka.protocol.api import Request
from aiokafka.protocol.commit import OffsetCommitRequest, OffsetFetchRequest
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.group import JoinGroupRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.protocol.produce import ProduceRequest

from huying.kafka.access import ALLOW, ANY, LITERAL, TOPIC
from huying.kafka.broker import Kafka
from services import SERVICES
from services.financing.settings import FinancingSettings
from shared.messaging.broker import BrokerClient
from shared.service.settings import Settings
from tests import batches
from tests.banks import KafkaBank, ask, directory
from tests.city import ALL, City
from tests.kafka import Bare, knows_principals

pytestmark = [pytest.mark.services(*ALL), knows_principals]

TOPIC_REFUSED, GROUP_REFUSED, CLUSTER_REFUSED = 29, 30, 31
SET_FOR_TOPIC = 1
REFUSED = {TOPIC_REFUSED, GROUP_REFUSED, CLUSTER_REFUSED}
BANKS = ("abc", "xyz")
WRITTEN = {
    **{service: {f"{service}.events", f"{service}.parked"} for service in SERVICES},
    **{f"bank-{bank}": {f"banks.{bank}.replies"} for bank in BANKS},
}
WRITTEN["financing"] |= {f"banks.{bank}.{kind}" for bank in BANKS for kind in ("requests", "receipts")}
TOPICS = sorted(set().union(*WRITTEN.values()))
GROUPS = sorted(WRITTEN)
HEARD = {service.name: service.hears for service in ALL}


@pytest.fixture
async def cluster(broker: Kafka) -> Kafka:
    """Every topic of the services and of two banks, made by the service that may."""
    await broker.admit(BANKS)
    for service in SERVICES:
        of_service = FinancingSettings if service == "financing" else Settings
        settings = of_service(database="", partitions=1, **broker.login(service))
        async with BrokerClient(settings) as client:
            await client.ensure([f"{service}.events", f"{service}.parked"])
            if service == "financing":
                ways = ("requests", "replies", "receipts")
                await client.ensure([f"banks.{bank}.{kind}" for bank in BANKS for kind in ways], others=True)
    return broker


def produce(topic: str) -> Request[Any]:
    return ProduceRequest(None, -1, 5_000, [(topic, [(0, batches.batch(0, b"{}"))])])


def reading(topic: str) -> dict[str, Request[Any]]:
    return {
        "fetch": FetchRequest(10, 0, 1_000, 0, [(topic, [(0, 0, 1_000)])]),
        "list offsets": OffsetRequest(-1, 0, [(topic, [(0, -1)])]),
        "describe": MetadataRequest([topic]),
    }


def changing(topic: str) -> dict[str, Request[Any]]:
    return {
        "produce": produce(topic),
        "delete": DeleteTopicsRequest([topic], 5_000),
        "delete records": DeleteRecordsRequest([(topic, [(0, -1)])], 5_000),
        "add partitions": CreatePartitionsRequest([(topic, (9, None))], 5_000, False),  # type: ignore[list-item]
        "read configuration": DescribeConfigsRequest([(2, topic, None)]),
        "set configuration": AlterConfigsRequest([(2, topic, [("retention.ms", "1")])]),
    }


def grouping(group: str) -> dict[str, Request[Any]]:
    joined = JoinGroupRequest(group, 6_000, 6_000, "", None, "consumer", [("range", b"")])  # type: ignore[arg-type]
    return {
        "find": FindCoordinatorRequest(group, 0),
        "join": joined,
        "describe group": DescribeGroupsRequest([group]),
        "read offsets": OffsetFetchRequest(group, [("intake.events", [0])]),
        "commit offsets": OffsetCommitRequest(group, -1, "", -1, [("intake.events", [(0, 1, "")])]),
        "delete group": DeleteGroupsRequest([group]),
    }


async def answers(
    cluster: Kafka, principal: str, requests: Iterable[tuple[str, Request[Any]]]
) -> dict[str, set[int]]:
    async with Bare(cluster, principal) as client:
        return {name: await client.codes(request) for name, request in requests}


@pytest.mark.parametrize("bank", BANKS)
async def test_a_bank_is_refused_every_topic_but_its_own(cluster: Kafka, bank: str) -> None:
    foreign = [topic for topic in TOPICS if not topic.startswith(f"banks.{bank}.")]
    attempts = {
        f"{name} {topic}": request
        for topic in foreign
        for name, request in (reading(topic) | changing(topic)).items()
    }
    codes_of = await answers(cluster, f"bank-{bank}", attempts.items())
    assert len(codes_of) == len(foreign) * 9
    assert {name: codes - {0} for name, codes in codes_of.items()} == {
        name: {TOPIC_REFUSED} for name in attempts
    }


@pytest.mark.parametrize("bank", BANKS)
async def test_a_bank_is_refused_every_group_but_its_own(cluster: Kafka, bank: str) -> None:
    foreign = [group for group in GROUPS if group != f"bank-{bank}"]
    attempts = {f"{name} {group}": request for group in foreign for name, request in grouping(group).items()}
    codes_of = await answers(cluster, f"bank-{bank}", attempts.items())
    assert {name: codes - {0} for name, codes in codes_of.items()} == {
        name: {GROUP_REFUSED} for name in attempts
    }


@pytest.mark.parametrize("bank", BANKS)
async def test_a_bank_may_what_its_contract_says_and_no_more_of_its_own_topics(
    cluster: Kafka, bank: str
) -> None:
    own = f"banks.{bank}."
    allowed = {
        f"{name} {own}{kind}": r
        for kind in ("requests", "receipts")
        for name, r in reading(own + kind).items()
    }
    allowed |= {"produce": produce(own + "replies"), "describe": MetadataRequest([own + "replies"])}
    codes_of = await answers(cluster, f"bank-{bank}", allowed.items())
    assert {name: codes for name, codes in codes_of.items() if codes != {0}} == {}
    for group in (f"bank-{bank}", f"bank-{bank}.team"):
        joined = {
            name: r for name, r in grouping(group).items() if name in ("find", "join", "describe group")
        }
        codes_of = await answers(cluster, f"bank-{bank}", joined.items())
        assert {name: codes for name, codes in codes_of.items() if codes & REFUSED} == {}
    forbidden = {f"{name} {own}requests": r for name, r in changing(own + "requests").items()}
    forbidden["fetch replies"] = reading(own + "replies")["fetch"]
    codes_of = await answers(cluster, f"bank-{bank}", forbidden.items())
    assert {name for name, codes in codes_of.items() if TOPIC_REFUSED not in codes} == set()


async def test_nobody_but_the_admin_changes_access_or_makes_topics(cluster: Kafka) -> None:
    grant = CreateAclsRequest(TOPIC, "intake.events", LITERAL, "User:bank-abc", "*", 3, ALLOW)
    look = DescribeAclsRequest(ANY, None, ANY, None, None, ANY, ANY)  # type: ignore[arg-type]
    make = CreateTopicsRequest([("banks.abc.other", 1, 1, [], [])], 5_000, False)
    for principal in ("bank-abc", "financing", "notify"):
        codes_of = await answers(cluster, principal, [("grant", grant), ("look", look), ("make", make)])
        assert codes_of == {"grant": {CLUSTER_REFUSED}, "look": {CLUSTER_REFUSED}, "make": {TOPIC_REFUSED}}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_writes_its_own_topics_alone(cluster: Kafka, service: str) -> None:
    codes_of = await answers(cluster, service, [(topic, produce(topic)) for topic in TOPICS])
    assert {topic for topic, codes in codes_of.items() if codes == {0}} == WRITTEN[service]
    assert {topic for topic, codes in codes_of.items() if codes == {TOPIC_REFUSED}} == set(TOPICS) - WRITTEN[
        service
    ]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_reads_what_it_hears_alone(cluster: Kafka, service: str) -> None:
    heard = {f"{other}.events" for other in HEARD[service]}
    heard |= {f"banks.{bank}.replies" for bank in BANKS if service == "financing"}
    codes_of = await answers(cluster, service, [(topic, reading(topic)["fetch"]) for topic in TOPICS])
    assert {topic for topic, codes in codes_of.items() if codes == {0}} == heard
    assert {topic for topic, codes in codes_of.items() if TOPIC_REFUSED in codes} == set(TOPICS) - heard


async def test_the_topics_of_banks_are_timed_by_the_broker_and_names_stay_a_month(cluster: Kafka) -> None:
    admin = AIOKafkaAdminClient(**cluster.as_client().client())
    await admin.start()
    try:
        names = ("banks.abc.replies", "banks.abc.requests")
        topics = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        (answer,) = await admin.describe_configs(topics)
    finally:
        await admin.close()
    replies, requests = (
        {name: value for name, value, _, source, *_ in resource[4] if source == SET_FOR_TOPIC}
        for resource in answer.resources
    )
    wanted = {"compression.type": "producer", "message.timestamp.type": "LogAppendTime"}
    assert {name: replies.get(name) for name in wanted} == wanted
    assert (replies["retention.ms"], requests["retention.ms"]) == ("-1", str(30 * 24 * 3_600_000))


async def test_a_bank_that_the_broker_refuses_holds_up_nobody(city: City, kafka: Kafka) -> None:
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"])
    await city.ok("office", "PUT", "/financing/banks/stranger", {"name": "未登记银行", "ways": ["kafka"]})
    async with KafkaBank(city, "abc") as bank:
        loan = await ask(city, "stranger", "abc")
        await bank.until("requests", 1)
        assert (await bank.report(loan["legs"]["abc"], "contacted"))["code"] == "accepted"
    query = "select count(*) from outbox where topic = 'banks.stranger.requests' and sent_at is null"
    async with city.services["financing"].engine.connect() as conn:
        assert (await conn.execute(sa.text(query))).scalar_one() == 1
    await kafka.admit(["stranger"])
    async with KafkaBank(city, "stranger") as late:
        await late.until("requests", 1)
