"""`/docs` of every service in a browser that reaches no other host: all operations can be read and tried."""

import shutil
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser, Route, async_playwright, expect

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services import SERVICES
from tests.served import Served, in_process

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="NOT RUN: no chromium here; on Debian `apt-get install chromium`"
)
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with (
        EmbeddedBroker(tmp_path_factory.mktemp("broker")) as broker,
        in_process(postgres, broker) as served,
    ):
        yield served


@pytest.mark.parametrize(
    "service",
    [
        pytest.param(service, marks=() if service in ("dispatch", "notify") else pytest.mark.slow)
        for service in SERVICES
    ],
)
async def test_all_operations_are_shown_without_another_host(
    browser: Browser, city: Served, service: str
) -> None:
    url = city.services.urls[service]
    host = httpx.URL(url).netloc.decode()
    async with httpx.AsyncClient() as http:
        document = (await http.get(f"{url}/openapi.json")).json()
        policy = (await http.get(f"{url}/docs")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    elsewhere: list[str] = []
    wrong: list[str] = []

    async def only_here(route: Route) -> None:
        if httpx.URL(route.request.url).netloc.decode() == host:
            await route.continue_()
        else:
            elsewhere.append(route.request.url)
            await route.abort()

    context = await browser.new_context()
    page = await context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    await context.route("**/*", only_here)
    await page.goto(f"{url}/docs")
    operations = sum(len(methods) for methods in document["paths"].values())
    assert operations > 10
    await expect(page.locator(".opblock")).to_have_count(operations, timeout=PATIENCE_MS)
    health = page.locator(".opblock", has=page.locator('[data-path="/health"]'))
    await health.locator(".opblock-summary-control").click()
    await health.locator(".try-out__btn").click()
    await health.locator(".execute").click()
    answer = health.locator(".live-responses-table .response-col_status").last
    await expect(answer).to_contain_text("200", timeout=PATIENCE_MS)
    await context.close()
    assert elsewhere == []
    assert wrong == []
