"""Every page of the desks, read by machine (WCAG 2.2 AA) and drawn at the widths that people have."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.pages.desks import DesksCity, opened, sign_in

PICTURES = os.environ.get("HUYING_SCREENSHOTS")
"""Where pictures of the pages are kept; without it none are drawn."""
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RULES = {"rules": {"target-size": {"enabled": True}}, "runOnly": LEVELS}
PUBLIC = ("/", "/new", "/status", "/sign-in", "/nothing-here")
OF_STAFF = {
    "chen.office": (
        "/dispatching",
        "/waiting",
        "/under-way",
        "/hotline",
        "/search",
        "/search?q=道路",
        "/case/{number}",
        "/case/{number}/act/assign",
        "/account",
    ),
    "li.roads": ("/unit", "/unit?view=overdue", "/case/{number}", "/waiting"),
    "qiao.mayor": ("/leader", "/under-way"),
    "sun.admin": ("/accounts", "/audit"),
    "he.window": ("/finance",),
    "qian.bank": ("/bank",),
    "zheng.regulator": ("/regulator",),
}

STORES = {"name": "徽运仓储有限公司", "phone": "13800000107"}
MAKERS = {"name": "示例制造有限公司", "phone": "13800000106"}


ON_A_PHONE = frozenset({"qiao.mayor", "li.roads"})
"""Whose pages are read at the width of a phone in the short form."""


@pytest.fixture(scope="module")
async def number(desks: DesksCity) -> str:
    """An appeal that a unit has, and two more."""
    city = desks.city
    for title in ("园区班车线路调整后员工通勤不便", "施工围挡占道，仓库出入口受阻"):
        appeal = await city.register(title=title, enterprise=STORES)
        await city.dispatch(appeal, {"unit": "roads"})
    await city.register(title="货运车辆临时停靠点被取消", enterprise=MAKERS)
    appeal = await city.register(
        title="厂区门口道路破损，货车无法进出",
        enterprise=MAKERS,
    )
    await city.dispatch(appeal, {"unit": "roads"}, {"unit": "east", "role": "assist"})
    await city.drained()
    await city.move_to("2026-11-13 10:00")
    await city.drained()
    return str(appeal["registration_number"])


async def read(page: Page, path: str, width: int, name: str) -> list[str]:
    """What is wrong with a page, in a line each."""
    await page.goto(path)
    if PICTURES:
        file = f"{name}{path}".replace("/", "-").replace("?", "-").replace("=", "-")
        await page.screenshot(path=Path(PICTURES, f"{file}-{width}.png"), full_page=True)
    for opened_part in await page.locator("details:not(.more, .me, [open]) > summary").all():
        if await opened_part.is_visible():
            await opened_part.click()
    wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    found = (await Axe().run(page, options=RULES)).response["violations"]
    wrong = [
        f"{path} at {width}: {rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]
    ]
    return wrong + ([f"{path} at {width}: wider than the window"] if wide else [])


@pytest.mark.parametrize("width", [390, 1280])
async def test_public_pages_can_be_read_by_everybody(desks: DesksCity, chromium: Browser, width: int) -> None:
    async with opened(chromium, desks.url, width=width) as page:
        wrong = [line for path in PUBLIC for line in await read(page, path, width, "public")]
    assert wrong == []


@pytest.mark.parametrize(
    ("login", "widths"),
    [
        *((login, (390,) if login in ON_A_PHONE else (1280,)) for login in OF_STAFF),
        *(pytest.param(login, (390, 768, 1280, 1920), marks=pytest.mark.slow) for login in OF_STAFF),
    ],
)
async def test_pages_of_staff_can_be_read_by_everybody(
    desks: DesksCity, chromium: Browser, number: str, login: str, widths: tuple[int, ...]
) -> None:
    wrong = []
    async with opened(chromium, desks.url) as page:
        await sign_in(desks, page, login)
        for width in widths:
            await page.set_viewport_size({"width": width, "height": 900})
            for path in OF_STAFF[login]:
                wrong += await read(page, path.format(number=number), width, login)
    assert wrong == []
