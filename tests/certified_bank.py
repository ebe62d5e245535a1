"""A bank's client that does by itself what a certification asks: it reads the case's code in the purpose."""

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import confluent_kafka
import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

REQUEST = "request"
OFFER = {"amount": "500000", "rate_percent": "3.85", "term_months": 12}
_EVENTS = {
    "bank.request.v1": REQUEST,
    "bank.request_withdrawn.v1": "withdrawn",
    "bank.withdrawal_denied.v1": "denied",
    "bank.complaint_shown.v1": "complaint",
}
Plan = dict[tuple[str, str], list[Any]]
"""What the client sends at an event of a case: reports as (state, fields), or bytes."""
PLAN: Plan = {
    ("first-contact", REQUEST): [("contacted", {})],
    ("states", REQUEST): [
        ("received", {}),
        ("contacted", {}),
        ("documents_needed", {}),
        ("under_review", {}),
        ("approved", OFFER),
        ("disbursed", {}),
    ],
    ("declined", REQUEST): [("declined", {"reason": "cash_flow"})],
    ("duplicate", REQUEST): [("contacted", {"report_id": "twice"}), ("contacted", {"report_id": "twice"})],
    ("reused-id", REQUEST): [
        ("contacted", {"report_id": "reused"}),
        ("under_review", {"report_id": "reused"}),
    ],
    ("out-of-order", REQUEST): [("declined", {"reason": "cash_flow"}), ("approved", OFFER)],
    ("foreign-leg", REQUEST): [("contacted", {"leg": "other"})],
    ("missing-field", REQUEST): [("approved", OFFER | {"amount": None}), ("approved", OFFER)],
    ("wrong-type", REQUEST): [("approved", OFFER | {"amount": 500000})],
    ("garbage", REQUEST): [b"not json", ("contacted", {})],
    ("corrected-offer", REQUEST): [("approved", OFFER), ("approved", OFFER | {"rate_percent": "3.45"})],
    ("likely-slip", REQUEST): [("approved", OFFER | {"rate_percent": "0.0385"}), ("approved", OFFER)],
    ("partial-money", REQUEST): [
        ("approved", OFFER),
        ("disbursed", {"amount": "300000"}),
        ("disbursed", {"amount": "300000"}),
        ("disbursed", {"amount": "200000"}),
    ],
    ("reminder", "reminded"): [("contacted", {})],
    ("late", "overdue"): [("contacted", {})],
    ("withdrawn", REQUEST): [("received", {})],
    ("withdrawn", "withdrawn"): [("contacted", {})],
    ("consent-withdrawn", REQUEST): [("received", {})],
    ("consent-withdrawn", "withdrawn"): [("contacted", {})],
    ("withdrawal-denied", REQUEST): [("withdrawn", {})],
    ("withdrawal-denied", "denied"): [("contacted", {})],
    ("withdrawal-confirmed", REQUEST): [("withdrawn", {})],
    ("complaint", "complaint"): [("contacted", {})],
    ("outage", REQUEST): [("received", {"report_id": "outage"})],
    ("outage", "back"): [("received", {"report_id": "outage"})],
    ("outage-2", "overdue"): [("contacted", {})],
    ("rotation", "withdrawn"): [("contacted", {})],
    ("report-rotation", REQUEST): [("contacted", {})],
}


class CertifiedBank:
    """Answers messages by `plan`; `send` sends a report as bytes, `new_secrets` makes secrets by the case."""

    def __init__(
        self, plan: Plan, send: Callable[[bytes], None], new_secrets: Mapping[str, Callable[[], None]]
    ) -> None:
        self._plan, self._send, self._new_secrets = plan, send, new_secrets
        self._cases: dict[str, str] = {}
        self._number = 0

    def handle(self, type_: str, data: dict[str, Any]) -> None:
        """Do what the case of the message's leg asks for."""
        leg = data["leg"]
        if type_ == "bank.reminder.v1":
            event = "overdue" if data["overdue"] else "reminded"
        else:
            event = _EVENTS[type_]
        if event == REQUEST:
            self._cases[leg] = re.findall(r"^\[([a-z0-9-]+)\]", data["purpose"])[0]
        case = self._cases[leg]
        if event == REQUEST and case in self._new_secrets:
            self._new_secrets[case]()
        if case == "outage-2" and event == "overdue":  # it is back: the first report is sent again
            first = [leg for leg, case in self._cases.items() if case == "outage"][-1]
            self._answer(first, self._plan["outage", "back"])
        self._answer(leg, self._plan.get((case, event), []))

    def _answer(self, leg: str, steps: list[Any]) -> None:
        for step in steps:
            self._send(step if isinstance(step, bytes) else self._report(leg, *step))

    def _report(self, leg: str, state: str, fields: dict[str, Any]) -> bytes:
        self._number += 1
        name = fields.get("report_id", str(self._number))
        report = {"leg": leg, "state": state, "evidence": {"by": "李经理"}} | fields
        report["report_id"] = f"{leg.replace('/', '-')}-{name}"
        if report["leg"] == "other":
            number, _, own = leg.rpartition("/")
            report["leg"] = f"{number}/{'2' if own == '1' else '1'}"
        return json.dumps(report).encode()


class _Http:
    """The bank's side of the HTTP interface at `url`, by the bank's key. It signs what it reports."""

    def __init__(self, url: str, key: dict[str, str], code: str) -> None:
        self.client = httpx.Client(base_url=url, headers=key, timeout=60)
        self._secrets = f"banks/{code}/report-secrets"
        self._secret = ""
        self.new_report_secret()

    def send(self, report: bytes) -> None:
        answer = self.client.post("bank/reports", content=report, headers=self._signed(report))
        assert "receipt" in answer.json() or "outcome" in answer.json(), answer.text

    def new_report_secret(self) -> None:
        answer = self.client.post(self._secrets, headers=self._signed(b"") if self._secret else {})
        self._secret = answer.raise_for_status().json()["secret"]

    def _signed(self, body: bytes) -> dict[str, str]:
        id_, now = str(uuid4()), datetime.now(UTC)
        return {
            "content-type": "application/json",
            "webhook-id": id_,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self._secret).sign(id_, now, body.decode()),
        }


@contextlib.contextmanager
def at_a_desk(url: str, key: dict[str, str], code: str, plan: Plan) -> Iterator[None]:
    """A bank that reads its messages at the financing service at `url`, a few times a second, from now on."""
    http, stop = _Http(url, key, code), threading.Event()
    bank = CertifiedBank(plan, http.send, {"report-rotation": http.new_report_secret})

    def page_after(after: str | None) -> dict[str, Any]:
        page = http.client.get("bank/messages", params={} if after is None else {"after": after})
        return dict(page.raise_for_status().json())

    def read(after: str | None) -> None:
        while not stop.wait(0.2):
            page = page_after(after)
            for item in page["items"]:
                bank.handle(item["type"], item["data"])
            after = page["after"]

    first = page_after(None)
    while first["more"]:
        first = page_after(first["after"])

    reading = threading.Thread(target=read, args=(first["after"],))
    reading.start()
    try:
        yield
    finally:
        stop.set()
        reading.join()


@contextlib.contextmanager
def on_kafka(bootstrap: str, code: str, plan: Plan) -> Iterator[None]:
    """A bank on librdkafka, with the settings that `huying bank new` prints."""
    settings = {"bootstrap.servers": bootstrap, "session.timeout.ms": 6000}
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap})
    consumer = confluent_kafka.Consumer(
        settings | {"group.id": f"bank-{code}", "auto.offset.reset": "earliest"}
    )
    headers = {"ce_specversion": "1.0", "ce_type": "bank.report.v1"}
    bank = CertifiedBank(
        plan,
        lambda report: producer.produce(f"banks.{code}.replies", report, key=code, headers=headers),
        {},
    )
    stop, seen = threading.Event(), set()

    def read() -> None:
        consumer.subscribe([f"banks.{code}.requests"])
        while not stop.is_set():
            message = consumer.poll(0.2)
            if message is None or message.error():
                continue
            sent = {name: value.decode() for name, value in message.headers()}
            if sent["ce_id"] not in seen:
                seen.add(sent["ce_id"])
                bank.handle(sent["ce_type"], json.loads(message.value()))
                producer.flush()

    reading = threading.Thread(target=read)
    reading.start()
    try:
        yield
    finally:
        stop.set()
        reading.join()
        consumer.close()


@contextlib.contextmanager
def on_webhooks(url: str, key: dict[str, str], code: str, plan: Plan) -> Iterator[None]:
    """A bank that is called at an address of its own, and takes what its newest secret signed."""
    http, secrets = _Http(url, key, code), []
    new_secrets = {
        "rotation": lambda: secrets.append(new_secret()),
        "report-rotation": http.new_report_secret,
    }
    bank = CertifiedBank(plan, http.send, new_secrets)
    seen: set[str] = set()

    def new_secret() -> str:
        return str(http.client.post(f"banks/{code}/endpoint/secrets").json()["secret"])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            try:
                Webhook(secrets[-1]).verify(
                    body, {name.lower(): value for name, value in self.headers.items()}
                )
            except WebhookVerificationError:
                self._answer(401)
                return
            self._answer(204)
            if (id_ := self.headers["webhook-id"]) not in seen:
                seen.add(id_)
                message = json.loads(body)
                bank.handle(message["type"], message["data"])

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    address = {"url": f"http://127.0.0.1:{server.server_port}/"}
    secrets.append(http.client.put(f"banks/{code}/endpoint", json=address).json()["secret"])
    serving.start()
    try:
        yield
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
