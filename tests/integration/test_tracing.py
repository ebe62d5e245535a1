"""The spans of an appeal's way, as a receiver of OTLP hears them."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from shared.telemetry.exporter import MOST
from tests.city import APPEALS, NOTIFY, City
from tests.gateway import Gateway
from tests.receiver import Received, Receiver

SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
NUMBER, CASE = "huying.registration_number", "huying.appeal_id"


@pytest.fixture(scope="module")
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, receiver: Receiver, channels: Path
) -> AsyncIterator[City]:
    """All services, every trace sampled, with an SMS gateway."""
    settings = {"otlp_endpoint": receiver.endpoint, "trace_ratio": 1.0, "channels": channels}
    async with City(postgres, broker, services=(*APPEALS, NOTIFY), **settings) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


async def registered(city: City, **headers: str) -> dict[str, Any]:
    body = {
        "channel": "web",
        "kind": "help",
        "title": "路灯不亮",
        "text": "厂区门口。",
        "enterprise": {"name": "甲"},
        "again": True,
    }
    appeal: dict[str, Any] = await city.ok(None, "POST", "/intake/appeals", body, **headers)
    return appeal


def only(spans: list[Received], name: str, service: str) -> Received:
    (span,) = [span for span in spans if (span.name, span.service) == (name, service)]
    return span


async def test_a_registration_is_one_trace_through_the_services(city: City, receiver: Receiver) -> None:
    trace, above = secrets.token_hex(16), secrets.token_hex(8)
    await registered(city, traceparent=f"00-{trace}-{above}-01")
    await city.drained()
    await receiver.until(lambda: len(receiver.of(trace)) >= 10)
    spans = receiver.of(trace)
    post = only(spans, "POST /intake/appeals", "intake")
    assert (post.kind, post.parent) == (SERVER, above)
    send = only(spans, "send intake.events", "intake")
    assert (send.kind, send.parent) == (PRODUCER, post.span)
    for service in ("dispatch", "escalation", "notify"):
        process = only(spans, "process intake.events", service)
        assert (process.kind, process.parent, process.links) == (CONSUMER, post.span, (trace,))
        commit = [s for s in spans if s.name == "transaction" and s.parent == process.span]
        assert [(s.kind, s.service) for s in commit] == [(CLIENT, service)]
    assert {s.service for s in spans if s.name == "send notify.events"} == {"notify"}


async def test_every_span_of_the_case_bears_its_number(city: City, receiver: Receiver) -> None:
    trace, above = secrets.token_hex(16), secrets.token_hex(8)
    appeal = await registered(city, traceparent=f"00-{trace}-{above}-01")
    await city.drained()
    await receiver.until(lambda: len(receiver.of(trace)) >= 10)
    named = {(s.attributes.get(NUMBER), s.attributes.get(CASE)) for s in receiver.of(trace)}
    assert named == {(appeal["registration_number"], appeal["appeal_id"])}


async def test_spans_are_named_and_described_by_the_conventions(city: City, receiver: Receiver) -> None:
    trace, above = secrets.token_hex(16), secrets.token_hex(8)
    appeal = await registered(city, traceparent=f"00-{trace}-{above}-01")
    await city.drained()
    await receiver.until(lambda: len(receiver.of(trace)) >= 10)
    spans, case = receiver.of(trace), {NUMBER: appeal["registration_number"], CASE: appeal["appeal_id"]}
    post = only(spans, "POST /intake/appeals", "intake")
    http = {"request.method": "POST", "route": "/intake/appeals", "response.status_code": 201}
    assert post.attributes == {**case, **{f"http.{k}": v for k, v in http.items()}, "url.scheme": "http"}
    (commit,) = [s for s in spans if s.name == "transaction" and s.parent == post.span]
    system = {"system.name": "postgresql", "namespace": "intake", "operation.name": "transaction"}
    assert commit.attributes == {**case, **{f"db.{k}": v for k, v in system.items()}}
    heard = only(spans, "process intake.events", "dispatch").attributes
    messaging = {"system": "kafka", "operation.type": "process", "operation.name": "process"}
    messaging |= {"destination.name": "intake.events", "consumer.group.name": "dispatch"}
    assert {f"messaging.{k}": v for k, v in messaging.items()}.items() <= heard.items()
    assert heard["huying.event_type"] == "appeal.received.v1"
    assert {"messaging.kafka.offset", "messaging.message.id"} < heard.keys()


async def test_what_a_timer_does_later_is_a_trace_of_its_own_linked_to_the_first(
    city: City, receiver: Receiver
) -> None:
    trace, above = secrets.token_hex(16), secrets.token_hex(8)
    appeal = await registered(city, traceparent=f"00-{trace}-{above}-01")
    await city.drained()
    await city.dispatch(appeal, {"unit": "roads"})
    await city.drained()
    await city.move_to("2026-11-13 09:00")
    number = {"huying__registration_number": appeal["registration_number"]}
    await receiver.until(lambda: receiver.named("judge", huying__kept="card", **number))
    for judge in receiver.named("judge", **number):
        assert judge.trace != trace
        assert (judge.parent, judge.links) == ("", (trace,))
    (card, *_) = receiver.named("judge", huying__kept="card", **number)
    await receiver.until(lambda: {s.service for s in receiver.of(card.trace)} >= {"dispatch", "notify"})


async def test_a_message_that_leaves_is_a_call_below_the_trace_that_wrote_it(
    city: City, receiver: Receiver, gateway: Gateway
) -> None:
    contact = {"contacts": [{"channel": "sms", "address": "13900139000"}]}
    await city.ok("office", "PUT", "/notify/contacts/unit:east", contact)
    appeal = await registered(city)
    await city.drained()
    await city.dispatch(appeal, {"unit": "east"})
    await city.drained()
    number = {"huying__registration_number": appeal["registration_number"]}
    await receiver.until(lambda: receiver.named("send sms", **number))
    (sms, *_) = receiver.named("send sms", **number)
    assert (sms.kind, sms.service, sms.failed) == (CLIENT, "notify", False)
    names = {span.span: span.name for span in receiver.of(sms.trace)}
    assert names[sms.parent] == "process dispatch.events"


async def test_a_body_that_fails_us_is_an_error_and_a_refusal_is_none(city: City, receiver: Receiver) -> None:
    trace = secrets.token_hex(16)
    sent = {"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"}
    answer = await city.call(None, "POST", "/intake/appeals", {}, **sent)
    assert answer.status_code == 422
    await receiver.until(lambda: receiver.of(trace))
    (refused,) = receiver.of(trace)
    assert (refused.failed, refused.attributes["http.response.status_code"]) == (False, 422)


async def test_those_who_ask_how_it_is_leave_no_spans(city: City, receiver: Receiver) -> None:
    trace, after = secrets.token_hex(16), secrets.token_hex(16)
    place = secrets.token_hex(8)
    await city.call("ops", "GET", "/intake/metrics", traceparent=f"00-{trace}-{place}-01")
    await city.call(None, "GET", "/intake/health", traceparent=f"00-{trace}-{place}-01")
    await city.call(None, "GET", "/intake/procedures", traceparent=f"00-{after}-{place}-01")
    await receiver.until(lambda: receiver.of(after))
    assert receiver.of(trace) == []


async def test_with_no_receiver_the_services_answer_and_what_is_lost_is_counted(
    city: City, receiver: Receiver
) -> None:
    def count(text: str, outcome: str) -> float:
        line = f'huying_telemetry_spans_total{{outcome="{outcome}",service="intake"}} '
        return float(text.partition(line)[2].partition("\n")[0])

    receiver.status = 400
    try:
        await registered(city)
        text = ""

        async def failed() -> float:
            nonlocal text
            text = (await city.call("ops", "GET", "/intake/metrics")).text
            return count(text, "failed")

        for _ in range(100):
            if await failed():
                break
            await city.drained()
        assert count(text, "failed") > 0
        assert count(text, "dropped") == 0
        assert MOST > 0
    finally:
        receiver.status = 200
