"""The figures: who may read them, that the catalogue has all of them, and that they count what happened."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services import SERVICES
from tests.city import ALL, City, refused

CATALOGUE = Path(__file__).parent.parent.parent / "docs" / "telemetry.md"


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """All services on Monday 2026-11-09 at 09:00, tracing to where nobody listens."""
    async with City(
        postgres, broker, services=ALL, otlp_endpoint="http://127.0.0.1:9", trace_ratio=1.0
    ) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


async def scraped(city: City, service: str) -> dict[str, list[Any]]:
    """The samples of a service by the name of their metric."""
    answer = await city.call("ops", "GET", f"/{service}/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    samples: dict[str, list[Any]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            samples.setdefault(sample.name, []).append(sample)
    return samples


async def value(city: City, service: str, name: str, **labels: str) -> float:
    """The one value of these labels."""
    samples = (await scraped(city, service)).get(name, [])
    (only,) = [sample.value for sample in samples if labels.items() <= sample.labels.items()]
    return float(only)


async def query_again(city: City, service: str) -> None:
    """Let the database be asked at the next scrape, as if the 15 seconds were over."""
    for answer in city.services[service].telemetry.metrics._results.values():
        answer.asked_ns = 0


def described() -> dict[str, set[str]]:
    """By name in the catalogue: the labels beside `service`."""
    rows = re.findall(r"^\| `(huying_\w+)` \| \w+ \|([^|]*)\|", CATALOGUE.read_text("utf-8"), re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}


async def test_figures_are_for_the_role_ops_alone(city: City) -> None:
    refused(await city.call(None, "GET", "/intake/metrics"), 401, "Authorization")
    refused(await city.call("office", "GET", "/intake/metrics"), 403)
    assert (await city.call("ops", "GET", "/intake/metrics")).status_code == 200


async def test_the_catalogue_has_every_figure_with_its_labels_and_no_other(city: City) -> None:
    appeal = await city.register()
    await city.dispatch(appeal)
    await city.drained()
    wanted, exposed = described(), dict[str, set[str]]()
    for service in SERVICES:
        for family in city.services[service].telemetry.metrics.registry.collect():
            name = f"{family.name}_total" if family.type == "counter" else family.name
            if name.startswith("huying_"):
                labels = {key for sample in family.samples for key in sample.labels} - {"service", "le"}
                exposed[name] = exposed.get(name, set()) | labels
    assert exposed.keys() == wanted.keys()
    assert {name: labels for name, labels in exposed.items() if labels - wanted[name]} == {}


async def test_every_series_names_its_service(city: City) -> None:
    for service in SERVICES:
        samples = [sample for samples in (await scraped(city, service)).values() for sample in samples]
        ours = [sample for sample in samples if sample.name.startswith("huying_")]
        assert ours
        assert {sample.labels["service"] for sample in ours} == {service}


async def test_requests_are_counted_by_template_and_class_of_status(city: City) -> None:
    name = "huying_http_request_duration_seconds_count"
    posted = {"method": "POST", "route": "/intake/appeals"}
    await city.register()
    before = await value(city, "intake", name, **posted, status="2xx")
    await city.register()
    await city.call(None, "POST", "/intake/appeals", {})
    await city.call(None, "BREW", "/intake/nowhere/13977771234")
    assert await value(city, "intake", name, **posted, status="2xx") == before + 1
    assert await value(city, "intake", name, **posted, status="4xx") >= 1
    assert await value(city, "intake", name, method="_OTHER", route="none", status="4xx") == 1


async def test_a_scraper_of_openmetrics_gets_the_trace_of_a_request(city: City) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    await city.call(None, "GET", "/intake/procedures", traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    answer = await city.call("ops", "GET", "/intake/metrics", accept="application/openmetrics-text")
    (line,) = [line for line in answer.text.splitlines() if trace in line]
    assert 'route="/intake/procedures"' in line
    assert line.partition(" # ")[2].startswith(f'{{trace_id="{trace}"}}')


async def test_an_appeal_s_way_is_counted_where_it_passes(city: City) -> None:
    of_type = {"type": "appeal.received.v1"}
    heard = {"topic": "intake.events", **of_type}
    await city.register()
    before = [
        await value(city, "intake", "huying_events_said_total", **of_type),
        await value(city, "intake", "huying_events_relayed_total", topic="intake.events"),
        await value(city, "dispatch", "huying_events_consumed_total", **heard),
    ]
    await city.register()
    after = [
        await value(city, "intake", "huying_events_said_total", **of_type),
        await value(city, "intake", "huying_events_relayed_total", topic="intake.events"),
        await value(city, "dispatch", "huying_events_consumed_total", **heard),
    ]
    assert after == [number + 1 for number in before]
    assert (
        await value(city, "dispatch", "huying_event_delay_seconds_count", topic="intake.events") == after[2]
    )


async def test_what_is_behind_is_counted_by_partition_and_is_nothing_when_all_is_heard(city: City) -> None:
    await city.register()
    for service, topics in (("dispatch", 2), ("notify", 4)):
        samples = await scraped(city, service)
        lag = samples["huying_consumer_lag_messages"]
        assert len(lag) == len(samples["huying_consumer_lag_seconds"]) == 4 * topics
        assert {sample.value for sample in samples["huying_consumer_lag_seconds"]} == {0}


async def test_cards_and_what_is_due_are_counted_and_judgement_waits_for_nothing(city: City) -> None:
    appeal = await city.register()
    await city.dispatch(appeal, {"unit": "water"})
    await city.drained()
    assert await value(city, "escalation", "huying_judgement_waiting_seconds") == 0
    cards = await value(city, "escalation", "huying_cards_total")
    await city.move_to("2026-11-12 23:30")
    await query_again(city, "escalation")
    assert await value(city, "escalation", "huying_deadlines_due", within="hour") >= 1
    await city.move_to("2026-11-13 00:30")
    assert await value(city, "escalation", "huying_cards_total") > cards
    assert await value(city, "escalation", "huying_judgements_total") > 0
    assert await value(city, "escalation", "huying_calendar_provisional", year="2027") == 1
    assert await value(city, "escalation", "huying_calendar_provisional", year="2026") == 0
    await query_again(city, "intake")
    assert await value(city, "intake", "huying_open_cases", age="7d") >= 1


async def test_judgement_that_waits_for_a_producer_shows_how_long(city: City) -> None:
    await city.dispatch(await city.register())
    await city.drained()
    escalation = city.services["escalation"]
    assert await value(city, "escalation", "huying_judgement_waiting_seconds") == 0
    there = escalation.clock.now()
    escalation.clock.advance(there + timedelta(days=10))  # type: ignore[attr-defined]
    escalation.wake()
    waiting = value(city, "escalation", "huying_judgement_waiting_seconds")
    assert await waiting > 3_600
    assert await value(city, "escalation", "huying_judgement_delay_seconds", partition="0") > 86_000
    await query_again(city, "escalation")
    age = {"topic": "intake.events", "partition": "0"}
    assert await value(city, "escalation", "huying_watermark_age_seconds", **age) > 86_000
    for other in city.services.values():
        other.clock.advance(there + timedelta(days=10))  # type: ignore[attr-defined]
    await city.drained()
    async with asyncio.timeout(20):
        while await value(city, "escalation", "huying_judgement_waiting_seconds"):
            await asyncio.sleep(0.1)


async def test_however_often_it_is_scraped_the_database_is_asked_once_in_a_while(city: City) -> None:
    notify = city.services["notify"]
    query = 'insert into parked (topic, partition, "offset", cluster, headers, body, reason)'
    query += " values ('intake.events', 0, 1, 'c', '{}', '', 'for the figures')"
    await query_again(city, "notify")
    assert (await scraped(city, "notify")).get("huying_parked_messages", []) == []
    async with notify.engine.begin() as conn:
        await conn.execute(sa.text(query))
    assert (await scraped(city, "notify")).get("huying_parked_messages", []) == []
    await query_again(city, "notify")
    assert await value(city, "notify", "huying_parked_messages", topic="intake.events") == 1
    assert 0 < await value(city, "notify", "huying_figures_age_seconds") < 60
