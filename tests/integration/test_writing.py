"""What writers may count on: one effect a key, no decision on an old version, every item once in pages."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from services.intake.app import SERVICE as INTAKE
from shared.service.start import running
from tests.city import ALL, City, refused
from tests.replicas import second_process, waiting_for_a_lock

pytestmark = pytest.mark.services(*ALL)

APPEAL = {
    "again": True,
    "channel": "hotline",
    "kind": "help",
    "title": "路灯不亮",
    "text": "厂区门口。",
    "enterprise": {"name": "甲"},
}
OPEN = {**APPEAL, "channel": "web"}


async def appeals(city: City) -> int:
    async with city.services["intake"].engine.connect() as conn:
        return int((await conn.execute(sa.text("select count(*) from appeals"))).scalar_one())


async def dispatched(city: City, unit: str = "roads") -> tuple[str, str, int]:
    """The path of a new appeal at dispatch, its leg and version."""
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal, {"unit": unit})
    await city.drained()
    path = f"/dispatch/appeals/{appeal['appeal_id']}"
    return path, leg, (await city.ok("office", "GET", path))["version"]


async def test_the_same_key_and_body_have_one_effect_and_one_answer(city: City) -> None:
    before, key = await appeals(city), str(uuid4())
    first = await city.call("operator", "POST", "/intake/appeals", APPEAL, idempotency_key=key)
    again = await city.call("operator", "POST", "/intake/appeals", APPEAL, idempotency_key=key)
    assert (first.status_code, first.content) == (again.status_code, again.content) == (201, first.content)
    assert await appeals(city) == before + 1


async def test_twenty_at_once_with_one_key_have_one_effect(city: City) -> None:
    before, key = await appeals(city), str(uuid4())
    answers = await asyncio.gather(
        *(city.call("operator", "POST", "/intake/appeals", APPEAL, idempotency_key=key) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await appeals(city) == before + 1


async def test_two_replicas_at_once_with_one_key_have_one_effect(city: City) -> None:
    async with second_process(city, INTAKE, "operator") as replica:
        for _ in range(10):
            before, key = await appeals(city), str(uuid4())
            here = city.call("operator", "POST", "/intake/appeals", APPEAL, idempotency_key=key)
            there = replica.post("/appeals", json=APPEAL, headers={"idempotency-key": key})
            answer, other = await asyncio.gather(here, there)
            assert (answer.status_code, other.status_code) == (201, 201), answer.text + other.text
            assert answer.content == other.content
            assert await appeals(city) == before + 1


async def test_the_same_key_with_another_body_or_path_is_refused(city: City) -> None:
    key = str(uuid4())
    await city.ok("operator", "POST", "/intake/appeals", APPEAL, idempotency_key=key)
    for body in (APPEAL | {"title": "另一件"}, APPEAL | {"kind": "complaint"}):
        answer = await city.call("operator", "POST", "/intake/appeals", body, idempotency_key=key)
        refused(answer, 409, "Idempotency-Key")
    path, leg, _ = await dispatched(city)
    reply = {"leg_id": leg, "text": "已回复"}
    await city.ok("roads", "POST", f"{path}/replies", reply, idempotency_key=key)
    another, _, _ = await dispatched(city)
    answer = await city.call("roads", "POST", f"{another}/replies", reply, idempotency_key=key)
    refused(answer, 409, "Idempotency-Key")


async def test_a_key_belongs_to_its_account(city: City) -> None:
    key = str(uuid4())
    by_operator = await city.ok("operator", "POST", "/intake/appeals", APPEAL, idempotency_key=key)
    by_office = await city.ok("office", "POST", "/intake/appeals", APPEAL, idempotency_key=key)
    assert by_operator["appeal_id"] != by_office["appeal_id"]


async def test_a_stranger_s_key_is_no_one_else_s(city: City) -> None:
    key = str(uuid4())
    first = await city.ok(None, "POST", "/intake/appeals", OPEN, idempotency_key=key)
    again = await city.ok(None, "POST", "/intake/appeals", OPEN, idempotency_key=key)
    another = await city.ok(None, "POST", "/intake/appeals", OPEN | {"title": "别的"}, idempotency_key=key)
    assert first == again
    assert another["appeal_id"] != first["appeal_id"]


async def test_a_refused_request_keeps_no_key(city: City) -> None:
    path, leg, _ = await dispatched(city)
    key, reply = str(uuid4()), {"leg_id": leg, "text": "已回复"}
    completion = {"leg_id": leg, "outcome": "solved", "text": "已办结"}
    stale = await city.call("roads", "POST", f"{path}/replies", reply, idempotency_key=key, if_match='"99"')
    refused(stale, 412, "If-Match")
    await city.ok("roads", "POST", f"{path}/replies", reply, idempotency_key=key)
    await city.ok("roads", "POST", f"{path}/completions", completion)


async def test_a_decision_sent_again_with_its_key_is_answered_as_before(city: City) -> None:
    path, _, version = await dispatched(city)
    body, key = {"to": "arbitration", "reason": "属于仲裁"}, str(uuid4())
    first = await city.call(
        "office", "POST", f"{path}/referrals", body, idempotency_key=key, if_match=f'"{version}"'
    )
    again = await city.call(
        "office", "POST", f"{path}/referrals", body, idempotency_key=key, if_match=f'"{version}"'
    )
    assert first.is_success
    assert (first.content, first.headers["etag"]) == (again.content, again.headers["etag"])


DECISIONS: dict[str, dict[str, Any]] = {
    "assignments": {"legs": [{"unit": "water", "role": "assist"}]},
    "objection-decisions": {"upheld": False, "reason": "属于本单位"},
    "extension-decisions": {"approved": True, "approver": "张主任", "reason": "同意"},
    "referrals": {"to": "arbitration", "reason": "属于仲裁"},
    "closures": {},
}


async def test_a_decision_names_the_version_it_was_made_on(city: City) -> None:
    path, leg, version = await dispatched(city)
    for name, fields in DECISIONS.items():
        body = fields | ({"leg_id": leg} if "decisions" in name else {})
        refused(await city.call("office", "POST", f"{path}/{name}", body), 428, "If-Match")
        for old in (version - 1, version + 1):
            answer = await city.call("office", "POST", f"{path}/{name}", body, if_match=f'"{old}"')
            refused(answer, 412, "If-Match")
    assert (await city.ok("office", "GET", path))["version"] == version


async def test_a_unit_of_the_directory_is_not_overwritten_unseen(city: City) -> None:
    body = {"name": "市林业局", "kind": "department"}
    answer = await city.call("office", "PUT", "/dispatch/units/forestry", body)
    assert answer.headers["etag"] == '"1"'
    refused(await city.call("office", "PUT", "/dispatch/units/forestry", body), 428, "If-Match")
    refused(await city.call("office", "PUT", "/dispatch/units/forestry", body, if_match='"7"'), 412)
    again = await city.call("office", "PUT", "/dispatch/units/forestry", body, if_match='"1"')
    assert again.headers["etag"] == '"2"'


async def test_of_two_clerks_who_decide_at_once_exactly_one_wins(city: City) -> None:
    for _ in range(5):
        path, _, version = await dispatched(city)
        bodies = [
            {"to": to, "reason": "属于其职责"}
            for to in ("arbitration", "courts", "discipline_inspection", "administrative_review")
        ]
        answers = await asyncio.gather(
            *(
                city.call("office", "POST", f"{path}/referrals", body, if_match=f'"{version}"')
                for body in bodies
            )
        )
        assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 3}
        acts = (await city.ok("office", "GET", path))["acts"]
        assert len([act for act in acts if act["act"]["act"] == "refer"]) == 1


async def test_of_two_who_make_the_same_unit_at_once_one_is_told(city: City) -> None:
    bodies = [{"name": f"新局{i}", "kind": "department"} for i in range(4)]
    answers = await asyncio.gather(
        *(city.call("office", "PUT", "/dispatch/units/fresh", body) for body in bodies)
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 428: 3}


async def test_an_etag_is_the_version_that_was_read(city: City) -> None:
    path, leg, _ = await dispatched(city)
    read = await city.call("office", "GET", path)
    assert read.headers["etag"] == f'"{read.json()["version"]}"'
    reply = {"leg_id": leg, "text": "已回复"}
    wrote = await city.call("roads", "POST", f"{path}/replies", reply, if_match=f"W/{read.headers['etag']}")
    assert wrote.headers["etag"] == f'"{read.json()["version"] + 1}"'
    assert (await city.call("office", "GET", path)).headers["etag"] == wrote.headers["etag"]
    for wrong in ("*", '"abc"', '"1", "2"', '"-1"'):
        answer = await city.call("roads", "POST", f"{path}/replies", reply, if_match=wrong)
        refused(answer, 422, "If-Match")


async def numbers(city: City, path: str, limit: int) -> list[str]:
    """The registration numbers on all pages of a list."""
    numbers: list[str] = []
    page = await city.ok("office", "GET", f"{path}?limit={limit}")
    numbers += [item["registration_number"] for item in page["items"]]
    while page["next"]:
        assert len(page["items"]) == limit
        page = await city.ok("office", "GET", f"{path}?limit={limit}&cursor={page['next']}")
        numbers += [item["registration_number"] for item in page["items"]]
    return numbers


@pytest.mark.parametrize("path", ["/intake/appeals", "/dispatch/appeals", "/escalation/cases"])
async def test_a_walk_through_pages_meets_every_item_once(city: City, path: str) -> None:
    for _ in range(7):
        await city.ok("operator", "POST", "/intake/appeals", APPEAL)
    await city.drained()
    whole = await numbers(city, path, 500)
    assert len(set(whole)) == len(whole) == await appeals(city)
    for limit in (1, 3, len(whole) - 1, len(whole)):
        assert await numbers(city, path, limit) == whole


async def test_what_comes_in_during_a_walk_hides_nothing(city: City) -> None:
    whole = await numbers(city, "/intake/appeals", 500)
    page = await city.ok("office", "GET", "/intake/appeals?limit=2")
    new = (await city.ok("operator", "POST", "/intake/appeals", APPEAL))["registration_number"]
    walked = [item["registration_number"] for item in page["items"]]
    rest = await city.ok("office", "GET", f"/intake/appeals?limit=500&cursor={page['next']}")
    walked += [item["registration_number"] for item in rest["items"]]
    assert walked == [*whole, new]


@pytest.mark.parametrize(
    "path", ["/intake/appeals", "/dispatch/appeals", "/dispatch/units", "/escalation/cases", "/notify/inbox"]
)
async def test_a_cursor_of_nobody_and_a_limit_beyond_all_are_refused(city: City, path: str) -> None:
    for cursor in ("garbage", "W10=", "e30=", "bnVsbA==", "WyJcdTAwMDAiXQ=="):
        refused(await city.call("office", "GET", f"{path}?cursor={cursor}"), 422, "cursor")
    for limit in ("0", "-1", "501", "many", ""):
        refused(await city.call("office", "GET", f"{path}?limit={limit}"), 422, "query.limit")


async def test_who_waits_while_a_service_stops_is_told(city: City) -> None:
    async with city.services["intake"].engine.begin() as conn:
        await conn.execute(sa.text("lock table outbox"))
        async with running([INTAKE], city.settings) as (replica,):
            transport = httpx.ASGITransport(replica.app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://intake")
            asking = asyncio.create_task(client.post("/appeals", json=OPEN))
            await waiting_for_a_lock(city.services["intake"], "insert into appeals")
            assert not asking.done()
        assert (await asking).status_code == 503
        assert (await client.post("/appeals", json=OPEN)).status_code == 503
        await client.aclose()


async def test_an_answer_is_kept_for_a_day(city: City) -> None:
    intake, old, new = city.services["intake"], str(uuid4()), str(uuid4())
    for key in (old, new):
        await city.ok("operator", "POST", "/intake/appeals", APPEAL, idempotency_key=key)
    async with intake.engine.begin() as conn:
        age = "update idempotency set created_at = created_at - interval '25 hours' where key = :key"
        await conn.execute(sa.text(age), {"key": old})
    before = await appeals(city)
    await intake.writer.forget()
    for key in (old, new):
        await city.ok("operator", "POST", "/intake/appeals", APPEAL, idempotency_key=key)
    assert await appeals(city) == before + 1
