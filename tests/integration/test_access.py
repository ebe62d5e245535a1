"""Who may call what: every route for every role, and nobody reads or does what is another's."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from huying.commands.access import PAGE, page, tables
from shared.roles import STAFF, UNIT_STAFF, AccountRole
from shared.service.accounts import hash_key
from shared.web import ops
from tests.city import ALL, City, refused

pytestmark = pytest.mark.services(*ALL)

ACCESS = tables()

ACCOUNTS = {
    None: None,
    AccountRole.OPERATOR: "operator",
    AccountRole.OFFICE: "office",
    AccountRole.UNIT: "roads",
    AccountRole.LEADER: "leader",
    AccountRole.IMPORTER: "importer",
    AccountRole.OPS: "ops",
    AccountRole.BANK: "bank-a",
    AccountRole.REGULATOR: "regulator",
    AccountRole.DISCIPLINE_INSPECTION: "inspection",
    AccountRole.SERVICE: "notify",
    AccountRole.ADMINISTRATOR: "admin",
    AccountRole.AUDITOR: "auditor",
    AccountRole.DISPATCHER: "dispatcher",
    AccountRole.SUPERVISOR: "supervisor",
    AccountRole.UNIT_HANDLER: "roads-handler",
    AccountRole.UNIT_HEAD: "roads-head",
    AccountRole.FINANCE_WINDOW: "window",
    AccountRole.BANK_CLERK: "clerk-a",
    AccountRole.ENTERPRISE: "firm",
}
NOBODY = {
    "appeal_id": uuid4(),
    "case_id": uuid4(),
    "message_id": uuid4(),
    "loan_id": uuid4(),
    "complaint_id": uuid4(),
    "leg": 1,
    "attachment_id": uuid4(),
    "registration_number": "BZ-20261109-99999",
    "year": 2027,
    "delivery_id": uuid4(),
    "card_id": uuid4(),
    "form": "pdf",
    "credit_code": "91350100M000100Y43",
    "account_id": uuid4(),
    "session_id": uuid4(),
}
OWN: dict[AccountRole | None, str] = {
    AccountRole.UNIT: "unit:roads",
    AccountRole.UNIT_HEAD: "unit:roads",
    AccountRole.LEADER: "leader:mayor",
    AccountRole.OPERATOR: "enterprise:nobody",
}
"""Whose contacts a role may see and change; the office anybody's."""


def routes(city: City) -> Iterator[str]:
    """Every route of every service, as the table writes it."""
    for name, context in city.services.items():
        for router in (*context.service.routers, ops.router):
            for route in router.routes:
                assert isinstance(route, APIRoute)
                for method in route.methods:
                    yield f"{method} /{name}{route.path}"


def test_every_role_is_walked() -> None:
    assert ACCOUNTS.keys() == {None, *AccountRole}


def test_the_table_has_every_route_and_no_dead_row(city: City) -> None:
    assert sorted(routes(city)) == sorted(ACCESS)


def test_the_page_of_all_tables_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m huying.commands.access"


@pytest.mark.parametrize("route", ACCESS)
async def test_a_route_opens_to_its_roles_alone(city: City, route: str) -> None:
    method, path = route.split()
    for role, account in ACCOUNTS.items():
        own = OWN.get(role, "unit:roads")
        called = path.format(**NOBODY, recipient=own, code="nobody", parked_id=7)
        answer = await city.call(account, method, called, receipt_code="0000")
        if role in ACCESS[route]:
            assert answer.status_code not in (401, 403), f"{role}: {answer.text}"
        elif role is None:
            refused(answer, 401, "Authorization")
        else:
            refused(answer, 403)


@pytest.mark.parametrize("key", ["wrong", "Bearer wrong", "Bearer ", "Basic b2ZmaWNlOg==", " "])
async def test_a_wrong_key_is_refused_even_where_everybody_may_call(city: City, key: str) -> None:
    for path in ("/intake/health", "/dispatch/appeals"):
        refused(await city.call(None, "GET", path, authorization=key), 401, "Authorization")


async def test_a_key_opens_no_account_by_its_hash_or_name(city: City) -> None:
    hash_ = hash_key(city.keys["office"])
    for key in (hash_, "office", city.keys["office"][:-1], city.keys["office"].swapcase()):
        refused(await city.call(None, "GET", "/dispatch/appeals", authorization=f"Bearer {key}"), 401)


@pytest.fixture(scope="module")
async def mine(city: City) -> dict[str, Any]:
    """An appeal dispatched to the roads unit, refused by it, and so lifted to the mayor."""
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal, {"unit": "roads"})
    await city.act("roads", appeal, "refusals", leg_id=leg, reason="不属于职责范围")
    await city.drained()
    return appeal | {"leg_id": leg}


async def test_a_unit_reads_no_case_of_another_unit(city: City, mine: dict[str, Any]) -> None:
    for service in ("intake", "dispatch", "escalation"):
        path = f"/{service}/appeals/{mine['appeal_id']}"
        assert (await city.call("roads", "GET", path)).is_success
        assert "货车" not in refused(await city.call("water", "GET", path), 403)["detail"]


@pytest.mark.parametrize(
    "list_", ["/intake/appeals", "/dispatch/appeals", "/escalation/cases", "/escalation/ledger"]
)
async def test_a_unit_finds_no_case_of_another_unit_in_a_list(
    city: City, mine: dict[str, Any], list_: str
) -> None:
    def numbers(page: dict[str, Any]) -> set[str]:
        return {item["registration_number"] for item in page["items"]}

    everything = await city.ok("office", "GET", f"{list_}?limit=500")
    assert mine["registration_number"] in numbers(everything)
    for wish in ("?limit=500", *(["?limit=500&unit=roads"] if list_ != "/intake/appeals" else [])):
        assert mine["registration_number"] not in numbers(await city.ok("water", "GET", list_ + wish))


@pytest.mark.parametrize(
    ("channel", "zh", "en"),
    [
        ("business_talk", "政商恳谈", "the talk of government and business"),
        ("on_site_session", "赴企业现场办公", "a session at the enterprise"),
    ],
)
async def test_clerks_alone_register_what_is_raised_at_a_talk_or_at_the_enterprise(
    city: City, channel: str, zh: str, en: str
) -> None:
    registered = await city.register(channel=channel)
    listed = await city.ok("office", "GET", f"/intake/appeals?channel={channel}")
    assert [item["appeal_id"] for item in listed["items"]] == [registered["appeal_id"]]
    body = {"channel": channel, "kind": "help", "title": "路", "text": "坏", "enterprise": {"name": "某厂"}}
    refusal = refused(await city.call(None, "POST", "/intake/appeals", body), 403)["detail"]
    assert zh in refusal
    assert en in refusal


@pytest.mark.parametrize("role", [AccountRole.DISCIPLINE_INSPECTION, AccountRole.AUDITOR])
def test_who_reads_alone_changes_nothing(role: AccountRole) -> None:
    """But what anybody may do without an account."""
    assert not [
        route
        for route, roles in ACCESS.items()
        if role in roles and None not in roles and not route.startswith("GET ")
    ]


def test_the_auditor_reads_what_anybody_reads_of_cases() -> None:
    """But what is of one body: its inbox, its contacts, what a bank is to answer, what services ask services.

    A text that a template fills is one for writing an answer.
    """
    of_bodies = (
        "/bank/",
        "/inbox",
        "/contacts/",
        "/contact",
        "/callers",
        "/alike",
        "/answer-templates/{code}",
    )
    unread = [
        route
        for route, roles in ACCESS.items()
        if route.startswith("GET ") and roles & STAFF and AccountRole.AUDITOR not in roles
    ]
    assert [route for route in unread if not any(part in route for part in of_bodies)] == [
        "GET /financing/banks/{code}/connection",
        "GET /financing/banks/{code}/endpoint",
        "GET /notify/failures",
    ]


def test_a_narrower_role_calls_no_more_than_its_body() -> None:
    """But the finance window, which does for loans what the office does."""
    for role in AccountRole:
        if role.acts_as in (role, None) or role is AccountRole.FINANCE_WINDOW:
            continue
        own, of_body = ({route for route in ACCESS if who in ACCESS[route]} for who in (role, role.acts_as))
        assert own <= of_body, role


def test_those_who_run_the_system_read_no_case() -> None:
    ops = {route for route, roles in ACCESS.items() if AccountRole.OPS in roles and None not in roles}
    assert not [route for route in ops if "appeal" in route or "/cases" in route or "histories" in route]
    assert not [route for route in ops if "requests" in route or "/legs" in route or "/waiting" in route]


async def test_a_handler_does_not_say_what_its_head_must_say(city: City) -> None:
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal, {"unit": "roads"})
    refusing = (f"/dispatch/appeals/{appeal['appeal_id']}/refusals", {"leg_id": leg, "reason": "不予办理"})
    assert "经办人" in refused(await city.call("roads-handler", "POST", *refusing), 403)["detail"]
    assert (await city.call("roads-head", "POST", *refusing)).is_success
    assert (await city.ok("auditor", "GET", f"/dispatch/appeals/{appeal['appeal_id']}"))["acts"]


async def test_a_handler_is_held_to_its_own_unit(city: City) -> None:
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal, {"unit": "east"})
    await city.drained()
    for service in ("intake", "dispatch", "escalation", "desks"):
        kind = "cases" if service == "desks" else "appeals"
        path = f"/{service}/{kind}/{appeal['appeal_id']}"
        assert (await city.call("east", "GET", path)).is_success
        refused(await city.call("roads-handler", "GET", path), 403)
    body = {"leg_id": leg, "text": "已回复"}
    refused(
        await city.call("roads-handler", "POST", f"/dispatch/appeals/{appeal['appeal_id']}/replies", body),
        403,
    )


BODIES: dict[str, dict[str, Any]] = {
    "contacts": {"how": "电话"},
    "replies": {"text": "已回复"},
    "completions": {"outcome": "solved", "text": "已办结"},
    "refusals": {"reason": "不予办理"},
    "objections": {"reason": "不属于本单位"},
    "extension-requests": {"limit": {"number": 5, "unit": "working_days"}, "reason": "等待材料"},
    "extensions": {
        "limit": {"number": 5, "unit": "working_days"},
        "reason": "等待材料",
        "signed_by": "张主任",
    },
    "pause-requests": {"reason": "等待材料"},
    "lift-requests": {"reason": "难度大", "signed_by": "张主任"},
}


def test_every_act_of_a_unit_on_a_leg_is_tried() -> None:
    path = "POST /dispatch/appeals/{appeal_id}/"
    theirs = {route.removeprefix(path) for route in ACCESS if route.startswith(path)}
    of_units = {name for name in theirs if ACCESS[path + name] <= UNIT_STAFF}
    assert of_units | {"contacts"} == set(BODIES)  # which the office makes where the name is withheld


@pytest.mark.parametrize("act", BODIES)
async def test_a_unit_does_nothing_on_the_leg_of_another(city: City, mine: dict[str, Any], act: str) -> None:
    body = {"leg_id": mine["leg_id"], **BODIES[act]}
    before = await city.stored()
    refused(await city.call("water", "POST", f"/dispatch/appeals/{mine['appeal_id']}/{act}", body), 403)
    assert await city.stored() == before


async def test_a_unit_reads_no_message_of_another(city: City, mine: dict[str, Any]) -> None:
    inbox = (await city.ok("roads", "GET", "/notify/inbox"))["items"]
    first = next(item for item in inbox if item["registration_number"] == mine["registration_number"])
    assert (await city.ok("water", "GET", "/notify/inbox"))["items"] == []
    refused(await city.call("water", "POST", f"/notify/inbox/{first['id']}/read"), 404, "message_id")


async def test_no_reader_gets_receipt_codes_or_their_hashes(city: City, mine: dict[str, Any]) -> None:
    for service in ("intake", "dispatch", "escalation"):
        for path in (f"/{service}/appeals/{mine['appeal_id']}", f"/{service}/appeals", f"/{service}/cases"):
            answer = await city.call("office", "GET", path)
            assert "receipt" not in answer.text
    events = await city.call("office", "GET", f"/notify/appeals/{mine['appeal_id']}/messages")
    assert mine["receipt_code"] not in events.text


async def test_a_receipt_code_opens_its_own_appeal_alone(city: City, mine: dict[str, Any]) -> None:
    other = await city.register()
    path = f"/intake/status/{mine['registration_number']}"
    wrong = await city.call(None, "GET", path, receipt_code=other["receipt_code"])
    nothing = await city.call(
        None, "GET", "/intake/status/BZ-20261109-99999", receipt_code=other["receipt_code"]
    )
    assert refused(wrong, 404)["detail"] == refused(nothing, 404)["detail"]
    lower = mine["receipt_code"].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert (await city.call(None, "GET", path, receipt_code=lower)).is_success


async def test_a_leader_signs_off_no_case_of_another_leader(city: City, mine: dict[str, Any]) -> None:
    water = {"name": "市水务局", "kind": "department", "leader": "vice_mayor"}
    units = {unit["code"]: unit for unit in (await city.ok("office", "GET", "/dispatch/units"))["items"]}
    version = units["water"]["version"]
    await city.ok("office", "PUT", "/dispatch/units/water", water, if_match=f'"{version}"')
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal, {"unit": "water"})
    await city.act("water", appeal, "refusals", leg_id=leg, reason="不属于职责范围")
    await city.drained()
    for lifted, status in ((appeal, 200), (mine, 403)):
        case = await city.case(lifted)
        path = f"/escalation/appeals/{lifted['appeal_id']}/instructions"
        body = {"instruction": "限期解决"}
        answer = await city.call("vice", "POST", path, body, if_match=f'"{case["version"]}"')
        assert answer.status_code == status, answer.text
