"""Contacts are masked until somebody reads them for a purpose; every such read is on record in the chain."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from shared.audit.reads import commitment
from tests.attachments import attach, pdf
from tests.city import ALL, City, refused
from tests.lending import CREDIT_CODE, ask, banks

pytestmark = pytest.mark.services(*ALL)

FIRM = {
    "name": "示例制造有限公司",
    "contact_name": "欧阳远山",
    "phone": "13977771111",
    "email": "ouyang@marked.example",
}
CONTACTS = [{"name": "司徒清", "phones": ["0558-5123456", "13866662222"], "email": "situ@marked.example"}]
PERSONS = ("欧阳远山", "13977771111", "ouyang@", "司徒清", "5123456", "13866662222", "situ@")
READING = {"purpose": "contact"}


@pytest.fixture(scope="module")
async def case(city: City) -> dict[str, Any]:
    """An appeal that the roads unit has and the water unit is asked about."""
    appeal = await city.register(enterprise=FIRM, contacts=CONTACTS)
    (leg,) = await city.dispatch(appeal)
    limit = {"number": 9, "unit": "working_days"}
    await city.act("roads", appeal, "studies", units=["water"], limit=limit, question="能否同时施工？")
    await city.drained()
    return {**appeal, "leg_id": leg, "path": f"/intake/appeals/{appeal['appeal_id']}"}


async def recorded(city: City, service: str, **wanted: Any) -> list[dict[str, Any]]:
    """What is on record at a service, as the auditor reads it."""
    query = "&".join(f"{name}={value}" for name, value in wanted.items())
    page = await city.ok("auditor", "GET", f"/{service}/reads?limit=500&{query}")
    items: list[dict[str, Any]] = page["items"]
    return items


@pytest.mark.parametrize("account", ["operator", "office", "roads", "leader"])
async def test_who_has_the_case_reads_contacts_masked_and_whole_for_a_purpose(
    city: City, case: dict[str, Any], account: str
) -> None:
    answer = await city.call(account, "GET", case["path"])
    assert not [person for person in PERSONS if person in answer.text], answer.text
    enterprise, (contact,) = answer.json()["enterprise"], answer.json()["contacts"]
    assert (enterprise["contact_name"], enterprise["phone"], enterprise["email"]) == (
        "欧**",
        "139****1111",
        "o***@marked.example",
    )
    assert (contact["name"], contact["phones"]) == ("司**", ["055****3456", "138****2222"])
    whole = await city.ok(account, "POST", f"{case['path']}/contact-readings", READING)
    assert whole["enterprise"]["phone"] == FIRM["phone"]
    assert whole["enterprise"]["contact_name"] == FIRM["contact_name"]
    assert whole["contacts"][0]["phones"] == CONTACTS[0]["phones"]
    last = (await recorded(city, "intake", account=account, case_id=case["registration_number"]))[-1]
    assert last == (await recorded(city, "intake", account=account, case_id=case["appeal_id"]))[-1]
    assert not await recorded(city, "intake", account=account, case_id="BZ-20261109-99999")
    assert (last["kinds"], last["purpose"], last["refused"]) == (["contact"], "contact", False)
    assert last["route"] == "POST /appeals/{appeal_id}/contact-readings"
    assert last["address"]


@pytest.mark.parametrize("account", ["water", "east", "vice", "ops", "inspection", "bank-a"])
async def test_who_may_not_read_contacts_is_refused_and_the_refusal_is_on_record(
    city: City, case: dict[str, Any], account: str
) -> None:
    answer = await city.call(account, "POST", f"{case['path']}/contact-readings", READING)
    assert answer.status_code in (403, 404)
    assert not [person for person in PERSONS if person in answer.text]
    if answer.status_code == 403:
        rows = await recorded(city, "intake", account=account, refused="true")
        assert (rows[-1]["cases"], rows[-1]["kinds"]) == ([case["appeal_id"]], [])


async def test_a_reason_is_asked_for(city: City, case: dict[str, Any]) -> None:
    path = f"{case['path']}/contact-readings"
    refused(await city.call("office", "POST", path, {}), 422, "purpose")
    refused(await city.call("office", "POST", path, {"purpose": "curiosity"}), 422, "purpose")
    refused(await city.call("office", "POST", path, {"purpose": "other"}), 422, "reason")
    await city.ok("office", "POST", path, {"purpose": "other", "reason": "企业负责人来电核对"})
    assert (await recorded(city, "intake", account="office"))[-1]["reason"] == "企业负责人来电核对"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"enterprise": {"phone": "139****1111"}}, "enterprise.phone"),
        ({"enterprise": {"contact_name": "欧**"}}, "enterprise.contact_name"),
        ({"enterprise": {"email": "o***@marked.example"}}, "enterprise.email"),
        ({"contacts": [{"name": "司**", "phones": ["13866662222"]}]}, "contacts.0.name"),
        ({"contacts": [{"name": "司徒清", "phones": ["138****2222"]}]}, "contacts.0.phones.0"),
    ],
)
async def test_what_is_masked_is_never_written_back(
    city: City, case: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    await city.drained()
    version = (await city.ok("office", "GET", case["path"]))["version"]
    body = {"reason": "更正", **change}
    answer = await city.call("office", "POST", f"{case['path']}/corrections", body, if_match=f'"{version}"')
    words = {item["field"]: item["zh"] for item in refused(answer, 422, field)["errors"]}
    assert "打码" in words[field]


async def test_a_correction_shows_persons_masked(city: City, case: dict[str, Any]) -> None:
    await city.drained()
    version = (await city.ok("office", "GET", case["path"]))["version"]
    body = {"reason": "电话有误", "enterprise": {"phone": "13977772222"}}
    path = f"{case['path']}/corrections"
    answer = await city.call("office", "POST", path, body, if_match=f'"{version}"')
    assert answer.is_success
    for text in (answer.text, (await city.call("office", "GET", case["path"])).text):
        assert "139****2222" in text
        assert not [person for person in (*PERSONS, "13977772222") if person in text], text


async def test_a_reader_of_another_service_and_of_a_file_is_on_record(
    city: City, case: dict[str, Any]
) -> None:
    await city.ok("notify", "GET", f"{case['path']}/contact")
    file = (await attach(city, "office", case, pdf())).json()
    assert (await city.call("roads", "GET", f"{case['path']}/attachments/{file['attachment_id']}")).is_success
    (by_service,) = await recorded(city, "intake", account="notify")
    assert (by_service["purpose"], by_service["kinds"]) == ("message", ["contact"])
    assert (await recorded(city, "intake", account="roads"))[-1]["purpose"] == "attachment"


async def test_banks_read_their_own_requests_whole_and_on_record(city: City) -> None:
    await banks(city, "bank-a", "bank-b")
    loan = await ask(city, banks=["bank-a"], contact={"name": "诸葛长贷", "phone": "13955553333"})
    window = await city.call("operator", "GET", f"/financing/requests/{loan['loan_id']}")
    assert "诸葛长贷" not in window.text
    assert "139****3333" in window.text
    path = f"/financing/requests/{loan['loan_id']}/contact-readings"
    assert (await city.ok("operator", "POST", path, READING))["name"] == "诸葛长贷"
    assert "诸葛长贷" in (await city.call("bank-a", "GET", "/financing/bank/requests")).text
    rows = await recorded(city, "financing", case_id=loan["loan_id"])
    assert [(row["account"], row["purpose"]) for row in rows] == [
        ("operator", "contact"),
        ("bank-a", "own_leg"),
    ]


async def test_the_regulator_reads_whom_to_contact_about_a_complaint_for_a_purpose(city: City) -> None:
    contact = {"name": "诸葛长诉", "phone": "13955554444"}
    complaint = await city.ok(
        "operator",
        "POST",
        "/financing/complaints",
        {
            "institution": "示例小额贷款公司",
            "text": "要求搭售保险",
            "enterprise": {"name": "示例制造有限公司", "credit_code": CREDIT_CODE},
            "contact": contact,
        },
    )
    path = f"/financing/complaints/{complaint['complaint_id']}"
    shown = (await city.ok("regulator", "GET", path))["contact"]
    assert (shown["name"], shown["phone"]) == ("诸**", "139****4444")
    whole = await city.ok("regulator", "POST", f"{path}/contact-readings", {"purpose": "verify"})
    assert (whole["name"], whole["phone"]) == (contact["name"], contact["phone"])
    (row,) = await recorded(city, "financing", case_id=complaint["complaint_id"])
    assert (row["account"], row["purpose"]) == ("regulator", "verify")


async def test_the_chain_has_every_read_by_ids_and_codes_alone(city: City, case: dict[str, Any]) -> None:
    reading = {"purpose": "other", "reason": "欧阳远山来电"}
    await city.ok("operator", "POST", f"{case['path']}/contact-readings", reading)
    async with asyncio.timeout(30):
        while any(row["event_id"] is None for row in await recorded(city, "intake")):
            await asyncio.sleep(0.05)
    row = (await recorded(city, "intake", account="operator"))[-1]
    events = await city.published("intake", "intake.reads_recorded.v1")
    entries = {entry["read_id"]: entry for event in events for entry in event["entries"]}
    entry = entries[row["read_id"]]
    assert (entry["role"], entry["cases"], entry["kinds"]) == ("operator", row["cases"], ["contact"])
    assert not [word for word in (*PERSONS, "来电", row["address"]) if word in str(events)]
    assert "account" not in entry
    async with city.services["intake"].engine.connect() as conn:
        query = sa.text("select salt from reads where read_id = cast(:id as uuid)")
        salt = (await conn.execute(query, {"id": row["read_id"]})).scalar_one()
    assert entry["commitment"] == commitment(salt, "operator", row["address"], reading["reason"])
    assert len(entries) == len(await recorded(city, "intake"))


async def test_the_record_comes_in_pages(city: City, case: dict[str, Any]) -> None:
    every = await recorded(city, "intake")
    first = await city.ok("auditor", "GET", "/intake/reads?limit=2")
    second = await city.ok("auditor", "GET", f"/intake/reads?limit=2&cursor={first['next']}")
    assert [row["seq"] for row in (*first["items"], *second["items"])] == [row["seq"] for row in every[:4]]
    for account in ("office", "ops", "admin", "roads", None):
        assert (await city.call(account, "GET", "/intake/reads")).status_code in (401, 403)
