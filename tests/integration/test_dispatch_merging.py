"""Merged appeals at dispatch: what their pack shares, and what stays each one's own."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.dispatch.app import SERVICE as DISPATCH
from services.dispatch.handlers import HANDLERS
from services.dispatch.work import Work
from shared.events import AppealMerged
from tests.city import City, refused
from tests.ladder import Appeal, closable, document, event_types, ladder_city, leg, merge, unmerge
from tests.replicas import second_process, waiting_for_a_lock


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    async with ladder_city(postgres, broker) as city:
        yield city


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
