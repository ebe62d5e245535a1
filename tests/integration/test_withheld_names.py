"""A unit that is complained of learns nowhere who complains: in no answer, message or document."""

import io
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from huying.commands.access import tables
from shared.roles import UNIT
from tests.attachments import attach, pdf
from tests.city import ALL, City, refused
from tests.integration.test_access import NOBODY
from tests.integration.test_lists_as_tables import LISTS, UNSHOWN, XLSX, sheet_rows

pytestmark = pytest.mark.services(*ALL)

READS = sorted(route for route, roles in tables().items() if route.startswith("GET ") and UNIT in roles)
TABLES = [
    f"{path}?format={form}"
    for path in LISTS
    if f"GET {path}" in READS and "{" not in path and path not in UNSHOWN
    for form in ("csv", "xlsx")
]
FIRM = {
    "name": "亳州市青浔精密铸造有限公司",
    "credit_code": "91350100M000100Y43",
    "contact_name": "欧阳远山",
    "phone": "13977778888",
    "email": "ouyang@example.org",
}
COMPLAINT = {
    "kind": "complaint",
    "complained_of": "roads",
    "title": "青浔精密铸造被市交通局反复检查",
    "text": "我是亳州市青浔精密铸造有限公司欧阳远山，电话 139 7777 8888，代码91350100M000100Y43，"
    "请勿告知对方。",
    "enterprise": FIRM,
    "contacts": [{"name": "司徒清", "phones": ["0558-5123456", "13866665555"]}],
    "remarks": "欧阳远山来电两次",
}
CORRECTED = {
    "reason": "改名",
    "enterprise": {"name": "长垣新名集团"},
    "contacts": [{"name": "钱二水", "phones": ["13900000001"]}],
}
SECRETS = (
    "青浔",
    "欧阳",
    "远山",
    "司徒",
    "13977778888",
    "139 7777",
    "77778888",
    "13866665555",
    "5123456",
    "91350100M000100Y43",
    "ouyang",
    "长垣",
    "钱二水",
    "赵一山",
)


def shows(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def text_of(answer: httpx.Response) -> str:
    """What a person reads in an answer, be it JSON, a page, a table or a document."""
    kind = answer.headers.get("content-type", "")
    if kind == "application/pdf":
        pages = PdfReader(io.BytesIO(answer.content)).pages
        return "".join("".join(page.extract_text().split()) for page in pages)
    return str(sheet_rows(answer)) if kind == XLSX else answer.text


def given_without_secret(answers: Iterable[httpx.Response]) -> list[str]:
    """The texts of those answers that were not refused; none has a secret."""
    texts = [text_of(answer) for answer in answers if answer.is_success]
    assert not [text for text in texts if shows(text)]
    return texts


async def fill(city: City, **fields: Any) -> dict[str, Any]:
    """A complaint about the roads unit that the roads unit itself has to handle, and lets pass."""
    appeal = await city.register(**{**COMPLAINT, **fields})
    (leg,) = await city.dispatch(appeal, {"unit": "roads"})
    await city.drained()
    return {**appeal, "leg_id": leg}


@pytest.fixture(scope="module")
async def complaint(city: City) -> dict[str, Any]:
    """It stands wherever a case can stand: with a file, carded, complained of, merged with, put right."""
    appeal = await fill(city)
    file = await attach(city, None, appeal, pdf(), name="青浔精密铸造欧阳远山.pdf")
    assert file.is_success, file.text
    await city.act("office", appeal, "contacts", leg_id=appeal["leg_id"], how="致电欧阳远山", who="欧阳远山")
    follower = await city.register(**{**COMPLAINT, "title": "欧阳远山再次反映"})
    merged = f"/intake/appeals/{follower['appeal_id']}"
    version = (await city.ok("office", "GET", merged))["version"]
    body = {"lead": appeal["registration_number"], "reason": "同一问题"}
    await city.ok("office", "POST", f"{merged}/merges", body, if_match=f'"{version}"')
    await city.ok(
        None,
        "POST",
        f"/intake/status/{appeal['registration_number']}/complaints",
        {"about": "handling", "text": "欧阳远山：无人办理"},
        receipt_code=appeal["receipt_code"],
    )
    await put_right(city, appeal)
    await city.drained()
    await city.move_to("2026-11-16 09:00")
    case = await city.case(appeal)
    attachment_id = file.json()["attachment_id"]
    return {**appeal, "card_id": case["cards"][0]["card_id"], "attachment_id": attachment_id}


async def put_right(city: City, appeal: dict[str, Any]) -> None:
    """The texts name whom the appeal does not name any more."""
    contact, code = {"contact_name": "赵一山", "phone": "13900000000"}, appeal["receipt_code"]
    path = f"/intake/status/{appeal['registration_number']}/contact"
    await city.ok(None, "PUT", path, contact, receipt_code=code)
    path = f"/intake/appeals/{appeal['appeal_id']}"
    version = (await city.ok("office", "GET", path))["version"]
    await city.ok("office", "POST", f"{path}/corrections", CORRECTED, if_match=f'"{version}"')


async def read(city: City, route: str, appeal: dict[str, Any]) -> Any:
    named = {
        **NOBODY,
        "appeal_id": appeal["appeal_id"],
        "case_id": appeal["appeal_id"],
        "card_id": appeal["card_id"],
        "attachment_id": appeal["attachment_id"],
        "registration_number": appeal["registration_number"],
        "recipient": "unit:roads",
        "code": "roads",
    }
    path = route.removeprefix("GET ").format(**named)
    listed = "?limit=500" if "{" not in route else ""
    answer = await city.call("roads", "GET", path + listed, receipt_code="0000")
    return answer if answer.status_code != 422 else await city.call("roads", "GET", path, receipt_code="0000")


@pytest.mark.parametrize("route", READS)
async def test_no_route_shows_a_unit_who_complains_of_it(
    city: City, complaint: dict[str, Any], route: str
) -> None:
    answer = await read(city, route, complaint)
    text = text_of(answer)
    if answer.headers.get("content-type") == "application/pdf":
        assert "反复检查" in text
    assert not shows(text), text


async def test_no_table_shows_a_unit_who_complains_of_it(city: City, complaint: dict[str, Any]) -> None:
    tables = given_without_secret([await city.call("roads", "GET", path) for path in TABLES])
    assert len(tables) == len(TABLES)
    assert sum(complaint["registration_number"] in table for table in tables) > 6


async def test_a_unit_reads_no_file_of_the_enterprise(city: City, complaint: dict[str, Any]) -> None:
    path = "/intake/appeals/{appeal_id}/attachments/{attachment_id}".format(**complaint)
    refused(await city.call("roads", "GET", path), 404)
    assert (await city.call("office", "GET", path)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/intake/appeals/{appeal_id}",
        "/dispatch/appeals/{appeal_id}",
        "/escalation/appeals/{appeal_id}",
        "/escalation/appeals/{appeal_id}/cards/{card_id}.html",
        "/intake/appeals?limit=500",
        "/notify/inbox?limit=500",
    ],
)
async def test_the_walk_reads_the_case_itself(city: City, complaint: dict[str, Any], path: str) -> None:
    answer = await city.call("roads", "GET", path.format(**complaint))
    assert answer.status_code == 200
    assert complaint["registration_number"] in answer.text


async def test_the_acts_of_the_unit_answer_nothing_of_it(city: City, complaint: dict[str, Any]) -> None:
    base, leg = f"/dispatch/appeals/{complaint['appeal_id']}", complaint["leg_id"]
    card = f"/escalation/appeals/{complaint['appeal_id']}/cards/{complaint['card_id']}"
    sent = {
        f"{base}/contacts": {"leg_id": leg, "how": "电话"},
        f"{base}/replies": {"leg_id": leg, "text": "正在核实"},
        f"{base}/objections": {"leg_id": leg, "reason": "不属本单位"},
        f"{base}/pause-requests": {"leg_id": leg, "reason": "等材料"},
        f"{base}/refusals": {"leg_id": leg, "reason": "不予办理"},
        f"{base}/completions": {"leg_id": leg, "outcome": "solved", "text": "已办"},
        f"{card}/acknowledgements": {},
    }
    done = []
    for path, body in sent.items():
        answer = await city.call("roads", "POST", path, body)
        assert not shows(answer.text), answer.text
        done += [path.rpartition("/")[2]] if answer.is_success else []
    assert {"replies", "objections", "refusals"} <= set(done)


async def test_the_contact_is_the_offices(city: City, complaint: dict[str, Any]) -> None:
    appeal = await fill(city)
    body = {"leg_id": appeal["leg_id"], "how": "电话"}
    path = f"/dispatch/appeals/{appeal['appeal_id']}/contacts"
    assert "营商环境办联系" in refused(await city.call("roads", "POST", path, body), 403)["detail"]
    await city.ok("office", "POST", path, body)
    named = await city.register()
    (leg,) = await city.dispatch(named, {"unit": "roads"})
    path = f"/dispatch/appeals/{named['appeal_id']}/contacts"
    refused(await city.call("office", "POST", path, {"leg_id": leg, "how": "电话"}), 403)
    await city.ok("roads", "POST", path, {"leg_id": leg, "how": "电话"})


async def test_the_office_reads_who_complains(city: City, complaint: dict[str, Any]) -> None:
    appeal = await city.ok("office", "GET", f"/intake/appeals/{complaint['appeal_id']}")
    assert appeal["enterprise"]["name"] == "长垣新名集团"
    assert appeal["text"] == COMPLAINT["text"]
    assert appeal["contacts"][0]["phones"] == ["139****0001"]
    path = f"/intake/appeals/{complaint['appeal_id']}/contact-readings"
    whole = await city.ok("office", "POST", path, {"purpose": "contact"})
    assert whole["contacts"][0]["phones"] == ["13900000001"]
    assert "formerly" not in appeal


@pytest.mark.parametrize("service", ["intake", "dispatch", "escalation", "notify"])
async def test_no_event_names_who_complains(city: City, complaint: dict[str, Any], service: str) -> None:
    query = "select body from outbox where key = :key"
    async with city.services[service].engine.connect() as conn:
        rows = await conn.execute(sa.text(query), {"key": complaint["appeal_id"]})
        bodies = [row.body if isinstance(row.body, str) else bytes(row.body).decode() for row in rows]
    assert bodies
    assert not [body for body in bodies if shows(body)]


@pytest.mark.parametrize("service", ["dispatch", "escalation", "notify"])
async def test_the_services_of_the_units_store_nothing_of_it_but_the_offices_own_words(
    city: City, complaint: dict[str, Any], service: str
) -> None:
    tables_of = "select tablename from pg_tables where schemaname = 'public'"
    async with city.services[service].engine.connect() as conn:
        for table in (await conn.execute(sa.text(tables_of))).scalars().all():
            rows = (await conn.execute(sa.text(f"select cast(t.* as text) from {table} t"))).scalars()
            found = [row for row in rows if shows(row or "")]
            assert table == "acts" or not found, (table, found)
            assert all("contact" in row for row in found)


async def test_what_becomes_a_report_is_withheld_from_then_on(city: City) -> None:
    appeal = await fill(city, kind="help", complained_of=None, confidentiality="named")
    path = f"/intake/appeals/{appeal['appeal_id']}"
    before = await city.ok("roads", "GET", path)
    assert before["enterprise"]["name"] == FIRM["name"]
    body = {"kind": "report", "reason": "实为举报"}
    await city.ok("operator", "POST", f"{path}/corrections", body, if_match=f'"{before["version"]}"')
    await city.drained()
    for route in ("/intake/appeals/{0}", "/dispatch/appeals/{0}", "/escalation/appeals/{0}"):
        answer = await city.call("roads", "GET", route.format(appeal["appeal_id"]))
        assert answer.status_code == 200
        assert not shows(answer.text), answer.text
    inbox = await city.ok("roads", "GET", "/notify/inbox?limit=500")
    own = [m for m in inbox["items"] if m["registration_number"] == appeal["registration_number"]]
    (message,) = [m for m in own if m["template"] == "corrected"]
    assert not shows(message["subject"] + message["body"])
