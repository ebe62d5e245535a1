"""Stories over the desks, from an appeal on the portal or by phone to its rating and closure."""

import pytest
from playwright.async_api import Browser, Page, expect

from shared.roles import LEADER, OFFICE, OPERATOR, UNIT
from tests.pages.desks import DesksCity, opened, sign_in

PHONE = "13800000109"
TITLE, TEXT = (
    "厂区门口道路破损货车难行",
    "上周三起厂区门口路面塌陷约二十平方米，重型货车无法进出，原料进不来，已影响三批订单交付，希望尽快修复并安排临时通道。",
)
KEY_S, CHARACTER_S = 0.3, 0.4
MOST_S = 60.0


class Typist:
    """Types as a person does, and counts the time a person takes."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.seconds = 0.0

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)
            self.seconds += KEY_S

    async def type(self, text: str) -> None:
        for character in text:
            if character.isascii():
                await self.page.keyboard.press(character)
            else:
                await self.page.keyboard.insert_text(character)
            self.seconds += KEY_S if character.isascii() else CHARACTER_S


async def test_an_appeal_is_registered_by_keyboard_alone_within_a_minute(
    desks: DesksCity, chromium: Browser
) -> None:
    enterprise = {"name": "示例制造有限公司", "phone": PHONE}
    earlier = await desks.city.register(title="园区路灯不亮", enterprise=enterprise)
    await desks.city.dispatch(earlier, {"unit": "roads"})
    await desks.city.drained()
    async with opened(chromium, desks.url) as operator:
        await desks.enter(operator, OPERATOR)
        await operator.goto("/hotline")
        await operator.wait_for_load_state()
        typist = Typist(operator)
        await typist.type(PHONE)
        beside = operator.locator("#beside")
        await expect(beside).to_contain_text("园区路灯不亮")
        await expect(beside.locator(".read-out")).to_contain_text("由市交通局办理")
        await typist.press("Tab")
        await typist.type("示例制造有限公司")
        await typist.press("Alt+3")
        await typist.type(TITLE)
        await typist.press("Enter", "Tab")
        await typist.type(TEXT)
        await typist.press("Control+Enter")
        await expect(operator.locator(".note.done")).to_contain_text("回执码")
    assert typist.seconds < MOST_S


async def test_enter_inside_a_composition_registers_nothing(desks: DesksCity, chromium: Browser) -> None:
    async with opened(chromium, desks.url) as operator:
        await desks.enter(operator, OPERATOR)
        await operator.goto("/hotline")
        await operator.fill("#enterprise", "示例制造有限公司")
        await operator.fill("#text", TEXT)
        await operator.focus("#title")
        sent: list[str] = []
        operator.on(
            "request", lambda request: sent.append(request.url) if request.is_navigation_request() else None
        )
        devtools = await operator.context.new_cdp_session(operator)
        await devtools.send(
            "Input.imeSetComposition", {"text": "daolu", "selectionStart": 5, "selectionEnd": 5}
        )
        for modifiers in (0, 2):
            pressed = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229, "modifiers": modifiers}
            await devtools.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **pressed})
            await devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **pressed})
        await devtools.send("Input.insertText", {"text": "道路破损"})
        await operator.evaluate("new Promise((done) => setTimeout(done, 50))")
        assert sent == []
        await operator.keyboard.press("Control+Enter")
        await expect(operator.locator(".note.done")).to_contain_text("回执码")


@pytest.mark.parametrize("script", [True, False])
async def test_similar_appeals_are_found_by_a_button_too(
    desks: DesksCity, chromium: Browser, script: bool
) -> None:
    await desks.city.register(
        title="夜间施工噪声扰民", enterprise={"name": "安静酒店", "phone": "13800000110"}
    )
    async with opened(chromium, desks.url, script=script) as operator:
        await desks.enter(operator, OPERATOR)
        await operator.goto("/hotline")
        await operator.fill("#title", "夜间施工噪声太大")
        await operator.click("button[value=look]")
        await expect(operator.locator("#beside")).to_contain_text("夜间施工噪声扰民")
        await expect(operator.locator("#title")).to_have_value("夜间施工噪声太大")


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
