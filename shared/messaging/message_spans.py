"""The spans and counters of records: sent, handled or parked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from aiokafka.structs import RecordMetadata

from shared.messaging import wire
from shared.messaging.outbox import UnitOfWork
from shared.messaging.records import KafkaRecord, ReceivedRecord
from shared.service.clock import epoch_ns
from shared.telemetry.context import SAMPLED, parse_traceparent
from shared.telemetry.metrics import Telemetry
from shared.telemetry.spans import NUMBER, Kind, Span, Tracer


def export_send_span(tracer: Tracer, row: Any, sent: RecordMetadata, began_ns: int) -> None:
    """Export the span of an outbox row that was sent, where its trace is sampled."""
    context = parse_traceparent(row.traceparent)
    if tracer.exporter is None or context is None or not context.flags & SAMPLED:
        return
    span = tracer.begin(f"send {row.topic}", Kind.PRODUCER, row.traceparent)
    span.began_ns = began_ns
    span.attributes = {
        **_case(tracer, row),
        **wire.span_attributes("send", sent.topic, sent.partition, sent.offset, row.event_id, row.type),
    }
    span.end()


def _case(tracer: Tracer, row: Any) -> dict[str, str]:
    """The case of a row: its id is the key and its number is in the body, or the key is the number."""
    body = orjson.loads(row.body)
    number = body.get("registration_number", row.key)
    return {NUMBER: number} if number == row.key else {tracer.case: row.key, NUMBER: number}


def begin_handling_span(tracer: Tracer, group: str, record: ReceivedRecord) -> Span:
    """Begin the span of handling a record of events, in the consumer group `group`."""
    traceparent = record.envelope.traceparent if record.envelope else None
    if (event := record.event) is None:
        span = begin_record_span(tracer, record.raw, traceparent)
    else:
        span = begin_record_span(tracer, record.raw, traceparent, event.id, event.type)
        span.name_case(str(event.key), event.registration_number)
    span.attributes["messaging.consumer.group.name"] = group
    return span


def begin_record_span(
    tracer: Tracer,
    raw: KafkaRecord,
    traceparent: str | None,
    message_id: UUID | None = None,
    message_type: str | None = None,
) -> Span:
    """Begin the span of handling any record: a child of the span in which it was made, and linked to it."""
    span = tracer.begin(f"process {raw.topic}", Kind.CONSUMER, traceparent)
    span.links = (span.parent,) if span.parent is not None else ()
    if tracer.exporter is not None:
        span.attributes |= wire.span_attributes(
            "process", raw.topic, raw.partition, raw.offset, message_id, message_type
        )
    return span


def report_batch(
    telemetry: Telemetry,
    group: str,
    handled: Sequence[ReceivedRecord],
    parked: Sequence[ReceivedRecord],
    work: UnitOfWork | None,
) -> None:
    """Count what a committed batch handled, published and parked; the span of a parked record has failed."""
    metrics, now_ms = telemetry.metrics, epoch_ns() / 1e6
    metrics.count_consumed(
        (record.raw.topic, record.event.type, (now_ms - _appended_ms(record)) / 1000)
        for record in handled
        if record.event
    )
    if work is not None:
        metrics.count_said(work.published)
    for record in parked:
        metrics.count_parked(record.raw.topic)
        begin_handling_span(telemetry.tracer, group, record).end("parked")


def _appended_ms(record: ReceivedRecord) -> float:
    """When the broker took the record. A redriven one has no such time and counts from now."""
    return float(getattr(record.raw, "timestamp", epoch_ns() / 1e6))
