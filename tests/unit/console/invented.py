"""Invented spans, as an exporter would send them."""

import gzip
import secrets
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

START_NS = 1_795_000_000_000_000_000
MS = 1_000_000


def trace_id() -> bytes:
    return secrets.token_bytes(16)


def attribute(name: str, value: str) -> KeyValue:
    return KeyValue(key=name, value=AnyValue(string_value=value))


def span(
    trace: bytes,
    name: str = "POST /intake/appeals",
    parent: Span | None = None,
    at_ms: float = 0,
    took_ms: float = 10,
    links: tuple[Span, ...] = (),
    failed: bool = False,
    **attributes: str,
) -> Span:
    """A span; `at_ms` after the start of all."""
    start = START_NS + int(at_ms * MS)
    return Span(
        trace_id=trace,
        span_id=secrets.token_bytes(8),
        parent_span_id=parent.span_id if parent else b"",
        name=name,
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=start,
        end_time_unix_nano=start + int(took_ms * MS),
        attributes=[attribute(key.replace("__", "."), value) for key, value in attributes.items()],
        links=[Span.Link(trace_id=linked.trace_id, span_id=linked.span_id) for linked in links],
        status=Status(code=Status.STATUS_CODE_ERROR if failed else Status.STATUS_CODE_UNSET),
    )


def request(**by_service: list[Span]) -> ExportTraceServiceRequest:
    """What an exporter sends: spans by service."""
    request = ExportTraceServiceRequest()
    for service, spans in by_service.items():
        resource = ResourceSpans(scope_spans=[ScopeSpans(spans=spans)])
        resource.resource.attributes.append(attribute("service.name", service))
        request.resource_spans.append(resource)
    return request


def as_json(sent: ExportTraceServiceRequest) -> bytes:
    """The same in OTLP's JSON, which writes ids in hex."""
    return orjson.dumps(_hex(MessageToDict(sent)))


def _hex(value: Any) -> Any:
    import base64

    if isinstance(value, list):
        return [_hex(part) for part in value]
    if not isinstance(value, dict):
        return value
    ids = ("traceId", "spanId", "parentSpanId")
    return {k: base64.b64decode(v).hex() if k in ids else _hex(v) for k, v in value.items()}


def story() -> dict[str, list[Span]]:
    """An appeal through four services in one trace, and a card later in another that links to it."""
    case = {"huying__registration_number": "BZ-20261109-00001"}
    first, later = trace_id(), trace_id()
    post = span(first, took_ms=12, **case)
    flush = span(first, "COMMIT", post, 4, 5, **case)
    send = span(first, "send intake.events", post, 20, 6, **case)
    dispatch = span(first, "process intake.events", send, 30, 8, **case)
    judge = span(first, "process intake.events", send, 31, 9, **case)
    notify = span(first, "process intake.events", send, 33, 12, failed=True, **case)
    timer = span(later, "judge", None, 90_000, 7, links=(judge,), **case)
    card = span(later, "send escalation.events", timer, 90_010, 3, **case)
    return {
        "intake": [post, flush, send],
        "dispatch": [dispatch],
        "escalation": [judge, timer, card],
        "notify": [notify],
    }


def zipped(sent: ExportTraceServiceRequest) -> bytes:
    return gzip.compress(sent.SerializeToString())
