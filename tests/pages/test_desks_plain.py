"""The main acts of all desks without script: what each page's own forms send, and what comes of it."""

from typing import Any

from shared.roles import LEADER, OFFICE, OPERATOR, UNIT, AccountRole
from tests.pages.desks import DesksCity
from tests.pages.plain import Plain, Shown

REASON = "该路段由区政府管养，不属于本局职责范围"
REPLY = "已到现场勘查，路面破损约二十平方米，已通知养护单位备料，预计本周内修复，施工期间保留一条车道。"
DONE = "已修复并通车，今日与企业一起到现场看过，路面平整，货车可以正常进出，后续由养护单位每月巡查一次。"
LINE = "记录联系"


async def with_roads(desks: DesksCity, *titles: str) -> list[Any]:
    """Appeals that the roads office has."""
    appeals = [await desks.city.register(title=title) for title in titles]
    for appeal in appeals:
        await desks.city.dispatch(appeal, {"unit": "roads"})
    await desks.city.drained()
    return appeals


async def file_of(desks: DesksCity, appeal: Any) -> Any:
    return await desks.city.ok("office", "GET", f"/dispatch/appeals/{appeal['appeal_id']}")


async def completion_due(desks: DesksCity, appeal: Any) -> str:
    """By when the case is to be completed, as judged."""
    deadlines = (await desks.city.case(appeal))["deadlines"]
    return str(next(each["due_at"] for each in deadlines if each["deadline"] == "completion"))


async def act(browser: Plain, path: str, words: str, status: int = 200, **typed: Any) -> Shown:
    """Open the form of an act, fill it in and send it."""
    shown = await browser.open(path)
    return await browser.send(shown, words, "/act/", status, **typed)


async def test_the_hotline_registers_and_answers_on_the_spot(desks: DesksCity) -> None:
    async with await Plain.of(desks, OPERATOR) as operator:
        page = await operator.open("/hotline")
        typed = {"enterprise": "示例制造有限公司", "phone": "13800000111", "title": "惠企政策申报时间咨询"}
        refused = await operator.send(page, "登记", kind="consultation", status=422, **typed)
        assert refused.form("登记", "/hotline")[0].typed("title") == [typed["title"]]
        answer = {"text": "何时可以申报？", "answer": "每月一日至十日在线申报，已告知网址和联系人。"}
        registered = await operator.send(refused, "登记", **answer)
        assert "回执码" in registered.text
        assert "新回执码即将送达" in (await operator.send(registered, "改为发送")).text
        path = registered.link("BZ-")
        await desks.city.drained()
        case = await operator.open(path)
        assert "已销号" in case.text
        assert answer["answer"] in case.text


async def test_a_dispatcher_gives_an_appeal_to_two_units_and_the_unit_plans_it(desks: DesksCity) -> None:
    city = desks.city
    appeal = await city.register(title="园区公交站牌缺失", locality="east")
    number = appeal["registration_number"]
    async with await Plain.of(desks, AccountRole.DISPATCHER) as dispatcher:
        inbox = await dispatcher.open(f"/dispatching?chosen={number}")
        assert (await dispatcher.send(inbox, "交办", f"/{number}/", 422, units=(), lead=())).forms
        inbox = await dispatcher.open(f"/dispatching?chosen={number}")
        done = await dispatcher.send(
            inbox, "交办", f"/{number}/", units=("east", "roads"), lead="roads", remarks="请与区里一起到现场"
        )
        assert f'已交办 <a class="n" href="/case/{number}">' in done.text
    legs = (await file_of(desks, appeal))["legs"]
    assert [(leg["unit"], leg["role"]) for leg in legs] == [("roads", "lead"), ("east", "assist")]
    async with await Plain.of(desks, UNIT, "roads") as unit:
        work = await unit.open("/unit")
        assert "时限即告完成" in (await act(unit, work.row(number, LINE), LINE, how="电话")).text
        await act(unit, (await unit.open("/unit")).row(number, "回复办理情况"), "回复办理情况", text=REPLY)
        ending = (await unit.open("/unit")).row(number, "办结")
        refused = await act(unit, ending, "办结", 422, outcome="planned", text=DONE)
        assert refused.form("办结", "/act/")[0].typed("text") == [DONE]
        await unit.send(refused, "办结", "/act/", planned_on="2026-11-30")
        await city.drained()
        assert "2026年11月30日 周一 24:00" in (await unit.open("/unit")).text


async def test_what_a_unit_asks_for_is_decided_where_it_waits(desks: DesksCity) -> None:
    objected, longer, paused = await with_roads(desks, "支路坑洼", "涵洞限高过低", "隔离栏缺口被封")
    numbers = [appeal["registration_number"] for appeal in (objected, longer, paused)]
    async with await Plain.of(desks, UNIT, "roads") as unit:
        work = await unit.open("/unit")
        asked = await act(unit, work.row(numbers[0], "派单异议"), "派单异议", reason=REASON)
        assert "裁定之前，原时限仍在走" in asked.text
        await act(unit, work.row(numbers[2], "申请暂停"), "申请暂停", reason="等企业补材料")
        await act(unit, work.row(numbers[1], LINE), LINE, how="见面")
        await act(unit, work.row(numbers[1], "回复办理情况"), "回复办理情况", text=REPLY)
        await act(unit, work.row(numbers[1], "申请延期"), "申请延期", limit_number="10", reason="须雨后施工")
    await desks.city.drained()
    due_at = await completion_due(desks, longer)
    decided = {"approver": "周主任", "approved": "true", "reason": "属实"}
    async with await Plain.of(desks, OFFICE) as office:
        for number, words, typed in (
            (numbers[0], "裁定派单异议", {"upheld": "true", "reason": "以管养单位为准"}),
            (numbers[1], "审批延期", decided),
            (numbers[2], "审批暂停", decided),
        ):
            waiting = await office.open("/waiting")
            after = await act(office, waiting.row(number, words), words, **typed)
            assert number not in after.text
        case = await office.open(f"/case/{numbers[2]}")
        assert "‖ 已暂停" in case.text
        await act(office, case.link("恢复计时"), "恢复计时")
    states = [(await file_of(desks, appeal))["legs"][0]["state"] for appeal in (objected, longer, paused)]
    assert states == ["ended", "open", "open"]
    await desks.city.drained()
    assert await completion_due(desks, longer) > due_at


async def test_a_card_is_acknowledged_contested_and_upheld_and_a_leader_ends_what_was_lifted(
    desks: DesksCity,
) -> None:
    city = desks.city
    appeal, refused = await with_roads(desks, "桥面伸缩缝破损", "企业要求减免过路费")
    number = appeal["registration_number"]
    async with await Plain.of(desks, UNIT, "roads") as unit:
        path = (await unit.open("/unit")).row(refused["registration_number"], "不予办理")
        await act(unit, path, "不予办理", reason="收费标准由省里核定")
    await city.move_to("2026-11-13 09:00")
    async with await Plain.of(desks, UNIT, "roads") as unit:
        case = await unit.open(f"/case/{number}")
        assert "黄牌" in case.text
        signed = await act(unit, case.link("签收黄牌"), "签收黄牌")
        await act(unit, signed.link("申诉黄牌"), "申诉黄牌", reason="企业当日无人接听")
    await city.drained()
    async with await Plain.of(desks, OFFICE) as office:
        waits = await office.open("/waiting?kind=card")
        case = await office.open(waits.row(number, "桥面伸缩缝"))
        await act(office, case.link("维持黄牌"), "维持黄牌", reason="通话记录不符")
        assert "申诉后维持" in (await office.open(f"/case/{number}")).text
    await city.move_to("2026-11-19 09:00")
    await leader_ends(desks, number)


async def leader_ends(desks: DesksCity, number: str) -> None:
    """The leader forms a task force, hands back what is not enough, and signs off once the unit is done."""
    async with await Plain.of(desks, LEADER, "mayor") as leader:
        page = await leader.open("/leader")
        empty = await leader.send(
            page, "批示", f"/{number}/", 422, limit_number="很快", task_force=("water",)
        )
        assert empty.form("批示", f"/{number}/")[0].typed("task_force") == ["water"]
        formed = await leader.send(
            empty, "批示", f"/{number}/", quick="task_force", limit_number="3", instruction="由李局长牵头"
        )
        assert "由李局长牵头" in formed.text
        again = await leader.send(formed, "批示", f"/{number}/", quick="hand_back")
        assert "退回补充" in again.text
    await desks.city.drained()
    async with await Plain.of(desks, UNIT, "water") as member:
        assert "桥面伸缩缝" in (await member.open(f"/case/{number}")).text
    async with await Plain.of(desks, UNIT, "roads") as unit:
        case = await unit.open(f"/case/{number}")
        await act(unit, case.link("办结", "/act/complete"), "办结", outcome="solved", text=DONE)
    await desks.city.drained()
    async with await Plain.of(desks, LEADER, "mayor") as leader:
        page = await leader.open("/leader")
        assert "已记录" in (await leader.send(page, "签批销号", f"/{number}/")).text
    await desks.city.drained()
    async with await Plain.of(desks, OFFICE) as office:
        case = await office.open(f"/case/{number}")
        found = await act(
            office, case.link("合理性认定"), "合理性认定", reasonable="true", by="周主任", reason="属实"
        )
        called = await act(office, found.link("登记回访"), "登记回访", reached="true", rating="satisfied")
        assert "已销号" in (await act(office, called.link("销号", "/act/close"), "销号")).text


async def test_anybody_reads_the_own_account_and_only_administrators_change_others(desks: DesksCity) -> None:
    async with await Plain.of(desks, AccountRole.AUDITOR) as auditor:
        assert "退出登录" in (await auditor.open("/account")).text
        english = await auditor.send(await auditor.open("/account"), "English")
        assert '<html lang="en">' in english.text
        large = await auditor.send(english, "Large size")
        assert "senior." in large.text
        accounts = await auditor.open("/accounts")
        assert not [form for form in accounts.forms if form.path.startswith("/accounts")]
        assert "signed in" in (await auditor.open("/audit")).text
        out = await auditor.send(accounts, "Sign out", "/sign-out")
        assert "/sign-in" in str(out.answer.url)
        assert "/sign-in" in str((await auditor.open("/accounts")).answer.url)
