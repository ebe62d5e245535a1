"""Acts on the case page: two people at once, a second click, an ended session, a word being composed."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.pages.desks import DesksCity, opened, sign_in
from tests.people import PASSWORD

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
        await sign_in(desks, first, "chen.office")
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
        await sign_in(desks, unit, "li.roads")
        await unit.goto(f"/case/{number}")
        await unit.locator(".leg").get_by_role("link", name="记录联系").click()
        await unit.fill("#how", "电话")
        await unit.dblclick("main form button.go")
        await expect(unit.locator("h1")).to_contain_text("路灯")
        await desks.city.drained()
        await unit.goto(f"/case/{number}")
        await expect(unit.locator(".line", has_text="联系企业")).to_have_count(1)


async def test_what_was_typed_is_there_after_the_session_ended(desks: DesksCity, chromium: Browser) -> None:
    appeal = await on_desk(desks, "雨水井盖缺失")
    number = appeal["registration_number"]
    async with opened(chromium, desks.url) as unit:
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
        await unit.click("main button")
        await expect(unit.locator("main")).to_contain_text(KEPT)
        await unit.click("main form button.go")
        await expect(unit.locator(".note.done")).to_contain_text("记录联系")
        await desks.city.drained()
        await unit.reload()
        await expect(unit.locator(".line", has_text="联系企业")).to_contain_text(KEPT)


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
