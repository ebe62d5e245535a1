"""What people say of themselves stays where it was said: out of spans, logs, figures and parked messages.

Texts of the routes that take them are marked, and so is what is refused, cannot be read, or is parked.
"""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from aiokafka import AIOKafkaProducer

from huying.embedded import EmbeddedBroker, EmbeddedPostgres
from shared import telemetry
from tests.banks import KafkaBank
from tests.city import City
from tests.lending import ask, banks, said, wish
from tests.receiver import Receiver, receiving

MARK = "暗记"
PHONE, EMAIL, LATIN = "13977771234", "markedperson@marked.example", "MarkedPerson"
MARKS = (MARK, PHONE, EMAIL, LATIN, "markedperson")
PERSON = {"contact_name": f"{MARK}联系人", "phone": PHONE, "email": EMAIL}
ENTERPRISE = {"name": f"{MARK}企业 {LATIN}", **PERSON}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, receiver: Receiver, channels: Path
) -> AsyncIterator[City]:
    settings = {"otlp_endpoint": receiver.endpoint, "trace_ratio": 1.0, "channels": channels}
    async with City(postgres, broker, **settings) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        await banks(city, "bank-a", "bank-b")
        await banks(city, "abc", ways=("kafka",))
        yield city


def text(what: str) -> str:
    return f"{MARK}{what} {LATIN} {PHONE} {EMAIL}"


async def appeal_of_its_own(city: City) -> None:
    """An appeal's whole way, every text of it marked, until it is carded and lifted."""
    appeal = await city.register(title=text("标题"), text=text("内容"), enterprise=ENTERPRISE)
    (leg,) = await city.dispatch(appeal)
    await city.act("roads", appeal, "contacts", leg_id=leg, how="电话", who=text("何人"))
    await city.act("roads", appeal, "replies", leg_id=leg, text=text("回复"))
    await city.act("roads", appeal, "objections", leg_id=leg, reason=text("异议"))
    await city.drained()
    await city.act(
        "office", appeal, "objection-decisions", leg_id=leg, upheld=False, reason=text("决定"), by=text("谁")
    )
    await city.act("roads", appeal, "lift-requests", leg_id=leg, reason=text("难"), signed_by=text("签字"))
    finding = {"reasonable": True, "by": text("认定人"), "reason": text("理由")}
    await city.act("office", appeal, "findings", **finding)
    await city.drained()
    instruction = {"instruction": text("批示"), "task_force": ["roads"]}
    path, version = f"/escalation/appeals/{appeal['appeal_id']}", (await city.case(appeal))["version"]
    await city.ok("leader", "POST", f"{path}/instructions", instruction, if_match=f'"{version}"')
    await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text=text("办结"))
    await city.drained()
    rating = {"rating": "not_satisfied", "comment": text("评价")}
    path = f"/intake/status/{appeal['registration_number']}"
    await city.ok(None, "POST", f"{path}/ratings", rating, receipt_code=appeal["receipt_code"])
    contacts = {"contacts": [{"channel": "sms", "address": PHONE}], "language": "en"}
    await city.ok("office", "PUT", "/notify/contacts/unit:roads", contacts)
    await city.ok("office", "PUT", f"/notify/contacts/enterprise:{appeal['appeal_id']}", contacts)
    refused = await city.register(title=text("标题"), text=text("内容"), enterprise=ENTERPRISE)
    (leg,) = await city.dispatch(refused)
    await city.act("roads", refused, "refusals", leg_id=leg, reason=text("说不"))
    await city.drained()


async def loan_of_its_own(city: City) -> None:
    """A loan request with banks that report, and a complaint."""
    marked = {
        "enterprise": {"name": ENTERPRISE["name"], "credit_code": wish()["enterprise"]["credit_code"]},
        "contact": {"name": PERSON["contact_name"], "phone": PHONE, "email": EMAIL},
        "purpose": text("用途"),
        "collateral": text("抵押"),
        "attachments": [{"name": text("附件"), "reference": "file:7", "sha256": "0" * 64}],
        "banks": ["bank-a", "abc"],
    }
    loan = await ask(city, **marked)
    legs = {leg["bank"]: leg["leg"] for leg in loan["legs"]}
    report = said(legs["bank-a"], "contacted", evidence={"by": text("经理"), "how": text("方式")})
    await city.ok("bank-a", "POST", "/financing/bank/reports", report)
    complaint = {"bank": "bank-a", "text": text("投诉")}
    path = f"/financing/requests/{loan['loan_id']}/complaints"
    await city.ok("operator", "POST", path, complaint)
    async with KafkaBank(city, "abc") as bank:
        await bank.until("requests", 1)
        await bank.say(text("不是 JSON").encode())
        bad = said(legs["abc"], "contacted", evidence={"by": text("经理"), "how": [text("列表")]})
        await bank.say(json.dumps(bad, ensure_ascii=False).encode())
        await bank.until("receipts", 2)


async def refusals(city: City) -> None:
    """Requests that are refused, with marked texts in every place of a request."""
    body = {
        "channel": text("渠道"),
        "kind": "help",
        "title": 7,
        "text": text("内容"),
        "enterprise": {**ENTERPRISE, "phone": f"x{PHONE}", "more": text("多")},
    }
    for path in (
        "/intake/appeals",
        f"/intake/status/{LATIN}/ratings",
        f"/dispatch/appeals/{LATIN}/replies",
        f"/notify/contacts/{EMAIL}",
        f"/intake/{LATIN}?phone={PHONE}",
        "/financing/requests",
    ):
        for method in ("POST", "PUT", "GET", "BREW"):
            sent = {"receipt_code": LATIN, "authorization": f"Bearer {LATIN}", "user_agent": LATIN}
            await city.call(None, method, path, body, **sent)
            await city.call("office", method, path, body, receipt_code=LATIN)
            await city.send("office", method, path, text("不是 JSON").encode())


async def unreadable(city: City) -> None:
    """Records on a topic that cannot be read, with marked texts in them."""
    producer = AIOKafkaProducer(**city.broker.as_client("intake").client())
    await producer.start()
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"2f1c3c5e-0c6f-4b71-9a9f-111111111111"),
        ("ce_type", b"appeal.received.v1"),
        ("ce_source", b"/huying/intake"),
        ("ce_time", b"2026-11-09T01:00:00+00:00"),
    ]
    try:
        for body in (text("不是 JSON"), json.dumps({"title": [text("标题")], "channel": text("渠道")})):
            await producer.send_and_wait("intake.events", body.encode(), key=b"x", headers=headers)
    finally:
        await producer.stop()


async def parked(city: City) -> list[str]:
    """What was parked and why, without the messages themselves, which their owner sent."""
    found = []
    for service in city.services.values():
        async with service.engine.connect() as conn:
            rows = await conn.execute(sa.text("select reason from parked"))
            found += list(rows.scalars())
    return found


def leaks(told: str) -> list[str]:
    """The marks that stand in a text, written plainly, escaped or in base64."""
    escaped = {mark: json.dumps(mark)[1:-1] for mark in MARKS}
    coded = {mark: base64.b64encode(mark.encode()).decode().rstrip("=")[:-1] for mark in MARKS}
    return [mark for mark in MARKS if mark in told or escaped[mark] in told or coded[mark] in told]


async def test_marked_values_are_in_no_span_log_or_figure_nor_in_the_reason_of_what_is_parked(
    city: City, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.configure_logs("DEBUG")
    try:
        await appeal_of_its_own(city)
        await loan_of_its_own(city)
        await refusals(city)
        await unreadable(city)
        await city.move_to("2026-12-09 09:00")
        await receiver.until(lambda: receiver.named("judge", huying__kept="lift"))
        figures = [(await city.call("ops", "GET", f"/{name}/metrics")).text for name in city.services]
        reasons = await parked(city)
        logged = "".join(capsys.readouterr())
    finally:
        structlog.reset_defaults()
    spans = b"".join(receiver.bodies).decode(errors="replace")
    assert len(reasons) >= 4
    assert "parked" in logged
    assert 'type="card.issued.v1"' in figures[list(city.services).index("escalation")]
    assert {"send sms", "judge", "POST /financing/requests"} <= {span.name for span in receiver.spans}
    assert leaks(spans) == []
    assert leaks(logged) == []
    assert leaks("".join(figures)) == []
    assert leaks("".join(reasons)) == []


def test_a_leak_is_found_however_it_is_written() -> None:
    assert leaks(f"to {PHONE}") == [PHONE]
    assert leaks(json.dumps({"name": MARK})) == [MARK]
    assert leaks(base64.b64encode(EMAIL.encode()).decode()) == [EMAIL, "markedperson"]
    assert leaks("nothing") == []
