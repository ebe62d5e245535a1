"""Dispatch under a pack with every rule: merged appeals, longer limits, stages, and what closure needs."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.dispatch.app import SERVICE as DISPATCH
from services.dispatch.handlers import HANDLERS
from services.dispatch.leg import leg_id
from services.dispatch.work import Work
from shared.events import AppealMerged
from tests.city import City, local, refused
from tests.replicas import second_process, waiting_for_a_lock

PACK = Path(__file__).parent.parent / "unit" / "dispatch" / "ladder.yaml"
Appeal = dict[str, Any]


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    async with City(postgres, broker, pack=str(PACK)) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


async def document(city: City, appeal: Appeal, account: str = "office") -> Any:
    """The appeal's document at dispatch, as `account` reads it."""
    return await city.ok(account, "GET", f"/dispatch/appeals/{appeal['appeal_id']}")


async def merge(city: City, appeal: Appeal, lead: Appeal) -> None:
    path = f"/intake/appeals/{appeal['appeal_id']}"
    version = (await city.ok("office", "GET", path))["version"]
    body = {"lead": lead["registration_number"], "reason": "同一路段"}
    await city.ok("office", "POST", f"{path}/merges", body, if_match=f'"{version}"')
    await city.drained()


async def unmerge(city: City, appeal: Appeal) -> None:
    path = f"/intake/appeals/{appeal['appeal_id']}"
    version = (await city.ok("office", "GET", path))["version"]
    await city.ok("office", "POST", f"{path}/unmerges", {"reason": "另有原因"}, if_match=f'"{version}"')
    await city.drained()


def leg(appeal: Appeal, index: int = 0) -> str:
    return str(leg_id(UUID(appeal["appeal_id"]), index))


async def event_types(city: City, appeal: Appeal) -> list[str]:
    """The types of what dispatch said of a case, in order."""
    query = sa.text("select type from outbox where key = :key order by seq")
    async with city.services["dispatch"].engine.connect() as conn:
        return list((await conn.execute(query, {"key": appeal["appeal_id"]})).scalars())


class TestMerged:
    """Appeals that are handled with another one."""

    async def test_what_the_pack_shares_is_told_to_each_and_the_rest_is_each_one_s_own(
        self, city: City
    ) -> None:
        lead, first, second = [await city.register() for _ in range(3)]
        await city.dispatch(lead, {"unit": "roads"}, {"unit": "water", "role": "assist"})
        await city.dispatch(second, {"unit": "east"})
        for follower in (first, second):
            await merge(city, follower, lead)
        assert [leg["unit"] for leg in (await document(city, first))["legs"]] == ["roads", "water"]
        assert [leg["unit"] for leg in (await document(city, second))["legs"]] == ["east"]

        await city.act("roads", lead, "contacts", leg_id=leg(lead), how="电话")
        await city.act("roads", lead, "replies", leg_id=leg(lead), text="下周施工")
        await city.act("roads", lead, "completions", leg_id=leg(lead), outcome="solved", text="已修复")
        await city.act("water", lead, "replies", leg_id=leg(lead, 1), text="配合施工")
        await city.drained()
        told_types = [
            "appeal.assigned.v1",
            "appeal.responded.v1",
            "appeal.completed.v1",
            "appeal.responded.v1",
        ]
        assert await event_types(city, first) == told_types
        assert await event_types(city, second) == ["appeal.assigned.v1"]
        shown = await document(city, first)
        assert [act["act"]["act"] for act in shown["acts"]] == ["assign", "reply", "complete", "reply"]
        assert shown["acts"][1]["by"] == "roads"
        assert [leg["state"] for leg in shown["legs"]] == ["completed", "open"]

        judged = {(d["unit"], d["deadline"]): d for d in (await city.case(first))["deadlines"]}
        assert judged["roads", "completion"]["verdict"] == "met"
        assert judged["water", "reply"]["verdict"] == "met"
        assert judged["water", "completion"]["verdict"] == "open"

    async def test_units_see_at_the_lead_what_is_handled_with_it(self, city: City) -> None:
        lead, follower = await city.register(), await city.register(title="路面塌陷")
        await merge(city, follower, lead)
        await city.dispatch(lead, {"unit": "roads"})
        (shown,) = (await document(city, lead, "roads"))["followers"]
        assert shown == {
            "appeal_id": follower["appeal_id"],
            "registration_number": follower["registration_number"],
            "title": "路面塌陷",
            "enterprise": "示例制造有限公司",
            "state": "assigned",
        }
        assert (await document(city, follower, "roads"))["merges"][0]["lead_number"] == lead[
            "registration_number"
        ]
        await unmerge(city, follower)
        assert (await document(city, lead, "roads"))["followers"] == []

    async def test_a_lead_dispatched_later_takes_its_followers_along(self, city: City) -> None:
        lead, follower = await city.register(), await city.register()
        await merge(city, follower, lead)
        assert (await document(city, follower))["state"] == "received"
        await city.dispatch(lead, {"unit": "roads"}, marks=["inherited"])
        joined = await document(city, follower)
        assert (joined["state"], joined["marks"]) == ("assigned", ["inherited"])
        assert [leg["unit"] for leg in joined["legs"]] == ["roads"]

    async def test_from_the_unmerge_on_it_is_handled_by_itself(self, city: City) -> None:
        lead, follower = await city.register(), await city.register()
        await city.dispatch(lead, {"unit": "roads"})
        await merge(city, follower, lead)
        await city.act("roads", lead, "replies", leg_id=leg(lead), text="下周施工")
        await unmerge(city, follower)
        await city.act("roads", lead, "completions", leg_id=leg(lead), outcome="solved", text="已修复")
        assert (await event_types(city, follower))[1:] == ["appeal.responded.v1"]
        assert (await document(city, follower))["legs"][0]["state"] == "open"

    async def test_closing_the_lead_leaves_its_followers_open(self, city: City) -> None:
        lead, follower = await city.register(), await city.register()
        await city.dispatch(lead, {"unit": "roads"})
        await merge(city, follower, lead)
        await city.act("roads", lead, "completions", leg_id=leg(lead), outcome="solved", text="已修复")
        await closable(city, lead)
        await city.act("office", lead, "closures")
        assert (await document(city, lead))["state"] == "closed"
        assert (await document(city, follower))["state"] == "assigned"

    async def test_a_merge_that_comes_while_a_reply_waits_for_the_lead_is_not_missed(
        self, city: City
    ) -> None:
        for _ in range(2):  # once with the higher id first
            lead, follower = await city.register(), await city.register()
            for appeal in (lead, follower):
                await city.dispatch(appeal, {"unit": "roads"})
            await self._reply_while_merging(city, lead, follower)
            await self._reply_while_merging(city, follower, lead)

    async def _reply_while_merging(self, city: City, lead: Appeal, follower: Appeal) -> None:
        ids = {name: UUID(appeal["appeal_id"]) for name, appeal in (("lead", lead), ("follower", follower))}
        service = city.services["dispatch"]
        body = {"leg_id": leg(lead), "text": "下周施工"}
        path = f"/dispatch/appeals/{lead['appeal_id']}/replies"
        before = await event_types(city, follower)
        async with service.engine.begin() as conn:
            work = Work(conn, service.clock.now())
            await work.load(ids.values())
            replying = asyncio.create_task(city.call("roads", "POST", path, body))
            await waiting_for_a_lock(service)
            event = AppealMerged(
                occurred_at=work.at,
                appeal_id=ids["follower"],
                registration_number=follower["registration_number"],
                lead=ids["lead"],
                lead_number=lead["registration_number"],
            )
            HANDLERS[AppealMerged](work, event)
            await work.flush()
        assert (await replying).is_success
        assert await event_types(city, follower) == [*before, "appeal.responded.v1"]

    async def test_where_a_follower_missed_is_locked_nothing_is_done(self, city: City) -> None:
        lead, follower = await city.register(), await city.register()
        await city.dispatch(lead, {"unit": "roads"})
        await merge(city, follower, lead)
        service = city.services["dispatch"]
        async with service.engine.begin() as conn:  # as if the merge were newer than the reader's view
            forget = sa.text("delete from followers where follower = :id")
            await conn.execute(forget, {"id": UUID(follower["appeal_id"])})
        path = f"/dispatch/appeals/{lead['appeal_id']}/replies"
        body = {"leg_id": leg(lead), "text": "下周施工"}
        async with service.engine.begin() as conn:
            await Work(conn, service.clock.now()).load([UUID(follower["appeal_id"])])
            refused(await city.call("roads", "POST", path, body), 503)
        assert "appeal.responded.v1" not in await event_types(city, lead)
        assert (await city.call("roads", "POST", path, body)).is_success
        assert (await event_types(city, follower))[-1] == "appeal.responded.v1"

    async def test_what_is_handled_together_is_locked_in_the_order_of_ids(self, city: City) -> None:
        lead, *followers = [await city.register() for _ in range(6)]
        await city.dispatch(lead, {"unit": "roads"})
        for follower in followers:
            await merge(city, follower, lead)
        ids = sorted(UUID(appeal["appeal_id"]) for appeal in (lead, *followers))
        service = city.services["dispatch"]
        free = sa.text("select appeal_id from appeals where appeal_id = any(:ids) for update skip locked")
        for place in (1, 3, 5):
            async with service.engine.begin() as conn:
                await Work(conn, service.clock.now()).load([ids[place]])
                replying = asyncio.create_task(
                    city.call("roads", "POST", f"/dispatch{path(lead)}", reply(lead))
                )
                await waiting_for_a_lock(service)
                async with service.engine.begin() as other:
                    unlocked = (await other.execute(free, {"ids": ids})).scalars()
                assert sorted(unlocked) == ids[place + 1 :]
            assert (await replying).is_success

    async def test_two_replicas_that_answer_for_the_same_appeals_at_once_wait_for_each_other(
        self, city: City
    ) -> None:
        lead, *followers = [await city.register() for _ in range(6)]
        await city.dispatch(lead, {"unit": "roads"})
        for follower in followers:
            await merge(city, follower, lead)
        async with second_process(city, DISPATCH, "roads") as replica:
            for _ in range(40):  # one act a transaction: the victim of a deadlock is refused with 503
                answers = await asyncio.gather(
                    city.call("roads", "POST", f"/dispatch{path(lead)}", reply(lead)),
                    replica.post(path(lead), json=reply(lead)),
                )
                assert [answer.status_code for answer in answers] == [200, 200]
        for follower in followers:
            assert (await event_types(city, follower)).count("appeal.responded.v1") == 80


def path(appeal: Appeal) -> str:
    return f"/appeals/{appeal['appeal_id']}/replies"


def reply(appeal: Appeal) -> dict[str, str]:
    return {"leg_id": leg(appeal), "text": "正在办理"}


async def closable(city: City, appeal: Appeal) -> None:
    """Found reasonable, and rated."""
    await city.act("office", appeal, "findings", reasonable=True, by="周主任", reason="属实")
    await city.drained()
    await rate(city, appeal, "satisfied")


async def rate(city: City, appeal: Appeal, rating: str) -> None:
    number, code = appeal["registration_number"], appeal["receipt_code"]
    body = {"rating": rating}
    await city.ok(None, "POST", f"/intake/status/{number}/ratings", body, receipt_code=code)
    await city.drained()


class TestClosure:
    """What must be there before the office closes."""

    async def close(self, city: City, appeal: Appeal) -> httpx.Response:
        version = (await document(city, appeal))["version"]
        where = f"/dispatch/appeals/{appeal['appeal_id']}/closures"
        return await city.call("office", "POST", where, {}, if_match=f'"{version}"')

    async def test_a_finding_and_the_enterprise_s_word_and_after_a_reopening_a_new_one(
        self, city: City
    ) -> None:
        appeal = await city.register()
        await city.dispatch(appeal, {"unit": "roads"})
        assert "not completed" in refused(await self.close(city, appeal), 409)["detail"]
        completion = {"leg_id": leg(appeal), "outcome": "solved", "text": "已修复"}
        await city.act("roads", appeal, "completions", **completion)
        assert "finding" in refused(await self.close(city, appeal), 409)["detail"]
        await city.act("office", appeal, "findings", reasonable=True, by="周主任", reason="属实")
        await city.drained()
        assert "rated" in refused(await self.close(city, appeal), 409)["detail"]
        await rate(city, appeal, "not_satisfied")

        where = f"/intake/appeals/{appeal['appeal_id']}"
        version = (await city.ok("office", "GET", where))["version"]
        again = {"reason": "仍未修复"}
        await city.ok("office", "POST", f"{where}/reopenings", again, if_match=f'"{version}"')
        await city.drained()
        await city.act("roads", appeal, "completions", **completion)
        assert "rated" in refused(await self.close(city, appeal), 409)["detail"]
        await city.drained()
        await rate(city, appeal, "satisfied")
        assert (await self.close(city, appeal)).is_success

    async def test_a_follow_up_call_stands_for_a_rating(self, city: City) -> None:
        appeal = await city.register()
        await city.dispatch(appeal, {"unit": "roads"})
        await city.act("roads", appeal, "completions", leg_id=leg(appeal), outcome="solved", text="已修复")
        await city.act("office", appeal, "findings", reasonable=True, by="周主任", reason="属实")
        await city.drained()
        for reached, status in ((False, 422), (True, 200)):  # unanswered: a rank closes it, with a reason
            where = f"/intake/appeals/{appeal['appeal_id']}/follow-ups"
            await city.ok("operator", "POST", where, {"reached": reached})
            await city.drained()
            assert (await self.close(city, appeal)).status_code == status


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
    bodies = await city.said("dispatch", type_)
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
        assert (await city.said("dispatch", "appeal.contacted.v1"))[-1]["done_by"] == {
            "role": "unit",
            "code": "roads",
        }
        assert (await city.said("intake", "appeal.withdrawn.v1"))[-1]["done_by"]["role"] == "enterprise"

    async def test_what_nobody_did_names_nobody(self, city: City) -> None:
        appeal = await city.register()
        await city.dispatch(appeal)
        await city.drained()
        judged = [
            judgement
            for judgement in await city.said("escalation", "appeal.judged.v1")
            if "done_by" in judgement
        ]
        assert judged == []
        refused(await city.call("ops", "GET", f"/escalation/authors/{appeal['appeal_id']}"), 404)


class TestGuidedElsewhere:
    """XC 47: an enterprise is guided to where its matter belongs, is told, and may object."""

    async def test_a_referral_is_followed_until_it_was_received_or_taken_back(self, city: City) -> None:
        appeal = await city.register()
        own, number = {"receipt_code": appeal["receipt_code"]}, appeal["registration_number"]
        status = f"/intake/status/{number}"
        refused(
            await city.call(None, "POST", f"{status}/referral-objections", {"reason": "不服"}, **own), 409
        )
        await city.dispatch(appeal)
        path = f"/dispatch/appeals/{appeal['appeal_id']}"
        version = (await document(city, appeal))["version"]
        body = {"to": "courts", "reason": "属司法裁判事项"}
        await city.ok("roads", "POST", f"{path}/referrals", body, if_match=f'"{version}"')
        await city.drained()
        version = (await document(city, appeal))["version"]
        refused(await city.call("office", "POST", f"{path}/closures", {}, if_match=f'"{version}"'), 409)

        shown = await city.ok(None, "POST", f"{status}/referral-objections", {"reason": "法院不受理"}, **own)
        assert shown["timeline"][-1]["type"] == "referral.objected.v1"
        refused(
            await city.call(None, "POST", f"{status}/referral-objections", {"reason": "不服"}, **own), 409
        )
        await city.drained()
        await city.act("office", appeal, "referral-returns", objected=True, reason="法院确未受理")
        await city.drained()
        assert (await document(city, appeal))["state"] == "assigned"
        assert (await city.status(appeal))["state"] == "dispatched"

        await city.act("office", appeal, "referrals", to="arbitration", reason="属劳动仲裁")
        await city.drained()
        await city.act("office", appeal, "referral-receipts", receiver="皖劳人仲案（2026）9 号")
        await city.drained()
        refused(
            await city.call(None, "POST", f"{status}/referral-objections", {"reason": "不服"}, **own), 409
        )
        await city.act("office", appeal, "closures")
        await city.drained()
        assert (await city.status(appeal))["state"] == "closed"


class TestClosedAgainstTheWord:
    """What was rated not satisfied is closed by a leader's word alone, is counted, and can go on."""

    async def test_it_needs_the_leader_and_is_listed_and_the_appeal_is_reopened_after_closure(
        self, city: City
    ) -> None:
        appeal = await city.register()
        own, number = {"receipt_code": appeal["receipt_code"]}, appeal["registration_number"]
        (first,) = await city.dispatch(appeal)
        await city.act("roads", appeal, "completions", leg_id=first, outcome="explained", text="已解释")
        await city.act("office", appeal, "findings", reasonable=True, by="办公室", reason="属实")
        await city.drained()
        await city.ok(None, "POST", f"/intake/status/{number}/ratings", {"rating": "not_satisfied"}, **own)
        await city.drained()
        path = f"/dispatch/appeals/{appeal['appeal_id']}"
        version = (await document(city, appeal))["version"]
        refused(
            await city.call("office", "POST", f"{path}/closures", {}, if_match=f'"{version}"'), 422, "reason"
        )
        word = {"reason": "已尽力", "approver": "李副市长", "rank": "leader"}
        await city.act("office", appeal, "closures", **word)
        await city.drained()
        listed = (await city.ok("office", "GET", "/dispatch/appeals?against_word=true"))["items"]
        assert [row["registration_number"] for row in listed] == [number]
        metrics = (await city.call("ops", "GET", "/dispatch/metrics")).text
        assert "huying_closed_against_word" in metrics

        path = f"/intake/appeals/{appeal['appeal_id']}"
        version = (await city.ok("office", "GET", path))["version"]
        await city.ok("office", "POST", f"{path}/reopenings", {"reason": "确未解决"}, if_match=f'"{version}"')
        await city.drained()
        assert (await city.case(appeal))["rounds"] == 2
        shown = await document(city, appeal)
        assert (shown["state"], shown["legs"][0]["state"], shown["legs"][0]["round"]) == (
            "assigned",
            "open",
            2,
        )
        assert (await city.status(appeal))["state"] == "dispatched"


class TestComplained:
    """BZ 5: dissatisfied with a reply or with handling, the enterprise complains to the office."""

    async def test_a_complaint_is_answered_in_a_limit_of_the_office_s_own(self, city: City) -> None:
        appeal = await city.register()
        own, status = (
            {"receipt_code": appeal["receipt_code"]},
            f"/intake/status/{appeal['registration_number']}",
        )
        (first,) = await city.dispatch(appeal)
        await city.act("roads", appeal, "replies", leg_id=first, text="正在研究")
        await city.drained()
        body = {"about": "reply", "text": "答复敷衍，没有说明何时修复。"}
        shown = await city.ok(None, "POST", f"{status}/complaints", body, **own)
        assert shown["complaints"][0]["answer"] is None
        refused(await city.call(None, "POST", f"{status}/complaints", body, **own), 409)
        await city.drained()
        runs = [
            deadline
            for deadline in (await city.case(appeal))["deadlines"]
            if deadline["deadline"] == "complaint"
        ]
        assert [(deadline["verdict"], deadline["unit"]) for deadline in runs] == [("open", None)]
        waiting = (await city.ok("office", "GET", "/intake/appeals?complained=true"))["items"]
        assert [row["registration_number"] for row in waiting] == [appeal["registration_number"]]
        assert "敷衍" not in str(waiting) + str(await city.said("intake", "appeal.complained.v1"))

        await city.act("office", appeal, "complaint-decisions", justified=True, reason="已责令重新答复")
        await city.drained()
        runs = [
            deadline
            for deadline in (await city.case(appeal))["deadlines"]
            if deadline["deadline"] == "complaint"
        ]
        assert [deadline["verdict"] for deadline in runs] == ["met"]
        (answered,) = (await city.status(appeal))["complaints"]
        assert (answered["justified"], answered["answer"]) == (True, "已责令重新答复")
        assert (await city.ok("office", "GET", "/intake/appeals?complained=true"))["items"] == []
        path = f"/dispatch/appeals/{appeal['appeal_id']}"
        version = (await document(city, appeal))["version"]
        again = {"justified": False, "reason": "重复"}
        answer = await city.call(
            "office", "POST", f"{path}/complaint-decisions", again, if_match=f'"{version}"'
        )
        refused(answer, 409)
