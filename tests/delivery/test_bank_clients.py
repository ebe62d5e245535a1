"""Each ordinary Kafka client of a bank works, with each codec, as `docs/banks/clients.md` says."""

import zlib
from collections.abc import AsyncIterator, Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from huying.kafka.broker import Kafka
from huying.local.cluster import PARTITIONS
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE as FINANCING
from shared.messaging.broker import key_hash
from tests import bank_clients, batches
from tests.bank_clients import CLIENTS, CODECS, Cell, Outcome, cells, until_told
from tests.banks import ask, directory
from tests.city import City
from tests.conftest import BROKER

LEGS = 4
STATES = ("contacted", "under_review", "approved")
OF_ALL_CODECS = "kafkajs"
"""The client whose codecs are all tried without being asked for; it takes them from packages of others."""


def crc32(key: str) -> int:
    return zlib.crc32(key.encode())


PARTITIONERS: dict[str, Callable[[str], int]] = dict.fromkeys(CLIENTS, key_hash) | {"confluent-kafka": crc32}
"""By what hash of the key each client chooses the partition, unless it is told otherwise."""


def parameter(cell: Cell) -> Any:
    """The cell, slow but for one codec of each client, all of one on Apache Kafka, and what is refused."""
    usual = cell.idempotent is (BROKER == "apache") or BROKER not in cell.works_on
    quick = cell.codec == "lz4" or (cell.client == OF_ALL_CODECS and BROKER == "apache")
    return pytest.param(cell, marks=() if usual and quick else pytest.mark.slow, id=str(cell))


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker | Kafka) -> AsyncIterator[City]:
    """Financing alone, and a bank with some requests."""
    async with City(postgres, broker, services=(FINANCING,)) as city:
        await city.move_to("2026-11-09 09:00")
        await directory(city, abc=["kafka"])
        for _ in range(LEGS):
            await ask(city, "abc")
        await until_told(city, "abc", LEGS)
        yield city


async def outcome_of(city: City, cell: Cell, folder: Path, *more: str) -> Outcome:
    """What the client of a cell printed, with the settings of the page for it and `more` lines."""
    login = city.broker.as_client("bank-abc")
    words = {"BROKER": login.bootstrap, "CODE": "abc"}
    if BROKER == "apache":
        words["PASSWORD"] = login.client()["sasl_plain_password"]
    file = folder / ("settings.js" if cell.client == "kafkajs" else "settings.properties")
    block = bank_clients.settings(cell, BROKER, words)
    file.write_text("\n".join([block, *more]), "utf-8")
    return await bank_clients.run(cell.client, file, "abc", ",".join(STATES), LEGS * len(STATES))


def assert_accepted(outcome: Outcome, partitioner: Callable[[str], int]) -> None:
    """The reports on each leg were accepted, in order, on the partition that follows from its number."""
    assert outcome.error is None
    legs = {request["leg"] for request in outcome.requests}
    assert len(legs) == LEGS
    for leg in legs:
        receipts = [receipt for receipt in outcome.receipts if receipt["leg"] == leg]
        assert [(receipt["code"], receipt["state"]) for receipt in receipts] == [
            ("accepted", state) for state in STATES
        ], receipts
        partitions = {receipt["reply"]["partition"] for receipt in receipts}
        assert partitions == {partitioner(leg) % PARTITIONS}


@pytest.mark.parametrize("cell", [parameter(cell) for cell in cells()])
async def test_a_bank_s_client_reports_and_reads_its_receipts_or_is_refused(
    city: City, cell: Cell, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    outcome = await outcome_of(city, cell, tmp_path)
    assert outcome.version == cell.version
    heads = await batches.heads(city.broker.as_client(), "banks.abc.replies", PARTITIONS)
    if BROKER not in cell.works_on:
        assert outcome.error
        assert (outcome.receipts, heads) == ([], set())
        return
    assert_accepted(outcome, PARTITIONERS[cell.client])
    assert heads == {(CODECS.index(cell.codec), cell.idempotent)}
    record_property(bank_clients.TIMES, (str(cell), outcome.first_receipt_s))


async def test_librdkafka_chooses_partitions_as_the_others_do_where_it_is_told_to(
    city: City, tmp_path: Path
) -> None:
    cell = Cell("confluent-kafka", "", "none", BROKER == "apache", frozenset())
    outcome = await outcome_of(city, cell, tmp_path, "partitioner=murmur2_random")
    assert_accepted(outcome, key_hash)


@pytest.mark.slow
@pytest.mark.parametrize("client", [client for client in CLIENTS if client != "kafkajs"])
async def test_a_client_may_use_the_newer_protocol_of_groups(city: City, tmp_path: Path, client: str) -> None:
    if BROKER != "apache":
        pytest.skip("NOT RUN: the embedded broker has the older protocol alone (make test-clients)")
    cell = Cell(client, "", "zstd", True, frozenset())
    outcome = await outcome_of(city, cell, tmp_path, "group.protocol=consumer")
    assert_accepted(outcome, PARTITIONERS[client])


def test_the_page_has_every_client_with_every_codec_idempotent_or_not() -> None:
    listed = [(cell.client, cell.codec, cell.idempotent) for cell in cells()]
    assert sorted(listed) == sorted(product(CLIENTS, CODECS, (False, True)))
    assert all("apache" in cell.works_on for cell in cells())


def test_the_page_registers_codecs_of_kafkajs_as_its_program_does() -> None:
    (registered,) = [block for block in bank_clients.blocks() if "CompressionCodecs" in block]
    assert registered in (bank_clients.PROGRAMS / "bank.js").read_text("utf-8")
