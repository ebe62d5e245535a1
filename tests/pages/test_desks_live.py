"""Lists that are open: a second browser sees what the first one did, where it stands."""

import asyncio
import re

import httpx
from playwright.async_api import Browser, expect

from shared.roles import AccountRole
from tests.pages.desks import DesksCity, opened

GONE = re.compile(r"\bgone\b")
ENTERPRISE = {"name": "示例制造有限公司", "phone": "13800000106"}


async def test_rows_change_where_they_stand_and_new_ones_are_counted(
    desks: DesksCity, chromium: Browser
) -> None:
    first = await desks.city.register(title="厂区门口道路破损", enterprise=ENTERPRISE)
    second = await desks.city.register(title="夜间施工噪声", enterprise=ENTERPRISE)
    number = first["registration_number"]
    await desks.city.drained()
    async with opened(chromium, desks.url) as office, opened(chromium, desks.url) as other:
        await desks.enter(office, AccountRole.DISPATCHER)
        await desks.enter(other, AccountRole.OFFICE)
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
