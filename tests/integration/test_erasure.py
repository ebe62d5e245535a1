"""Personal data of an enterprise: it reads them, the office erases them, and the chain still verifies."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from huying.archive.audit import verified
from huying.archive.export import export
from huying.commands.erasing import erase_cases
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from huying.local.running_services import RunningServices
from services import SERVICES
from shared.database.connection import Database
from shared.encryption.cells import Cell
from shared.encryption.keyring import MARK, KeyRing
from shared.service.start import listening, under_one_port
from tests.attachments import attach, kept, pdf
from tests.city import ALL, City
from tests.exported import urls_of
from tests.integration.test_leaks import ENTERPRISE, MORE, NAME, WORDS
from tests.integration.test_personal_data import EMAIL, PHONE, leaks
from tests.lending import CREDIT_CODE, ask, banks, report_body

FIRM = {**ENTERPRISE, "credit_code": CREDIT_CODE}


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker, channels: Path) -> AsyncIterator[City]:
    async with City(postgres, broker, services=ALL, channels=channels) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        await banks(city, "bank-a", "bank-b")
        yield city


async def appeal_of(city: City, **more: Any) -> dict[str, Any]:
    """An appeal with marked persons in all that people write of it, completed by its unit."""
    sent = {"channel": "web", "kind": "help", "title": "标题", "text": WORDS, "enterprise": FIRM}
    sent |= {"contacts": [MORE], "place": {"address": WORDS}, "again": True, **more}
    appeal: dict[str, Any] = await city.ok("operator", "POST", "/intake/appeals", sent)
    own, code = f"/intake/status/{appeal['registration_number']}", {"receipt_code": appeal["receipt_code"]}
    await city.drained()
    (leg,) = await city.dispatch(appeal)
    await city.drained()
    contacts = {"contacts": [{"channel": "sms", "address": PHONE}], "language": "en"}
    await city.ok("office", "PUT", f"/notify/contacts/enterprise:{appeal['appeal_id']}", contacts)
    await city.act("roads", appeal, "contacts", leg_id=leg, how="电话", who=NAME, text=WORDS)
    await city.ok(None, "POST", f"{own}/additions", {"text": WORDS}, **code)
    assert (await attach(city, None, appeal, pdf(), f"{NAME}.pdf")).status_code == 201
    await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text=WORDS)
    await city.drained()
    await city.ok(None, "POST", f"{own}/ratings", {"rating": "satisfied", "comment": WORDS}, **code)
    await city.drained()
    return appeal


async def version_of(city: City, path: str) -> str:
    return f'"{(await city.ok("office", "GET", path))["version"]}"'


async def closed(city: City, appeal: dict[str, Any]) -> None:
    await city.act("office", appeal, "findings", reasonable=True, by="营商环境办", reason="属实")
    await city.act("office", appeal, "closures", text="已办结")
    await city.drained()


async def erased(city: City, service: str, path: str) -> dict[str, Any]:
    await city.drained()
    version = await version_of(city, f"/{service}{path}")
    receipt: dict[str, Any] = await city.ok(
        "office", "POST", f"/{service}{path}/erasures", {}, if_match=version
    )
    await city.drained()
    return receipt


async def everything(city: City) -> str:
    """Every column of every table, with what is encrypted in it decrypted."""
    found = []
    for service in SERVICES:
        context = city.services[service]
        assert context.ring is not None
        conn = await asyncpg.connect(city.settings(service).database.replace("+asyncpg", ""))
        try:
            for (table,) in await conn.fetch("select tablename from pg_tables where schemaname = 'public'"):
                rows = await conn.fetch(f'select * from "{table}"')
                found += [_decrypted(context.ring, service, table, row) for row in rows]
        finally:
            await conn.close()
    return "\n".join(found)


def _decrypted(ring: KeyRing, service: str, table: str, row: Any) -> str:
    """A row as text. What is encrypted is bound to one of these columns and rows."""
    texts = [
        value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in row.values()
    ]
    content = "\n".join(texts).replace("\\u001e", "\x1e")
    if MARK not in content:
        return content
    names = set(row.keys())
    places = [(f"{table}.{name}", str(key)) for name in names for key in row.values()]
    places += [("address", str(row["recipient"]))] if "recipient" in names else []
    places += [("bank_messages.body", str(row["leg"]))] if "leg" in names else []
    plain = [content]
    for token in (part.split('"')[0].split("\n")[0] for part in content.split("\x1e")[1:]):
        plain += _opened(ring, f"\x1e{token}", places)
    return "\n".join(plain)


def _opened(ring: KeyRing, token: str, places: list[tuple[str, str]]) -> list[str]:
    for column, key in places:
        try:
            return [Cell(ring, column, key).decrypt(token)]
        except ValueError:
            continue
    return []


async def loan_of(city: City) -> dict[str, Any]:
    """A loan request with marked persons, reported on, complained about, and withdrawn."""
    loan = await ask(
        city, contact={"name": NAME, "phone": PHONE, "email": EMAIL}, purpose=WORDS, banks=["bank-a"]
    )
    leg = loan["legs"][0]["leg"]
    await city.ok("bank-a", "GET", "/financing/bank/requests")
    report = report_body(leg, "contacted", evidence={"by": NAME, "how": WORDS})
    await city.ok("bank-a", "POST", "/financing/bank/reports", report)
    path = f"/financing/requests/{loan['loan_id']}"
    await city.ok("operator", "POST", f"{path}/complaints", {"bank": "bank-a", "text": WORDS})
    await city.ok("operator", "POST", f"{path}/withdrawals", {})
    await city.drained()
    return loan


async def test_what_is_erased_stands_nowhere_any_more_and_the_chain_verifies(
    city: City, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    appeal = await appeal_of(city)
    loan = await loan_of(city)
    files = len(kept(city))
    before = tmp_path / "before.ndjson"
    await export(urls_of(postgres), before, None, records=False)
    assert set(leaks(await everything(city))) >= {PHONE, EMAIL, "暗记"}
    await closed(city, appeal)
    receipt = await erased(city, "intake", f"/appeals/{appeal['appeal_id']}")
    of_loan = await erased(city, "financing", f"/requests/{loan['loan_id']}")
    assert receipt["values"] == 7
    assert receipt["files"] == 1
    assert of_loan["values"] > 5
    assert len(kept(city)) == files - 1
    assert leaks(await everything(city)) == []
    for records in (True, False):
        after = tmp_path / f"{records}.ndjson.gz"
        await export(urls_of(postgres), after, None, records=records)
        assert verified(after)
    events = gzip.decompress(after.read_bytes()).decode()
    assert receipt["id"] in events
    assert of_loan["id"] in events
    for type_ in ("unit.persons_erased.v1", "notice.persons_erased.v1"):
        assert type_ in events
    linked = [line for line in before.read_text("utf-8").splitlines() if line.startswith('{"sequence"')]
    assert linked
    assert all(line in events for line in linked)


async def test_an_enterprise_reads_all_that_is_kept_of_it(city: City) -> None:
    appeal = await appeal_of(city)
    path = f"/intake/status/{appeal['registration_number']}/data"
    data = await city.ok(None, "GET", path, receipt_code=appeal["receipt_code"])
    assert (data["text"], data["additions"], data["comments"]) == (WORDS, [WORDS], [WORDS])
    assert data["enterprise"]["phone"] == PHONE
    assert data["contacts"] == [MORE]
    assert [file["name"] for file in data["attachments"]] == [f"{NAME}.pdf"]
    assert (await city.call(None, "GET", path, receipt_code="wrong")).status_code == 404
    loan = await ask(city, contact={"name": NAME, "phone": PHONE, "email": EMAIL}, purpose=WORDS)
    path = f"/financing/status/{loan['registration_number']}/data"
    data = await city.ok(None, "GET", path, receipt_code=loan["receipt_code"])
    assert data["wish"]["contact"]["email"] == EMAIL
    assert data["wish"]["purpose"] == WORDS


async def test_an_open_case_is_not_erased(city: City) -> None:
    appeal = await city.register(enterprise=FIRM)
    await city.drained()
    path = f"/intake/appeals/{appeal['appeal_id']}/erasures"
    version = await version_of(city, path.removesuffix("/erasures"))
    assert (await city.call("office", "POST", path, {}, if_match=version)).status_code == 409
    assert (await city.call("operator", "POST", path, {}, if_match=version)).status_code == 403
    loan = await ask(city)
    path = f"/financing/requests/{loan['loan_id']}/erasures"
    version = await version_of(city, f"/financing/requests/{loan['loan_id']}")
    assert (await city.call("office", "POST", path, {}, if_match=version)).status_code == 409


async def test_an_erased_case_is_still_read_by_whom_it_concerns(city: City) -> None:
    appeal = await appeal_of(city)
    await closed(city, appeal)
    await erased(city, "intake", f"/appeals/{appeal['appeal_id']}")
    shown = await city.ok("office", "GET", f"/intake/appeals/{appeal['appeal_id']}")
    assert (shown["enterprise"]["name"], shown["enterprise"]["phone"], shown["contacts"]) == (
        "示例企业",
        None,
        [],
    )
    assert shown["text"] == "（已删除）"
    status = await city.status(appeal)
    assert "appeal.persons_erased.v1" in {entry["type"] for entry in status["timeline"]}
    acts = (await city.ok("office", "GET", f"/dispatch/appeals/{appeal['appeal_id']}"))["acts"]
    assert {act["act"].get("text", "（已删除）") for act in acts} <= {"（已删除）", None}
    assert (await city.call("office", "GET", f"/intake/callers?phone={PHONE}")).json()["items"] is not None
    contacts = await city.ok("office", "GET", f"/notify/contacts/enterprise:{appeal['appeal_id']}")
    assert contacts["items"] == []
    again = await erased(city, "intake", f"/appeals/{appeal['appeal_id']}")
    assert (again["values"], again["files"]) == (0, 0)


async def test_all_cases_of_an_enterprise_are_erased_by_one_command_and_open_ones_are_named(
    city: City, capsys: pytest.CaptureFixture[str]
) -> None:
    done = await appeal_of(city)
    await closed(city, done)
    loan, still_open = await loan_of(city), await city.register(title="仍在办理", enterprise=FIRM)
    await city.drained()
    port = free_port()
    apps = under_one_port({name: context.app for name, context in city.services.items()})
    urls = {name: f"http://127.0.0.1:{port}/{name}" for name in city.services}
    async with listening(apps, "127.0.0.1", port):
        services = RunningServices(urls, city.keys["office"])
        assert await asyncio.to_thread(erase_cases, services, CREDIT_CODE, in_earnest=False) == 0
        assert done["registration_number"] in capsys.readouterr().out
        assert await asyncio.to_thread(erase_cases, services, CREDIT_CODE, in_earnest=True) > 0
    shown = capsys.readouterr().out
    assert still_open["registration_number"] in shown
    assert (await city.ok("office", "GET", f"/intake/appeals/{done['appeal_id']}"))["text"] == "（已删除）"
    wish = (await city.ok("office", "GET", f"/financing/requests/{loan['loan_id']}"))["wish"]
    assert wish["contact"]["phone"] == "（已删除）"


def test_the_ring_of_a_connection_is_asked_for() -> None:
    with pytest.raises(ValueError, match="HUYING_DATA_KEYS"):
        Database("postgresql://127.0.0.1:1/x").reading().cell("a.b", 1)
