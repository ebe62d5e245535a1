"""Marked persons are looked for in all that is kept: they stand nowhere in plain, but where it is said why.

Names, phones and mail addresses are written wherever people can write them, reasons too, but in titles and in
names of firms (docs/personal-data.md). Then every column of every table, every
topic, the exports, logs, spans and figures are searched.
"""

import gzip
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog

from huying.archive.audit import verified
from huying.archive.export import export
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services import SERVICES
from shared.addresses.masking import masked_phone
from shared.telemetry import logs
from tests.attachments import attach, pdf
from tests.banks import KafkaBank
from tests.city import ALL, City
from tests.exported import urls_of
from tests.integration.test_personal_data import EMAIL, LATIN, PHONE, leaks, unreadable
from tests.lending import ask, banks, report_body
from tests.receiver import Receiver

NAME = "暗记联系人"
WORDS = f"请找{NAME} {LATIN}，电话 {PHONE}，邮箱 {EMAIL}"
ENTERPRISE = {"name": "示例企业", "contact_name": NAME, "phone": PHONE, "email": EMAIL}
MORE = {"name": f"{NAME}二", "phones": [PHONE], "email": EMAIL, "remark": WORDS}

IN_PLAIN = {
    "topic banks.abc.requests": "the contract: a bank must know whom to call, on a topic that it alone reads",
    "topic banks.abc.replies": "a bank wrote it",
    "topic intake.events": "what this test itself wrote there, to be parked",
}
"""Where marked persons stand in plain, and why."""

Places = dict[str, list[str]]
"""The marks that were found, by place."""


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
        await marked_appeal(city, "first")
        await marked_loan(city)
        await unreadable(city)
        late = await late_appeal(city)
        await city.move_to("2026-12-09 09:00")
        await marked_case(city, late)
        yield city


async def marked_appeal(city: City, once: str) -> None:
    """An appeal on its whole way, with all that people write of persons."""
    sent = {"channel": "web", "kind": "help", "title": "标题", "text": WORDS, "enterprise": ENTERPRISE}
    sent |= {"contacts": [MORE], "remarks": WORDS, "place": {"address": WORDS}}
    appeal = await city.ok("operator", "POST", "/intake/appeals", sent, idempotency_key=once)
    own, code = f"/intake/status/{appeal['registration_number']}", {"receipt_code": appeal["receipt_code"]}
    contacts = {"contacts": [{"channel": "sms", "address": PHONE}], "language": "en"}
    for recipient in ("unit:roads", f"enterprise:{appeal['appeal_id']}"):
        await city.ok("office", "PUT", f"/notify/contacts/{recipient}", contacts)
    await city.drained()
    (leg,) = await city.dispatch(appeal)
    await city.drained()
    await city.act("roads", appeal, "contacts", leg_id=leg, how=WORDS, who=NAME, text=WORDS)
    await city.act("roads", appeal, "objections", leg_id=leg, reason=WORDS)
    decided = {"leg_id": leg, "upheld": False, "reason": WORDS, "by": NAME}
    await city.act("office", appeal, "objection-decisions", **decided)
    await city.act("roads", appeal, "replies", leg_id=leg, text=WORDS)
    await city.act("roads", appeal, "notes", text=WORDS)
    await city.ok(None, "POST", f"{own}/additions", {"text": WORDS}, **code)
    assert (await attach(city, None, appeal, pdf(), f"{NAME} {PHONE}.pdf")).status_code == 201
    staff = f"/intake/appeals/{appeal['appeal_id']}"
    await city.drained()
    version = (await city.ok("office", "GET", staff))["version"]
    corrected = {"enterprise": {"phone": "13977771235"}, "reason": WORDS}
    await city.ok("operator", "POST", f"{staff}/corrections", corrected, if_match=f'"{version}"')
    await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text=WORDS)
    await city.act("office", appeal, "findings", reasonable=True, by=NAME, reason=WORDS)
    await city.drained()
    await city.ok(None, "POST", f"{own}/ratings", {"rating": "satisfied", "comment": WORDS}, **code)
    await city.ok(None, "POST", f"{own}/complaints", {"about": "reply", "text": WORDS}, **code)
    await city.drained()
    await city.act("office", appeal, "complaint-decisions", justified=False, reason=WORDS)
    await city.drained()


async def late_appeal(city: City) -> dict[str, Any]:
    """An appeal that nobody handles in time, beside one that its enterprise takes back."""
    late, back = await city.register(), await city.register()
    await city.drained()
    await city.dispatch(late)
    path, code = f"/intake/status/{back['registration_number']}/withdrawals", back["receipt_code"]
    await city.ok(None, "POST", path, {"reason": WORDS}, receipt_code=code)
    await city.drained()
    return late


async def marked_case(city: City, late: dict[str, Any]) -> None:
    """What people say of a card and of a lift."""
    case = f"/escalation/appeals/{late['appeal_id']}"
    judged = await city.case(late)
    card = judged["cards"][0]["card_id"]
    await city.ok("roads", "POST", f"{case}/cards/appealed", {"card_id": card, "reason": WORDS})
    for account, path, body in (
        ("office", "cards/withdrawn", {"card_id": card, "reason": WORDS}),
        ("office", "leaders", {"leader": "mayor", "reason": WORDS}),
        ("leader", "instructions", {"instruction": WORDS}),
    ):
        version = f'"{(await city.case(late))["version"]}"'
        await city.ok(account, "POST", f"{case}/{path}", body, if_match=version)
    await city.drained()


async def marked_loan(city: City) -> None:
    """A loan request with banks that report, and a complaint."""
    loan = await ask(
        city,
        contact={"name": NAME, "phone": PHONE, "email": EMAIL},
        purpose=WORDS,
        collateral=WORDS,
        attachments=[{"name": NAME, "reference": PHONE, "sha256": "0" * 64}],
        banks=["bank-a", "abc"],
    )
    legs = {leg["bank"]: leg["leg"] for leg in loan["legs"]}
    evidence = {"by": NAME, "how": WORDS, "text": WORDS}
    report = report_body(legs["bank-a"], "contacted", evidence=evidence)
    await city.ok("bank-a", "POST", "/financing/bank/reports", report)
    await city.call("bank-a", "POST", "/financing/bank/reports", {**report, "more": WORDS})
    complaint = {"bank": "bank-a", "text": WORDS}
    await city.ok("operator", "POST", f"/financing/requests/{loan['loan_id']}/complaints", complaint)
    async with KafkaBank(city, "abc") as bank:
        await bank.until("requests", 1)
        await bank.say(WORDS.encode())
        await bank.until("receipts", 1)


async def in_tables(city: City) -> Places:
    """The marks in every column of every table."""
    places: Places = {}
    for service in SERVICES:
        conn = await asyncpg.connect(city.settings(service).database.replace("+asyncpg", ""))
        try:
            for table in await conn.fetch("select tablename from pg_tables where schemaname = 'public'"):
                rows = await conn.fetch(f'select * from "{table[0]}"')
                places |= in_rows(f"{service}.{table[0]}", rows)
        finally:
            await conn.close()
    return places


def in_rows(table: str, rows: Iterable[Mapping[str, Any]]) -> Places:
    columns: dict[str, list[str]] = {}
    for row in rows:
        for name, value in row.items():
            content = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
            columns.setdefault(f"{table}.{name}", []).append(content)
    return {place: marks for place, values in columns.items() if (marks := leaks("\n".join(values)))}


async def in_topics(city: City) -> Places:
    topics = [f"{service}.{kind}" for service in SERVICES for kind in ("events", "parked")]
    topics += [f"banks.abc.{kind}" for kind in ("requests", "receipts", "replies")]
    places = {}
    for topic in topics:
        contents = [
            f"{record.key!r} {record.headers} {_text(record.value)}" for record in await city.records(topic)
        ]
        if marks := leaks("\n".join(contents)):
            places[f"topic {topic}"] = marks
    return places


def _text(content: bytes | None) -> str:
    return (content or b"").decode(errors="replace")


async def test_marked_persons_stand_in_no_table(city: City) -> None:
    assert await in_tables(city) == {}


async def test_marked_persons_stand_in_no_topic_but_the_banks(city: City) -> None:
    assert (await in_topics(city)).keys() == IN_PLAIN.keys()


async def test_marked_persons_stand_in_no_export_and_both_verify(
    city: City, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    for records in (True, False):
        file = tmp_path / f"{records}.ndjson.gz"
        await export(urls_of(postgres), file, None, records=records)
        content = gzip.decompress(file.read_bytes()).decode()
        assert leaks(content) == []
        verdict = verified(file)
        assert (verdict.records > 0, verdict.closed) == (records, 0)
        for word in ("示例企业", "标题", '"receipt_hash":"'):
            assert (word in content) is records, word


async def test_marked_persons_are_read_by_whom_they_are_for(city: City) -> None:
    listed = (await city.ok("office", "GET", "/intake/appeals"))["items"]
    (appeal,) = [item for item in listed if item["title"] == "标题"]
    shown = await city.ok("office", "GET", f"/intake/appeals/{appeal['appeal_id']}")
    assert shown["text"] == WORDS
    path = f"/intake/appeals/{appeal['appeal_id']}/contact-readings"
    whole = await city.ok("office", "POST", path, {"purpose": "contact"})
    assert whole["enterprise"]["email"] == EMAIL
    assert whole["contacts"] == [MORE]
    assert [file["name"] for file in shown["attachments"]] == [f"{NAME} {PHONE}.pdf"]
    acts = (await city.ok("office", "GET", f"/dispatch/appeals/{appeal['appeal_id']}"))["acts"]
    assert [act["act"]["who"] for act in acts if act["act"]["act"] == "contact"] == [NAME]
    sent = await city.ok("office", "GET", f"/notify/appeals/{appeal['appeal_id']}/deliveries")
    assert masked_phone(PHONE) in {delivery["address"] for delivery in sent["items"]}


async def test_reasons_are_read_where_they_were_given_and_in_no_event(city: City) -> None:
    listed = (await city.ok("office", "GET", "/escalation/ledger"))["items"]
    (late,) = [case for case in listed if case["lifts"]]
    shown = await city.ok("office", "GET", f"/escalation/appeals/{late['appeal_id']}")
    assert (shown["cards"][0]["reason"], shown["lift"]["instruction"]) == (WORDS, WORDS)
    assert late["cards"][0]["reason"] == WORDS
    assert [reason["type"] for reason in shown["reasons"]] == [
        *("card.appealed.v1", "card.withdrawn.v1", "appeal.leader_named.v1", "appeal.instructed.v1")
    ]
    listed = (await city.ok("office", "GET", "/intake/appeals?state=withdrawn"))["items"]
    back = await city.ok("office", "GET", f"/intake/appeals/{listed[0]['appeal_id']}")
    assert [(reason["type"], reason["reason"]) for reason in back["reasons"]] == [
        ("appeal.withdrawn.v1", WORDS)
    ]


async def test_marked_persons_stand_in_no_span_log_or_figure(
    city: City, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure_logs("DEBUG")
    try:
        await marked_appeal(city, "second")
        figures = [(await city.call("ops", "GET", f"/{name}/metrics")).text for name in city.services]
        logged = "".join(capsys.readouterr())
    finally:
        structlog.reset_defaults()
    await receiver.until(lambda: receiver.named("POST /intake/appeals"))
    assert leaks("".join(figures) + logged) == []
    assert leaks(b"".join(receiver.bodies).decode(errors="replace")) == []


PLANTED = {
    "intake.appeals.file": f"update appeals set file = jsonb_set(file, '{{remarks}}', '\"{PHONE}\"')",
    "intake.idempotency.body": f"update idempotency set body = '{EMAIL}'",
    "notify.contacts.address": f"update contacts set address = '{PHONE}'",
    "financing.unrecorded_reports.raw": f"update unrecorded_reports set raw = '{NAME}'::bytea",
    "dispatch.parked.body": f"update parked set body = convert_to('{NAME}', 'UTF8')",
}


@pytest.mark.parametrize("place", PLANTED)
async def test_a_value_that_is_kept_in_plain_is_found(city: City, place: str) -> None:
    service, table, _ = place.split(".")
    conn = await asyncpg.connect(city.settings(service).database.replace("+asyncpg", ""))
    undone = conn.transaction()
    await undone.start()
    try:
        await conn.execute(PLANTED[place])
        assert place in in_rows(f"{service}.{table}", await conn.fetch(f"select * from {table}"))
    finally:
        await undone.rollback()
        await conn.close()
