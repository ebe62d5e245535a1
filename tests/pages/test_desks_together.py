"""Two people decide at once; and a service that does not answer is named where its part is missing."""

import httpx
from playwright.async_api import Browser, expect

from services.desks.pages.calls import Calls
from services.desks.pages.site import site
from shared.roles import OFFICE, AccountRole
from tests.pages.desks import DesksCity, opened

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
