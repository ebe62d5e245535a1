"""Each page that a template makes: who opens it, and where; what is read of it by machine."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import CDPSession, Page

from shared.roles import AccountRole
from tests.lending import CREDIT_CODE
from tests.pages.desks import DesksCity
from tests.pages.scene import Scene

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RULES = {"rules": {"target-size": {"enabled": True}}, "runOnly": LEVELS}
ZOOMED = (640, 320)
"""A window of 1280 at 200 % and at 400 % (WCAG 1.4.4 and 1.4.10)."""
MOST_BYTES = 300_000
TEMPLATES = Path(__file__).parents[2] / "services" / "desks" / "pages" / "templates"
PARTS = frozenset({"base.html", "portal_base.html", "hotline/beside.html"})
CODES = {AccountRole.UNIT: "roads", AccountRole.LEADER: "mayor", AccountRole.BANK_CLERK: "bank-a"}
OFFICE, UNIT, ADMINISTRATOR = AccountRole.OFFICE, AccountRole.UNIT, AccountRole.ADMINISTRATOR
Way = Callable[[Page], Awaitable[None]]
WISH = {
    "amount": "300",
    "term_months": "12",
    "purpose": "采购原材料",
    "enterprise": "示例制造有限公司",
    "credit_code": CREDIT_CODE,
    "contact_name": "王工",
    "phone": "13800000000",
}
"""What an enterprise types that asks for credit."""
_numbers = count(1)
"""The same appeal twice would be asked about."""


@dataclass(frozen=True)
class Look:
    """How somebody looks at pages."""

    is_senior: bool
    language: str
    width: int

    def cookies(self) -> dict[str, str]:
        return {"huying-senior": "1" if self.is_senior else "0", "huying-language": self.language}


LOOKS = [
    Look(is_senior, language, width)
    for is_senior in (False, True)
    for language in ("zh-CN", "en")
    for width in (390, 1280)
]


async def check(page: Page) -> None:
    for name, text in {
        "title": f"路灯不亮，第 {next(_numbers)} 处",
        "text": "夜班职工出行不安全。",
        "enterprise": "示例建材有限公司",
    }.items():
        await page.fill(f"#{name}", text)
    await page.click("main form button.go")


async def send(page: Page) -> None:
    await check(page)
    await page.locator("main form button.go").click()


async def check_loan(page: Page) -> None:
    for name, text in WISH.items():
        await page.fill(f"#{name}", text)
    await page.check("input[name=first_loan][value=false]")
    await page.check("#consent")
    await page.click("main form button.go")


async def send_loan(page: Page) -> None:
    await check_loan(page)
    await page.locator("main form button.go").click()


async def read_contact(page: Page) -> None:
    await page.select_option("#purpose", "contact")
    await page.click("main form button.go")


VISITS: dict[str, tuple[AccountRole | None, str] | tuple[AccountRole | None, str, Way]] = {
    "portal/start.html": (None, "/"),
    "portal/new.html": (None, "/new"),
    "portal/check.html": (None, "/new", check),
    "portal/done.html": (None, "/new", send),
    "portal/ask.html": (None, "/status"),
    "portal/status.html": (None, "/status/{completed[registration_number]}#{completed[receipt_code]}"),
    "portal/loan_new.html": (None, "/loan/new"),
    "portal/loan_check.html": (None, "/loan/new", check_loan),
    "portal/loan_done.html": (None, "/loan/new", send_loan),
    "portal/loan_ask.html": (None, "/loan"),
    "portal/loan_status.html": (None, "/loan/{loan[registration_number]}#{loan[receipt_code]}"),
    "sign_in/sign_in.html": (None, "/sign-in"),
    "sign_in/password.html": (UNIT, "/sign-in/password"),
    "sign_in/code.html": (UNIT, "/sign-in/code"),
    "sign_in/setup.html": (UNIT, "/sign-in/setup"),
    "missing.html": (None, "/nothing-here"),
    "forbidden.html": (UNIT, "/accounts"),
    "refused.html": (OFFICE, "/case/BZ-20200101-99999"),
    "account/account.html": (UNIT, "/account"),
    "accounts/accounts.html": (ADMINISTRATOR, "/accounts"),
    "accounts/record.html": (ADMINISTRATOR, "/audit"),
    "bank/legs.html": (AccountRole.BANK_CLERK, "/bank"),
    "bank/leg.html": (AccountRole.BANK_CLERK, "/bank/{bank_leg}"),
    "case/case.html": (OFFICE, "/case/{lifted}"),
    "case/act.html": (OFFICE, "/case/{objected}/act/decide-objection?of={leg_id}"),
    "case/contact.html": (OFFICE, "/case/{lifted}/act/read-contact", read_contact),
    "finance/loans.html": (AccountRole.FINANCE_WINDOW, "/finance"),
    "finance/loan.html": (AccountRole.FINANCE_WINDOW, "/finance/{loan_id}"),
    "hotline/hotline.html": (AccountRole.OPERATOR, "/hotline"),
    "leader/leader.html": (AccountRole.LEADER, "/leader"),
    "office/dispatching.html": (OFFICE, "/dispatching?chosen={waiting}"),
    "office/waiting.html": (OFFICE, "/waiting"),
    "regulator/complaints.html": (AccountRole.REGULATOR, "/regulator"),
    "search/search.html": (OFFICE, "/search?q=道路"),
    "unit/unit.html": (UNIT, "/unit"),
}
"""By template: the role that opens the page, its address, and what is done to come to it."""
STATUSES = {"missing.html": 404, "forbidden.html": 403, "refused.html": 404}
"""What the pages of errors answer; all others answer 200."""
SEEN_ELSEWHERE = frozenset({"sign_in/kept.html", "sign_in/signed_out.html", "away.html"})
"""What is left of an ended session, a city's identity provider, a service that is away: read elsewhere."""


@dataclass
class Reader:
    """A browser's page that goes to pages as somebody, and says what is wrong with each."""

    desks: DesksCity
    scene: Scene
    page: Page
    devtools: CDPSession
    sessions: dict[AccountRole, dict[str, str]] = field(default_factory=dict)
    received: int = 0

    @classmethod
    async def of(cls, desks: DesksCity, scene: Scene, page: Page) -> "Reader":
        """A reader who counts what a page loads when nothing of it is kept yet."""
        reader = cls(desks, scene, page, await page.context.new_cdp_session(page))
        await reader.devtools.send("Network.enable")
        await reader.devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
        reader.devtools.on("Network.loadingFinished", reader._count)
        return reader

    def _count(self, event: dict[str, Any]) -> None:
        self.received += event["encodedDataLength"]

    async def _become(self, role: AccountRole | None, look: Look) -> None:
        cookies = look.cookies()
        if role is not None:
            if role not in self.sessions:
                self.sessions[role] = dict((await self.desks.session(role, CODES.get(role))).items())
            cookies |= self.sessions[role]
        await self.page.context.clear_cookies()
        shown = [{"name": name, "value": value, "url": self.desks.url} for name, value in cookies.items()]
        await self.page.context.add_cookies(shown)  # type: ignore[arg-type]

    async def open(self, template: str, look: Look) -> None:
        """Go to the page of a template."""
        role, path, *ways = VISITS[template]
        await self._become(role, look)
        await self.page.set_viewport_size({"width": look.width, "height": 900})
        self.received = 0
        answer = await self.page.goto(path.format(**vars(self.scene)))
        assert answer is not None
        assert answer.status == STATUSES.get(template, 200), f"{template} is not what {answer.url} shows"
        for way in ways:
            await way(self.page)
        await self.page.wait_for_load_state()

    async def wrong_with(self, template: str, look: Look) -> list[str]:
        """What is wrong with a page, in a line each: heavy, hard to read, wider than the window."""
        await self.open(template, look)
        wrong = [f"weighs {self.received} bytes"] if self.received > MOST_BYTES else []
        for part in await self.page.locator("details:not(.more, .me, [open]) > summary").all():
            if await part.is_visible():
                await part.click()
        for rule in (await Axe().run(self.page, options=RULES)).response["violations"]:
            wrong += [f"{rule['id']}: {node['html'][:160]}" for node in rule["nodes"]]
        for width in (look.width, *ZOOMED):
            await self.page.set_viewport_size({"width": width, "height": 900})
            if await self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"wider than a window of {width}")
        return [f"{template}, {look}: {line}" for line in wrong]
