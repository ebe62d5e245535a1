"""Kafka clients of banks: the programs in `tests/delivery/clients`, set as `docs/banks/clients.md` says."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from huying.kafka.setup import JVM, cached, jars
from huying.local.cluster import PARTITIONS
from services.financing import bank_documents
from services.financing.banks.kafka import topics
from tests.city import City

PAGE = bank_documents.FOLDER / "clients.md"
PROGRAMS = Path(__file__).parent / "delivery" / "clients"
CLIENTS = ("kafkajs", "confluent-kafka", "kafka-clients-3", "kafka-clients-4")
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
TIMES = "bank client"
"""The name under which a test records how long a client took."""
NOT_HERE = "is not on this machine"
LIMIT_S = 100


class Cell(NamedTuple):
    """A client with its settings, and on which brokers the page says that it works."""

    client: str
    version: str
    codec: str
    idempotent: bool
    works_on: frozenset[str]

    def __str__(self) -> str:
        return f"{self.client}-{self.codec}{'-idempotent' if self.idempotent else ''}"


def cells() -> list[Cell]:
    """Every cell of the page's table."""
    rows = re.findall(r"^\| (.+ \| (?:yes|no) \| .+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return [cell for row in rows for cell in _cells(*row.split(" | "))]


def _cells(client: str, version: str, codecs: str, idempotent: str, *words: str) -> list[Cell]:
    works_on = frozenset(
        broker for broker, word in zip(("apache", "embedded"), words, strict=True) if word == "works"
    )
    return [Cell(client, version, codec, idempotent == "yes", works_on) for codec in codecs.split(", ")]


def blocks(heading: str = "") -> list[str]:
    """The blocks of code below a heading of the page, or all."""
    page = PAGE.read_text("utf-8")
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0] if heading else page
    return re.findall(r"^```\w+\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def settings(cell: Cell, broker: str, words: Mapping[str, str]) -> str:
    """The page's block for a client and a broker, with the values of its words in capitals, for this cell."""
    heading = re.sub(r"-\d$", "", cell.client)
    title = {"apache": " Apache Kafka\n", "embedded": " embedded broker\n"}[broker]
    (block,) = [block for block in blocks(heading) if title in block]
    block = re.sub("|".join(words), lambda word: words[word[0]], block)
    for name, value in (
        ("compression: ", str(CODECS.index(cell.codec))),
        ("compression.type=", cell.codec),
        ("idempotent: ", str(cell.idempotent).lower()),
        ("enable.idempotence=", str(cell.idempotent).lower()),
    ):
        block = re.sub(rf"(?<=\b{re.escape(name)})\w+", value, block)
    return block


def printed_lines(printed: str, client: str) -> list[str]:
    """The lines for a client among those that `huying bank new` printed."""
    title, after = ("librdkafka", "Java") if client == "confluent-kafka" else ("Java", "kafkajs")
    section = printed.partition(f"  {title} ")[2].partition(f"  {after}")[0]
    return re.findall(r"^ *([a-z.]+=.+)$", section, re.MULTILINE)


async def until_told(city: City, bank: str, number: int) -> None:
    """Wait until the bank's three topics are made, and so many requests are sent on them."""
    requests = "select count(*) from outbox where topic = :topic and sent_at is not null"
    replies = "select count(*) from bank_replies where bank = :bank"
    query = sa.text(f"select ({requests}), ({replies})")
    values = {"topic": topics.requests(bank), "bank": bank}
    async with asyncio.timeout(30), city.services["financing"].engine.connect() as conn:
        while tuple((await conn.execute(query, values)).one()) != (number, PARTITIONS):
            await asyncio.sleep(0.05)


def needed(*programs: str) -> list[str]:
    """Where the programs are; the test is skipped where one is not on this machine."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"NOT RUN: {program} {NOT_HERE}")
    return [str(shutil.which(program)) for program in programs]


def node_modules(npm: str, package: Path = PROGRAMS / "package.json", name: str = "bank-js") -> Path:
    """The folder of the packages that `package` names; npm fetches them at the first call.

    Where a lock lies beside it, these very files.
    """
    lock = package.with_name("package-lock.json")
    files = [file for file in (package, lock) if file.exists()]
    folder = cached(name, b"".join(file.read_bytes() for file in files))
    if not folder.exists():
        fresh = folder.with_suffix(f".{os.getpid()}")
        fresh.mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copy(file, fresh)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(fresh)]
        command = ["ci"] if lock in files else ["install", "--no-package-lock"]
        npm_run = subprocess.run([npm, *command, *options], capture_output=True, text=True)
        assert npm_run.returncode == 0, f"npm cannot fetch what {package} names: {npm_run.stderr}"
        with suppress(OSError):  # another process fetched them first
            fresh.replace(folder)
    return folder / "node_modules"


def command(client: str) -> tuple[list[str], dict[str, str]]:
    """What starts a client, and its environment; fetches what the client needs."""
    if client == "kafkajs":
        node, npm = needed("node", "npm")
        return [node, str(PROGRAMS / "bank.js")], {"NODE_PATH": str(node_modules(npm))}
    if client == "confluent-kafka":
        return [sys.executable, str(PROGRAMS / "bank_confluent.py")], {}
    java, mvn = needed("java", "mvn")
    classpath = f"{jars(mvn, PROGRAMS / f'{client}.xml')}/*"
    return [java, *JVM, "-Dfile.encoding=UTF-8", "-cp", classpath, str(PROGRAMS / "Bank.java")], {}


@dataclass
class Outcome:
    """What a client printed, and seconds from its first line, where it starts, to its first receipt."""

    version: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    first_receipt_s: float = 0.0
    _began: float = 0.0

    def take(self, line: dict[str, Any]) -> None:
        """Keep what a line says."""
        if "version" in line:
            self.version, self._began = line["version"], time.monotonic()
        if "request" in line:
            self.requests.append(line["request"])
        if "receipt" in line:
            self.receipts.append(line["receipt"])
            self.first_receipt_s = self.first_receipt_s or time.monotonic() - self._began
        self.error = line.get("error", self.error)


async def run(client: str, settings_file: Path, bank: str, states: str, receipts: int) -> Outcome:
    """Run a client until it has so many receipts, one that is not `accepted`, or ends."""
    words, environment = await asyncio.to_thread(command, client)
    environment |= {
        "PATH": "/usr/bin:/bin",
        "SETTINGS": str(settings_file),
        "BANK": bank,
        "STATES": states,
        "RECEIPTS": str(receipts),
    }
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    outcome = Outcome()
    process = await asyncio.create_subprocess_exec(*words, **pipes, env=environment)
    complaints = asyncio.create_task(process.stderr.read())
    try:
        async with asyncio.timeout(LIMIT_S):
            async for line in process.stdout:
                outcome.take(json.loads(line))
                if outcome.receipts and outcome.receipts[-1]["outcome"] != "accepted":
                    return outcome
            if await process.wait() and outcome.error is None:
                outcome.error = (await complaints).decode()
    except TimeoutError:
        process.kill()
        raise AssertionError(f"{outcome} {(await complaints).decode()[-3000:]}") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return outcome


def times(reports: Iterable[Any]) -> list[str]:
    """A line for each client that was tried: seconds from its start to its first receipt."""
    recorded = [value for report in reports for name, value in report.user_properties if name == TIMES]
    return [f"first receipt {seconds:5.1f} s after the start of {cell}" for cell, seconds in recorded]
