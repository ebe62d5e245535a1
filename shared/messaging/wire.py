"""An event as a Kafka record (CloudEvents 1.0, binary mode), and the watermarks between events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ValidationError

from shared.events import CATALOGUE, Event
from shared.service.errors import redacted

Headers = list[tuple[str, bytes]]
"""The headers of a record that we write."""
ReceivedHeaders = Sequence[tuple[str, bytes | None]]
"""The headers of a record that others wrote: Kafka lets a header have no value."""

WATERMARK = "huying.watermark.v1"
SOURCES = "/huying/"
"""How `ce_source` begins; the name of a service follows."""
_HEADER_FIELDS = {"id", "occurred_at"}


class Unreadable(Exception):
    """The record is no CloudEvent, or of a type or version that this release does not know."""


class Watermark(BaseModel):
    """All that occurred up to `upto` lies before this record in its partition.

    `after` is how many records the producer knows to be in the partition: at a smaller offset the log
    was lost and the watermark means nothing.
    `asks` asks those who hear it to say theirs soon: somebody waits to judge.
    """

    upto: AwareDatetime
    after: int
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Envelope:
    """The content of a record, and the trace in which it was made."""

    content: Event | Watermark
    traceparent: str | None


def body(event: Event) -> str:
    """The JSON body of an event: everything that is not in a header."""
    return event.model_dump_json(exclude=_HEADER_FIELDS)


def headers(source: str, type_: str, id_: UUID, occurred_at: datetime, traceparent: str | None) -> Headers:
    """The CloudEvents attributes as Kafka headers."""
    attributes = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(id_).encode()),
        ("ce_type", type_.encode()),
        ("ce_source", f"{SOURCES}{source}".encode()),
        ("ce_time", occurred_at.isoformat().encode()),
        ("content-type", b"application/json"),
    ]
    if traceparent is not None:
        attributes.append(("traceparent", traceparent.encode()))
    return attributes


def span_attributes(
    operation: str, topic: str, partition: int, offset: int, id_: UUID | None, type_: str | None
) -> dict[str, str | int]:
    """The attributes of a span about a record, by OpenTelemetry's semantic conventions for messaging."""
    optional = {"messaging.message.id": None if id_ is None else str(id_), "huying.event_type": type_}
    return {
        "messaging.system": "kafka",
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": str(partition),
        "messaging.kafka.offset": offset,
        **{name: value for name, value in optional.items() if value is not None},
    }


def unknown_type(type_: str) -> str:
    """The reason why an event of a type that this version does not know cannot be read."""
    return f"event type {type_} is not in the catalogue"


def _attributes(record_headers: ReceivedHeaders) -> dict[str, str]:
    """The headers that have a value: one without says nothing."""
    try:
        attributes = {name: value.decode() for name, value in record_headers if value is not None}
    except UnicodeDecodeError as error:
        raise Unreadable(f"a header is not UTF-8 text: {error}") from error
    if len(attributes) < len(record_headers):
        names = [name for name, _ in record_headers if name.startswith("ce_")]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise Unreadable(f"header {', '.join(twice)} stands there twice")
    return attributes


def read(record_headers: ReceivedHeaders, value: bytes | None) -> Envelope:
    """The content of a record. Raises `Unreadable` with the reason."""
    attributes = _attributes(record_headers)
    missing = [
        name
        for name in ("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time")
        if name not in attributes
    ]
    if missing:
        raise Unreadable(f"not a CloudEvent in binary mode: header {', '.join(missing)} missing")
    if not attributes["ce_specversion"].startswith("1."):
        raise Unreadable(f"CloudEvents version {attributes['ce_specversion']} is not 1.0")
    type_ = attributes["ce_type"]
    if type_ != WATERMARK and type_ not in CATALOGUE:
        raise Unreadable(unknown_type(type_))
    try:
        return Envelope(_content(type_, attributes, value or b""), attributes.get("traceparent"))
    except ValueError as error:
        reason = redacted(error) if isinstance(error, ValidationError) else str(error)
        raise Unreadable(f"{type_} cannot be read: {reason}") from error


def _content(type_: str, attributes: dict[str, str], value: bytes) -> Event | Watermark:
    if type_ == WATERMARK:
        return Watermark.model_validate_json(value)
    body = _with_headers(value, attributes["ce_id"], attributes["ce_time"])
    return CATALOGUE[type_].model_validate_json(body)


def _with_headers(value: bytes, id_: str, time: str) -> bytes:
    """The body with `id` and `occurred_at` from the headers appended: so the event is parsed once.

    Of a field that the body has, too, the appended value counts.
    """
    text = value.strip()
    if text[:1] != b"{" or text[-1:] != b"}" or '"' in id_ or '"' in time or "\\" in id_ + time:
        raise ValueError("the body is not a JSON object")
    rest = text[:-1].rstrip()
    comma = b"" if rest == b"{" else b","
    return b'%s%s"id":"%s","occurred_at":"%s"}' % (rest, comma, id_.encode(), time.encode())
