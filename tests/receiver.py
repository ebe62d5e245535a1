"""A receiver of OTLP over HTTP: spans as they came in, by what tests ask of them."""

import asyncio
import gzip
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Received:
    """One span."""

    service: str
    name: str
    kind: int
    trace: str
    span: str
    parent: str
    attributes: dict[str, Any]
    links: tuple[str, ...]
    failed: bool
    ns: int


@dataclass
class Receiver:
    """What came in, and the address to send to."""

    spans: list[Received] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    status: int = 200
    endpoint: str = ""

    def of(self, trace: str) -> list[Received]:
        """The spans of a trace."""
        return [span for span in self.spans if span.trace == trace]

    def named(self, name: str, **attributes: Any) -> list[Received]:
        """The spans of a name that have these attributes, their dots written as two underscores."""
        wanted = {key.replace("__", "."): value for key, value in attributes.items()}
        return [s for s in self.spans if s.name == name and wanted.items() <= s.attributes.items()]

    async def until(self, ready: Callable[[], Any]) -> None:
        """Wait until `ready`, for 20 seconds at most."""
        async with asyncio.timeout(20):
            while not ready():
                await asyncio.sleep(0.1)

    def take(self, body: bytes) -> None:
        self.bodies.append(body)
        for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = _values(resource_spans.resource.attributes)["service.name"]
            for scope in resource_spans.scope_spans:
                self.spans += [_received(service, span) for span in scope.spans]


def _received(service: str, span: Any) -> Received:
    return Received(
        service,
        span.name,
        span.kind,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        _values(span.attributes),
        tuple(link.trace_id.hex() for link in span.links),
        span.status.code == 2,
        span.end_time_unix_nano - span.start_time_unix_nano,
    )


def _values(attributes: Sequence[Any]) -> dict[str, Any]:
    return {
        attribute.key: getattr(attribute.value, attribute.value.WhichOneof("value"))
        for attribute in attributes
    }


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if receiver.status == 200 and self.path == "/v1/traces":
                receiver.take(gzip.decompress(body))
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
