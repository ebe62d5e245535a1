"""Dispatch under a pack with every rule: longer limits, stages, the directory, and who did what."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import City, local, refused
from tests.ladder import Appeal, document, ladder_city, leg, merge, unmerge


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    async with ladder_city(postgres, broker) as city:
        yield city


class TestExtension:
    """A longer limit: what the judge makes of it, and no more of it once the time has passed."""

    async def test_it_is_approved_by_rank_and_moves_the_date(self, city: City) -> None:
        appeal = await self._replied(city)
        await self._ask(city, appeal, 21)
        low = {"leg_id": leg(appeal), "approved": True, "approver": "张", "reason": "同意"}
        where = f"/dispatch/appeals/{appeal['appeal_id']}/extension-decisions"
        version = (await document(city, appeal))["version"]
        refused(await city.call("office", "POST", where, low, if_match=f'"{version}"'), 403, "rank")
        await city.ok("leader", "POST", where, low, if_match=f'"{version}"')  # whose code is mayor
        await city.drained()
        # 21 working days from Monday 11-09, that day not counted: 4 to 11-13, 20 to 12-07... 21 on 12-08
        assert await self._due(city, appeal) == local("2026-12-08 17:30")
        (event,) = await event_bodies(city, appeal, "appeal.extended.v1")
        assert event["rank"] == "mayor"

    async def test_after_the_end_it_is_neither_asked_for_nor_approved(self, city: City) -> None:
        appeal, asked = await self._replied(city), await self._replied(city)
        await self._ask(city, asked, 10)
        await city.move_to("2026-11-17 09:00")
        body = {"leg_id": leg(appeal), **extension(10)}
        where = f"/dispatch/appeals/{appeal['appeal_id']}/extension-requests"
        assert "2026-11-16 17:30" in refused(await city.call("roads", "POST", where, body), 409)["detail"]
        yes = {"leg_id": leg(asked), "approved": True, "approver": "张", "reason": "同意"}
        where = f"/dispatch/appeals/{asked['appeal_id']}/extension-decisions"
        version = (await document(city, asked))["version"]
        answer = await city.call("office", "POST", where, yes, if_match=f'"{version}"')
        assert "2026-11-16 17:30" in refused(answer, 409)["detail"]
        verdicts = {d["deadline"]: d["verdict"] for d in (await city.case(asked))["deadlines"]}
        assert verdicts["completion"] == "overdue"
        no = {**yes, "approved": False}
        assert (await city.call("office", "POST", where, no, if_match=f'"{version}"')).is_success

    async def _replied(self, city: City) -> Appeal:
        appeal = await city.register()
        await city.dispatch(appeal, {"unit": "roads"})
        await city.act("roads", appeal, "replies", leg_id=leg(appeal), text="正在办理")
        await city.drained()
        return appeal

    async def _ask(self, city: City, appeal: Appeal, days: int) -> None:
        await city.act("roads", appeal, "extension-requests", leg_id=leg(appeal), **extension(days))

    async def _due(self, city: City, appeal: Appeal) -> datetime:
        deadlines = {d["deadline"]: d for d in (await city.case(appeal))["deadlines"]}
        return datetime.fromisoformat(deadlines["completion"]["due_at"])


def extension(days: int) -> dict[str, Any]:
    return {"limit": {"number": days, "unit": "working_days"}, "reason": "等待材料"}


async def event_bodies(city: City, appeal: Appeal, type_: str) -> list[Any]:
    bodies = await city.published("dispatch", type_)
    return [body for body in bodies if body["registration_number"] == appeal["registration_number"]]


async def test_a_plan_s_dates_become_deadlines_and_payments_meet_them_in_turn(city: City) -> None:
    appeal = await city.register()
    await city.dispatch(appeal, {"unit": "roads"})
    dates = ["2026-12-01T12:00:00+08:00", "2027-01-04T12:00:00+08:00"]
    plan = {"leg_id": leg(appeal), "stage": "plan", "dates": dates, "text": "分两期", "amount": "100"}
    await city.act("roads", appeal, "stages", **plan)
    await city.drained()  # a moment later
    await city.act("roads", appeal, "stages", leg_id=leg(appeal), stage="paid", text="已付第一期")
    await city.drained()
    instalments = [d for d in (await city.case(appeal))["deadlines"] if d["deadline"] == "instalment"]
    assert [(datetime.fromisoformat(d["due_at"]), d["verdict"]) for d in instalments] == [
        (datetime.fromisoformat(dates[0]), "met"),
        (datetime.fromisoformat(dates[1]), "open"),
    ]
    where = f"/dispatch/appeals/{appeal['appeal_id']}/stages"
    ordered = {"leg_id": leg(appeal), "stage": "ordered", "text": "责令整改"}
    refused(await city.call("roads", "POST", where, ordered), 403, "stage")
    refused(await city.call("water", "POST", where, plan), 403)
    assert (await city.call("office", "POST", where, ordered)).is_success


async def test_a_plan_of_sums_counts_once_the_creditor_agreed_and_the_ledger_says_what_is_open(city: City):
    appeal = await city.register(kind="arrears")
    await city.dispatch(appeal, {"unit": "roads"})
    dates, where = ["2026-12-01T12:00:00+08:00", "2027-01-04T12:00:00+08:00"], leg(appeal)
    plan = {"stage": "agreed", "dates": dates, "amounts": ["600000", "400000"], "text": "分两期"}
    await city.act("roads", appeal, "stages", leg_id=where, **plan)
    await city.drained()
    assert await shares(city, appeal) == []
    agreed = {"number": 1, "confirmed": True, "by": "creditor", "who": "王会计"}
    await city.act("office", appeal, "stage-decisions", leg_id=where, **agreed)
    await city.act("roads", appeal, "stages", leg_id=where, stage="transferred", amount="1.00", text="转账")
    await city.drained()
    assert await shares(city, appeal) == ["open", "open"]
    completion = {"leg_id": where, "outcome": "solved", "text": "已付清"}
    completions = f"/dispatch/appeals/{appeal['appeal_id']}/completions"
    refused(await city.call("roads", "POST", completions, completion), 409, "outcome")
    await city.act("roads", appeal, "stages", leg_id=where, stage="transferred", amount="599999", text="转账")
    await city.drained()
    assert await shares(city, appeal) == ["met", "open"]
    claims = (await city.ok("office", "GET", "/dispatch/arrears?unit=roads"))["items"]
    (debtor,) = next(c["debtors"] for c in claims if c["appeal_id"] == appeal["appeal_id"])
    assert [Decimal(debtor[name]) for name in ("sum", "paid", "open")] == [1_000_000, 600_000, 400_000]
    assert (debtor["kind"], debtor["settled"], debtor["to_be_confirmed"]) == ("department", False, 0)
    assert datetime.fromisoformat(debtor["next_due_at"]) == datetime.fromisoformat(dates[1])
    water = (await city.ok("water", "GET", "/dispatch/arrears"))["items"]
    assert appeal["appeal_id"] not in {claim["appeal_id"] for claim in water}


async def shares(city: City, appeal: Appeal) -> list[str]:
    deadlines = (await city.case(appeal))["deadlines"]
    return [deadline["verdict"] for deadline in deadlines if deadline["deadline"] == "share"]


class TestDirectory:
    """Units stand in a hierarchy."""

    async def put(self, city: City, code: str, parent: str | None) -> httpx.Response:
        units = {unit["code"]: unit for unit in (await city.ok("office", "GET", "/dispatch/units"))["items"]}
        version = {"if_match": f'"{units[code]["version"]}"'} if code in units else {}
        body = {"name": code, "kind": "department", "parent": parent}
        return await city.call("office", "PUT", f"/dispatch/units/{code}", body, **version)

    async def test_no_unit_stands_above_itself(self, city: City) -> None:
        refused(await self.put(city, "a", "a"), 409, "parent")
        for code, parent in (("a", None), ("b", "a"), ("c", "b"), ("d", "b")):
            assert (await self.put(city, code, parent)).is_success
        for parent in ("a", "b", "c"):
            refused(await self.put(city, "a", parent), 409, "parent")
        assert (await self.put(city, "d", "c")).is_success
        refused(await self.put(city, "a", "moon"), 422, "parent")

    async def test_of_two_that_would_stand_above_each_other_one_is_refused(self, city: City) -> None:
        for code in ("x", "y"):
            assert (await self.put(city, code, None)).is_success
        answers = await asyncio.gather(self.put(city, "x", "y"), self.put(city, "y", "x"))
        assert sorted(answer.status_code for answer in answers) == [200, 409]


class TestWhoDidIt:
    """Every act keeps its account: its name on record, its role and code in the event and its chain."""

    async def test_each_act_names_its_account_and_no_person_in_what_leaves(self, city: City) -> None:
        appeal, lead = await city.register(), await city.register()
        own, number = {"receipt_code": appeal["receipt_code"]}, appeal["registration_number"]
        await merge(city, appeal, lead)
        await unmerge(city, appeal)
        (first,) = await city.dispatch(appeal)
        await city.drained()
        await city.act("roads", appeal, "contacts", leg_id=first, how="电话")
        await city.drained()
        await city.act("roads", appeal, "completions", leg_id=first, outcome="solved", text="已修复")
        await city.drained()
        status = f"/intake/status/{number}"
        await city.ok(None, "POST", f"{status}/ratings", {"rating": "not_satisfied"}, **own)
        await city.drained()
        path = f"/intake/appeals/{appeal['appeal_id']}"
        version = (await city.ok("office", "GET", path))["version"]
        await city.ok("office", "POST", f"{path}/reopenings", {"reason": "复发"}, if_match=f'"{version}"')
        await city.drained()
        await city.ok(None, "POST", f"{status}/withdrawals", {"reason": "已解决"}, **own)

        acts = []
        for service in ("intake", "dispatch"):
            answer = await city.ok("ops", "GET", f"/{service}/authors/{appeal['appeal_id']}")
            acts += [
                (entry["type"], entry["role"], entry["code"], entry["account"]) for entry in answer["items"]
            ]
        assert acts == [
            ("appeal.received.v1", "operator", None, "operator"),
            ("appeal.merged.v1", "office", None, "office"),
            ("appeal.unmerged.v1", "office", None, "office"),
            ("appeal.rated.v1", "enterprise", None, None),
            ("appeal.reopened.v1", "office", None, "office"),
            ("appeal.withdrawn.v1", "enterprise", None, None),
            ("appeal.assigned.v1", "office", None, "office"),
            ("appeal.contacted.v1", "unit", "roads", "roads"),
            ("appeal.completed.v1", "unit", "roads", "roads"),
        ]
        assert (await city.published("dispatch", "appeal.contacted.v1"))[-1]["done_by"] == {
            "role": "unit",
            "code": "roads",
        }
        assert (await city.published("intake", "appeal.withdrawn.v1"))[-1]["done_by"]["role"] == "enterprise"

    async def test_what_nobody_did_names_nobody(self, city: City) -> None:
        appeal = await city.register()
        await city.dispatch(appeal)
        await city.drained()
        judged = [
            judgement
            for judgement in await city.published("escalation", "appeal.judged.v1")
            if "done_by" in judgement
        ]
        assert judged == []
        refused(await city.call("ops", "GET", f"/escalation/authors/{appeal['appeal_id']}"), 404)
