"""Of a whole story, an appeal's and a loan's, every span that knows its case has the case's number."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.banks import KafkaBank, ask, directory
from tests.city import ALL, City
from tests.integration.test_bank_webhooks import endpoint
from tests.integration.test_reaching_enterprises import Door
from tests.receiver import Received, Receiver

NUMBER, CASE = "huying.registration_number", "huying.appeal_id"
READ = (
    "/intake/appeals/{}",
    "/intake/appeals/{}/contact",
    "/dispatch/appeals/{}",
    "/escalation/appeals/{}",
    "/notify/appeals/{}/messages",
    "/notify/appeals/{}/deliveries",
    "/notify/appeals/{}/timeline",
)


@pytest.fixture(scope="module")
def door() -> Door:
    return Door("intake", "financing")


@pytest.fixture(scope="module")
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, receiver: Receiver, channels: Path, door: Door
) -> AsyncIterator[City]:
    """Every trace sampled; messages leave by SMS, enterprises are asked for over HTTP."""
    settings: dict[str, Any] = {
        "otlp_endpoint": receiver.endpoint,
        "trace_ratio": 1.0,
        "channels": channels,
        **door.urls,
    }
    async with City(postgres, broker, services=ALL, allow_private_webhooks=True, **settings) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


def nameless(spans: list[Received]) -> set[tuple[str, str]]:
    """Service and name of spans that know a case, or stand below one that does, and have no number."""
    known = {span.span for span in spans if CASE in span.attributes or NUMBER in span.attributes}
    return {
        (span.service, span.name)
        for span in spans
        if NUMBER not in span.attributes and (CASE in span.attributes or span.parent in known)
    }


async def appeal_with_a_card(city: City) -> dict[str, Any]:
    """Registered, dispatched, refused acts and reads in between, carded, and the card not acknowledged."""
    contact = {"contacts": [{"channel": "sms", "address": "13900139000"}]}
    await city.ok("office", "PUT", "/notify/contacts/unit:roads", contact)
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal)
    await city.drained()
    path = f"/dispatch/appeals/{appeal['appeal_id']}"
    await city.act("roads", appeal, "contacts", leg_id=leg, how="电话", who="王工")
    for account, kind, body in (
        ("office", "closures", {}),
        ("water", "replies", {"leg_id": leg, "text": "好"}),
    ):
        assert not (await city.call(account, "POST", f"{path}/{kind}", body)).is_success
    assert (await city.call("roads", "POST", f"{path}/closures", {})).status_code == 403
    await city.move_to("2026-11-13 09:00")
    await city.move_to("2026-11-20 09:00")
    for read in READ:
        account = "notify" if read.endswith("contact") else "office"
        await city.ok(account, "GET", read.format(appeal["appeal_id"]))
    return appeal


async def loan_with_banks(city: City) -> dict[str, Any]:
    """A request to a bank on Kafka, which reports well and badly, and to one with a webhook."""
    await directory(city, abc=["kafka"])
    async with endpoint(city, "wbh") as (bank, _), KafkaBank(city, "abc") as other:
        loan = await ask(city, "abc", "wbh")
        await bank.until(1)
        await other.until("requests", 1)
        assert (await other.report(loan["legs"]["abc"], "contacted"))["outcome"] == "accepted"
        assert (await other.report(loan["legs"]["wbh"], "contacted"))["outcome"] == "refused"
        complaint = {"bank": "abc", "text": "搭售"}
        path = f"/financing/requests/{loan['loan_id']}"
        complained = await city.ok("operator", "POST", f"{path}/complaints", complaint)
        await city.ok("operator", "GET", path)
        await city.ok("notify", "GET", f"{path}/contact")
        await city.ok("regulator", "GET", f"/financing/complaints/{complained['complaint_id']}")
        await city.drained()
    return loan


async def test_every_span_that_knows_its_case_has_the_number(
    city: City, receiver: Receiver, door: Door
) -> None:
    async with door.open(city):
        appeal = await appeal_with_a_card(city)
        loan = await loan_with_banks(city)
        wanted = {"escalate", "send sms", "send webhook", "POST", "GET", "process banks.abc.replies", "judge"}
        wanted |= {"send banks.abc.requests", "GET /financing/complaints/{complaint_id}"}
        wanted |= {f"GET {read.format('{appeal_id}')}" for read in READ}
        await receiver.until(lambda: wanted <= {span.name for span in receiver.spans})
    assert nameless(receiver.spans) == set()
    numbers = {appeal["registration_number"], loan["registration_number"]}
    for name in wanted - {"GET /financing/complaints/{complaint_id}"}:
        assert any(span.attributes.get(NUMBER) in numbers for span in receiver.spans if span.name == name), (
            name
        )


async def test_a_banks_reply_is_described_whole_and_fails_with_what_it_says(
    city: City, receiver: Receiver
) -> None:
    await directory(city, cde=["kafka"])
    async with KafkaBank(city, "cde") as bank:
        loan = await ask(city, "cde")
        await bank.until("requests", 1)
        await bank.report(loan["legs"]["cde"], "contacted")
        await bank.say(b"{")
        await bank.until("receipts", 2)
    await receiver.until(lambda: len(receiver.named("process banks.cde.replies")) == 2)
    good, bad = receiver.named("process banks.cde.replies")
    place = {
        "messaging.destination.name": "banks.cde.replies",
        "huying.peer": "cde",
        "messaging.system": "kafka",
    }
    place |= {f"messaging.operation.{part}": "process" for part in ("type", "name")}
    for span in (good, bad):
        assert place.items() <= span.attributes.items()
        assert {"messaging.kafka.offset", "messaging.destination.partition.id"} <= span.attributes.keys()
    assert good.attributes["huying.event_type"] == "bank.report.v1"
    assert "messaging.message.id" in good.attributes
    assert (good.failed, good.attributes[NUMBER]) == (False, loan["registration_number"])
    assert (bad.failed, bad.attributes["error.type"]) == (True, "parked")


async def test_one_service_alone_counts_the_spans_of_a_process(city: City) -> None:
    figures = [(await city.call("ops", "GET", f"/{name}/metrics")).text for name in city.services]
    assert [text.count("# TYPE huying_telemetry_spans_total") for text in figures] == [1, 0, 0, 0, 0, 0]
