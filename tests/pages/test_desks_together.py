"""Two people at once, a second click, an ended session, lists that are open, and a service that is away."""

import asyncio
import re
import time
from typing import Any

import httpx
import pyotp
import pytest
from playwright.async_api import Browser, expect

from services.desks.pages.calls import Calls
from services.desks.pages.site import site
from shared.roles import OFFICE, UNIT, AccountRole
from tests.attachments import photo
from tests.pages.desks import DesksCity, opened, sign_in
from tests.pages.plain import Plain
from tests.people import PASSWORD

ENTERPRISE = {"name": "示例制造有限公司", "phone": "13800000106"}


async def test_of_two_who_dispatch_at_once_the_second_is_told_and_keeps_the_choice(
    desks: DesksCity, chromium: Browser
) -> None:
    appeal = await desks.city.register(title="厂区门口道路破损", enterprise=ENTERPRISE)
    number = appeal["registration_number"]
    await desks.city.drained()
    async with opened(chromium, desks.url) as first, opened(chromium, desks.url) as second:
        for page, role, unit in ((first, AccountRole.DISPATCHER, "市水务局"), (second, OFFICE, "市交通局")):
            await desks.enter(page, role)
            await page.goto(f"/dispatching?chosen={number}")
            others = page.locator(".inbox-chosen summary", has_text="其他单位")
            if await page.locator(".unit-row", has_text=unit).get_by_label("主办").is_hidden():
                await others.click()
            await page.locator(".unit-row", has_text=unit).get_by_label("主办").check()
        await first.locator("[data-main]").click()
        await expect(first.locator(".note.done")).to_contain_text(number)
        await second.locator("[data-main]").click()
        await expect(second.locator(".summary")).to_be_visible()
    assert [leg["unit"] for leg in await legs(desks, appeal["appeal_id"])] == ["water"]


async def legs(desks: DesksCity, appeal_id: str) -> list[dict[str, str]]:
    file = await desks.city.ok("office", "GET", f"/dispatch/appeals/{appeal_id}")
    known: list[dict[str, str]] = file["legs"]
    return known


async def test_a_service_that_is_away_is_named_and_the_page_stands(desks: DesksCity) -> None:
    await desks.city.register(title="夜间施工噪声", enterprise=ENTERPRISE)
    await desks.city.drained()
    cookies = await desks.session(OFFICE)
    context = desks.city.services["desks"]
    pages = site(context)
    pages.state.calls = Calls(context, urls={"intake": "http://127.0.0.1:1"})
    transport = httpx.ASGITransport(pages)
    async with httpx.AsyncClient(transport=transport, base_url=desks.url, cookies=cookies) as client:
        answer = await client.get("/dispatching")
    assert answer.status_code == 200
    assert "夜间施工噪声" in answer.text
    assert "受理服务暂时没有应答" in answer.text


@pytest.mark.parametrize(
    ("role", "code", "path", "words", "service"),
    [
        (UNIT, "roads", "/case/{number}/act/note", "内部备注", "dispatch"),
        (OFFICE, None, "/dispatching?chosen={number}", "交办", "dispatch"),
        (AccountRole.OPERATOR, None, "/hotline", "登记", "intake"),
    ],
)
async def test_what_was_typed_is_kept_while_a_service_is_away_and_counts_once(
    desks: DesksCity, role: AccountRole, code: str | None, path: str, words: str, service: str
) -> None:
    appeal = await (on_desk if role is UNIT else registered)(desks, f"{service}停机时{words}")
    cookies = await desks.session(role, code)
    context = desks.city.services["desks"]
    halved = site(context)
    halved.state.calls = Calls(context, urls={service: "http://127.0.0.1:1"})
    transport = httpx.ASGITransport(halved)
    typed: dict[str, Any] = {
        "内部备注": {"text": KEPT},
        "交办": {"units": ("roads",), "lead": "roads", "remarks": KEPT},
        "登记": {"text": KEPT, "title": "消防通道被占", "enterprise": ENTERPRISE["name"]},
    }[words]
    async with Plain(desks, cookies) as whole, Plain(desks, cookies, transport) as half:
        form = await whole.open(path.format(number=appeal["registration_number"]))
        kept = await half.send(form, words, "/hotline" if words == "登记" else "/", 503, **typed)
        assert "服务暂时没有应答" in kept.text
        again = kept.form("再试一次")[0]
        assert {name: again.typed(name) for name in typed} == {
            name: list(value) if isinstance(value, tuple) else [value] for name, value in typed.items()
        }
        first, second = [await whole.send(kept, "再试一次") for _ in range(2)]
        assert first.text.count("note done") == second.text.count("note done") == 1
    await desks.city.drained()
    if role is UNIT:
        async with Plain(desks, cookies) as whole:
            case = await whole.open(f"/case/{appeal['registration_number']}")
        assert case.text.count(KEPT) == 1


async def registered(desks: DesksCity, title: str) -> dict[str, Any]:
    """An appeal that nobody has."""
    return await desks.city.register(title=title)


OBJECTION = "该路段由区政府管养，不属于本局职责范围"
KEPT = "经核实，该路段自去年起移交区政府管养"


async def on_desk(desks: DesksCity, title: str) -> dict[str, Any]:
    """An appeal that the roads office has."""
    appeal = await desks.city.register(title=title)
    (leg_id,) = await desks.city.dispatch(appeal, {"unit": "roads"})
    await desks.city.drained()
    return {**appeal, "leg_id": leg_id}


@pytest.fixture(scope="module")
async def objected(desks: DesksCity) -> dict[str, Any]:
    """An appeal that the roads office says is not its own."""
    appeal = await on_desk(desks, "支路坑洼积水，车辆绕行")
    await desks.city.act("roads", appeal, "objections", leg_id=appeal["leg_id"], reason=OBJECTION)
    await desks.city.drained()
    return appeal


async def test_who_decides_second_sees_what_the_first_decided_and_keeps_the_text(
    desks: DesksCity, chromium: Browser, objected: dict[str, Any]
) -> None:
    number = objected["registration_number"]
    async with opened(chromium, desks.url) as first:
        await desks.enter(first, OFFICE)
        await first.goto(f"/case/{number}")
        await expect(first.locator("#words ~ .asked")).to_contain_text("派单异议")
        second = await first.context.new_page()
        for page in (first, second):
            await page.goto(f"/case/{number}")
            await page.locator(".leg").get_by_role("link", name="裁定派单异议").click()
        await first.check("input[name=upheld][value=false]")
        await first.fill("#reason", "路段仍由市局管养")
        await first.click("main form button.go")
        await expect(first.locator(".note.done")).to_contain_text("裁定派单异议")
        await desks.city.drained()
        await second.check("input[name=upheld][value=true]")
        await second.fill("#reason", KEPT)
        await second.click("main form button.go")
        news = second.locator("[data-focus]")
        await expect(news).to_be_focused()
        await expect(news).to_contain_text("派单异议不成立")
        await expect(second.locator("#reason")).to_have_value(KEPT)
        await expect(second.locator("input[name=upheld][value=true]")).to_be_checked()
        await second.click("main form button.go")
        await expect(second.locator(".summary")).to_contain_text("没有待裁定的派单异议")
        await expect(second.locator("#reason")).to_have_value(KEPT)


async def test_a_second_click_has_no_second_effect(desks: DesksCity, chromium: Browser) -> None:
    appeal = await on_desk(desks, "园区路灯不亮")
    number = appeal["registration_number"]
    async with opened(chromium, desks.url, script=False) as unit:
        await desks.enter(unit, UNIT, "roads")
        await unit.goto(f"/case/{number}")
        await unit.locator(".leg").get_by_role("link", name="记录联系").click()
        await unit.fill("#how", "电话")
        await unit.dblclick("main form button.go")
        await expect(unit.locator("h1")).to_contain_text("路灯")
        await desks.city.drained()
        await unit.goto(f"/case/{number}")
        await expect(unit.locator(".line", has_text="联系企业")).to_have_count(1)


@pytest.mark.parametrize("script", [True, False])
async def test_what_was_typed_is_there_after_the_session_ended(
    desks: DesksCity, chromium: Browser, script: bool
) -> None:
    appeal = await on_desk(desks, "雨水井盖缺失" if script else "路口红绿灯不亮")
    number = appeal["registration_number"]
    async with opened(chromium, desks.url, script=script) as unit:
        await sign_in(desks, unit, "li.roads")
        await unit.goto(f"/case/{number}")
        await unit.locator(".leg").get_by_role("link", name="记录联系").click()
        await unit.fill("#how", "电话")
        await unit.fill("#text", KEPT)
        await unit.context.clear_cookies()
        await unit.click("main form button.go")
        await expect(unit.locator("h1")).to_contain_text("登录")
        await unit.fill("#login", "li.roads")
        await unit.fill("#password", PASSWORD)
        await unit.click("main button.go")
        if not script:
            await unit.click("main button.go")
        await expect(unit.locator(".summary")).to_contain_text("尚未提交")
        await expect(unit.locator("#text")).to_have_value(KEPT)
        await unit.click("main form button.go")
        await expect(unit.locator(".note.done")).to_contain_text("记录联系")
        await desks.city.drained()
        await unit.reload()
        await expect(unit.locator(".line", has_text="联系企业")).to_contain_text(KEPT)


async def test_boxes_and_a_one_time_code_lose_nothing_that_was_typed(
    desks: DesksCity, chromium: Browser
) -> None:
    appeal = await desks.city.register(title="货运车辆临时停靠点被取消")
    await desks.city.drained()
    number = appeal["registration_number"]
    async with opened(chromium, desks.url, script=False) as office:
        await sign_in(desks, office, "chen.office")
        await office.goto(f"/dispatching?chosen={number}")
        for name in ("市交通局", "市水务局"):
            row = office.locator(".unit-row", has_text=name)
            if await row.locator("input[name=units]").is_hidden():
                await office.locator(".inbox-chosen summary", has_text="其他单位").click()
            await row.locator("input[name=units]").check()
        marks = office.locator("input[name=marks]")
        chosen = [str(await marks.nth(at).get_attribute("value")) for at in (0, 1)]
        for value in chosen:
            await office.check(f"input[name=marks][value={value}]")
        kept = await office.context.cookies()
        await office.context.clear_cookies()
        await office.locator("[data-main]").click()
        await expect(office.locator(".note")).to_contain_text("内容都在")
        await office.get_by_role("button", name="已在其他标签页登录").click()
        await expect(office.locator(".summary")).to_contain_text("还没有登录")
        device = [cookie for cookie in kept if "session" not in str(cookie.get("name"))]
        await office.context.add_cookies(device)  # type: ignore[arg-type]
        await office.fill("#login", "chen.office")
        await office.fill("#password", PASSWORD)
        await office.click("main button.go")
        await expect(office.locator("h1")).to_contain_text("动态验证码")
        await office.fill("#code", "000000")
        await office.click("main button.go")
        await expect(office.locator(".summary")).to_be_visible()
        await office.fill("#code", pyotp.TOTP(desks.secrets["chen.office"]).at(time.time() + 30))
        await office.click("main button.go")
        await office.click("main button.go")
        await expect(office.locator(".summary")).to_contain_text("尚未提交")
        units = office.locator("input[name=units]:checked")
        assert sorted([str(await box.get_attribute("value")) for box in await units.all()]) == [
            "roads",
            "water",
        ]
        ticked = office.locator("input[name=marks]:checked")
        assert [await box.get_attribute("value") for box in await ticked.all()] == chosen
        await office.locator("[data-main]").click()
        await expect(office.locator(".note.done")).to_contain_text(number)


async def test_who_signs_in_again_in_another_tab_goes_on_and_chooses_the_file_again(
    desks: DesksCity, chromium: Browser
) -> None:
    appeal = await on_desk(desks, "公交站台顶棚漏雨")
    async with opened(chromium, desks.url, script=False) as unit:
        await desks.enter(unit, UNIT, "roads")
        await unit.goto(f"/case/{appeal['registration_number']}")
        await unit.locator("summary", has_text="添加附件").click()
        await unit.check("input[name=for_enterprise]")
        photo_ = {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": photo()}
        await unit.set_input_files("#files", [photo_])  # type: ignore[list-item]
        await unit.context.clear_cookies()
        await unit.get_by_role("button", name="上传", exact=True).click()
        await expect(unit.locator(".note")).to_contain_text("内容都在")
        await desks.enter(unit, UNIT, "roads")
        await unit.get_by_role("button", name="已在其他标签页登录").click()
        await expect(unit.locator(".note.warn")).to_contain_text("请在原页面重新选择")
        await unit.click("main button.go")
        await expect(unit.locator("#files-why")).to_contain_text("请选择文件")
        await expect(unit.locator("input[name=for_enterprise]")).to_be_checked()


async def test_enter_while_a_word_is_composed_sends_nothing(desks: DesksCity, chromium: Browser) -> None:
    async with opened(chromium, desks.url) as public:
        await public.goto("/new")
        await public.focus("#title")
        composing = await public.context.new_cdp_session(public)
        await composing.send(
            "Input.imeSetComposition", {"text": "lu", "selectionStart": 2, "selectionEnd": 2}
        )
        for kind in ("rawKeyDown", "keyUp"):
            enter = {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
            await composing.send("Input.dispatchKeyEvent", enter)
        await composing.send("Input.insertText", {"text": "路"})
        assert public.url.endswith("/new")
        await expect(public.locator("#title")).to_have_value("路")


SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  const parts = list.getEntries().flatMap((entry) => entry.sources);
  window.shifts.push(...parts.map((part) => part.node?.outerHTML?.slice(0, 120)));
}).observe({ type: "layout-shift", buffered: true });
"""
"""Keeps what moved on a page while nobody touched it."""
GONE = re.compile(r"\bgone\b")


async def test_rows_change_where_they_stand_and_new_ones_are_counted(
    desks: DesksCity, chromium: Browser
) -> None:
    first = await desks.city.register(title="厂区门口道路破损", enterprise=ENTERPRISE)
    second = await desks.city.register(title="夜间施工噪声", enterprise=ENTERPRISE)
    number = first["registration_number"]
    await desks.city.drained()
    async with opened(chromium, desks.url) as office, opened(chromium, desks.url) as other:
        await desks.enter(office, AccountRole.DISPATCHER)
        await desks.enter(other, OFFICE)
        await other.add_init_script(SHIFTS)
        await other.goto(f"/dispatching?chosen={second['registration_number']}")
        rows = other.locator("[data-row]")
        before = await rows.evaluate_all("rows => rows.map((row) => row.dataset.row)")
        await office.goto(f"/dispatching?chosen={number}")
        await office.locator(".inbox-chosen .unit-row", has_text="市交通局").get_by_label("主办").check()
        await office.locator("[data-main]").click()
        await expect(office.locator(".note.done")).to_contain_text(number)
        await expect(office.locator("[data-row]", has_text=number)).to_have_count(0)
        await expect(rows.filter(has_text=number)).to_have_class(GONE)
        await desks.city.register(title="水压不足", enterprise=ENTERPRISE)
        await expect(other.locator(".news")).to_contain_text("有 1 件新到")
        assert await rows.evaluate_all("rows => rows.map((row) => row.dataset.row)") == before
        assert await other.evaluate("window.shifts") == []
        await other.keyboard.press("r")
        await expect(rows.filter(has_text="水压不足")).to_have_count(1)
        await expect(rows.filter(has_text=number)).to_have_count(0)


async def test_a_stream_tells_of_a_change(desks: DesksCity) -> None:
    cookies = await desks.session(AccountRole.SUPERVISOR)
    async with (
        httpx.AsyncClient(base_url=desks.url, cookies=cookies, timeout=30) as client,
        client.stream("GET", "/live") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        assert await anext(lines) == "retry: 3000"
        await desks.city.register(title="路灯不亮", enterprise=ENTERPRISE)
        async with asyncio.timeout(20):
            while await anext(lines) != "event: changed":
                pass
