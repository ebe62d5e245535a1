"""Stand-ins for the collector and for Jaeger, with the part of their configuration files that the city uses.

The collector passes OTLP on. Jaeger keeps spans in memory and answers `/api/traces` by service and tag.
"""

import gzip
import json
import os
import re
import signal
import ssl
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SPANS: list[dict[str, Any]] = []
CONFIG: dict[str, Any] = {}


def configured() -> dict[str, Any]:
    """The file that `--config` names, its environment variables filled in."""
    path = next(word.removeprefix("--config=") for word in sys.argv if word.startswith("--config="))
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"\$\{env:(\w+)\}", lambda match: os.environ[match[1]], file.read())
    return dict(yaml.safe_load(text))


def pass_on(body: bytes) -> None:
    """Send a batch to Jaeger, as the exporter's settings say."""
    exporter = CONFIG["exporters"]["otlphttp/jaeger"]
    tls = exporter.get("tls")
    context = ssl.create_default_context(cafile=tls["ca_file"]) if tls else None
    request = Request(exporter["endpoint"] + "/v1/traces", body, {"content-type": "application/x-protobuf"})
    urlopen(request, timeout=10, context=context).close()


def keep(body: bytes) -> None:
    """Remember each span with its service and tags."""
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = {pair.key: pair.value.string_value for pair in group.resource.attributes}
        for scope in group.scope_spans:
            for span in scope.spans:
                tags = {pair.key: pair.value.string_value for pair in span.attributes}
                SPANS.append(
                    {
                        "traceID": span.trace_id.hex(),
                        "operationName": span.name,
                        "processID": resource["service.name"],
                        "tags": tags,
                    }
                )


def traces(service: str, tags: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Traces with a span of this service that has these tags, in Jaeger's form."""
    wanted = {
        span["traceID"]
        for span in SPANS
        if span["processID"] == service and tags.items() <= span["tags"].items()
    }
    for trace in wanted:
        spans = [span for span in SPANS if span["traceID"] == trace]
        names = {span["processID"] for span in spans}
        yield {"traceID": trace, "spans": spans, "processes": {name: {"serviceName": name} for name in names}}


class Handler(BaseHTTPRequestHandler):
    """OTLP in, figures and traces out."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        try:
            (pass_on if sys.argv[1] == "collector" else keep)(body)
        except OSError as error:
            print(f"not passed on: {error}", file=sys.stderr, flush=True)  # noqa: T201
            self._answer(503, b"")
        else:
            self._answer(200, b"")

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/metrics":
            return self._answer(200, b"up_standin 1\n", "text/plain; version=0.0.4")
        if not url.path.endswith("/api/traces"):
            return self._answer(200, b"{}")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        data = list(traces(query["service"], json.loads(query.get("tags", "{}"))))
        self._answer(200, json.dumps({"data": data}).encode())

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


def serve(endpoint: str, tls: dict[str, str] | None = None) -> None:
    """Listen until the process ends."""
    host, _, port = endpoint.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tls["cert_file"], tls["key_file"])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    CONFIG.update(configured())
    receiver = CONFIG["receivers"]["otlp"]["protocols"]["http"]
    serve(receiver["endpoint"], receiver.get("tls"))
    serve("0.0.0.0:8888")
    if sys.argv[1] == "jaeger":
        query = CONFIG["extensions"]["jaeger_query"]["http"]
        serve(query["endpoint"], query.get("tls"))
    signal.sigwait({signal.SIGTERM})
