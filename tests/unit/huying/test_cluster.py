"""What the services that run as processes are given in their environment, and how a broker is configured."""

import json
from datetime import UTC, datetime
from pathlib import Path

from huying.kafka.setup import properties
from huying.local.cluster import process_environment
from huying.local.samples import PROCEDURES
from services.dispatch.app import SERVICE
from services.financing.settings import FinancingSettings
from shared.judging.settings import RulesSettings
from shared.service.clock import EPOCH
from shared.service.service import ServiceContext


def test_a_process_is_given_its_procedures_in_the_form_that_settings_read() -> None:
    variables = process_environment(RulesSettings(database="x", procedures=PROCEDURES, partitions=3))
    assert json.loads(variables["HUYING_PROCEDURES"]) == list(PROCEDURES)
    assert variables["HUYING_PARTITIONS"] == "3"


def test_a_process_reads_back_every_setting_that_it_is_given(monkeypatch) -> None:
    settings = FinancingSettings(database="x", topics_kept_days={"banks.*.requests": 7})
    for name, value in process_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert FinancingSettings() == settings  # type: ignore[call-arg]


async def test_a_driven_clock_starts_where_the_environment_says_and_otherwise_at_the_epoch(
    monkeypatch,
) -> None:
    settings = RulesSettings(
        database="postgresql+asyncpg://x@localhost/x", clock="driven", pack="bozhou-2024"
    )
    assert ServiceContext(SERVICE, settings).clock.now() == EPOCH
    moment = datetime(2026, 2, 13, 10, tzinfo=UTC)
    started = settings.model_copy(update={"clock_starts_at": moment})
    assert process_environment(started)["HUYING_CLOCK_STARTS_AT"] == "2026-02-13T10:00:00Z"
    monkeypatch.setenv("HUYING_CLOCK_STARTS_AT", "2026-02-13T18:00:00+08:00")
    resumed = RulesSettings(database=settings.database, clock="driven")
    assert ServiceContext(SERVICE, resumed).clock.now() == moment


def test_a_broker_behind_a_proxy_names_the_proxy_to_its_clients() -> None:
    direct = properties(1, [(9092, 9093)], Path("/data"), "secret")
    proxied = properties(1, [(9092, 9093)], Path("/data"), "secret", proxy_port=7000)
    assert set(proxied) - set(direct) == {"advertised.listeners=CLIENT://127.0.0.1:7000"}
