"""What we write, a CloudEvents library reads; what it writes, we read; what nobody can read has a reason."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.events import CATALOGUE, AppealResponded, Event, schemas
from shared.messaging import wire
from tests.contract.samples import EVENTS, events

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
quick = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
every_event = pytest.mark.parametrize("cls", CATALOGUE.values(), ids=CATALOGUE)


def headers_of(event: Event) -> wire.Headers:
    return wire.headers(event.source, event.type, event.id, event.occurred_at, TRACE)


@every_event
@quick
@given(data=st.data())
def test_the_library_reads_what_we_write_and_so_do_we(cls: type[Event], data: st.DataObject) -> None:
    event = data.draw(events(cls))
    headers, body = headers_of(event), wire.body(event).encode()

    read = kafka.from_binary_event(kafka.KafkaMessage(dict(headers), str(event.appeal_id), body))

    assert (read.get_specversion(), read.get_id(), read.get_type()) == ("1.0", str(event.id), cls.type)
    assert (read.get_source(), read.get_time()) == (f"/huying/{cls.source}", event.occurred_at)
    assert read.get_datacontenttype() == "application/json"
    assert read.get_data() == event.model_dump(mode="json", exclude={"id", "occurred_at"})
    assert wire.read(headers, body) == wire.Envelope(event, TRACE)


@every_event
@quick
@given(data=st.data())
def test_we_read_what_the_library_writes(cls: type[Event], data: st.DataObject) -> None:
    event = data.draw(events(cls))
    attributes = {
        "id": str(event.id),
        "source": f"/huying/{cls.source}",
        "type": cls.type,
        "time": event.occurred_at,
        "datacontenttype": "application/json",
    }
    body = event.model_dump(mode="json", exclude={"id", "occurred_at"})

    message = kafka.to_binary_event(CloudEvent(attributes, body))

    assert wire.read(list(message.headers.items()), message.value) == wire.Envelope(event, None)


@every_event
@quick
@given(data=st.data())
def test_a_body_fits_its_schema_and_has_no_field_beside_it(cls: type[Event], data: st.DataObject) -> None:
    schema = schemas.payload(cls)
    body = json.loads(wire.body(data.draw(events(cls))))
    Draft202012Validator(schema).validate(body)
    left_out = {name for name, field in cls.model_fields.items() if field.exclude_if}
    assert body.keys() | left_out == schema["properties"].keys()


@quick
@given(st.builds(wire.Watermark, upto=st.datetimes(timezones=st.just(UTC)), after=st.integers(0, 2**62)))
def test_a_watermark_is_a_cloud_event_too(mark: wire.Watermark) -> None:
    headers = wire.headers("intake", wire.WATERMARK, UUID(int=1), mark.upto, None)
    body = mark.model_dump_json().encode()
    read = kafka.from_binary_event(kafka.KafkaMessage(dict(headers), None, body))
    assert (read.get_type(), read.get_time()) == (wire.WATERMARK, mark.upto)
    assert wire.read(headers, body) == wire.Envelope(mark, None)


GOOD = AppealResponded(
    occurred_at=datetime(2026, 2, 13, tzinfo=UTC),
    appeal_id=UUID(int=1),
    registration_number="BZ-20260213-00042",
    leg_id=UUID(int=2),
    unit="traffic",
)
BODY = wire.body(GOOD).encode()
Spoil = Callable[[wire.Headers], wire.Headers]


def without(name: str) -> Spoil:
    return lambda headers: [header for header in headers if header[0] != name]


def with_(name: str, value: bytes) -> Spoil:
    return lambda headers: [(key, value if key == name else old) for key, old in headers]


def twice(name: str) -> Spoil:
    return lambda headers: [*headers, *(header for header in headers if header[0] == name)]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda _: [], "ce_id"),
        *((without(name), name) for name in ("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time")),
        (with_("ce_specversion", b"0.3"), "0.3"),
        (with_("ce_type", b"appeal.forgotten.v1"), "appeal.forgotten.v1"),
        (with_("ce_type", b"appeal.responded.v9"), "appeal.responded.v9"),
        (with_("ce_id", b"17"), "id"),
        (with_("ce_id", b'"'), "appeal.responded.v1"),
        (with_("ce_time", b"yesterday"), "occurred_at"),
        (with_("ce_time", b"2026-02-13T00:00:00"), "occurred_at"),
        (with_("ce_time", b"\xff"), "UTF-8"),
        *((twice(name), name) for name in ("ce_specversion", "ce_id", "ce_type", "ce_time")),
    ],
)
def test_spoilt_headers_are_unreadable_and_the_reason_names_them(spoil: Spoil, reason: str) -> None:
    with pytest.raises(wire.Unreadable, match=reason):
        wire.read(spoil(headers_of(GOOD)), BODY)


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"",
        b"null",
        b"17",
        b"[]",
        b"[" + BODY + b"]",
        b"{}",
        b"{",
        BODY[:-1],
        BODY + b"}",
        BODY.replace(b"traffic", b"\xff"),
        BODY.replace(b'"traffic"', b"17"),
        BODY.replace(b'"traffic"', b"null"),
        BODY.replace(b"unit", b"office"),
        BODY.decode().encode("utf-16"),
        b'{"a":' * 10_000,
    ],
)
def test_a_spoilt_body_is_unreadable_and_the_reason_names_the_type(body: bytes | None) -> None:
    with pytest.raises(wire.Unreadable, match=r"appeal\.responded\.v1"):
        wire.read(headers_of(GOOD), body)


def reason_against(headers: wire.Headers, body: bytes | None) -> str | None:
    """Why a record cannot be read; None for one that can."""
    try:
        wire.read(headers, body)
    except wire.Unreadable as error:
        return str(error)
    return None


@pytest.mark.parametrize("field", ["id", "occurred_at"])
def test_a_body_cannot_speak_against_its_headers(field: str) -> None:
    other = {"id": str(UUID(int=9)), "occurred_at": "2020-01-01T00:00:00Z"}[field]
    body = BODY[:-1] + f',"{field}":"{other}"}}'.encode()
    assert reason_against(headers_of(GOOD), body) or wire.read(headers_of(GOOD), body).content == GOOD


NAMES = st.sampled_from([name for name, _ in headers_of(GOOD)]) | st.text()
VALUES = st.sampled_from([value for _, value in headers_of(GOOD)]) | st.binary() | st.none()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES)), st.binary() | st.none(), st.booleans())
def test_whatever_comes_is_read_or_unreadable_for_a_reason(
    headers: wire.Headers, body: bytes | None, add_good: bool
) -> None:
    assert reason_against(headers_of(GOOD) + headers if add_good else headers, body) != ""


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.data())
def test_a_body_cut_or_changed_anywhere_is_read_or_unreadable(event: Event, data: st.DataObject) -> None:
    body = wire.body(event).encode()
    at = data.draw(st.integers(0, len(body)))
    spoilt = body[:at] + data.draw(st.binary(max_size=3)) + body[at + data.draw(st.integers(0, 3)) :]
    reason = reason_against(headers_of(event), spoilt)
    assert reason is None or event.type in reason
