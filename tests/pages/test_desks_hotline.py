"""The hotline's desk: what is known of the caller, registering by keyboard alone, and input methods."""

import pytest
from playwright.async_api import Browser, Page, expect

from shared.roles import OPERATOR
from tests.pages.desks import DesksCity, opened

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
