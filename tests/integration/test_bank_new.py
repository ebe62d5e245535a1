"""`huying bank new`: what it prints is pasted as it stands, and works."""

import asyncio
import json
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiokafka import AIOKafkaConsumer

from huying.local.accounts import ACCOUNTS, KEYS, accounts
from huying.local.bank_connection import BROKER, connect_bank, last_port, write_broker
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from huying.local.running_services import URLS
from services.financing.app import SERVICE
from shared.service.start import listening, under_one_port
from tests import bank_clients
from tests.bank_clients import cells
from tests.city import PEOPLE, City
from tests.lending import ask, banks

NAME = "青山示例银行"


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Financing over HTTP on the wall clock; the broker's folder says where it is, as a state folder does."""
    state, port = Path(broker.state), free_port()
    async with City(postgres, broker, services=(SERVICE,), clock="wall") as city:
        app = under_one_port({"financing": city.services["financing"].app})
        (state / URLS).write_text(
            yaml.safe_dump({"financing": f"http://127.0.0.1:{port}/financing"}), "utf-8"
        )
        write_broker(state, broker.bootstrap, None)
        async with listening(app, "127.0.0.1", port):
            yield city


async def registered(city: City, code: str, name: str | None, *ways: Any) -> str:
    """What the command prints; it runs in a process of its own."""
    return await asyncio.to_thread(asyncio.run, connect_bank(Path(city.broker.state), code, name, ways))


async def pasted(printed: str, start: str, **words: str) -> Any:
    """The answer to the printed curl command that has `start` in its address."""
    command = next(line for line in printed.splitlines() if "curl" in line and start in line).strip()
    for word, value in words.items():
        command = command.replace(word, value)
    run = await asyncio.to_thread(subprocess.run, shlex.split(command), capture_output=True, timeout=30)
    return json.loads(run.stdout)


def properties(printed: str) -> dict[str, str]:
    """The properties for librdkafka."""
    block = printed.partition("librdkafka")[2].partition("Java")[0]
    return dict(re.findall(r"^    ([a-z.]+)=(.+)$", block, re.MULTILINE))


async def test_what_a_bank_is_told_works_as_it_is_pasted_while_the_services_run(city: City) -> None:
    printed = await registered(city, "qs", NAME, "desk", "kafka")
    loan = await ask(city, banks=["qs"])
    leg = loan["legs"][0]["leg"]
    async with asyncio.timeout(30):
        while not (listed := await pasted(printed, "/bank/requests")).get("items"):
            await asyncio.sleep(0.1)
    assert [item["leg"] for item in listed["items"]] == [leg]
    receipt = await pasted(printed, "/bank/reports", LEG=leg)
    assert (receipt["outcome"], receipt["state"]) == ("accepted", "contacted")

    kafka_properties = properties(printed)
    assert kafka_properties["group.id"] == "bank-qs"
    consumer = AIOKafkaConsumer(
        "banks.qs.requests",
        bootstrap_servers=kafka_properties["bootstrap.servers"],
        auto_offset_reset=kafka_properties["auto.offset.reset"],
    )
    await consumer.start()
    try:
        record = await asyncio.wait_for(consumer.getone(), 30)
    finally:
        await consumer.stop()
    assert leg in record.value.decode()


@pytest.mark.parametrize("client", ["confluent-kafka", "kafka-clients-4"])
async def test_what_is_printed_for_a_client_is_what_the_page_of_clients_says(city: City, client: str) -> None:
    printed = await registered(city, "qs", NAME, "kafka")
    (cell,) = [
        cell for cell in cells() if (cell.client, cell.codec, cell.idempotent) == (client, "none", False)
    ]
    words = {"BROKER": city.broker.bootstrap, "CODE": "qs"}
    block = bank_clients.settings(cell, "embedded", words).partition("# producer")[0]
    lines = bank_clients.printed_lines(printed, client)
    assert sorted(lines) == sorted(re.findall(r"^[a-z.]+=.+$", block, re.MULTILINE))


async def test_a_bank_names_its_address_by_the_line_that_was_printed(city: City) -> None:
    printed = await registered(city, "qs", NAME, "webhook")
    answer = await pasted(printed, "/endpoint", **{"HOST/PATH": "example.com/hook"})
    assert answer["secret"].startswith("whsec_")


async def test_its_key_stays_when_the_city_starts_again_and_when_it_is_told_again(city: City) -> None:
    first = await registered(city, "qs", NAME, "desk")
    state = Path(city.broker.state)
    accounts(state, PEOPLE)
    listed = yaml.safe_load((state / ACCOUNTS).read_text("utf-8"))
    assert [account["name"] for account in listed].count("qs") == 1
    key = yaml.safe_load((state / KEYS).read_text("utf-8"))["qs"]
    assert key in first
    again = await registered(city, "qs", None, "webhook", "desk")
    assert (NAME in again, key in again) == (True, True)
    (bank,) = (await city.ok("office", "GET", "/financing/banks"))["items"]
    assert (bank["name"], set(bank["ways"])) == (NAME, {"desk", "webhook"})


async def test_a_bank_that_gets_another_name_is_told_which_it_had(city: City) -> None:
    assert "was called" not in await registered(city, "qs", NAME, "desk")
    assert f"原名 {NAME} / was called {NAME} before" in await registered(city, "qs", "青山银行", "desk")
    assert "was called" not in await registered(city, "qs", None, "desk")


@pytest.mark.parametrize(
    ("code", "name", "sentence"),
    [
        ("state-one", NAME, "is a sample bank"),
        ("QS", NAME, "is no bank's code"),
        ("no-name", None, "give its name"),
        ("no-name", "", "give its name"),
        ("long-name", "长" * 101, "answers 422"),
    ],
)
async def test_what_cannot_be_a_bank_is_refused_and_gets_no_key(
    city: City, code: str, name: str | None, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        await registered(city, code, name, "desk")
    assert code not in yaml.safe_load((Path(city.broker.state) / KEYS).read_text("utf-8"))


async def test_other_banks_stay_as_they_are(city: City) -> None:
    await banks(city, "abc")
    await registered(city, "qs", NAME, "desk")
    listed = {
        bank["code"]: bank["name"] for bank in (await city.ok("office", "GET", "/financing/banks"))["items"]
    }
    assert listed == {"abc": "示例银行C", "qs": NAME}


@pytest.mark.slow
def test_where_nothing_runs_the_command_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "huying", "bank", "new", "qs", "--way", "desk", "--state", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stderr.count("\n")) == (1, 1)
    assert "nothing runs on the state folder" in run.stderr
    wrong = subprocess.run([*command, "--way", "fax"], capture_output=True, text=True, timeout=60)
    assert "--way fax is none of kafka, webhook, desk" in wrong.stderr


def test_the_broker_keeps_its_port_where_it_is_free(tmp_path: Path) -> None:
    assert last_port(tmp_path) == 0
    port = free_port()
    write_broker(tmp_path, f"127.0.0.1:{port}", None)
    assert last_port(tmp_path) == port
    assert yaml.safe_load((tmp_path / BROKER).read_text("utf-8"))["kafka"] == ""
