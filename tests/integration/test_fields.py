"""Who reads which field: every role by every GET route, with values marked by their kind.

What a role does not read never appears; what it reads appears wherever the office sees it by the same route.
"""

from typing import Any

import pytest

from huying.commands.access import tables
from huying.commands.fields import PAGE, page
from services.financing.readers import LOAN_READERS, LoanFieldKind
from shared.appeals.readers import APPEAL_READERS, FieldKind, Relation
from shared.named import Named
from shared.roles import AccountRole
from shared.web.fields import EVERY, OWN, FieldTable
from tests.city import ALL, PEOPLE, City, refused
from tests.integration.test_access import NOBODY
from tests.lending import ask, banks, credit_code

pytestmark = pytest.mark.services(*ALL)

READS = [route for route in tables() if route.startswith("GET ") and "/people/" not in route]
LOAN_CODE = credit_code(7)
READERS = {**APPEAL_READERS, **LOAN_READERS}
TABLE = FieldTable(READERS, {})
MARKS: dict[Named, tuple[str, ...]] = {
    FieldKind.CONTACT: (
        *("欧阳远山", "13977771111", "ouyang@marked.example", "司徒清", "13866662222"),
        *("欧**", "139****1111", "o***@marked.example", "司**", "138****2222"),
    ),
    FieldKind.ENTERPRISE: ("青浔精密铸造", "91350100M000100Y43"),
    FieldKind.TEXT: ("正文壹记", "答复贰记", "补充参记", "认定拾记"),
    FieldKind.TALK: ("联系叁记",),
    FieldKind.PLACE: ("地址肆记", "115.7785123"),
    FieldKind.NOTES: ("备注伍记", "登记陆记", "会商柒记"),
    LoanFieldKind.CONTACT: (
        *("诸葛长贷", "13955553333", "loan@marked.example"),
        *("诸**", "139****3333", "l***@marked.example"),
    ),
    LoanFieldKind.ENTERPRISE: ("贷款标记企业", LOAN_CODE),
    LoanFieldKind.AMOUNTS: ("3456789",),
    LoanFieldKind.TEXT: ("用途捌记", "投诉玖记"),
}
APPEAL = {
    "title": "厂区门口道路破损",
    "text": "正文壹记，货车无法进出。",
    "enterprise": {
        "name": "青浔精密铸造有限公司",
        "credit_code": "91350100M000100Y43",
        "contact_name": "欧阳远山",
        "phone": "13977771111",
        "email": "ouyang@marked.example",
    },
    "contacts": [{"name": "司徒清", "phones": ["13866662222"]}],
    "place": {
        "address": "地址肆记路",
        "longitude": "115.7785123",
        "latitude": "33.8446",
        "division": "341602",
    },
    "remarks": "登记陆记",
}
LOAN = {
    "enterprise": {"name": "贷款标记企业", "credit_code": LOAN_CODE},
    "contact": {"name": "诸葛长贷", "phone": "13955553333", "email": "loan@marked.example"},
    "amount": "3456789.00",
    "purpose": "用途捌记",
    "banks": ["bank-a"],
}
STANDING: dict[str, frozenset[str]] = {
    **dict.fromkeys(("roads", "roads-handler", "roads-head"), frozenset({Relation.LIVE_LEG})),
    "water": frozenset({Relation.READING_ALONG}),
    "east": frozenset({Relation.PAST_LEG}),
    "leader": frozenset({Relation.IN_CHARGE}),
    "bank-a": frozenset({OWN}),
    "clerk-a": frozenset({OWN}),
}
"""By account, how it stands to the case. Who is not named reads what the role reads of every case."""
OTHERS = {"GET /notify/inbox", "GET /escalation/histories"}
"""Routes by which the office reads something else than others do, or words of another kind."""


def kinds_in(text: str) -> set[Named]:
    """The kinds of field of which a mark appears."""
    return {kind for kind, marks in MARKS.items() if any(mark in text for mark in marks)}


def readable(account: str | None) -> set[Named]:
    role = next((role.acts_as for name, role, _ in PEOPLE if name == account), None)
    relations = STANDING.get(account or "", frozenset())
    if role is AccountRole.BANK and account not in STANDING:
        return set()
    return {kind for kind in MARKS if TABLE.reads(kind, role, relations)}


async def studied(city: City, **more: Any) -> dict[str, Any]:
    """An appeal that the roads unit has, the east unit had, and the water unit is asked about."""
    appeal = await city.register(**{**APPEAL, **more})
    roads, east = await city.dispatch(appeal, {"unit": "roads"}, {"unit": "east", "role": "assist"})
    await city.act("east", appeal, "objections", leg_id=east, reason="不属职责")
    await city.drained()
    await city.act("office", appeal, "objection-decisions", leg_id=east, upheld=True, reason="成立")
    limit = {"number": 9, "unit": "working_days"}
    await city.act("roads", appeal, "studies", units=["water"], limit=limit, question="会商柒记？")
    await city.drained()
    return {**appeal, "leg_id": roads, "past_leg_id": east}


@pytest.fixture(scope="module")
async def case(city: City) -> dict[str, Any]:
    """An appeal and a loan request in which every kind of field has marked values."""
    appeal = await studied(city)
    leg, path = appeal["leg_id"], f"/intake/status/{appeal['registration_number']}"
    spoken = {"how": "电话联系叁记", "who": "欧阳远山"}
    await city.act("roads", appeal, "contacts", leg_id=leg, **spoken)
    await city.act("roads", appeal, "replies", leg_id=leg, text="答复贰记")
    await city.act("roads", appeal, "notes", text="备注伍记")
    await city.act("office", appeal, "findings", reasonable=True, by="办公室", reason="认定拾记")
    await city.ok(
        None, "POST", f"{path}/additions", {"text": "补充参记"}, receipt_code=appeal["receipt_code"]
    )
    changed = {"reason": "电话有误", "enterprise": {"phone": "13977771111", "contact_name": "欧阳远山先生"}}
    await city.drained()
    staff_path = f"/intake/appeals/{appeal['appeal_id']}"
    version = (await city.ok("office", "GET", staff_path))["version"]
    await city.ok("office", "POST", f"{staff_path}/corrections", changed, if_match=f'"{version}"')
    await banks(city, "bank-a", "bank-b")
    loan = await ask(city, **LOAN)
    complaint = await city.ok(
        "operator",
        "POST",
        f"/financing/requests/{loan['loan_id']}/complaints",
        {"bank": "bank-a", "text": "投诉玖记"},
    )
    contacts = {"contacts": [{"channel": "sms", "address": "13977771111"}]}
    await city.ok("office", "PUT", f"/notify/contacts/enterprise:{appeal['appeal_id']}", contacts)
    await city.drained()
    await city.act("roads", appeal, "refusals", leg_id=leg, reason="正文壹记，不予办理")
    await city.drained()
    template = {"title": "收到", "text": "{enterprise}"}
    await city.ok("office", "PUT", "/dispatch/answer-templates/received", template)
    return {
        **NOBODY,
        **appeal,
        "loan_id": loan["loan_id"],
        "complaint_id": complaint["complaint_id"],
        "case_id": appeal["appeal_id"],
        "loan_number": loan["registration_number"],
        "credit_code": "91350100M000100Y43",
    }


NEEDED = {
    "/intake/callers": "?phone=13977771111",
    "/intake/alike": "?title=道路破损&text=货车无法进出",
    "/intake/found": "?text=货车无法进出",
    "/intake/channels/statistics": "?since=2026-01-01&until=2026-12-31",
}


async def read(city: City, account: str | None, route: str, case: dict[str, Any], form: str = "") -> Any:
    """What the account is answered by the route, about the case wherever the route can name one."""
    template = route.removeprefix("GET ")
    names = {**case, "recipient": f"enterprise:{case['appeal_id']}", "code": "received"}
    if template.startswith("/financing"):
        names |= {
            "registration_number": case["loan_number"],
            "credit_code": LOAN_CODE,
        }
        names["code"] = "bank-a"
    path = template.format(**names) + NEEDED.get(template, "?limit=500" if "{" not in template else "")
    if form:
        path = path.replace("?limit=500", "") + ("&" if template in NEEDED else "?") + f"format={form}"
    answer = await city.call(account, "GET", path, receipt_code="0000")
    if answer.status_code == 422 and "limit" in path:
        answer = await city.call(account, "GET", path.partition("?")[0], receipt_code="0000")
    return answer


@pytest.mark.parametrize("route", READS)
async def test_a_role_reads_the_fields_that_the_table_names_and_no_others(
    city: City, case: dict[str, Any], route: str
) -> None:
    by_office = kinds_in((await read(city, "office", route, case)).text)
    for account in (None, *(name for name, _, _ in PEOPLE)):
        answer = await read(city, account, route, case)
        seen, may = kinds_in(answer.text), readable(account)
        assert seen <= may, f"{account} reads {seen - may}: {answer.text}"
        if answer.status_code == 200 and route not in OTHERS and _is_of_case(answer.text, case):
            assert seen == by_office & may, f"{account} does not read {by_office & may - seen}: {answer.text}"


def _is_of_case(text: str, case: dict[str, Any]) -> bool:
    return case["appeal_id"] in text or case["registration_number"] in text


@pytest.mark.parametrize("route", READS)
async def test_a_table_of_a_list_shows_no_more_than_the_list(
    city: City, case: dict[str, Any], route: str
) -> None:
    for account in ("operator", "roads", "water", "east", "leader", "vice", "ops", "importer", "regulator"):
        answer = await read(city, account, route, case, form="csv")
        assert kinds_in(answer.text) <= readable(account), f"{account}: {answer.text}"


async def test_the_walk_meets_every_kind_of_field(city: City, case: dict[str, Any]) -> None:
    texts = [(await read(city, "office", route, case)).text for route in READS]
    assert set().union(*map(kinds_in, texts)) == MARKS.keys()
    appeal = (await read(city, "roads", "GET /intake/appeals/{appeal_id}", case)).text
    assert FieldKind.CONTACT in kinds_in(appeal)
    leg = (await read(city, "bank-a", "GET /financing/bank/requests", case)).text
    assert LoanFieldKind.CONTACT in kinds_in(leg)


def test_contacts_are_for_those_who_have_the_case() -> None:
    every = (EVERY,)
    assert APPEAL_READERS[FieldKind.CONTACT] == {
        AccountRole.OPERATOR: every,
        AccountRole.OFFICE: every,
        AccountRole.UNIT: (Relation.LIVE_LEG,),
        AccountRole.LEADER: (Relation.IN_CHARGE,),
        AccountRole.SERVICE: every,
    }
    assert {kind for kind, who in READERS.items() if AccountRole.OPS in who} == {FieldKind.OTHER_LEGS}
    assert set(APPEAL_READERS[FieldKind.PROPOSALS]) == {
        AccountRole.OFFICE,
        AccountRole.LEADER,
        AccountRole.AUDITOR,
        AccountRole.UNIT,
    }


async def test_what_a_unit_does_answers_no_more_than_it_reads(city: City, case: dict[str, Any]) -> None:
    base = f"/dispatch/appeals/{case['appeal_id']}"
    answer = await city.call("water", "POST", f"{base}/study-answers", {"number": 1, "text": "可以"})
    assert answer.is_success
    assert kinds_in(answer.text) <= readable("water")
    note = await city.call("vice", "POST", f"{base}/notes", {"text": "知悉"})
    assert note.is_success
    assert kinds_in(note.text) <= readable("vice")


async def test_a_unit_that_gave_a_case_back_reads_its_own_leg_alone(city: City, case: dict[str, Any]) -> None:
    file = await city.ok("east", "GET", f"/dispatch/appeals/{case['appeal_id']}")
    assert [leg["unit"] for leg in file["legs"]] == ["east"]
    assert file["legs"][0]["objection_decision"]["reason"] == "成立"
    acts = {done["act"]["act"]: done["act"] for done in file["acts"]}
    assert acts["object"]["reason"] == "不属职责"
    assert not {"reply", "contact"} & acts.keys()


async def test_a_unit_reads_of_a_withheld_appeal_neither_who_asks_nor_where(city: City) -> None:
    appeal = await studied(city, confidentiality="withheld", again=True)
    for account in ("roads", "water"):
        file = await city.ok(account, "GET", f"/intake/appeals/{appeal['appeal_id']}")
        assert file["place"] == {**dict.fromkeys(APPEAL["place"]), "division": "341602"}
        assert "正文壹记" in file["text"]
        assert (file["enterprise"], file["contacts"], file["remarks"]) == (None, [], None)
        for route in READS:
            text = (
                await read(city, account, route, {**NOBODY, **appeal, "case_id": "", "loan_number": "x"})
            ).text
            if _is_of_case(text, appeal) and "{" in route:
                hidden = {FieldKind.CONTACT, FieldKind.ENTERPRISE, FieldKind.PLACE, FieldKind.TALK}
                assert not kinds_in(text) & hidden, (account, route, text)


@pytest.mark.parametrize("account", ["leader", "vice", "auditor"])
async def test_nobody_searches_by_what_it_may_not_read(
    city: City, case: dict[str, Any], account: str
) -> None:
    refused(await city.call(account, "GET", "/desks/cases?phone_tail=1111"), 403, "phone_tail")
    assert (await city.call(account, "GET", "/desks/cases?enterprise=青浔精密")).is_success


def test_the_page_of_all_fields_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m huying.commands.fields"
