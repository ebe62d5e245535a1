"""One story over all desks: by phone, dispatched, unanswered, lifted, instructed, completed, closed."""

from playwright.async_api import Browser, expect

from shared.roles import LEADER, OFFICE, OPERATOR, UNIT
from tests.pages.desks import DesksCity, opened
from tests.pages.test_desks_readable import read

ANSWER = "已与企业一起到现场查看，破损路段全部修复并通车，货车可以正常进出，今后由养护单位每月巡查一次。"


async def test_an_appeal_by_phone_goes_over_all_desks_until_it_is_closed(
    desks: DesksCity, chromium: Browser
) -> None:
    city = desks.city
    async with opened(chromium, desks.url) as page:
        await desks.enter(page, OPERATOR)
        await page.goto("/hotline")
        for field, text in {
            "phone": "13800000106",
            "enterprise": "示例制造有限公司",
            "title": "厂区门口道路破损，货车无法进出",
            "text": "上周三起路面塌陷，重车进不来。",
        }.items():
            await page.fill(f"#{field}", text)
        await page.keyboard.press("Control+Enter")
        number = await page.locator(".note.done a").inner_text()
        code = await page.locator(".note.done b").inner_text()
        await city.drained()

        await desks.enter(page, OFFICE)
        await page.goto(f"/dispatching?chosen={number}")
        await page.locator(".unit-row", has_text="市交通局").get_by_label("主办").check()
        await page.locator("[data-main]").click()
        await expect(page.locator(".note.done")).to_contain_text(number)

        await city.drained()
        await city.move_to("2026-11-13 09:00")  # the reply was due at 24:00 of the day before
        await city.drained()
        await desks.enter(page, UNIT, "roads")
        await page.goto(f"/case/{number}")
        await expect(page.locator("main")).to_contain_text("黄牌")
        await page.goto("/unit")
        await expect(page.locator("[data-row]", has_text=number)).to_contain_text("第 2 次交办")

        await city.move_to("2026-11-19 09:00")  # the second one was not answered either
        await city.drained()
        await desks.enter(page, LEADER, "mayor")
        await page.set_viewport_size({"width": 390, "height": 844})
        assert await read(page, "/leader", 390, "lifted") == []
        await page.goto("/leader")
        lifted = page.locator(".lifted", has_text=number)
        await expect(lifted).to_contain_text("多次交办仍未落实")
        await lifted.locator("summary", has_text="批示").click()
        await lifted.get_by_label("请现场办公").check()
        await lifted.get_by_role("button", name="批示", exact=True).click()
        await expect(page.locator(".note.done")).to_be_visible()
        await expect(page.locator(".lifted", has_text=number)).to_contain_text("现场办公")

        await city.drained()
        await desks.enter(page, UNIT, "roads")
        await page.set_viewport_size({"width": 1280, "height": 900})
        await page.goto(f"/case/{number}")
        await page.locator(".leg").get_by_role("link", name="办结").click()
        await page.select_option("#outcome", "solved")
        await page.fill("#text", ANSWER)
        await page.click("main form button.go")
        await expect(page.locator("h1")).to_contain_text("道路破损")

        await city.drained()
        await desks.enter(page, LEADER, "mayor")
        await page.goto("/leader")
        await page.locator(".lifted", has_text=number).get_by_role("button", name="签批销号").click()
        await expect(page.locator(".note.done")).to_be_visible()
        await city.drained()

        async with opened(chromium, desks.url, width=390) as enterprise:
            await enterprise.goto(f"/status/{number}#{code}")
            await expect(enterprise.locator("main")).to_contain_text("全部修复")
            await enterprise.check("input[name=rating][value=satisfied]")
            await enterprise.click("text=提交评价")
            await expect(enterprise.locator(".note.done")).to_be_visible()
        await city.drained()

        case = await city.ok("office", "GET", f"/desks/cases/{number}")
        await city.act("office", case, "findings", reasonable=True, by="周主任", reason="属实")
        await city.drained()
        await desks.enter(page, OFFICE)
        await page.goto(f"/case/{number}/act/close")
        await page.click("main form button.go")
        await city.drained()
        await page.goto(f"/case/{number}")
        await expect(page.locator("main")).to_contain_text("销号")
        assert (await city.ok("office", "GET", f"/desks/cases/{number}"))["state"] == "closed"
