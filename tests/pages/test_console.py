"""The console in a browser: an appeal found by its number, its late card, and a service that is killed.

HUYING_SCREENSHOTS names a folder that keeps the pictures.
"""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect
from starlette.types import ASGIApp

from huying.console import otlp, queries
from huying.console.app import Console
from huying.local.accounts import accounts
from huying.local.cluster import LocalCluster
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from services import SERVICES
from shared.roles import AccountRole
from shared.service.accounts import Accounts
from shared.service.clock import WallClock
from shared.service.start import listening, under_one_port
from tests.city import ALL, PEOPLE, City
from tests.unit.console import invented

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="NOT RUN: no chromium here; on Debian `apt-get install chromium`"
)
WIDTHS = (1280, 390)
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
INTERVAL_S = 0.5
"""How often the console looks at the services here; pages show their time to the second."""
PAGES = ("", "traces", "figures", "progress", "parked")


class Ahead(WallClock):
    """The wall clock, and as far ahead as the test says."""

    by = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.by


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go."""
    folder = Path(os.environ.get("HUYING_SCREENSHOTS", tmp_path / "pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@asynccontextmanager
async def opened(browser: Browser, url: str, key: str, width: int) -> AsyncIterator[Page]:
    """A page that is signed in; scripts that fail, dialogs and what the policy refuses are mistakes."""
    wrong: list[str] = []
    context = await browser.new_context(
        base_url=url,
        viewport={"width": width, "height": 900},
        http_credentials={"username": "anybody", "password": key},
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    await context.close()
    assert wrong == []


async def shot(page: Page, pictures: Path, name: str) -> None:
    """A picture, and that nothing of the page sticks out to the right."""
    viewport = page.viewport_size
    assert viewport is not None
    await page.screenshot(path=pictures / f"{name}-{viewport['width']}.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], name


async def colour(page: Page, service: str) -> str:
    """What a service's box on the map is filled with; a box that the page has just replaced has no style."""
    box = page.locator(f'.box[data-service="{service}"]:visible rect')
    while not (fill := str(await box.evaluate("box => getComputedStyle(box).fill"))):
        pass
    return fill


@asynccontextmanager
async def served(apps: dict[str, ASGIApp], port: int) -> AsyncIterator[None]:
    async with listening(under_one_port(apps), "127.0.0.1", port):
        yield


async def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a fact. TimeoutError if it does not come."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.05)


async def looked(console: Console, times: int = 1) -> None:
    """Wait until the console has looked at the services so many times more."""
    ring = console.scraper.ring
    seen = len(ring) + times
    await until(lambda: len(ring) >= seen)


def is_traced(console: Console, number: str) -> bool:
    """Whether all five services have handed in their spans of an appeal, and of its card."""
    with console.store.reading() as conn:
        for trace in queries.traces(conn, queries.TraceFilter(number=number, name="POST /intake/appeals")):
            services = {part["service"] for part in trace["parts"]}
            _, effects = queries.linked(conn, trace["trace_id"])
            cards = [effect["trace_id"] for effect in effects if "card.issued.v1" in effect["event_types"]]
            services_of_cards = [part["service"] for card in cards for part in queries.parts(conn, card)]
            if (
                services == {"intake", "dispatch", "escalation", "notify", "desks"}
                and "notify" in services_of_cards
            ):
                return True
    return False


class Watched:
    """A city under one port, on a clock that the test drives, with its console."""

    def __init__(self, city: City, console: Console, url: str) -> None:
        self.city = city
        self.console = console
        self.url = url
        self.key = city.keys["ops"]


@pytest.fixture(scope="module")
async def watched(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Watched]:
    broker = EmbeddedBroker(tmp_path_factory.mktemp("broker"))
    port, apps = free_port(), dict[str, ASGIApp]()
    url = f"http://127.0.0.1:{port}"
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(broker)
        file, keys = accounts(broker.state, PEOPLE)
        urls = {service: f"{url}/{service}" for service in SERVICES}
        console = Console(
            tmp_path_factory.mktemp("console"), urls, keys["ops"], Accounts.load(file), interval_s=INTERVAL_S
        )
        apps["ops"] = (await stack.enter_async_context(console)).app
        await stack.enter_async_context(served(apps, port))
        settings: dict[str, Any] = {"otlp_endpoint": f"{url}/ops", "trace_ratio": 1.0}
        city = await stack.enter_async_context(City(postgres, broker, services=ALL, **settings))
        apps |= {name: context.app for name, context in city.services.items()}
        looking = asyncio.create_task(console.run())
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield Watched(city, console, url)
        looking.cancel()


@pytest.fixture(scope="module")
async def number(watched: Watched) -> str:
    """The number of an appeal that came out too late, once the console has its spans."""
    city = watched.city
    appeal = await city.register()
    await city.dispatch(appeal)
    await city.move_to("2026-11-13 00:01")  # the reply was due by the end of Thursday the 12th
    assert (await city.case(appeal))["cards"]
    number = str(appeal["registration_number"])
    await until(lambda: is_traced(watched.console, number))
    await looked(watched.console)
    return number


@pytest.mark.parametrize(
    ("width", "lang"),
    [
        (1280, "zh"),
        pytest.param(390, "en", marks=pytest.mark.slow),
        pytest.param(1280, "en", marks=pytest.mark.slow),
        pytest.param(390, "zh", marks=pytest.mark.slow),
    ],
)
async def test_an_appeal_is_found_by_its_number_with_all_services_in_one_waterfall_and_its_late_card_linked(
    watched: Watched, browser: Browser, pictures: Path, number: str, width: int, lang: str
) -> None:
    async with opened(browser, watched.url, watched.key, width) as page:
        await _story(page, pictures, number, lang)


async def _story(page: Page, pictures: Path, number: str, lang: str) -> None:
    """As an operator goes, from the first page."""
    await page.goto(f"/ops/?lang={lang}")
    await expect(page.locator(".box.ok:visible")).to_have_count(len(SERVICES))
    await shot(page, pictures, f"map-{lang}")
    await page.get_by_role("link", name={"zh": "追踪", "en": "Traces"}[lang], exact=True).click()
    await page.get_by_label({"zh": "挂号编号", "en": "Registration number"}[lang]).fill(number)
    await page.get_by_role("button", name={"zh": "查询", "en": "Search"}[lang]).click()
    await shot(page, pictures, f"traces-{lang}")
    await page.get_by_role("link", name="POST /intake/appeals", exact=True).click()
    spans = page.locator(".waterfall details")
    services = set(await spans.evaluate_all("all => all.map(one => one.dataset.service)"))
    assert services == {"intake", "dispatch", "escalation", "notify", "desks"}
    begins = await page.locator(".track .bar").evaluate_all(
        "all => all.map(bar => getComputedStyle(bar).left)"
    )
    assert len(set(begins)) > 1, "the browser applies the page's own style sheet"
    await expect(page.locator("h1")).to_have_text("POST /intake/appeals")
    await spans.first.locator("summary").click()
    await expect(spans.first.locator("dd").get_by_text(number, exact=True)).to_be_visible()
    await shot(page, pictures, f"trace-{lang}")
    card = page.locator("#effects li", has_text="card.issued.v1")
    await expect(card).to_have_count(1)
    await card.get_by_role("link").click()
    await expect(page.locator("h1")).to_have_text("judge")
    await expect(page.locator(".waterfall .op", has_text="send escalation.events").first).to_be_visible()
    assert "notify" in set(await spans.evaluate_all("all => all.map(one => one.dataset.service)"))
    await shot(page, pictures, f"card-{lang}")
    await page.locator("#causes").get_by_role("link", name="POST /intake/appeals").click()
    await expect(page.locator("h1")).to_have_text("POST /intake/appeals")


async def test_figures_and_progress_show_what_the_services_say(
    watched: Watched, browser: Browser, pictures: Path
) -> None:
    await watched.city.register()
    await looked(watched.console, 3)
    for width in WIDTHS:
        async with opened(browser, watched.url, watched.key, width) as page:
            await page.goto("/ops/figures")
            for figure in ("requests", "consumed", "relayed", "lag", "delay", "outbox", "open"):
                line = page.locator(f'figure[data-figure="{figure}"] polyline').first
                await expect(line).to_be_attached()
            await shot(page, pictures, "figures")
            await page.goto("/ops/progress")
            await expect(page.locator("table.heat")).to_have_count(3)
            assert await page.locator("td.heat0").count() > 50
            await shot(page, pictures, "progress")


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.slow), 390])
async def test_every_page_can_be_read_by_everybody(watched: Watched, browser: Browser, width: int) -> None:
    story = invented.request(**invented.story()).SerializeToString()
    watched.console.store.offer(_spans(story))
    async with opened(browser, watched.url, watched.key, width) as page:
        trace = f"traces/{_spans(story)[0].trace_id}"
        for path in (*PAGES, trace):
            await page.goto(f"/ops/{path}")
            if path == trace:
                await page.locator(".waterfall summary").first.click()
            if await (pause := page.locator("#pause")).is_visible():
                await pause.click()  # what is looked at stays
            violations = (await Axe().run(page)).response["violations"]
            assert [(violation["id"], violation["nodes"][0]["html"]) for violation in violations] == [], path


def _spans(body: bytes) -> list[otlp.Span]:
    return otlp.decoded(body, otlp.PROTOBUF).spans


async def test_ten_thousand_spans_can_be_looked_through(
    watched: Watched, browser: Browser, pictures: Path
) -> None:
    trace = invented.trace_id()
    root = invented.span(trace, "root", took_ms=10_000)
    many = [root, *(invented.span(trace, f"step {n}", root, n, 3) for n in range(9_999))]
    watched.console.store.offer(_spans(invented.request(intake=many).SerializeToString()))
    while watched.console.store.waiting:
        await asyncio.sleep(0.05)
    for width in WIDTHS:
        async with opened(browser, watched.url, watched.key, width) as page, asyncio.timeout(30):
            await page.goto(f"/ops/traces/{trace.hex()}")
            await page.get_by_role("link", name=re.compile("下一页")).click()
            await page.get_by_text("step 299", exact=True).click()
            await expect(page.locator("details[open] dt").first).to_be_visible()
            await shot(page, pictures, "many")


async def test_a_page_that_shows_what_is_now_renews_itself_until_it_is_paused(
    watched: Watched, browser: Browser
) -> None:
    async with opened(browser, watched.url, watched.key, 1280) as page:
        await page.goto("/ops/")
        shown = page.locator("main time")
        before = await shown.inner_text()
        await expect(shown).not_to_have_text(before)
        await page.get_by_role("button", name="暂停刷新").click()
        paused = await shown.inner_text()
        await looked(watched.console, 5)  # more than two seconds: the time that pages show goes on
        assert await shown.inner_text() == paused
        await expect(page.get_by_role("button", name="继续刷新")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
async def test_a_killed_service_turns_red_its_alert_fires_and_both_end_when_it_is_back(
    browser: Browser, pictures: Path, width: int
) -> None:
    port, ahead = free_port(), Ahead()
    settings: dict[str, Any] = {"otlp_endpoint": f"http://127.0.0.1:{port}/ops", "trace_ratio": 1.0}
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="huying-test-", ignore_cleanup_errors=True))
        await asyncio.to_thread(Path(folder).chmod, 0o755)  # PostgreSQL may run under another account
        cluster = LocalCluster(Path(folder) / "state", [("ops", AccountRole.OPS, None)], None, **settings)
        stack.push_async_callback(cluster.stop)
        await cluster.start()
        await cluster.start_processes()
        urls = {service: cluster.url(service) for service in SERVICES}
        known = Accounts.load(cluster.settings("intake").accounts)
        new_console = Console(
            cluster.state, urls, cluster.keys["ops"], known, clock=ahead, interval_s=INTERVAL_S
        )
        console = await stack.enter_async_context(new_console)
        await stack.enter_async_context(served({"ops": console.app}, port))
        looking = asyncio.create_task(console.run())
        stack.callback(looking.cancel)
        async with opened(browser, f"http://127.0.0.1:{port}", cluster.keys["ops"], width) as page:
            await _killed(page, pictures, cluster, ahead)


async def _killed(page: Page, pictures: Path, cluster: LocalCluster, ahead: Ahead) -> None:
    await page.goto("/ops/")
    dispatch = page.locator('.box[data-service="dispatch"]:visible')
    await expect(dispatch).to_have_attribute("data-state", "ok")
    well = await colour(page, "dispatch")
    await cluster.processes["dispatch"].kill()
    await expect(dispatch).to_have_attribute("data-state", "down")
    red = [int(part) for part in re.findall(r"\d+", await colour(page, "dispatch"))][:3]
    assert well == await colour(page, "intake")
    assert red[0] > 2 * max(red[1:])
    alert = page.locator('[data-alert="ServiceDown"]')
    await expect(alert).to_have_attribute("data-firing", "no")
    ahead.by += timedelta(minutes=1)
    await expect(alert).to_have_attribute("data-firing", "yes")
    await expect(alert).to_contain_text("交办 不应答")
    await shot(page, pictures, "killed")
    await cluster.processes["dispatch"].start()
    await expect(dispatch).to_have_attribute("data-state", "ok")
    await expect(alert).to_have_count(0)
    await expect(page.locator("main")).to_contain_text("已恢复的告警与中断")
