"""A case whose pack keeps it confidential is read by those whom the pack names, by whatever way."""

import json
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from huying.commands.access import tables
from tests.city import ALL, City, refused
from tests.integration.test_access import ACCOUNTS, NOBODY

pytestmark = pytest.mark.services(*ALL)

ACCESS = tables()
READS = [route for route in ACCESS if route.startswith("GET ")]
OF_THE_OFFICE = ("dispatcher", "supervisor")
READERS = ("office", "inspection", *OF_THE_OFFICE)
CLUE = {
    "procedure": "xx-city-2022-clues",
    "title": "窗口吃拿卡要",
    "text": "每次办事都要请客送礼。",
    "enterprise": {"name": "举报企业有限公司", "contact_name": "赵工", "phone": "13911112222"},
}
WORDS = ("窗口吃拿卡要", "请客送礼", "举报企业", "赵工", "13911112222", "不属于我单位权限", "bribes")
"""What people wrote of the clue, and who brought it."""
SHOWS = {
    "office": {
        "GET /intake/appeals",
        "GET /intake/appeals/{appeal_id}",
        "GET /dispatch/appeals",
        "GET /dispatch/appeals/{appeal_id}",
        "GET /dispatch/appeals/{appeal_id}/assignment.pdf",
        "GET /dispatch/appeals/{appeal_id}/supervision.pdf",
        "GET /dispatch/arrears",
        "GET /escalation/publications",
        "GET /escalation/histories",
        "GET /escalation/cases",
        "GET /escalation/ledger",
        "GET /escalation/appeals/{appeal_id}",
        "GET /notify/inbox",
        "GET /notify/appeals/{appeal_id}/messages",
        "GET /notify/appeals/{appeal_id}/deliveries",
        "GET /notify/appeals/{appeal_id}/timeline",
        "GET /notify/deliveries",
        "GET /notify/failures",
        "GET /desks/cases",
        "GET /desks/cases/{appeal_id}",
        "GET /desks/legs",
    },
    "inspection": {
        "GET /intake/appeals",
        "GET /intake/appeals/{appeal_id}",
        "GET /dispatch/appeals",
        "GET /dispatch/appeals/{appeal_id}",
        "GET /escalation/cases",
        "GET /escalation/ledger",
        "GET /escalation/appeals/{appeal_id}",
        "GET /desks/cases",
        "GET /desks/cases/{appeal_id}",
    },
    "roads": {"GET /notify/inbox"},
    "roads-handler": {"GET /notify/inbox"},
    "roads-head": {"GET /notify/inbox"},
    "auditor": {
        f"GET /{service}/reads" for service in ("intake", "dispatch", "escalation", "notify", "desks")
    },
    "ops": {f"GET /{service}/parked" for service in ("intake", "dispatch", "escalation", "notify")},
}
"""By account, the routes that name the clue: to a unit that must act, to auditors where it was refused."""
ROLES = {account: role for role, account in ACCOUNTS.items()}
for account in OF_THE_OFFICE:
    SHOWS[account] = {route for route in SHOWS["office"] if ROLES[account] in ACCESS[route]}

PARK = """
insert into parked (topic, partition, "offset", cluster, key, headers, body, reason)
values ('test', 0, :offset, '', :key, '{}', convert_to(:body, 'UTF8'), 'no handler')
"""
FAIL = """
insert into deliveries (id, message_id, recipient, channel, address, urgent, state, next_at, outcome,
  written_at, changed_at)
select gen_random_uuid(), id, recipient, 'mail', 'nobody@example.org', false, 'failed', now(),
  'permanent_failure', now(), now()
from messages where appeal_id = cast(:appeal_id as uuid) limit 1
"""
PUBLISH = """
insert into publications (publication_id, appeal_id, unit, published, expires_on, file)
values (gen_random_uuid(), cast(:appeal_id as uuid), 'roads', true, '2099-12-31', cast(:file as jsonb))
"""


async def execute(city: City, service: str, statement: str, **values: Any) -> None:
    async with city.services[service].engine.begin() as conn:
        await conn.execute(sa.text(statement), values)


@pytest.fixture(scope="module")
async def other(city: City) -> dict[str, Any]:
    """An appeal that everybody with a role may read, which the roads unit has."""
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal, {"unit": "roads"})
    await city.act("roads", appeal, "refusals", leg_id=leg, reason="不属于职责范围")
    return appeal


@pytest.fixture(scope="module")
async def clue(city: City, other: dict[str, Any]) -> dict[str, Any]:
    """A clue that the roads unit kept too long, and that stands wherever a case can stand."""
    registered = await city.register(kind="arrears", **CLUE)
    (leg,) = await city.dispatch(registered, {"unit": "roads"})
    clue = {**registered, "leg_id": leg}
    answer = await city.call(
        "roads",
        "POST",
        f"/dispatch/appeals/{clue['appeal_id']}/objections",
        {"leg_id": leg, "reason": "不属于我单位权限"},
    )
    assert (answer.status_code, answer.content) == (204, b"")
    await city.act(
        "office", clue, "objection-decisions", leg_id=leg, upheld=False, reason="不属于我单位权限吗"
    )
    await city.move_to("2026-11-18 09:00")
    appeal_id, number = clue["appeal_id"], clue["registration_number"]
    await execute(city, "notify", FAIL, appeal_id=appeal_id)
    proposed = {
        "publication_id": str(uuid4()),
        "appeal_id": appeal_id,
        "registration_number": number,
        "unit": "roads",
        "unit_name": "市交通局",
        "deadline": "transfer",
        "title": {},
        "due_at": "2026-11-16T09:00:00+08:00",
        "clause": "",
        **dict.fromkeys(("answer", "reason", "decided_at", "expires_on")),
    }
    await execute(city, "escalation", PUBLISH, appeal_id=appeal_id, file=json.dumps(proposed))
    for service in ("intake", "dispatch", "escalation", "notify"):
        await execute(city, service, PARK, offset=1, key=appeal_id, body="bribes")
    for service in city.services:
        refused(await city.call("importer", "GET", f"/{service}/authors/{appeal_id}"), 403)
    return clue


async def answers(city: City, account: str | None, route: str, clue: dict[str, Any]) -> Any:
    """What the account reads by the route, which names the clue wherever its path can name a case."""
    named = {
        **NOBODY,
        "appeal_id": clue["appeal_id"],
        "case_id": clue["appeal_id"],
        "registration_number": clue["registration_number"],
        "recipient": f"enterprise:{clue['appeal_id']}",
    }
    path = route.removeprefix("GET ").format(**named, code="roads")
    listed = "?limit=500" if "{" not in route else ""
    answer = await city.call(account, "GET", path + listed, receipt_code="0000")
    return answer if answer.status_code != 422 else await city.call(account, "GET", path, receipt_code="0000")


@pytest.mark.parametrize("route", READS)
async def test_no_route_shows_a_clue_to_anyone_else(city: City, clue: dict[str, Any], route: str) -> None:
    for account in ACCOUNTS.values():
        answer = await answers(city, account, route, clue)
        names = clue["registration_number"] in answer.text or clue["appeal_id"] in answer.text
        assert names == (route in SHOWS.get(account or "", ())), f"{account}: {answer.text}"
        if account not in (*READERS, "notify"):  # it asks how whoever brought the clue is reached
            assert not [word for word in WORDS if word in answer.text], f"{account}: {answer.text}"


@pytest.mark.parametrize("route", ["GET /intake/appeals", "GET /dispatch/appeals", "GET /escalation/cases"])
async def test_another_case_stays_open_but_to_discipline_inspection(
    city: City, clue: dict[str, Any], other: dict[str, Any], route: str
) -> None:
    for role in ACCESS[route] - {None}:
        text = (await answers(city, ACCOUNTS[role], route, other)).text
        is_there = other["registration_number"] in text
        assert is_there == (ACCOUNTS[role] != "inspection"), ACCOUNTS[role]
    for service in ("intake", "dispatch", "escalation"):
        refused(await city.call("inspection", "GET", f"/{service}/appeals/{other['appeal_id']}"), 404)


async def test_who_brought_a_clue_still_reads_how_it_stands(city: City, clue: dict[str, Any]) -> None:
    assert (await city.status(clue))["registration_number"] == clue["registration_number"]


async def test_a_service_still_learns_how_whoever_brought_it_is_reached(
    city: City, clue: dict[str, Any]
) -> None:
    contact = await city.ok("notify", "GET", f"/intake/appeals/{clue['appeal_id']}/contact")
    assert contact["phone"] == CLUE["enterprise"]["phone"]


async def test_the_unit_that_has_a_clue_acts_on_it_and_is_shown_no_more_than_the_version(
    city: City, clue: dict[str, Any]
) -> None:
    path = f"/dispatch/appeals/{clue['appeal_id']}"
    before = (await city.ok("office", "GET", path))["version"]
    answer = await city.call("roads", "POST", f"{path}/replies", {"leg_id": clue["leg_id"], "text": "已受理"})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (204, b"", f'"{before + 1}"')
    other_unit = await city.call("water", "POST", f"{path}/replies", {"leg_id": clue["leg_id"], "text": "不"})
    assert not [word for word in WORDS if word in refused(other_unit, 403)["detail"]]


async def test_messages_tell_of_a_clue_by_its_number_alone(city: City, clue: dict[str, Any]) -> None:
    messages = (await city.ok("office", "GET", f"/notify/appeals/{clue['appeal_id']}/messages"))["items"]
    recipients = {message["recipient"].partition(":")[0] for message in messages}
    assert recipients >= {"enterprise", "unit", "office"}
    for message in messages:
        written = message["subject"] + message["body"]
        assert clue["registration_number"] in written
        assert not [word for word in WORDS if word in written], written
    (decided,) = [message for message in messages if message["template"] == "objection_rejected"]
    assert "理由请在系统中查看" in decided["body"]


async def test_a_record_of_a_clue_that_is_unknown_here_shows_no_body(
    city: City, clue: dict[str, Any]
) -> None:
    unknown, usual = str(uuid4()), str(uuid4())
    ref = (await city.ok("office", "GET", f"/intake/appeals/{clue['appeal_id']}"))["pack"]
    await execute(city, "dispatch", PARK, offset=2, key=unknown, body=f"{ref} bribes")
    await execute(city, "dispatch", PARK, offset=3, key=unknown, body="bribes")
    await execute(city, "dispatch", PARK, offset=4, key=usual, body="bozhou-2024 broken road")
    parked = (await city.ok("ops", "GET", "/dispatch/parked"))["items"]
    bodies = {record["offset"]: record["body"] for record in parked}
    assert bodies == {1: None, 2: None, 3: None, 4: "bozhou-2024 broken road"}
