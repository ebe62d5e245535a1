"""The listener for banks speaks TLS: the broker shows a certificate, and with mTLS the bank does too."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from huying.kafka.broker import Kafka, Tls
from huying.kafka.certificates import Authority
from huying.local.errors import EmbeddedError
from shared.messaging.clients import connected
from shared.service.settings import KafkaSettings

BANK = "abc"
TOPIC = f"banks.{BANK}.replies"
ANSWER_MS = 5_000


@pytest.fixture(params=["server", "mutual"])
async def cluster(
    request: pytest.FixtureRequest, tmp_path: Path, kafka: Kafka | None
) -> AsyncIterator[Kafka]:
    """A cluster of its own with the listener for banks, and the bank's topic on it."""
    if kafka is None:
        pytest.skip("NOT RUN: the embedded broker speaks no TLS (make test-kafka)")
    tls: Tls = request.param
    cluster = Kafka(tmp_path, tls=tls)
    await cluster.start()
    try:
        await cluster.admit([BANK])
        async with connected(AIOKafkaAdminClient(**cluster.as_client().client())) as admin:
            await admin.create_topics([NewTopic(TOPIC, 1, 1)])
        yield cluster
    finally:
        await cluster.stop()


def login(cluster: Kafka) -> KafkaSettings:
    settings = cluster.login_over_tls(BANK)
    assert settings is not None
    return settings


async def send(settings: KafkaSettings) -> None:
    producer = AIOKafkaProducer(**settings.client(), request_timeout_ms=ANSWER_MS)
    async with connected(producer):
        await producer.send_and_wait(TOPIC, b"{}")


async def test_a_bank_writes_over_tls_and_nobody_else_gets_in(cluster: Kafka, tmp_path: Path) -> None:
    bank = login(cluster)
    await send(bank)
    for stranger in (
        bank.model_copy(update={"kafka_protocol": "SASL_PLAINTEXT"}),
        bank.model_copy(update={"kafka_password": "guessed"}),
    ):
        with pytest.raises(KafkaError):
            await send(stranger)
    other = Authority(tmp_path / "other")
    other.issue("bank-abc")
    with pytest.raises((KafkaError, ssl.SSLError)):
        await send(bank.model_copy(update={"kafka_ca": other.certificate}))
    if bank.kafka_certificate is not None:
        for certificate in (None, other.issue("bank-abc")):
            with pytest.raises((KafkaError, ssl.SSLError)):
                await send(bank.model_copy(update={"kafka_certificate": certificate}))
    services = AIOKafkaConsumer(TOPIC, auto_offset_reset="earliest", **cluster.as_client().client())
    async with connected(services):
        assert (await services.getone()).value == b"{}"

    assert Kafka(tmp_path).login_over_tls(BANK) == bank
    other_kind: Tls = "server" if bank.kafka_certificate else "mutual"
    with pytest.raises(EmbeddedError, match="TLS for banks"):
        Kafka(tmp_path, tls=other_kind)
