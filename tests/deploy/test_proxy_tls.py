"""The front proxy as it is shipped: what it answers in plain, how it speaks TLS, and its own headers."""

import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, NamedTuple

import httpx
import pytest

from huying.local.embedded import free_port
from services import SERVICES
from shared.web.front import HEADERS
from tests.deploy.monitored import proxy
from tests.deploy.programs import until

OWN_POLICY = "default-src 'self'"


class Doors(NamedTuple):
    """The doors of the proxy: for TLS, and in plain."""

    tls: int
    plain: int


class Service(BaseHTTPRequestHandler):
    """A service behind the proxy, whose answers have a policy of their own."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-security-policy", OWN_POLICY)
        self.send_header("x-content-type-options", "nosniff")
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder: Path = tmp_path_factory.mktemp("proxy")
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    Thread(target=behind.serve_forever, daemon=True).start()
    process = SimpleNamespace(port=behind.server_port)
    fleet: Any = SimpleNamespace(processes=dict.fromkeys(SERVICES, process))
    doors = Doors(free_port(), free_port())
    with proxy(folder, fleet, *doors, free_port()):
        until(lambda: _answers(doors.plain), 20, f"see {folder}/nginx.log")
        yield doors
    behind.shutdown()
    behind.server_close()


def _answers(port: int) -> bool:
    try:
        return bool(httpx.get(f"http://127.0.0.1:{port}/").status_code)
    except httpx.HTTPError:
        return False


def asked(doors: Doors, path: str) -> httpx.Response:
    return httpx.get(f"https://127.0.0.1:{doors.tls}{path}", verify=False)


@pytest.mark.parametrize("name", SERVICES)
def test_a_program_that_speaks_plain_http_is_refused_and_not_led_on(doors: Doors, name: str) -> None:
    answer = httpx.get(
        f"http://127.0.0.1:{doors.plain}/{name}/appeals", headers={"authorization": "Bearer x"}
    )
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "plain_http"
    assert " / " in answer.json()["detail"]


def test_a_page_in_plain_leads_to_tls(doors: Doors) -> None:
    answer = httpx.get(f"http://127.0.0.1:{doors.plain}/status", headers={"host": "huying.example"})
    assert (answer.status_code, answer.headers["location"]) == (308, "https://huying.example/status")


@pytest.mark.parametrize("path", ["/intake/procedures", "/nothing", "/intake/metrics"])
def test_every_answer_keeps_browsers_on_tls_with_all_subdomains(doors: Doors, path: str) -> None:
    assert asked(doors, path).headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


def test_the_proxys_own_answers_are_no_pages_and_those_of_services_keep_their_policy(doors: Doors) -> None:
    own, passed_on = asked(doors, "/intake/metrics").headers, asked(doors, "/intake/procedures").headers
    assert "frame-ancestors 'none'" in own["content-security-policy"]
    assert own["x-content-type-options"] == HEADERS["x-content-type-options"]
    assert passed_on["content-security-policy"] == OWN_POLICY
    assert passed_on["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("ciphers", "is_taken"),
    [("ECDHE-ECDSA-AES256-GCM-SHA384", True), ("ECDHE-ECDSA-AES256-SHA384", False), ("AES128-SHA", False)],
)
def test_of_tls_1_2_only_authenticated_encryption_with_forward_secrecy_is_taken(
    doors: Doors, ciphers: str, is_taken: bool
) -> None:
    context = _context(ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(ciphers)
    assert _shakes_hands(doors.tls, context) is is_taken


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_older_tls_is_refused(doors: Doors) -> None:
    context = _context(ssl.TLSVersion.TLSv1_1)
    context.set_ciphers("ALL:@SECLEVEL=0")
    assert not _shakes_hands(doors.tls, context)


def _context(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    return context


def _shakes_hands(port: int, context: ssl.SSLContext) -> bool:
    try:
        httpx.get(f"https://127.0.0.1:{port}/nothing", verify=context)
    except httpx.ConnectError:
        return False
    return True


def test_no_method_traces_a_request(doors: Doors) -> None:
    answer = httpx.request("TRACE", f"https://127.0.0.1:{doors.tls}/intake/procedures", verify=False)
    assert answer.status_code == httpx.codes.METHOD_NOT_ALLOWED
