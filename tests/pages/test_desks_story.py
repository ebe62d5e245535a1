"""One story over the desks: from the portal to dispatch, reply, completion and rating."""

from playwright.async_api import Browser, expect

from tests.pages.desks import DesksCity, opened, sign_in

REPLY = "已到现场勘查，路面破损约二十平方米，已通知养护单位备料，预计本周内修复，施工期间保留一条车道。"
DONE = "已修复并通车，今日与企业一起到现场看过，路面平整，货车可以正常进出，后续由养护单位每月巡查一次。"


async def test_an_appeal_goes_from_the_portal_over_the_desks_to_its_rating(
    desks: DesksCity, chromium: Browser
) -> None:
    async with opened(chromium, desks.url, width=390) as enterprise:
        await enterprise.goto("/")
        await enterprise.click("text=反映问题 >> visible=true")
        await enterprise.fill("#title", "厂区门口道路破损，货车无法进出")
        await enterprise.fill("#text", "上周三起路面塌陷，重车进不来。")
        await enterprise.fill("#enterprise", "示例制造有限公司")
        await enterprise.fill("#phone", "138 0000 0106")
        await enterprise.click("main form button")
        await expect(enterprise.locator("dl")).to_contain_text("重车进不来")
        await enterprise.click("text=提交")
        number, code = await enterprise.locator("p.code").all_inner_texts()
        await desks.city.drained()
        async with opened(chromium, desks.url) as office:
            await sign_in(desks, office, "chen.office")
            row = office.locator("[data-row]", has_text=number)
            await expect(row).to_contain_text("道路破损")
            await row.get_by_role("link").click()
            await office.locator(".unit-row", has_text="市交通局").get_by_label("主办").check()
            await office.locator("main form button.go[data-main]").click()
            await expect(office.locator(".note.done")).to_contain_text("交办")
        await desks.city.drained()
        async with opened(chromium, desks.url) as unit:
            await sign_in(desks, unit, "li.roads")
            await unit.goto(f"/case/{number}/act/read-contact")
            await unit.select_option("#purpose", "contact")
            await unit.click("main form button.go")
            await expect(unit.locator("h1")).to_contain_text("联系方式")
            await expect(unit.locator("dl")).to_contain_text("13800000106")
            for act, fields in (
                ("记录联系", {"#how": "电话", "#text": "约定周三到现场"}),
                (
                    "回复办理情况",
                    {"#text": REPLY},
                ),
                (
                    "办结",
                    {"#text": DONE},
                ),
            ):
                await unit.goto(f"/case/{number}")
                await unit.locator(".leg").get_by_role("link", name=act).click()
                for field, text in fields.items():
                    await unit.fill(field, text)
                if act == "办结":
                    await unit.select_option("#outcome", "solved")
                await unit.click("main form button.go")
                await expect(unit.locator("h1")).to_contain_text("道路破损")
                await desks.city.drained()
            await unit.goto(f"/case/{number}")
            await expect(unit.locator("#past ~ .line").first).to_be_visible()
        await enterprise.goto(f"/status/{number}#{code}")
        await expect(enterprise.locator("h1")).to_contain_text("道路破损")
        await expect(enterprise.locator("main")).to_contain_text("已修复并通车")
        await enterprise.check("input[name=rating][value=satisfied]")
        await enterprise.click("text=提交评价")
        await expect(enterprise.locator(".note.done")).to_be_visible()


async def test_nobody_stays_unnamed_by_mistake_and_whoever_wants_to_can(
    desks: DesksCity, chromium: Browser
) -> None:
    async with opened(chromium, desks.url, width=390, script=False) as public:
        await public.goto("/new")
        await public.fill("#title", "园区班车线路调整后员工通勤不便")
        await public.fill("#text", "早晚高峰没有直达车。")
        await public.click("main form button.go")
        await expect(public.locator(".summary")).to_contain_text("请填写企业名称")
        await expect(public.locator("#text")).to_have_value("早晚高峰没有直达车。")
        await public.check("input[name=unsigned]")
        await public.click("main form button.go")
        await expect(public.locator("dl")).to_contain_text("不署名")
        await public.get_by_role("button", name="提交", exact=True).click()
        number, _ = await public.locator("p.code").all_inner_texts()
    listed = await desks.city.ok("office", "GET", f"/intake/appeals/{number}")
    assert (listed["channel"], listed["enterprise"]) == ("anonymous_letter", None)
