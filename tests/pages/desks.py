"""The desks' pages in a test: a whole city on one port, people with accounts, and their browsers."""

import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import uuid4

import httpx
import pyotp
from joserfc.jwk import OKPKey
from playwright.async_api import Browser, BrowserContext, Page, Route

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from services import SERVICES
from shared.roles import AccountRole
from shared.service.start import listening, pages_of, under_one_port
from shared.web.tokens import Person
from tests.city import ALL, City
from tests.people import PASSWORD, made
from tests.people import Browser as SignedIn
from tests.signing import new_key, token, write_private, write_public

ROLES: dict[str, dict[str, str]] = {
    "chen.office": {"role": "office"},
    "li.roads": {"role": "unit", "code": "roads"},
}
NAMES = {"chen.office": "陈明", "li.roads": "李工"}
"""Who signs in by the pages themselves; others have a session at once (`DesksCity.enter`)."""


@dataclass
class DesksCity:
    """A running city with its pages. `secrets` are those of one-time codes, by login."""

    city: City
    url: str
    first_passwords: dict[str, str]
    secrets: dict[str, str]
    key: OKPKey
    sessions: dict[tuple[AccountRole, str | None, date], httpx.Cookies] = field(default_factory=dict)

    async def session(self, role: AccountRole, code: str | None = None) -> httpx.Cookies:
        """The cookies of a browser in which a person of this role is signed in; of one person on one day."""
        key = (role, code, self.city.services["desks"].clock.now().date())
        if key not in self.sessions:
            self.sessions[key] = await self._new_session(role, code)
        return self.sessions[key]

    async def _new_session(self, role: AccountRole, code: str | None) -> httpx.Cookies:
        login = f"as.{role.replace('_', '-')}.{uuid4().hex[:6]}"
        grant = {"role": role, **({"code": code} if role.needs_code and code else {})}
        administrator = _administrator(self.key)
        first = (await made(self.city, administrator, login, role.zh, grant))["password"]
        browser = SignedIn(self.city)
        await browser.settle(login, first)
        return httpx.Cookies(browser.cookies)

    async def enter(self, page: Page, role: AccountRole, code: str | None = None) -> None:
        """Sign a person of this role in; a clock that moves on ends sessions."""
        cookies = await self.session(role, code)
        shown = [{"name": name, "value": value, "url": self.url} for name, value in cookies.items()]
        await page.context.add_cookies(shown)  # type: ignore[arg-type]


def _administrator(key: OKPKey) -> str:
    """A token of an administrator, which holds for a minute."""
    return token(key, "desks", Person(uuid4(), "系统管理员 (test)", AccountRole.ADMINISTRATOR))


@contextlib.asynccontextmanager
async def desks_city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, folder: Path
) -> AsyncIterator[DesksCity]:
    """All services on one port, on Monday 2026-11-09 at 09:00, with an account for each of `ROLES`."""
    key, port = new_key(), free_port()
    signer, public = folder / "token.key", folder / "token-keys.pem"
    write_private(signer, key)
    write_public(public, key)
    urls = {f"{name}_url": f"http://127.0.0.1:{port}/{name}" for name in SERVICES if name != "desks"}
    settings = {"token_signer": signer, "token_keys": public, **urls}
    async with City(postgres, broker, services=ALL, log_level="ERROR", **settings) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        passwords = {
            login: (await made(city, _administrator(key), login, NAMES[login], role))["password"]
            for login, role in ROLES.items()
        }
        apps = {name: context.app for name, context in city.services.items()}
        root = under_one_port(apps, pages_of(list(city.services.values())))
        async with listening(root, "127.0.0.1", port):
            yield DesksCity(city, f"http://127.0.0.1:{port}", passwords, {}, key)


@contextlib.asynccontextmanager
async def opened(
    browser: Browser, url: str, *, width: int = 1280, script: bool = True, **options: object
) -> AsyncIterator[Page]:
    """A page in a browser of its own. AssertionError for an error of a script or policy, or another host."""
    wrong: list[str] = []
    context: BrowserContext = await browser.new_context(
        base_url=url, viewport={"width": width, "height": 900}, java_script_enabled=script, locale="zh-CN"
    )
    host = url.partition("//")[2]

    async def only_here(route: Route) -> None:
        if route.request.url.startswith((f"http://{host}/", "data:")):
            await route.continue_()
        else:
            wrong.append(f"asked for {route.request.url}")
            await route.abort()

    await context.route("**/*", only_here)
    page = await context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda message: (
            wrong.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    try:
        yield page
    except BaseException:
        if pictures := os.environ.get("HUYING_SCREENSHOTS"):
            await page.screenshot(path=Path(pictures, "failed.png"), full_page=True)
        raise
    finally:
        await context.close()
    assert wrong == []


async def sign_in(desks: DesksCity, page: Page, login: str) -> None:
    """Sign in by the pages: the first time with the first password, a new one, and a one-time code."""
    first = desks.first_passwords.pop(login, None)
    await page.goto("/sign-in")
    await page.fill("#login", login)
    await page.fill("#password", first or PASSWORD)
    await page.click("main button")
    if first is not None:
        await page.fill("#old", first)
        await page.fill("#new", PASSWORD)
        await page.fill("#repeated", PASSWORD)
        await page.click("main button")
        if page.url.endswith("/sign-in/setup"):
            desks.secrets[login] = await page.locator("main code").inner_text()
            await page.fill("#code", pyotp.TOTP(desks.secrets[login]).now())
            await page.click("main button")
    elif page.url.endswith("/sign-in/code"):
        await page.fill("#code", pyotp.TOTP(desks.secrets[login]).now())
        await page.click("main button")
    await page.wait_for_url(lambda address: "/sign-in" not in address)


async def drawn(page: Page, name: str) -> None:
    """Keep a picture of a page, where pictures are asked for."""
    if pictures := os.environ.get("HUYING_SCREENSHOTS"):
        width = (page.viewport_size or {"width": 0})["width"]
        await page.screenshot(path=Path(pictures, f"{name}-{width}.png"), full_page=True)
