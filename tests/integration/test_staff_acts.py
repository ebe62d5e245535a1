"""What staff do beside handling: notes, urging, joint study; who is told, and who reads what."""

import asyncio
from typing import Any

import pytest

from tests.city import APPEALS, NOTIFY, City, refused

pytestmark = pytest.mark.services(*APPEALS, NOTIFY)

Appeal = dict[str, Any]
SECRET = "企业负责人情绪激动，注意方式"
OPINION = "雨水管网与路面可同时施工"


async def document(city: City, appeal: Appeal, account: str = "office") -> Any:
    return await city.ok(account, "GET", f"/dispatch/appeals/{appeal['appeal_id']}")


async def subjects(city: City, account: str, appeal: Appeal) -> list[str]:
    """The subjects of what an account was told of the case, the oldest first."""
    items = (await city.ok(account, "GET", "/notify/inbox?limit=500"))["items"]
    number = appeal["registration_number"]
    return [item["subject"] for item in reversed(items) if item["registration_number"] == number]


async def records_of(city: City, appeal: Appeal) -> list[str]:
    """The types of the events of a case at dispatch, and that none has a secret in it."""
    records = [
        record
        for record in await city.records("dispatch.events")
        if record.key and record.key.decode() == appeal["appeal_id"]
    ]
    for record in records:
        assert SECRET.encode() not in record.value
        assert OPINION.encode() not in record.value
    return [dict(record.headers)["ce_type"].decode() for record in records]


async def test_a_note_is_read_by_staff_of_the_case_and_by_nobody_else(city: City) -> None:
    appeal = await city.register()
    await city.dispatch(appeal, {"unit": "roads"})
    for account in ("operator", "office", "roads", "leader"):
        await city.act(account, appeal, "notes", text=SECRET)
    where = f"/dispatch/appeals/{appeal['appeal_id']}"
    refused(await city.call("water", "POST", f"{where}/notes", {"text": SECRET}), 403)
    refused(await city.call("ops", "POST", f"{where}/notes", {"text": SECRET}), 403)
    await city.drained()
    notes = [
        (act["by"], act["act"]["text"])
        for act in (await document(city, appeal, "roads"))["acts"]
        if act["act"]["act"] == "note"
    ]
    assert notes == [(account, SECRET) for account in ("operator", "office", "roads", "leader")]
    assert SECRET not in str(await city.status(appeal))
    assert (await records_of(city, appeal)).count("appeal.noted.v1") == 4
    assert not [subject for subject in await subjects(city, "roads", appeal) if "备注" in subject]


async def test_remarks_at_dispatch_and_closure_are_read_by_staff_alone(city: City) -> None:
    appeal = await city.register()
    legs = [{"unit": "roads"}]
    await city.act("office", appeal, "assignments", legs=legs, remarks=f"{SECRET}，请两日内到场")
    await city.drained()
    (leg,) = [leg["leg_id"] for leg in (await document(city, appeal))["legs"]]
    await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text="已修复")
    await city.drained()
    path, code = f"/intake/status/{appeal['registration_number']}/ratings", appeal["receipt_code"]
    await city.ok(None, "POST", path, {"rating": "satisfied"}, receipt_code=code)
    await city.drained()
    await city.act("office", appeal, "findings", reasonable=True, by="营商环境办", reason="属实")
    await city.act("office", appeal, "closures", text="已销号", remarks=f"{SECRET}，回访时留意")
    await city.drained()
    for account in ("operator", "office", "roads", "leader", "auditor"):
        acts = (await document(city, appeal, account))["acts"]
        assert [act["act"].get("remarks") for act in acts if act["act"].get("remarks")] == [
            f"{SECRET}，请两日内到场",
            f"{SECRET}，回访时留意",
        ], account
    answers = await city.ok("intake", "GET", f"/dispatch/appeals/{appeal['appeal_id']}/answers")
    assert [answer["text"] for answer in answers["items"]] == ["已修复", "属实", "已销号"]
    assert "appeal.closed.v1" in await records_of(city, appeal)


async def test_an_urged_unit_is_told_each_time_and_its_clock_stays(city: City) -> None:
    appeal = await city.register()
    (roads,) = await city.dispatch(appeal, {"unit": "roads"})
    await city.drained()
    before = (await city.case(appeal))["deadlines"]
    for count in (1, 2):
        file = await city.act("office", appeal, "urgings", leg_id=roads, text="请今日联系企业")
        assert file["legs"][0]["urged"] == count
    await city.drained()
    assert (await subjects(city, "roads", appeal)).count(
        f"请抓紧办理（{appeal['registration_number']}）"
    ) == 2
    after = (await city.case(appeal))["deadlines"]
    assert [deadline["due_at"] for deadline in after] == [deadline["due_at"] for deadline in before]
    where = f"/dispatch/appeals/{appeal['appeal_id']}/urgings"
    refused(await city.call("roads", "POST", where, {"leg_id": roads, "text": "催自己"}), 403)


async def test_a_joint_study_from_the_question_to_its_end(city: City) -> None:
    appeal = await city.register()
    await city.dispatch(appeal, {"unit": "roads"})
    where = f"/dispatch/appeals/{appeal['appeal_id']}"
    refused(await city.call("water", "GET", where), 403)
    limit = {"number": 1, "unit": "working_days"}
    question = {"units": ["water", "moon"], "limit": limit, "question": "能否同时施工？"}
    refused(await city.call("roads", "POST", f"{where}/studies", question), 422, "units")
    await city.act("roads", appeal, "studies", **{**question, "units": ["water", "east"]})
    read = await document(city, appeal, "water")
    assert read["acts"][-1]["act"]["question"] == "能否同时施工？"
    items = (await city.ok("water", "GET", "/dispatch/appeals?limit=500"))["items"]
    assert appeal["appeal_id"] in [item["appeal_id"] for item in items]
    await city.act("water", appeal, "study-answers", number=1, text=OPINION)
    assert OPINION in str((await document(city, appeal, "roads"))["acts"])

    await city.move_to("2026-11-12 10:00")
    async with asyncio.timeout(30):
        while not (await document(city, appeal))["studies"][0]["invited"][1]["overdue_at"]:
            await asyncio.sleep(0.05)
    await city.drained()
    number = appeal["registration_number"]
    assert f"邀请参加会商（{number}）" in await subjects(city, "east", appeal)
    assert f"会商意见逾期未提交（{number}）" in await subjects(city, "east", appeal)
    assert f"会商意见逾期未提交（{number}）" not in await subjects(city, "water", appeal)
    for account in ("roads", "office"):
        told = await subjects(city, account, appeal)
        assert f"收到会商意见（{number}）" in told
        assert told.count(f"有单位未按时提交会商意见（{number}）") == 1

    closed = await city.act("roads", appeal, "study-closures", number=1, conclusion="同时施工")
    assert closed["studies"][0]["closed_at"]
    await city.drained()
    assert f"会商已结束（{number}）" in await subjects(city, "water", appeal)
    types = [type_ for type_ in await records_of(city, appeal) if type_.startswith("study.")]
    assert types == ["study.asked.v1", "study.answered.v1", "study.overdue.v1", "study.closed.v1"]
    assert OPINION not in str(await city.status(appeal))
    assert not (await city.case(appeal))["cards"] or all(
        card["unit"] != "east" for card in (await city.case(appeal))["cards"]
    )


async def test_a_fire_is_handed_over_and_the_case_goes_on(city: City) -> None:
    appeal = await city.register()
    await city.dispatch(appeal, {"unit": "roads"})
    file = await city.act("operator", appeal, "transfers", to="119", reason="厂房起火")
    assert (file["state"], file["transfers"][0]["receipt"]) == ("assigned", None)
    receipt = {"receiver": "119 指挥中心李警官", "reference": "20261109-0815"}
    file = await city.act("operator", appeal, "transfer-receipts", number=1, receipt=receipt)
    assert file["transfers"][0]["receipt"]["reference"] == receipt["reference"]
    where = f"/dispatch/appeals/{appeal['appeal_id']}/transfers"
    refused(await city.call("roads", "POST", where, {"to": "110", "reason": "报警"}), 403)
    await city.drained()
    assert f"诉求已转接 119（{appeal['registration_number']}）" in await subjects(city, "roads", appeal)
    messages = await city.records("dispatch.events")
    assert not [record for record in messages if record.value and "李警官".encode() in record.value]
    assert (await city.case(appeal))["state"] == "dispatched"
