"""`huying parked list`: what others wrote is shown as they wrote it."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from typer.testing import CliRunner

from huying.commands.main import app

REASON = "the type [/x] [red]is of no service"
PARKED = {
    "id": 1,
    "topic": "intake.events",
    "partition": 0,
    "offset": 7,
    "parked_at": "2026-11-09T01:00:00Z",
    "reason": REASON,
}


class Services(BaseHTTPRequestHandler):
    """Dispatch has one parked message, the other services have none."""

    def do_GET(self) -> None:
        items = [PARKED] if self.path.startswith("/dispatch/") else []
        body = json.dumps({"items": items, "next": None}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a web server that answers as `handler` does."""
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def url() -> Iterator[str]:
    with answering(Services) as url:
        yield url


def test_a_reason_with_brackets_is_shown_as_it_is(url: str) -> None:
    command = ["parked", "list", "--url", url, "--key", "key"]
    result = CliRunner().invoke(app, command, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert REASON in result.output


class Proxy(BaseHTTPRequestHandler):
    """A proxy that keeps paths of operators to itself."""

    status = 404

    def do_GET(self) -> None:
        body = b"<html><title>404 Not Found</title></html>"
        self.send_response(self.status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Site(Proxy):
    """Another site, which answers every path with a page."""

    status = 200


@pytest.mark.parametrize("handler", [Proxy, Site])
def test_an_answer_of_a_proxy_is_told_as_such(handler: type[Proxy]) -> None:
    with answering(handler) as url:
        result = CliRunner().invoke(app, ["parked", "list", "--url", url, "--key", "key"])
    assert isinstance(result.exception, ValueError)
    sentence = str(result.exception)
    assert f"/intake/parked?limit=500 answers {handler.status} with text/html" in sentence
    assert "--url" in sentence
