"""The office's inbox: the chosen appeal beside the list, dispatch in one step, and many at once."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from shared.roles import OFFICE
from tests.pages.desks import DesksCity, opened

STORES = {"name": "徽运仓储有限公司", "phone": "13800000107"}
MAKERS = {"name": "示例制造有限公司", "phone": "13800000106"}


@pytest.fixture(scope="module")
async def appeals(desks: DesksCity) -> list[Any]:
    """One appeal that roads had, and four that wait."""
    city = desks.city
    past = await city.register(title="园区道路积水，货车无法通行", enterprise=MAKERS)
    await city.dispatch(past, {"unit": "roads"})
    waiting: list[Any] = []
    for title in ("厂区门口道路破损，货车无法通行", "夜间施工噪声", "水压不足", "路灯不亮"):
        enterprise = MAKERS if not waiting else STORES
        waiting.append(await city.register(title=title, enterprise=enterprise, locality="east"))
    await city.drained()
    return waiting


async def test_the_office_dispatches_from_the_list_and_goes_on_to_the_next(
    desks: DesksCity, chromium: Browser, appeals: list[Any]
) -> None:
    number = appeals[0]["registration_number"]
    async with opened(chromium, desks.url) as office:
        await desks.enter(office, OFFICE)
        await office.goto(f"/dispatching?chosen={number}")
        chosen = office.locator(".inbox-chosen")
        await expect(chosen.locator("h2").first).to_contain_text("厂区门口道路破损")
        await expect(chosen).to_contain_text("诉求所在地")
        await expect(chosen).to_contain_text("件该企业既往诉求由其承办")
        await expect(chosen.locator("input[name=units]:checked")).to_have_count(2)
        await expect(chosen.locator("input[name=lead]:checked")).to_have_value("roads")
        await office.keyboard.press("Control+Enter")
        await expect(office.locator(".note.done")).to_contain_text(number)
        await expect(office.locator("[data-row]", has_text=number)).to_have_count(0)
        await expect(office.locator(".inbox-chosen h2").first).not_to_contain_text("厂区门口道路破损")


async def test_many_are_tried_first_and_each_has_a_result(
    desks: DesksCity, chromium: Browser, appeals: list[Any]
) -> None:
    numbers = [appeal["registration_number"] for appeal in appeals]
    async with opened(chromium, desks.url, script=False) as office:
        await desks.enter(office, OFFICE)
        await office.goto("/dispatching")
        for number in numbers[2:]:
            await office.locator("[data-row]", has_text=number).locator("input").check()
        await office.locator(".bulk summary").first.click()
        await office.click("button[value=try]")
        await expect(office.locator(".summary")).to_be_visible()
        await office.select_option("#bulk-lead", "east")
        await office.click("button[value=try]")
        await expect(office.locator(".results li")).to_have_count(2)
        await desks.city.dispatch(appeals[3], {"unit": "roads"})
        await office.click("button[value=do]")
        results = office.locator(".results li")
        await expect(results.filter(has_text=numbers[2])).to_contain_text("已交办")
        await expect(results.filter(has_text=numbers[3])).to_contain_text("未交办")
