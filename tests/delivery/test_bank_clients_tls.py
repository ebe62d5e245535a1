"""Banks' clients connect over mutual TLS by the lines that `huying bank new` prints, pasted as they are."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from huying.kafka.broker import Kafka
from huying.local.bank_connection import connect_bank, write_broker
from huying.local.embedded import EmbeddedPostgres, free_port
from huying.local.running_services import URLS
from services.financing.app import SERVICE as FINANCING
from shared.service.start import listening, under_one_port
from tests import bank_clients
from tests.bank_clients import CLIENTS, cells
from tests.banks import ask, leg_of
from tests.city import City
from tests.spring_bank import SpringBank

NAME = "示例银行"


@pytest.fixture
async def city(tmp_path: Path, postgres: EmbeddedPostgres, kafka: Kafka | None) -> AsyncIterator[City]:
    """Financing over HTTP, on a cluster of its own that asks banks for certificates."""
    if kafka is None:
        pytest.skip("NOT RUN: the embedded broker speaks no TLS (make test-clients)")
    cluster, port = Kafka(tmp_path, tls="mutual"), free_port()
    await cluster.start()
    try:
        async with City(postgres, cluster, services=(FINANCING,)) as city:
            app = under_one_port({"financing": city.services["financing"].app})
            state = Path(cluster.state)
            (state / URLS).write_text(yaml.safe_dump({"financing": f"http://127.0.0.1:{port}/financing"}))
            write_broker(state, cluster.bootstrap, tmp_path)
            async with listening(app, "127.0.0.1", port):
                yield city
    finally:
        await cluster.stop()


def words_of(printed: str, code: str) -> dict[str, str]:
    """What was printed for librdkafka, by the words in capitals that stand for it."""
    lines = bank_clients.printed_lines(printed, "confluent-kafka")
    properties = dict(line.split("=", 1) for line in lines)
    return {
        "BROKER": properties["bootstrap.servers"],
        "CODE": code,
        "PASSWORD": properties["sasl.password"],
        "CERTIFICATE": properties["ssl.certificate.location"],
        "AUTHORITY": properties["ssl.ca.location"],
    }


def kafkajs_lines(printed: str, code: str) -> list[str]:
    """The page's settings for kafkajs, with what was printed for librdkafka."""
    words = words_of(printed, code)
    cell = next(cell for cell in cells() if cell.client == "kafkajs" and cell.idempotent)
    block = bank_clients.settings(cell, "apache", words)
    (tls,) = [block for block in bank_clients.blocks("kafkajs") if "ssl: " in block]
    for word, value in words.items():
        tls = tls.replace(word, value)
    return ["const fs = require('node:fs')", block.replace("    sasl:", f"    {tls}    sasl:")]


@pytest.mark.slow
async def test_what_is_printed_connects_each_client_over_mutual_tls(city: City, tmp_path: Path) -> None:
    await city.move_to("2026-11-09 09:00")
    for number, client in enumerate(CLIENTS):
        code, state = f"bank-{number}", Path(city.broker.state)
        printed = await asyncio.to_thread(asyncio.run, connect_bank(state, code, NAME, ["kafka"]))
        kafkajs = client == "kafkajs"
        lines = kafkajs_lines(printed, code) if kafkajs else bank_clients.printed_lines(printed, client)
        loan = await ask(city, code)
        await bank_clients.until_told(city, code, 1)
        file = tmp_path / f"{client}.js"
        file.write_text("\n".join(lines), "utf-8")
        outcome = await bank_clients.run(client, file, code, "contacted", 1)
        assert outcome.error is None
        (receipt,) = outcome.receipts
        assert (receipt["leg"], receipt["code"]) == (loan["legs"][code], "accepted")


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_the_sample_on_spring_boot_connects_over_mutual_tls(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    state = Path(city.broker.state)
    printed = await asyncio.to_thread(asyncio.run, connect_bank(state, "spring", NAME, ["kafka"]))
    loan = await ask(city, "spring")
    async with SpringBank(**words_of(printed, "spring"), SPRING_PROFILES_ACTIVE="mtls") as bank:
        await bank.until("accepted")
    assert (await leg_of(city, loan, "spring"))["state"] == "received"
