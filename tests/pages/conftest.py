"""A browser for the tests of pages, and one city with its desks for each module."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from playwright.async_api import Browser, async_playwright

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.pages.desks import DesksCity, desks_city

FONTS = """<?xml version="1.0"?>
<fontconfig><dir>/usr/share/fonts</dir><dir>{folder}</dir><cachedir>{cache}</cachedir></fontconfig>
"""
"""A bare Debian has no Chinese font: pictures would show boxes. The package that prints cards brings one."""
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
async def chromium(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """Debian's chromium. Without it the tests of pages are skipped, in a loud line."""
    if CHROMIUM is None:
        pytest.skip("NOT RUN: no chromium here; on Debian `apt-get install chromium`")
    fonts = tmp_path_factory.mktemp("fonts") / "fonts.conf"
    fonts.write_text(FONTS.format(folder=Path(pylopdf_fonts_zh_cn.sans_path()).parent, cache=fonts.parent))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox"],
            env={**os.environ, "FONTCONFIG_FILE": str(fonts)},
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
async def desks(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[DesksCity]:
    """A city with its pages, of the module's own."""
    async with (
        EmbeddedBroker(tmp_path_factory.mktemp("broker")) as broker,
        desks_city(postgres, broker, tmp_path_factory.mktemp("keys")) as city,
    ):
        yield city
