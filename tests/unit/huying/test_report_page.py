"""The report in a browser: it fits wide and narrow screens, light and dark, and asks for nothing."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from huying.simulate.simulate import simulate

CHROMIUM = shutil.which("chromium")
sync_api = pytest.importorskip("playwright.sync_api", reason="NOT SEEN IN A BROWSER: there is no playwright")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="NOT SEEN IN A BROWSER: there is no chromium")
HEADER = "source_id,author,title,received_at,body,reply,replied_at\n"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    rows = [
        f"2026-{index:04},甲,路,2026-03-02T09:00:00,正文,已修,2026-03-{index % 26 + 3:02}T09:00:00\n"
        for index in range(60)
    ]
    (folder / "appeals.csv").write_text(HEADER + "".join(rows), "utf-8")
    simulate(folder / "appeals.csv", "appeals-zh", ["bozhou-2024@2", "bowu-2022@2"], folder, at_once=1)
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1280])
def test_the_report_fits_the_screen_and_asks_for_nothing(
    report: Path, browser: Any, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(report.as_uri())
    assert heard == [report.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    light = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light == (scheme == "light")
    bars = page.locator("svg .part")
    widths = [bars.nth(index).bounding_box()["width"] for index in range(bars.count())]
    assert max(widths) > 20
    page.close()


def test_the_report_prints_on_sheets_without_cutting_tables_off(report: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 680, "height": 900})  # A4 without its margins, in CSS pixels
    cut = "[...document.querySelectorAll('.wide')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert page.evaluate(cut) == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert 1 < sheets < 30
    page.close()
