"""A Kafka client leaves neither connection nor task behind, at whatever moment its task ends."""

import asyncio
import gc
import os
import signal
import socket
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.metadata import MetadataRequest

from huying.commands.running import run_until_stopped
from huying.local.embedded import EmbeddedBroker
from shared.messaging.clients import connected

TOPIC = "topic"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    async with EmbeddedBroker(tmp_path) as broker:
        async with connected(AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
            await admin.create_topics([NewTopic(TOPIC, 1, 1)])
        yield broker


def reader(**options: Any) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(**options)
    consumer.assign([TopicPartition(TOPIC, 0)])
    return consumer


def member(**options: Any) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(TOPIC, group_id="group", **options)


async def use(client: Any) -> None:
    """Have a client connected, and at work, until cancelled."""
    async with connected(client):
        while True:
            if isinstance(client, AIOKafkaProducer):
                await client.send(TOPIC, b"x")
            elif isinstance(client, AIOKafkaConsumer):
                await client.getmany(timeout_ms=10)
            await asyncio.sleep(0.005)


def sockets() -> int:
    return sum(os.readlink(f"/proc/self/fd/{fd}").startswith("socket:") for fd in _descriptors())


def _descriptors() -> list[str]:
    return [fd for fd in os.listdir("/proc/self/fd") if os.path.islink(f"/proc/self/fd/{fd}")]


async def until_left(before: int, tasks: set[Any]) -> None:
    """Wait until there are no more sockets and tasks than before."""
    async with asyncio.timeout(20):
        while sockets() > before or asyncio.all_tasks() - tasks:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("kind", [AIOKafkaClient, AIOKafkaAdminClient, AIOKafkaProducer, reader])
async def test_a_client_that_is_cancelled_at_any_moment_leaves_nothing_behind(
    broker: EmbeddedBroker, kind: Any
) -> None:
    before, tasks = sockets(), asyncio.all_tasks()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for number in range(60):
            task = asyncio.create_task(use(kind(bootstrap_servers=broker.bootstrap)))
            await asyncio.sleep(0.0004 * number)
            task.cancel()
            if number % 5 == 0:  # and once more, while it closes
                await asyncio.sleep(0)
                task.cancel()
            await asyncio.wait({task})
            del task
        await until_left(before, tasks)
        gc.collect()
    assert [str(warning.message) for warning in warned if "AIOKafka" in str(warning.message)] == []


async def test_clients_whose_broker_hangs_are_torn_down(broker: EmbeddedBroker) -> None:
    before, tasks = sockets(), asyncio.all_tasks()
    kinds = (AIOKafkaClient, AIOKafkaAdminClient, AIOKafkaProducer, reader, member)
    clients = [kind(bootstrap_servers=broker.bootstrap) for kind in kinds]
    using = [asyncio.create_task(use(client)) for client in clients]
    async with asyncio.timeout(30):
        while not clients[-1].assignment():
            await asyncio.sleep(0.05)
    assert broker.process_id is not None
    os.kill(broker.process_id, signal.SIGSTOP)
    try:
        await clients[2].send(TOPIC, b"never acknowledged")
        connecting = asyncio.create_task(use(AIOKafkaClient(bootstrap_servers=broker.bootstrap)))
        await asyncio.sleep(0)
        for task in (*using, connecting):
            task.cancel()
        async with asyncio.timeout(20):
            await asyncio.wait({*using, connecting})
        del task, connecting, using
        await until_left(before, tasks)
    finally:
        os.kill(broker.process_id, signal.SIGCONT)


RESETS = 40
TURNS = 8  # a metadata request is written within so many turns of the loop


def test_a_client_goes_on_after_its_broker_reset_the_connection_it_writes_to(tmp_path: Path) -> None:
    """On the loop of services: aiokafka expects OSError alone from a write to a closed connection."""
    sent: list[int] = []

    async def send_through_resets() -> None:
        async with EmbeddedBroker(tmp_path) as broker, asyncio.timeout(60):
            options: dict[str, Any] = {"bootstrap_servers": broker.bootstrap, "retry_backoff_ms": 5}
            async with connected(AIOKafkaProducer(**options)) as producer:
                for turns in range(RESETS):
                    await break_connections(producer.client, turns % TURNS)
                    await producer.send_and_wait(TOPIC, b"%d" % turns)
                    sent.append(turns)

    run_until_stopped(send_through_resets())
    assert sent == list(range(RESETS))


async def break_connections(client: AIOKafkaClient, turns: int) -> None:
    """Have a write of each connection fail; some turns of the loop later have the client ask for metadata.

    `_conns` and `_writer` are private parts of aiokafka: no public one reaches the socket.
    """
    answers = []
    for connection in list(client._conns.values()):
        with socket.socket(fileno=os.dup(connection._writer.get_extra_info("socket").fileno())) as same:
            same.shutdown(socket.SHUT_WR)
        answers.append(asyncio.ensure_future(connection.send(MetadataRequest([]))))
    for _ in range(turns):
        await asyncio.sleep(0)
    asking = client.force_metadata_update()
    await asyncio.wait({asking}, timeout=5)
    await asyncio.gather(*answers, return_exceptions=True)
