"""What people say of themselves stays where it was said: out of spans, logs, figures, and what is told of
parked messages.

Every text of every body that the API describes is marked, and so is what is refused, cannot be read, or is
parked. What is kept in tables and topics is looked through in `test_leaks.py`.
"""

import base64
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from aiokafka import AIOKafkaProducer

from huying.commands.access import tables
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from shared.roles import AccountRole
from shared.telemetry import logs
from tests.banks import KafkaBank
from tests.city import ALL, PEOPLE, City
from tests.described import document_of
from tests.lending import CREDIT_CODE, ask, banks, report_body, wish
from tests.receiver import Receiver

ACCESS = tables()

MARK = "暗记"
PHONE, EMAIL, LATIN = "13977771234", "markedperson@marked.example", "MarkedPerson"
MARKS = (MARK, PHONE, EMAIL, LATIN, "markedperson")
PERSON = {"contact_name": f"{MARK}联系人", "phone": PHONE, "email": EMAIL}
ENTERPRISE = {"name": f"{MARK}企业 {LATIN}", **PERSON}


@pytest.fixture(scope="module")
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, receiver: Receiver, channels: Path
) -> AsyncIterator[City]:
    settings = {"otlp_endpoint": receiver.endpoint, "trace_ratio": 1.0, "channels": channels}
    async with City(postgres, broker, services=ALL, **settings) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        await banks(city, "bank-a", "bank-b")
        await banks(city, "abc", ways=("kafka",))
        yield city


TAKEN = {
    "POST /intake/appeals",
    "POST /dispatch/appeals/{appeal_id}/contacts",
    "POST /dispatch/appeals/{appeal_id}/replies",
    "POST /dispatch/appeals/{appeal_id}/completions",
    "POST /financing/requests",
    "POST /financing/requests/{loan_id}/complaints",
}
"""Of the bodies made from their schemas these are right as they are."""


def text(words: str) -> str:
    return f"{MARK}{words} {LATIN} {PHONE} {EMAIL}"


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
    path, version = f"/escalation/appeals/{appeal['appeal_id']}", (await city.case(appeal))["version"]
    await city.ok("office", "POST", f"{path}/gatherings", {"summary": text("汇总")}, if_match=f'"{version}"')
    await city.drained()
    instruction = {"instruction": text("批示"), "task_force": ["roads"]}
    version = (await city.case(appeal))["version"]
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
    report = report_body(legs["bank-a"], "contacted", evidence={"by": text("经理"), "how": text("方式")})
    await city.ok("bank-a", "POST", "/financing/bank/reports", report)
    complaint = {"bank": "bank-a", "text": text("投诉")}
    path = f"/financing/requests/{loan['loan_id']}/complaints"
    await city.ok("operator", "POST", path, complaint)
    async with KafkaBank(city, "abc") as bank:
        await bank.until("requests", 1)
        await bank.say(text("不是 JSON").encode())
        bad = report_body(legs["abc"], "contacted", evidence={"by": text("经理"), "how": [text("列表")]})
        await bank.say(json.dumps(bad, ensure_ascii=False).encode())
        await bank.until("receipts", 2)


ROLES = {role: name for name, role, _ in reversed(PEOPLE)}
KNOWN = {
    "channel": "web",
    "product": "working_capital",
    "term_months": 12,
    "credit_code": CREDIT_CODE,
    "rank": "office",
    "limit": {"number": 5, "unit": "working_days"},
    "sha256": "0" * 64,
    "procedure": None,
    "institution": None,
    "locality": "east",
    "category": "roads.damage",
    "division": "341602",
    "longitude": "115.7785",
    "latitude": "33.8446",
    "confidentiality": "named",
    "complained_of": "water",
    "phones": [PHONE],
    "cleared": [],
    "answer": None,
    "unit": "roads",
    "phone": PHONE,
    "email": EMAIL,
}
FORMATS = {"date-time": "2026-11-09T01:00:00Z", "date": "2026-11-30", "uuid": "0" * 32}


def filled(schema: Any, parts: Any, known: dict[str, Any], name: str = "") -> Any:
    """A body as the schema has it: `known` values by name, a marked one in every text of people's own."""
    schema = {**schema, **parts.get(schema.get("$ref", "").rpartition("/")[2], {})}
    if name in known:
        return known[name]
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return filled(options[0], parts, known, name)
    match schema.get("type"):
        case "object":
            inner = schema.get("properties", {})
            return {key: filled(part, parts, known, key) for key, part in inner.items()}
        case "array":
            return [filled(schema.get("items", {}), parts, known)]
        case "boolean":
            return True
        case "integer" | "number":
            return schema.get("minimum", 1)
    if values := schema.get("enum") or [schema[key] for key in ("const", "default") if key in schema]:
        return values[0]
    if "format" in schema:
        return FORMATS.get(schema["format"], "7")
    return text(name) if "minLength" in schema else "7"


async def every_text(city: City) -> set[str]:
    """Every body that the API describes, by who may send it; returns the routes that took theirs."""
    appeal, loan = await city.register(), await ask(city, banks=["bank-a"])
    (leg,) = await city.dispatch(appeal)
    await city.drained()
    place = {**loan, **appeal, "loan_id": loan["loan_id"], "year": 2027, "code": "new", "recipient": "office"}
    known = {**KNOWN, "leg_id": leg, "leg": loan["legs"][0]["leg"], "bank": "bank-a", "banks": ["bank-a"]}
    return {
        route
        for route, schema, parts in sorted(bodies(city), key=lambda body: "withdrawals" in body[0])
        if await sent(city, route, place, filled(schema, parts, known), appeal["receipt_code"])
    }


def bodies(city: City) -> Iterator[tuple[str, Any, Any]]:
    """Each route that takes JSON, with the schema of its body and the parts that schemas share."""
    for name, service in city.services.items():
        document = document_of(service)
        for path, kinds in document["paths"].items():
            for method in kinds.keys() & {"post", "put"}:
                content = kinds[method].get("requestBody", {}).get("content", {})
                if "application/json" in content and path not in ("/import", "/clock"):
                    schema = content["application/json"]["schema"]
                    yield f"{method.upper()} /{name}{path}", schema, document["components"]["schemas"]


async def sent(city: City, route: str, place: dict[str, Any], body: Any, code: str) -> bool:
    """Whether a route took a body, on the version that its case has."""
    method, path = route.split()
    roles = ACCESS[route]
    account = None if None in roles else next(ROLES[role] for role in AccountRole if role in roles)
    account = "roads" if path.endswith("/contacts") and AccountRole.UNIT in roles else account
    where = path.format_map(defaultdict(lambda: "0" * 32, place))
    headers = {"receipt_code": code}
    while True:
        if "{appeal_id}" in path:
            base = path[: path.index("}") + 1].format_map(place)
            headers["if_match"] = f'"{(await city.ok("office", "GET", base))["version"]}"'
        answer = await city.call(account, method, where, body, **headers)
        if answer.status_code != 412 or "if_match" not in headers:  # else an event came meanwhile
            break
    assert answer.status_code < 500, f"{route}: {answer.text}"
    return answer.is_success


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


async def parked(city: City) -> list[dict[str, Any]]:
    """What the topics of parked messages hold, as their readers find it."""
    parked_messages = []
    for name, service in city.services.items():
        async with service.engine.connect() as conn:
            number = (await conn.execute(sa.text("select count(*) from parked"))).scalar_one()
        of_service = [
            {**json.loads(record.value), "own": str(record.headers)}
            for record in (await city.records(f"{name}.parked") if number else ())
            if dict(record.headers)["ce_type"] != b"huying.watermark.v1"
        ]
        assert len(of_service) == number
        parked_messages += of_service
    return parked_messages


def leaks(content: str) -> list[str]:
    """The marks that stand in a text, written plainly, escaped or in base64."""
    escaped = {mark: json.dumps(mark)[1:-1] for mark in MARKS}
    coded = {mark: base64.b64encode(mark.encode()).decode().rstrip("=")[:-1] for mark in MARKS}
    return [mark for mark in MARKS if mark in content or escaped[mark] in content or coded[mark] in content]


@pytest.mark.slow
async def test_marked_values_are_in_no_span_log_or_figure_nor_told_of_what_is_parked(
    city: City, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure_logs("DEBUG")
    try:
        await appeal_of_its_own(city)
        await loan_of_its_own(city)
        taken = await every_text(city)
        await refusals(city)
        await unreadable(city)
        await city.move_to("2026-12-09 09:00")
        await receiver.until(lambda: receiver.named("judge", huying__kept="lift"))
        figures = [(await city.call("ops", "GET", f"/{name}/metrics")).text for name in city.services]
        laid_aside = await parked(city)
        logged = "".join(capsys.readouterr())
    finally:
        structlog.reset_defaults()
    spans = b"".join(receiver.bodies).decode(errors="replace")
    assert len(laid_aside) >= 4
    assert taken >= TAKEN, sorted(taken)
    assert "parked" in logged
    assert 'type="card.issued.v1"' in figures[list(city.services).index("escalation")]
    assert {"send sms", "judge", "POST /financing/requests"} <= {span.name for span in receiver.spans}
    assert leaks(spans) == []
    assert leaks(logged) == []
    assert leaks("".join(figures)) == []
    assert all(message["left_out"] > 0 for message in laid_aside)
    assert leaks(json.dumps(laid_aside, ensure_ascii=False)) == []


def test_a_leak_is_found_however_it_is_written() -> None:
    assert leaks(f"to {PHONE}") == [PHONE]
    assert leaks(json.dumps({"name": MARK})) == [MARK]
    assert leaks(base64.b64encode(EMAIL.encode()).decode()) == [EMAIL, "markedperson"]
    assert leaks("nothing") == []
