"""OTLP over HTTP in: a request's body into spans, in protobuf or JSON, plain or gzip.

What is kept of a span is bounded. A body that is none of these is refused whole; a span without valid ids or
times is left out and counted.
"""

import base64
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from shared.service.errors import Invalid, TooLarge, Unsupported

LIMIT = 4 * 1024 * 1024
"""Bytes of a body, and of what it unpacks to."""
MOST_SPANS = 20_000
MOST_PARTS = 128  # attributes, events or links of one span
LONGEST_TEXT = 2_000
LATEST_NS = 2**63 - 1
NUMBER = "huying.registration_number"
PROTOBUF, JSON = "application/x-protobuf", "application/json"


@dataclass(frozen=True, slots=True)
class Span:
    """One span as it is kept; ids in hex, times in nanoseconds since 1970, `detail` as JSON."""

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    name: str
    kind: int
    start_ns: int
    end_ns: int
    failed: bool
    number: str | None
    detail: str
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """What a body held: spans, and how many were none."""

    spans: list[Span]
    refused: int


def unpacked(body: bytes, encoding: str) -> bytes:
    """The body without its `Content-Encoding`. Raises `Unsupported`, `Invalid`, `TooLarge`."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise Unsupported(
            "仅支持 gzip 压缩", "compress by gzip or not at all (Content-Encoding)", "Content-Encoding"
        )
    unzip = zlib.decompressobj(31)
    try:
        unpacked_body = unzip.decompress(body, LIMIT + 1)
    except zlib.error as error:
        raise _garbage("gzip", str(error)) from error
    if len(unpacked_body) > LIMIT:
        raise too_large()
    if not unzip.eof:
        raise _garbage("gzip", "it breaks off")
    return unpacked_body


def decoded(body: bytes, kind: str) -> Received:
    """The spans of a body of this `Content-Type`. Raises `Unsupported`, `Invalid`, `TooLarge`."""
    request = ExportTraceServiceRequest()
    if kind == PROTOBUF:
        try:
            request.ParseFromString(body)
        except DecodeError as error:
            raise _garbage("OTLP protobuf", str(error)) from error
    elif kind == JSON:
        _parse_json(body, request)
    else:
        raise Unsupported(
            f"请以 {PROTOBUF} 或 {JSON} 提交", f"send {PROTOBUF} or {JSON} (Content-Type)", "Content-Type"
        )
    return _received(request)


def too_large() -> TooLarge:
    """The refusal of a body that is too large."""
    return TooLarge(f"请求体超过 {LIMIT} 字节", f"the body is larger than {LIMIT} bytes: send less", "body")


def _garbage(kind: str, why: str) -> Invalid:
    error = Invalid(f"请求体不是有效的 {kind}", f"the body is not valid {kind}: {why[:200]}", "body")
    error.status = 400
    return error


def _parse_json(body: bytes, request: ExportTraceServiceRequest) -> None:
    try:
        document = orjson.loads(body)
        if not isinstance(document, dict):
            raise ValueError("it is no object")
        ParseDict(_with_bytes(document), request, ignore_unknown_fields=True)
    except (ParseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _garbage("OTLP JSON", str(error)) from error


def _with_bytes(value: Any) -> Any:
    """OTLP writes ids in hex, where JSON of protobuf has base64. ValueError for what is no hex."""
    if isinstance(value, list):
        return [_with_bytes(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        name: base64.b64encode(bytes.fromhex(entry)).decode()
        if name in ("traceId", "spanId", "parentSpanId")
        else _with_bytes(entry)
        for name, entry in value.items()
    }


def _received(request: ExportTraceServiceRequest) -> Received:
    spans: list[Span] = []
    refused = 0
    for resource_spans in request.resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            if len(spans) + len(scope_spans.spans) > MOST_SPANS:
                raise TooLarge(
                    f"一次最多 {MOST_SPANS} 个跨度", f"send at most {MOST_SPANS} spans at once", "body"
                )
            for sent_span in scope_spans.spans:
                if (span := _span(sent_span, resource, scope_spans.scope.name)) is None:
                    refused += 1
                else:
                    spans.append(span)
    return Received(spans, refused)


def _span(sent_span: trace_pb2.Span, resource: dict[str, Any], scope: str) -> Span | None:
    start, end = sent_span.start_time_unix_nano, sent_span.end_time_unix_nano
    if not (_is_id(sent_span.trace_id, 16) and _is_id(sent_span.span_id, 8)) or max(start, end) > LATEST_NS:
        return None
    attributes = _attributes(sent_span.attributes)
    links = [
        link for link in sent_span.links[:MOST_PARTS] if _is_id(link.trace_id, 16) and _is_id(link.span_id, 8)
    ]
    number = attributes.get(NUMBER)
    return Span(
        trace_id=sent_span.trace_id.hex(),
        span_id=sent_span.span_id.hex(),
        parent_id=sent_span.parent_span_id.hex() if _is_id(sent_span.parent_span_id, 8) else None,
        service=_short(str(resource.get("service.name", "unknown")), 100),
        name=_short(sent_span.name or "?", 300),
        kind=sent_span.kind,
        start_ns=start,
        end_ns=max(start, end),
        failed=sent_span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        number=None if number is None else _short(str(number), 100),
        detail=_detail(sent_span, attributes, resource, scope),
        links=tuple(dict.fromkeys((link.trace_id.hex(), link.span_id.hex()) for link in links)),
    )


def _detail(
    sent_span: trace_pb2.Span, attributes: dict[str, Any], resource: dict[str, Any], scope: str
) -> str:
    events = [
        {"name": _short(event.name, 300), "at_ns": event.time_unix_nano, **_with(event.attributes)}
        for event in sent_span.events[:MOST_PARTS]
    ]
    detail: dict[str, Any] = {"attributes": attributes, "resource": resource, "scope": _short(scope, 300)}
    if events:
        detail["events"] = events
    if sent_span.status.message:
        detail["message"] = _short(sent_span.status.message)
    return orjson.dumps(detail).decode()


def _with(attributes: Sequence[KeyValue]) -> dict[str, Any]:
    return {"attributes": _attributes(attributes)} if attributes else {}


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for pair in pairs:
        if len(attributes) == MOST_PARTS:
            break
        attributes[_short(pair.key, 200)] = _value(pair.value)
    return attributes


def _value(value: AnyValue) -> str | int | float | bool | None:
    """As JSON has it; what is made of parts, as text."""
    match value.WhichOneof("value"):
        case None:
            return None
        case "string_value":
            return _short(value.string_value)
        case "array_value":
            return _short(", ".join(str(_value(entry)) for entry in value.array_value.values[:MOST_PARTS]))
        case "kvlist_value":
            return _short(str(_attributes(value.kvlist_value.values)))
        case "bytes_value":
            return _short(value.bytes_value.hex())
        case "int_value":
            return int(value.int_value)
        case "double_value":
            return float(value.double_value)
        case _:
            return bool(value.bool_value)


def _is_id(value: bytes, length: int) -> bool:
    return len(value) == length and any(value)


def _short(text: str, most: int = LONGEST_TEXT) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
