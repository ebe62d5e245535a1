"""How an appeal ends at dispatch: closure, referral, closure against the word, complaints to the office."""

from collections.abc import AsyncIterator

import httpx
import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import City, refused
from tests.ladder import Appeal, document, ladder_city, leg, rate


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    async with ladder_city(postgres, broker) as city:
        yield city


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
        assert "敷衍" not in str(waiting) + str(await city.published("intake", "appeal.complained.v1"))

        await city.act("office", appeal, "complaint-decisions", justified=True, reason="已责令重新答复")
        await city.drained()
        runs = [
            deadline
            for deadline in (await city.case(appeal))["deadlines"]
            if deadline["deadline"] == "complaint"
        ]
        assert [deadline["verdict"] for deadline in runs] == ["met"]
        (answered,) = (await city.status(appeal))["complaints"]
        assert answered["justified"] is True
        asked = await city.ok("intake", "GET", f"/dispatch/appeals/{appeal['appeal_id']}/answers")
        assert asked["items"][-1]["text"] == "已责令重新答复"
        assert (await city.ok("office", "GET", "/intake/appeals?complained=true"))["items"] == []
        path = f"/dispatch/appeals/{appeal['appeal_id']}"
        version = (await document(city, appeal))["version"]
        again = {"justified": False, "reason": "重复"}
        answer = await city.call(
            "office", "POST", f"{path}/complaint-decisions", again, if_match=f'"{version}"'
        )
        refused(answer, 409)
