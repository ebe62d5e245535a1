"""A leg goes to another unit (改派), some units watch, and all services agree on who has the case."""

from typing import Any

from tests.city import City, refused

Appeal = dict[str, Any]


async def document(city: City, appeal: Appeal, account: str = "office") -> Any:
    return await city.ok(account, "GET", f"/dispatch/appeals/{appeal['appeal_id']}")


async def units_of(city: City, appeal: Appeal) -> dict[str, list[str]]:
    """Who has a live leg, as each service knows it."""
    at_dispatch = [leg["unit"] for leg in (await document(city, appeal))["legs"] if leg["state"] != "ended"]
    shown = [leg["unit"] for leg in (await city.status(appeal))["legs"]]
    judged = {
        deadline["unit"]
        for deadline in (await city.case(appeal))["deadlines"]
        if deadline["unit"] and deadline["verdict"] != "void"
    }
    return {"dispatch": sorted(at_dispatch), "status": sorted(shown), "judge": sorted(judged)}


async def test_the_successor_has_the_case_and_its_predecessor_has_it_no_more(city: City) -> None:
    appeal = await city.register()
    (roads, _) = await city.dispatch(appeal, {"unit": "roads"}, {"unit": "water", "role": "supervise"})
    await city.drained()
    assert await units_of(city, appeal) == {
        "dispatch": ["roads", "water"],
        "status": ["roads", "water"],
        "judge": ["roads"],
    }
    file = await city.act("office", appeal, "reassignments", leg_id=roads, unit="east", reason="属地负责")
    await city.drained()
    assert await units_of(city, appeal) == {
        "dispatch": ["east", "water"],
        "status": ["east", "water"],
        "judge": ["east"],
    }
    where = f"/dispatch/appeals/{appeal['appeal_id']}/replies"
    refused(await city.call("roads", "POST", where, {"leg_id": roads, "text": "办理中"}), 409)
    east = file["legs"][-1]["leg_id"]
    await city.act("east", appeal, "completions", leg_id=east, outcome="solved", text="已修复")
    await city.drained()
    assert (await city.case(appeal))["state"] == (await city.status(appeal))["state"] == "completed"


async def test_a_pause_is_asked_for_denied_asked_for_again_and_given(city: City) -> None:
    appeal = await city.register()
    (roads,) = await city.dispatch(appeal, {"unit": "roads"})
    asked = {"leg_id": roads, "reason": "等待企业补件"}
    decision = {"leg_id": roads, "approver": "张主任", "reason": "已核实"}
    await city.act("roads", appeal, "pause-requests", **asked)
    await city.act("office", appeal, "pause-decisions", **decision, approved=False)
    await city.act("roads", appeal, "pause-requests", **asked)
    file = await city.act("office", appeal, "pause-decisions", **decision, approved=True)
    assert file["legs"][0]["state"] == "paused"
    where = f"/dispatch/appeals/{appeal['appeal_id']}/pause-requests"
    refused(await city.call("water", "POST", where, asked), 403)


async def test_a_case_found_inherited_after_its_dispatch_is_lifted_once_the_office_gathered(
    city: City,
) -> None:
    appeal = await city.register()
    await city.dispatch(appeal, {"unit": "roads"})
    await city.act("office", appeal, "marks", marks=["inherited"], reason="改制前遗留")
    await city.drained()
    case = await city.case(appeal)
    assert case["lifts"] == []
    where = f"/escalation/appeals/{appeal['appeal_id']}/gatherings"
    summary = {"summary": "改制前遗留，须自然资源局配合。"}
    await city.ok("office", "POST", where, summary, if_match=f'"{case["version"]}"')
    await city.drained()
    case = await city.case(appeal)
    assert [lift["reason"] for lift in case["lifts"]] == ["kind"]
    assert len((await document(city, appeal))["legs"]) == 1


async def test_a_unit_that_nobody_knows_takes_over_nothing(city: City) -> None:
    appeal = await city.register()
    (roads,) = await city.dispatch(appeal, {"unit": "roads"})
    where = f"/dispatch/appeals/{appeal['appeal_id']}"
    version = (await document(city, appeal))["version"]
    body = {"leg_id": roads, "unit": "moon", "reason": "无此单位"}
    answer = await city.call("office", "POST", f"{where}/reassignments", body, if_match=f'"{version}"')
    refused(answer, 422, "unit")
