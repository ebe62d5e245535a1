"""Every page of the desks: read by machine (WCAG 2.2 AA), zoomed, weighed, walked by keyboard, printed."""

import io
import unicodedata
from collections.abc import AsyncIterator

import pypdf
import pytest
from playwright.async_api import Browser, expect

from tests.pages.desks import DesksCity, opened
from tests.pages.scene import Scene, painted
from tests.pages.visits import LOOKS, PARTS, SEEN_ELSEWHERE, TEMPLATES, VISITS, Look, Reader

USUAL, PHONE = Look(False, "zh-CN", 1280), Look(False, "zh-CN", 390)
FOCUSED = """() => {
  const focused = document.activeElement, style = getComputedStyle(focused);
  const box = focused.getBoundingClientRect();
  return {
    name: focused === document.body ? "" : focused.outerHTML.slice(0, 120),
    isVisible: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
      && box.width > 1 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
  .filter((part) => part.type !== "hidden" && !part.disabled && part.checkVisibility()
    && !(part.type === "radio" && !part.checked && document.querySelector(`[name=${part.name}]:checked`)))
  .length"""
"""How many parts Tab comes to; of radio buttons it comes to the chosen one."""


@pytest.fixture(scope="module")
async def scene(desks: DesksCity) -> Scene:
    return await painted(desks.city)


@pytest.fixture
async def reader(desks: DesksCity, chromium: Browser, scene: Scene) -> AsyncIterator[Reader]:
    async with opened(chromium, desks.url) as page:
        yield await Reader.of(desks, scene, page)


def test_every_template_is_read() -> None:
    names = {file.relative_to(TEMPLATES).as_posix() for file in TEMPLATES.rglob("*.html")}
    pages = {name for name in names if not name.startswith("parts/")} - PARTS - SEEN_ELSEWHERE
    assert pages == VISITS.keys()


async def test_every_page_can_be_read_by_everybody_and_is_light(reader: Reader) -> None:
    """One look for each page; neighbours differ in size, language and width. The slow suite reads all."""
    wrong = []
    for number, template in enumerate(VISITS):
        wrong += await reader.wrong_with(template, LOOKS[number * 3 % len(LOOKS)])
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_each_page_can_be_read_in_each_look(reader: Reader, look: Look) -> None:
    assert [line for template in VISITS for line in await reader.wrong_with(template, look)] == []


@pytest.mark.parametrize(("template", "look"), [("unit/unit.html", USUAL), ("portal/new.html", PHONE)])
async def test_everything_is_reached_by_keyboard_and_the_focus_is_seen(
    reader: Reader, template: str, look: Look
) -> None:
    await reader.open(template, look)
    page = reader.page
    reachable = await page.evaluate(REACHABLE)
    seen = []
    for _ in range(reachable + 5):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(FOCUSED)
        if not focused["name"] or focused["name"] in seen[:1]:
            break
        assert focused["isVisible"], focused["name"]
        seen.append(focused["name"])
    assert "#main" in seen[0], "the first is the way past the navigation"
    assert len(seen) == reachable


async def test_single_keys_can_be_switched_off(reader: Reader) -> None:
    await reader.open("unit/unit.html", USUAL)
    page = reader.page
    await page.keyboard.press("j")
    await expect(page.locator("[data-row] a").first).to_be_focused()
    await page.keyboard.press("?")
    await page.get_by_role("button", name="停用单键快捷键").click()
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await expect(page.locator("[data-row]").nth(1).locator("a").first).not_to_be_focused()


@pytest.mark.parametrize(
    ("template", "sheets", "texts"),
    [
        ("case/case.html", 4, ("道路破损", "登记诉求")),
        ("unit/unit.html", 2, ("道路破损", "已超期")),
        ("portal/done.html", 1, ("回执码",)),
    ],
)
async def test_pages_are_printed_on_few_sheets_without_navigation(
    reader: Reader, template: str, sheets: int, texts: tuple[str, ...]
) -> None:
    await reader.open(template, USUAL)
    paper = pypdf.PdfReader(io.BytesIO(await reader.page.pdf(format="A4")))
    extracted = "".join(sheet.extract_text() for sheet in paper.pages).replace("\n", "")
    words = unicodedata.normalize("NFKC", extracted)  # some fonts give the letters of radicals
    assert [text for text in texts if text not in words] == []
    assert [text for text in ("者模式", "作人员登录", "更多") if text in words] == []
    assert len(paper.pages) <= sheets
