"""Dispatch and closure of many appeals in one request: a result for each, and nothing stays of a trial."""

import asyncio
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.dispatch.acts.notes import Note
from services.dispatch.api import performed
from services.dispatch.bulk.running import Row, done, tried
from services.dispatch.work import Work
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.errors import Conflict
from shared.web.request import WriteContext
from shared.web.writer import Answer
from tests.city import City, refused

Appeal = dict[str, Any]
_PLACES = count(1)
ROADS = {"legs": [{"unit": "roads"}]}
ASSIGN, CLOSE = "/dispatch/bulk/assignments", "/dispatch/bulk/closures"


async def registered(city: City, number: int) -> list[Appeal]:
    """So many appeals, each of its own: an identical one would be refused within minutes."""
    answers = [
        await city.ok("operator", "POST", "/intake/appeals", _wish(f"第 {next(_PLACES)} 处路灯不亮"))
        for _ in range(number)
    ]
    await city.drained()
    return answers


def _wish(title: str) -> dict[str, Any]:
    enterprise = {"name": "示例制造有限公司", "contact_name": "王工", "phone": "13800000000"}
    return {
        "channel": "hotline",
        "kind": "help",
        "title": title,
        "text": f"{title}，请尽快修复。",
        "enterprise": enterprise,
    }


def rows(appeals: list[Appeal], version: int = 1) -> list[dict[str, Any]]:
    return [{"appeal_id": appeal["appeal_id"], "version": version} for appeal in appeals]


async def file_of(city: City, appeal: Appeal) -> Any:
    return await city.ok("office", "GET", f"/dispatch/appeals/{appeal['appeal_id']}")


def outcomes(answer: Any) -> list[int]:
    """200 for each accepted appeal, else the status of its problem."""
    return [200 if row["accepted"] else row["problem"]["status"] for row in answer["results"]]


async def test_one_failure_costs_its_own_row(city: City) -> None:
    appeals = await registered(city, 4)
    await city.dispatch(appeals[1], {"unit": "water"})
    body = {"appeals": rows(appeals), "assignment": ROADS}
    body["appeals"][3]["version"] = 7
    body["appeals"].append({"appeal_id": str(uuid4()), "version": 1})
    answer = await city.ok("office", "POST", ASSIGN, body)
    assert outcomes(answer) == [200, 412, 200, 412, 404]
    assert (answer["accepted"], answer["refused"], answer["dry_run"]) == (2, 3, False)
    first, second = answer["results"][:2]
    assert first["registration_number"] == appeals[0]["registration_number"]
    assert second["problem"]["code"] == "stale"
    assert "已被他人更新" in second["problem"]["zh"]
    legs = [[leg["unit"] for leg in (await file_of(city, appeal))["legs"]] for appeal in appeals]
    assert legs == [["roads"], ["water"], ["roads"], []]
    assert first["version"] == (await file_of(city, appeals[0]))["version"]


@pytest.mark.parametrize("run", [tried, done])
async def test_what_is_refused_halfway_leaves_no_trace_and_the_others_hold(city: City, run: Any) -> None:
    first, second, third = await registered(city, 3)
    office = Caller("office", AccountRole.OFFICE, None)
    request = WriteContext(city.services["dispatch"], office, None, False, None)

    def row(appeal: Appeal, *, is_refused: bool = False) -> Row:
        appeal_id = UUID(appeal["appeal_id"])

        def do(work: Work) -> Answer:
            file = performed(work, request, appeal_id, Note(text="已电话了解"), {})
            if is_refused:
                raise Conflict("做到一半", "halfway")
            return Answer(str(file.version))

        return Row(appeal_id, appeal_id, do)

    outcomes = await run(request, [row(first), row(second, is_refused=True), row(third), row(second)])
    versions = [outcome.body if isinstance(outcome, Answer) else outcome.code for outcome in outcomes]
    assert versions == ["2", "conflict", "2", "2"]
    notes = [len((await file_of(city, appeal))["acts"]) for appeal in (first, second, third)]
    assert notes == ([1, 1, 1] if run is done else [0, 0, 0])
    noted = [event["registration_number"] for event in await city.published("dispatch", "appeal.noted.v1")]
    assert noted.count(second["registration_number"]) == (1 if run is done else 0)


async def test_a_trial_tells_what_would_come_and_nothing_stays_of_it(city: City) -> None:
    appeals = await registered(city, 3)
    await city.dispatch(appeals[1], {"unit": "water"})
    await city.drained()
    before = await city.stored()
    body = {"appeals": rows(appeals), "assignment": ROADS, "dry_run": True}
    tried = await city.ok("office", "POST", ASSIGN, body, idempotency_key="trial")
    assert outcomes(tried) == [200, 412, 200]
    assert tried["dry_run"] is True
    assert await city.stored() == before
    real = await city.ok("office", "POST", ASSIGN, body | {"dry_run": False})
    assert real["results"] == tried["results"]
    assert await city.stored() != before


async def test_appeals_are_named_by_number_or_id(city: City) -> None:
    by_number, by_id = await registered(city, 2)
    number, id_ = by_number["registration_number"], by_id["appeal_id"]
    named = [{"appeal_id": name, "version": 1} for name in (number, id_, "BZ-20261109-99999")]
    body = {"appeals": named, "assignment": ROADS}
    tried = await city.ok("office", "POST", ASSIGN, body | {"dry_run": True})
    answer = await city.ok("office", "POST", ASSIGN, body)
    assert outcomes(answer) == outcomes(tried) == [200, 200, 404]
    assert [row["appeal_id"] for row in answer["results"]] == [by_number["appeal_id"], id_, None]
    assert [row["registration_number"] for row in answer["results"]] == [
        number,
        by_id["registration_number"],
        "BZ-20261109-99999",
    ]
    twice = [{"appeal_id": name, "version": 2} for name in (number, by_number["appeal_id"])]
    refused(await city.call("office", "POST", ASSIGN, body | {"appeals": twice}), 422, "appeals")
    unformed = {"appeals": [{"appeal_id": "BZ-2026", "version": 1}], "assignment": ROADS}
    problem = refused(await city.call("office", "POST", ASSIGN, unformed), 422, "appeals.0.appeal_id")
    assert "挂号编号" in problem["errors"][0]["zh"]


async def test_the_same_key_does_again_only_what_was_not_done(city: City) -> None:
    appeals = await registered(city, 2)
    body = {"appeals": rows(appeals), "assignment": ROADS}
    body["appeals"][1]["version"] = 2
    first = await city.ok("office", "POST", ASSIGN, body, idempotency_key="bulk 1")
    assert outcomes(first) == [200, 412]
    await city.act("office", appeals[1], "notes", text="现为版本 2")
    again = await city.ok("office", "POST", ASSIGN, body, idempotency_key="bulk 1")
    assert outcomes(again) == [200, 200]
    assert again["results"][0] == first["results"][0]
    assert len((await file_of(city, appeals[0]))["acts"]) == 1
    water = body | {"assignment": {"legs": [{"unit": "water"}]}}
    other = await city.call("office", "POST", ASSIGN, water, idempotency_key="bulk 1")
    refused(other, 409, "Idempotency-Key")


async def test_what_earlier_rows_change_later_rows_see_on_trial_and_for_good(city: City) -> None:
    lead, follower = await registered(city, 2)
    where = f"/intake/appeals/{follower['appeal_id']}"
    merge = {"lead": lead["registration_number"], "reason": "同一问题"}
    version = (await city.ok("office", "GET", where))["version"]
    await city.ok("office", "POST", f"{where}/merges", merge, if_match=f'"{version}"')
    await city.drained()
    body = {
        "appeals": [
            {"appeal_id": each["appeal_id"], "version": (await file_of(city, each))["version"]}
            for each in (lead, follower)
        ],
        "assignment": ROADS,
        "dry_run": True,
    }
    tried = await city.ok("office", "POST", ASSIGN, body)
    real = await city.ok("office", "POST", ASSIGN, body | {"dry_run": False})
    assert outcomes(tried) == outcomes(real) == [200, 412]  # the follower was given its lead's units
    assert [leg["unit"] for leg in (await file_of(city, follower))["legs"]] == ["roads"]


async def test_many_are_closed_and_who_may_not_be_says_why(city: City) -> None:
    appeals = await registered(city, 3)
    for appeal in appeals[:2]:
        await city.act("office", appeal, "referrals", to="arbitration", reason="属于仲裁")
    await city.act("office", appeals[0], "referral-receipts", receiver="仲裁委立案庭")
    body = {"appeals": rows(appeals), "closure": {}}
    for row, appeal in zip(body["appeals"], appeals, strict=True):
        row["version"] = (await file_of(city, appeal))["version"]
    answer = await city.ok("office", "POST", CLOSE, body)
    assert outcomes(answer) == [200, 409, 409]
    assert "尚未登记对方承接" in answer["results"][1]["problem"]["zh"]
    assert (await file_of(city, appeals[0]))["state"] == "closed"


async def test_whole_requests_that_are_refused(city: City) -> None:
    (appeal,) = await registered(city, 1)
    (row,) = rows([appeal])
    good = {"appeals": [row], "assignment": ROADS}
    for wrong, field in (
        ({"appeals": []}, "appeals"),
        ({"appeals": [row, row]}, "appeals"),
        ({"appeals": [{"appeal_id": str(uuid4()), "version": 1} for _ in range(501)]}, "appeals"),
        ({"assignment": {"legs": [{"unit": "moon"}]}}, "assignment.legs.unit"),
    ):
        refused(await city.call("office", "POST", ASSIGN, good | wrong), 422, field)
    for account in ("roads", "operator", "leader"):
        refused(await city.call(account, "POST", ASSIGN, good), 403)
    assert (await file_of(city, appeal))["legs"] == []


@pytest.mark.parametrize("number", [60, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("dry_run", [True, False])
async def test_many_at_once_are_dispatched(city: City, number: int, *, dry_run: bool) -> None:
    appeals = await registered(city, number)
    body = {"appeals": rows(appeals), "assignment": ROADS, "dry_run": dry_run}
    async with asyncio.timeout(30):
        answer = await city.ok("office", "POST", ASSIGN, body)
    assert (answer["accepted"], answer["refused"]) == (number, 0)
    assert len((await file_of(city, appeals[-1]))["legs"]) == (0 if dry_run else 1)
