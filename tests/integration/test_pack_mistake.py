"""A service that is told something wrong does not start, and says what, where, and what to do."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from huying.local.cluster import PARTITIONS, process_environment
from huying.local.data_keys import made_ring
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from shared.judging.settings import RulesSettings
from shared.rules.pack.pack_files import PACKS
from shared.service.settings import Settings

GOOD = (PACKS / "bozhou-2024@1.yaml").read_text("utf-8")


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    """A broker of the test's own, empty."""
    async with EmbeddedBroker(tmp_path) as server:
        yield server


@pytest.fixture
def settings(postgres: EmbeddedPostgres) -> Settings:
    return RulesSettings(
        database=postgres.dsn("intake", "intake"),
        bootstrap="127.0.0.1:9",
        partitions=PARTITIONS,
        port=1,
        data_keys=made_ring(postgres.state, "intake"),
    )


async def serve(settings: Settings, service: str = "intake") -> tuple[int | None, str]:
    """Start a service as an operator does: its exit code, and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "huying", "serve", service,
        env={**os.environ, **process_environment(settings)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    except TimeoutError:
        process.kill()
        output, _ = await process.communicate()
    return process.returncode, output.decode()


MISTAKES = {
    "a number that is none": ("number: 1, unit: natural_days", "number: one, unit: natural_days", "number"),
    "an unknown field": ("in_force_on: 2024-02-14", "in_force_on: 2024-02-14\ncolour: red", "colour"),
    "an act that cannot meet a deadline": ("contact: [contacted,", "contact: [signed_off,", "signed_off"),
}


@pytest.mark.parametrize(
    "mistake",
    [
        "an unknown field",
        *(pytest.param(name, marks=pytest.mark.slow) for name in MISTAKES if "field" not in name),
    ],
)
async def test_a_pack_with_a_mistake_is_refused_by_file_line_and_rule(
    settings: Settings, tmp_path: Path, mistake: str
) -> None:
    right, wrong, reason = MISTAKES[mistake]
    more = wrong.count("\n")
    file = tmp_path / "ours.yaml"
    file.write_text(GOOD.replace(right, wrong, 1), "utf-8")
    code, output = await serve(settings.model_copy(update={"pack": str(file)}))
    assert code == 1
    assert "Traceback" not in output
    line = 1 + GOOD[: GOOD.index(right)].count("\n")
    assert f"{file}, line {line + more}: " in output
    assert reason in output


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"pack": "{folder}/nowhere.yaml"}, "{folder}/nowhere.yaml"),
        ({"accounts": "{folder}/nowhere.yaml"}, "{folder}/nowhere.yaml"),
        pytest.param({"pack": "atlantis-2024"}, "bozhou-2024", marks=pytest.mark.slow),
        pytest.param({"zone": "Europe/Atlantis"}, "Europe/Atlantis", marks=pytest.mark.slow),
    ],
)
async def test_a_pack_or_an_accounts_file_or_a_zone_that_is_not_there_is_refused(
    settings: Settings, tmp_path: Path, wrong: dict[str, str], reason: str
) -> None:
    changes = {name: value.format(folder=tmp_path) for name, value in wrong.items()}
    code, output = await serve(settings.model_copy(update=changes))
    assert (code, "Traceback" in output) == (1, False), output
    assert reason.format(folder=tmp_path) in output


async def test_a_service_that_is_not_there_is_refused(settings: Settings) -> None:
    code, output = await serve(settings, "kitchen")
    assert (code, "Traceback" in output) == (1, False), output
    assert "intake" in output


async def test_a_topic_with_another_number_of_partitions_is_refused(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, settings: Settings
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("dispatch.events", PARTITIONS + 2, 1)])
    await admin.close()
    code, output = await serve(settings.model_copy(update={"bootstrap": broker.bootstrap, "port": 0}))
    assert (code, "Traceback" in output) == (1, False), output
    assert f"topic dispatch.events has {PARTITIONS + 2} partitions" in output
    assert f"HUYING_PARTITIONS={PARTITIONS + 2}" in output
