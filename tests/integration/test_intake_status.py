"""What an enterprise reads of its appeal after what units, office and judge did; and what callers find.

The tests share a city whose clock goes on: each begins on a Monday of its own.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import City, refused

REASON = {"reason": "说明"}
PACK_SETTINGS = """
qingyang-2023:
  - version: 1
    decided: for this test
    limits:
      dispatch: {number: 1, unit: working_days}
      completion: {number: 3, unit: working_days}
      lifted: {number: 2, unit: working_days}
      follow_up: {number: 5, unit: working_days}
xuancheng-2024:
  - version: 1
    decided: for this test
    limits:
      dispatch: {number: 4, unit: working_hours}
      contact: {number: 1, unit: working_days}
      completion: {number: 5, unit: working_days}
      follow_up: {number: 5, unit: working_days}
      lifted: {number: 10, unit: working_days}
      extension_by_office: {number: 10, unit: working_days}
      extension_cap: {number: 30, unit: working_days}
      reopening: {number: 2, unit: natural_days}
xuancheng-2024-approval:
  - version: 1
    decided: for this test
    limits:
      promised: {number: 3, unit: working_days}
      extension_cap: {number: 10, unit: working_days}
"""


@pytest.fixture(scope="module")
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[City]:
    """A city under Qingyang's pack with two procedures, on Monday 2026-11-09 at 09:00, with three units."""
    file = tmp_path_factory.mktemp("settings") / "settings.yaml"
    file.write_text(PACK_SETTINGS, "utf-8")
    settings: dict[str, Any] = {
        "procedures": ("xuancheng-2024", "xuancheng-2024-approval"),
        "pack_settings": file,
    }
    async with City(postgres, broker, pack="qingyang-2023@2", **settings) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


async def decide(city: City, appeal: dict[str, Any], decision: str, **body: Any) -> Any:
    """A decision of the office at intake, on the newest version."""
    path = f"/intake/appeals/{appeal['appeal_id']}"
    version = (await city.ok("office", "GET", path))["version"]
    return await city.call("office", "POST", f"{path}/{decision}", body, if_match=f'"{version}"')


async def timeline(city: City, appeal: dict[str, Any]) -> list[str]:
    return [entry["zh"] for entry in (await city.status(appeal))["timeline"]]


async def completed(city: City, appeal: dict[str, Any], leg: str) -> None:
    await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text="已办结")
    await city.drained()


async def rated(city: City, appeal: dict[str, Any], rating: str) -> None:
    path = f"/intake/status/{appeal['registration_number']}/ratings"
    await city.ok(None, "POST", path, {"rating": rating}, receipt_code=appeal["receipt_code"])
    await city.drained()


async def test_pauses_stages_and_levels_are_told_by_the_names_of_the_pack(city: City) -> None:
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal)
    pause = {"leg_id": leg, "ground": "enterprise_papers", "approver": "张主任", **REASON}
    await city.act("office", appeal, "pauses", **pause)
    await city.act("office", appeal, "resumptions", leg_id=leg)
    stage = {"leg_id": leg, "stage": "rectification_ordered", "text": "列入清单"}
    await city.act("office", appeal, "stages", **stage, dates=["2026-12-01T17:30:00+08:00"])
    await city.drained()
    # three working days from the 9th: the 12th; then two: the 16th; then two: the 18th
    await city.move_to("2026-11-18 10:00")
    assert await timeline(city, appeal) == [
        "已登记",
        "已交办",
        "办理进展：列入整改清单",
        "时限暂停计算：等待企业补充材料",
        "时限恢复计算",
        "办结超期",
        "已提级办理：县（区）",
        "提级办理超期",
        "已提级办理：市",
    ]
    staff = await city.ok("office", "GET", f"/intake/appeals/{appeal['appeal_id']}")
    assert [entry["zh"] for entry in staff["timeline"]] == await timeline(city, appeal)


async def test_every_limit_is_explained_with_clause_and_calendar_in_both_languages(city: City) -> None:
    await city.move_to("2026-11-23 09:00")
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal)
    stage = {"leg_id": leg, "stage": "rectification_ordered", "text": "列入清单"}
    await city.act("office", appeal, "stages", **stage, dates=["2026-12-01T17:30:00+08:00"])
    await city.act("roads", appeal, "objections", leg_id=leg, **REASON)
    await city.drained()
    await city.move_to("2026-11-27 10:00")
    shown = await city.status(appeal)
    assert shown["pack"] == "qingyang-2023@2.1"
    deadlines = {d["deadline"]: d for d in (*shown["deadlines"], *shown["legs"][0]["deadlines"])}
    assert {kind: deadline["title"]["zh"] for kind, deadline in deadlines.items()} == {
        "dispatch": "交办",
        "completion": "办结",
        "rectification": "整改时限",
        "lifted": "提级办理",
    }
    for deadline in deadlines.values():
        assert deadline["title"]["en"]
        assert "庆阳" in deadline["clause"]
        assert deadline["started_at"]
    for kind in ("dispatch", "completion", "lifted"):
        assert "chinesecalendar" in deadlines[kind]["explanation"]["zh"]
        assert "chinesecalendar" in deadlines[kind]["explanation"]["en"]
    # from Monday the 23rd: Tuesday, Wednesday, Thursday the 26th
    assert deadlines["completion"]["due_at"] == "2026-11-26T17:30:00+08:00"
    assert "11-24 至 11-26" in deadlines["completion"]["explanation"]["zh"]
    assert "派单异议" not in str(shown)


async def test_an_extension_is_told_with_its_length_and_a_reopening_needs_its_finding(city: City) -> None:
    await city.move_to("2026-12-07 09:00")
    appeal = await city.register(procedure="xuancheng-2024")
    (leg,) = await city.dispatch(appeal)
    await city.drained()
    await city.act("roads", appeal, "replies", leg_id=leg, text="正在办理")
    week = {"number": 8, "unit": "working_days"}
    await city.act("roads", appeal, "extension-requests", leg_id=leg, limit=week, **REASON)
    await city.act(
        "office", appeal, "extension-decisions", leg_id=leg, approved=True, approver="张主任", **REASON
    )
    await completed(city, appeal, leg)
    assert "时限已延长，自起算共 8 个工作日：办结" in await timeline(city, appeal)

    await rated(city, appeal, "not_satisfied")
    assert "合理性认定" in refused(await decide(city, appeal, "reopenings", **REASON), 409)["detail"]
    finding = {"by": "联席会议", "reason": "路面确有破损", "understanding": True}
    await city.act("office", appeal, "findings", reasonable=True, **finding)
    await city.drained()
    assert (await city.status(appeal))["reasonable"] is True
    assert "合理性认定：合理" in await timeline(city, appeal)
    assert (await decide(city, appeal, "reopenings", **REASON)).is_success
    await city.drained()
    assert (await city.status(appeal))["state"] == "dispatched"

    await completed(city, appeal, leg)
    await rated(city, appeal, "not_satisfied")
    # completed on the 7th, two natural days: until the 9th, 24:00
    await city.move_to("2026-12-10 00:01")
    late = refused(await decide(city, appeal, "reopenings", **REASON), 409)["detail"]
    assert "2026-12-09 24:00" in late


async def test_silence_of_the_approving_department_is_told_as_an_approval(city: City) -> None:
    await city.move_to("2026-12-14 09:00")
    appeal = await city.register(procedure="xuancheng-2024-approval")
    assert appeal["registration_number"].startswith("XCAPP-")
    await city.dispatch(appeal)
    await city.move_to("2026-12-18 00:01")
    shown = await city.status(appeal)
    assert shown["state"] == "approved"
    sentences = [entry["zh"] for entry in shown["timeline"][-2:]]
    assert sentences == ["审批承诺时限超期，视为同意", "审批结果：通过"]
    withdrawals = f"/intake/status/{appeal['registration_number']}/withdrawals"
    refused(await city.call(None, "POST", withdrawals, REASON, receipt_code=appeal["receipt_code"]), 409)
    await rated(city, appeal, "satisfied")
    listed = await city.ok("office", "GET", "/intake/appeals?state=approved")
    assert [item["appeal_id"] for item in listed["items"]] == [appeal["appeal_id"]]


async def unheard(city: City, among: list[str]) -> list[str]:
    page = await city.ok("operator", "GET", "/intake/appeals?unheard=true&limit=500")
    return [item["appeal_id"] for item in page["items"] if item["appeal_id"] in among]


async def test_callers_find_the_completed_appeals_of_which_nobody_was_heard(city: City) -> None:
    await city.move_to("2026-12-21 09:00")
    appeals = [await city.register() for _ in range(4)]
    legs = [(await city.dispatch(appeal))[0] for appeal in appeals]
    for appeal, leg in list(zip(appeals, legs, strict=True))[:3]:
        await completed(city, appeal, leg)
    ids = [appeal["appeal_id"] for appeal in appeals]
    assert await unheard(city, ids) == ids[:3]

    call = f"/intake/appeals/{ids[0]}/follow-ups"
    await city.ok("operator", "POST", call, {"reached": False})
    assert await unheard(city, ids) == ids[:3]
    await city.move_to("2026-12-21 10:00")
    answered = {"reached": True, "rating": "not_satisfied", "comment": "仍有坑洼"}
    called = await city.ok("operator", "POST", call, answered | {"called_at": "2026-12-21T09:55:00+08:00"})
    assert [entry["by"] for entry in called["follow_ups"]] == ["operator", "operator"]
    await rated(city, appeals[1], "satisfied")
    assert await unheard(city, ids) == ids[2:3]
    await city.ok("office", "POST", f"/intake/appeals/{ids[2]}/follow-ups", {"reached": True})
    assert await unheard(city, ids) == []

    refused(await city.call("operator", "POST", call, answered), 409, "rating")
    refused(await city.call("operator", "POST", f"/intake/appeals/{ids[3]}/follow-ups", answered), 409)
    refused(await city.call("roads", "POST", call, {"reached": True}), 403)
    later = {"reached": True, "called_at": "2026-12-22T09:00:00+08:00"}
    refused(await city.call("operator", "POST", call, later), 422, "called_at")
    assert [event["reached"] for event in await city.published("intake", "follow_up.made.v1")] == [
        False,
        True,
        True,
    ]
    ratings = [
        event for event in await city.published("intake", "appeal.rated.v1") if event["appeal_id"] in ids
    ]
    assert [event["rating"] for event in ratings] == ["not_satisfied", "satisfied"]
    assert "仍有坑洼" not in str(await city.status(appeals[0]))
    await city.drained()
    case = await city.case(appeals[0])
    (follow_up,) = [deadline for deadline in case["deadlines"] if deadline["deadline"] == "follow_up"]
    assert follow_up["verdict"] == "met"
