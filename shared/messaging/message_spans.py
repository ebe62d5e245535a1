"""What a record leaves in traces and figures where it is sent, handled or parked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from aiokafka.structs import RecordMetadata

from shared.messaging import wire
from shared.messaging.outbox import UnitOfWork
from shared.messaging.records import Raw, Record
from shared.service.clock import epoch_ns
from shared.telemetry.context import SAMPLED, parse_traceparent
from shared.telemetry.metrics import Telemetry
from shared.telemetry.spans import NUMBER, Kind, Span, Tracer


def sent(tracer: Tracer, row: Any, record: RecordMetadata, began_ns: int) -> None:
    """The span of an outbox row sent in a sampled trace; what is kept is marked so before it comes here."""
    place = parse_traceparent(row.traceparent)
    if tracer.exporter is None or place is None or not place.flags & SAMPLED:
        return
    span = tracer.begin(f"send {row.topic}", Kind.PRODUCER, row.traceparent)
    span.began_ns = began_ns
    span.attributes = {
        **_case(tracer, row),
        **wire.spoken_of("send", record.topic, record.partition, record.offset, row.event_id, row.type),
    }
    span.end()


def _case(tracer: Tracer, row: Any) -> dict[str, str]:
    """Which case a row is about, as its body says; a message to a bank names its request in the key."""
    body = orjson.loads(row.body)
    number = body.get("registration_number", row.key)
    return {NUMBER: number} if number == row.key else {tracer.case: row.key, NUMBER: number}


def received(tracer: Tracer, group: str, record: Record) -> Span:
    """The span of handling one record: below the context it was made in, and linked to it."""
    sent = record.heard.traceparent if record.heard else None
    if (event := record.event) is None:
        span = heard(tracer, record.raw, sent)
    else:
        span = heard(tracer, record.raw, sent, event.id, event.type)
        span.about(str(event.key), event.registration_number)
    span.attributes["messaging.consumer.group.name"] = group
    return span


def heard(
    tracer: Tracer, raw: Raw, sent: str | None, id_: UUID | None = None, type_: str | None = None
) -> Span:
    """The span of handling a record that came with the context `sent`, and is this as far as is known."""
    span = tracer.begin(f"process {raw.topic}", Kind.CONSUMER, sent)
    span.links = (span.parent,) if span.parent is not None else ()
    span.attributes |= wire.spoken_of("process", raw.topic, raw.partition, raw.offset, id_, type_)
    return span


def settled(
    telemetry: Telemetry,
    group: str,
    fresh: Sequence[Record],
    faulty: Sequence[Record],
    batch: UnitOfWork | None,
) -> None:
    """What was committed goes into the figures; what was parked is a failure of its trace."""
    metrics, now_ms = telemetry.metrics, epoch_ns() / 1e6
    found = [(one.raw.topic, one.event.type, (now_ms - _ms(one)) / 1000) for one in fresh if one.event]
    metrics.consumed(found)
    if batch is not None:
        metrics.said(batch.published)
    for record in faulty:
        metrics.parked(record.raw.topic)
        received(telemetry.tracer, group, record).end("parked")


def _ms(record: Record) -> float:
    """The record's time; a parked one that is handled again counts from now."""
    return float(getattr(record.raw, "timestamp", epoch_ns() / 1e6))
