"""Who may open which page; what the office, administrators, the window, banks and the regulator do."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, expect

from services.desks.pages.access import ADMINISTERING
from services.desks.pages.home import DESKS, links_of
from services.desks.pages.routing import Page
from services.desks.pages.site import PAGES
from services.desks.people.domain import OF_PEOPLE
from shared.roles import OFFICE, AccountRole
from tests.city import City
from tests.lending import ask, banks, judged, report
from tests.pages.desks import DesksCity, opened
from tests.pages.visits import WISH, check_loan

CODES = {AccountRole.UNIT: "roads", AccountRole.LEADER: "mayor", AccountRole.BANK: "bank-a"}
STREAMS = {"/live"}
"""Answers that never end."""


def address(each: Page) -> str:
    """The address of a page, of a case that is not there."""
    ids = dict.fromkeys(("account_id", "loan_id", "complaint_id"), str(uuid4()))
    return each.path.format(
        number="BZ-20260101-00001", act="note", leg="1", paper="assignment", file="1", **ids
    )


def sent(desks: DesksCity, each: Page) -> dict[str, Any]:
    """A form of our own page, for a page that takes one."""
    return {"headers": {"origin": desks.url}, "data": {"unknown": ""}} if each.method == "POST" else {}


def staff_pages() -> Iterator[Page]:
    return (each for each in PAGES if each.roles is not None)


@pytest.fixture(scope="module")
async def sessions(desks: DesksCity) -> dict[AccountRole, httpx.Cookies]:
    """A session in each role."""
    return {role: await desks.session(role, CODES.get(role.acts_as)) for role in sorted(OF_PEOPLE)}


async def test_each_page_answers_each_role_as_the_table_says(
    desks: DesksCity, sessions: dict[AccountRole, httpx.Cookies]
) -> None:
    wrong = []
    for role, cookies in sessions.items():
        async with httpx.AsyncClient(base_url=desks.url, cookies=cookies, timeout=30) as client:
            for each in staff_pages():
                if each.path in STREAMS and role in each.roles:
                    continue
                form = sent(desks, each)
                answer = await client.request(each.method, address(each), **form)
                may_open = role in (each.roles or ())
                if (answer.status_code == 403) == may_open or answer.status_code >= 500:
                    wrong.append(f"{role}: {each.method} {each.path}: {answer.status_code}")
    assert wrong == []


async def test_nobody_is_asked_to_sign_in_for_each_page_of_staff(desks: DesksCity) -> None:
    async with httpx.AsyncClient(base_url=desks.url) as client:
        for each in staff_pages():
            form = sent(desks, each)
            answer = await client.request(each.method, address(each), **form)
            assert answer.status_code == (401 if each.method == "POST" else 303), each.path


async def test_each_role_begins_on_a_page_that_is_its_own(
    desks: DesksCity, sessions: dict[AccountRole, httpx.Cookies]
) -> None:
    for role, cookies in sessions.items():
        async with httpx.AsyncClient(base_url=desks.url, cookies=cookies, timeout=30) as client:
            for path in ["/home", *(link.path for link in links_of(role))]:
                answer = await client.get(path, follow_redirects=True)
                assert answer.status_code == 200, (role, path)


def test_accounts_are_changed_by_administrators_alone() -> None:
    assert {AccountRole.ADMINISTRATOR} == ADMINISTERING
    assert AccountRole.OPS not in DESKS


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
        await office.fill("#bulk-remarks", "请周五前一并报情况。")
        await office.click("button[value=try]")
        await expect(office.locator(".results li")).to_have_count(2)
        await desks.city.dispatch(appeals[3], {"unit": "roads"})
        await office.click("button[value=do]")
        results = office.locator(".results li")
        await expect(results.filter(has_text=numbers[2])).to_contain_text("已交办")
        await expect(results.filter(has_text=numbers[3])).to_contain_text("未交办")
    dispatched = await desks.city.ok("office", "GET", f"/dispatch/appeals/{appeals[2]['appeal_id']}")
    assert "请周五前一并报情况。" in str(dispatched["acts"])


async def test_an_administrator_makes_resets_and_disables_an_account(
    desks: DesksCity, chromium: Browser
) -> None:
    async with opened(chromium, desks.url, script=False) as page:
        await desks.enter(page, AccountRole.ADMINISTRATOR)
        await page.goto("/accounts")
        await page.fill("#login", "NOT A LOGIN")
        await page.fill("#name", "赵敏")
        await page.select_option("#role", "unit_handler")
        await page.click("text=新建 >> visible=true >> nth=-1")
        await expect(page.locator(".summary")).to_be_visible()
        await expect(page.locator("#name")).to_have_value("赵敏")
        await page.fill("#login", "zhao.min")
        await page.fill("#code", "roads")
        await page.locator("form[action='/accounts'] button").click()
        first = await page.locator("code.secret").inner_text()
        row = page.locator("tr", has_text="zhao.min")
        await row.get_by_role("button", name="重置密码").click()
        assert await page.locator("code.secret").inner_text() != first
        await row.get_by_role("button", name="停用").click()
        await expect(row).to_contain_text("已停用")
        await row.get_by_role("button", name="启用").click()
        await expect(row).to_contain_text("未改首次密码")
        await page.goto("/audit")
        await expect(page.locator("tr", has_text="赵敏").first).to_contain_text("账号变更")


async def test_window_bank_and_regulator_answer_what_waits_for_them(
    desks: DesksCity, chromium: Browser
) -> None:
    city = desks.city
    await banks(city, "bank-a", "bank-c")
    loan = await ask(city, banks=["bank-a"])
    number = loan["registration_number"]
    complaint = {"bank": "bank-a", "text": "要求搭售保险"}
    await city.ok("operator", "POST", f"/financing/requests/{loan['loan_id']}/complaints", complaint)
    await city.drained()
    async with opened(chromium, desks.url, script=False) as page:
        await desks.enter(page, AccountRole.FINANCE_WINDOW)
        await page.goto("/finance")
        await page.click(f"text={number}")
        await page.check("input[name=banks][value=bank-c]")
        await page.click("button[value=push]")
        await expect(page.locator(".note.done")).to_be_visible()

        await desks.enter(page, AccountRole.BANK_CLERK, "bank-c")
        await page.goto("/bank")
        await page.locator("[data-row] a").click()
        await expect(page.locator("main")).to_contain_text("采购原材料")
        await page.select_option("#state", "approved")
        await page.fill("#by", "客户经理李")
        await page.locator("main form button.go").click()
        await expect(page.locator(".summary")).to_contain_text("amount")
        for field, text in {"amount": "2000000.00", "rate_percent": "3.45", "term_months": "12"}.items():
            await page.fill(f"#{field}", text)
        await page.locator("main form button.go").click()
        await expect(page.locator(".note.done")).to_be_visible()

        await desks.enter(page, AccountRole.REGULATOR)
        await page.goto("/regulator")
        case = page.locator("section", has_text="要求搭售保险")
        await case.locator("summary").click()
        await case.get_by_label("不属实").check()
        await case.get_by_label("核查情况").fill("已调阅合同，没有搭售。")
        await case.get_by_label("告知企业").fill("经核查不属实。")
        await case.locator("button.go").click()
        await expect(page.locator("section", has_text=re.compile("要求搭售保险"))).to_contain_text("已认定")


async def test_an_enterprise_asks_for_credit_and_follows_what_banks_answer(
    desks: DesksCity, chromium: Browser
) -> None:
    city = desks.city
    await banks(city, "huai-commercial", "wanze-rural")
    async with opened(chromium, desks.url, script=False) as page:
        await page.goto("/")
        await page.click("text=申请融资对接")
        for name, text in {**WISH, "amount": "三百"}.items():
            await page.fill(f"#{name}", text)
        await page.click("main form button.go")
        await expect(page.locator(".summary li")).to_have_count(3)  # the amount, the first loan, the consent
        await expect(page.locator("#purpose")).to_have_value(WISH["purpose"])
        await check_loan(page)
        await expect(page.locator("main dl")).to_contain_text("300 万元")
        await page.click("button[name=change]")
        await expect(page.locator("#consent")).to_be_checked()
        await page.click("main form button.go")
        await page.click("main form button.go")
        number, code = await page.locator(".code").all_inner_texts()
        await expect(page.locator(".next")).to_contain_text("示例银行L")
        await page.click("main form button.go")
        legs = page.locator("main h2")
        await expect(legs).to_have_count(2)
        await judged(city)
        await page.reload()
        await expect(page.locator(".track li.now").first).to_contain_text("前，还剩")

        (wish,) = [each for each in await requests_of(city) if each["registration_number"] == number]
        assert (wish["amount"], wish["wish"]["term_months"]) == ("3000000.00", 12)
        leg = next(each for each in wish["legs"] if each["bank"] == "huai-commercial")
        await report(city, "huai-commercial", leg["leg"], "approved")
        await page.locator("summary", has_text="投诉银行").click()
        await page.select_option("#bank", "other")
        await page.fill("#complaint", "要求搭售保险")
        await page.click("text=提交投诉")
        await expect(page.locator(".summary")).to_be_visible()
        await expect(page.locator("#complaint")).to_have_value("要求搭售保险")
        await expect(page.locator("main")).to_contain_text("200 万元，年利率 3.45%，12 个月")
        await page.select_option("#bank", "huai-commercial")
        await page.click("text=提交投诉")
        await expect(page.locator(".note.done")).to_contain_text("监管")
        await expect(page.locator("main")).to_contain_text("正在核查")
        await page.locator("summary", has_text="撤回融资需求").click()
        await page.get_by_role("button", name="撤回", exact=True).click()
        await expect(page.locator(".note.done")).to_contain_text("已撤回")

        for shown in (f"{code[:-1]}{'0' if code[-1] != '0' else '1'}", ""):
            await page.goto(f"/loan/{number}")
            await page.fill("#code", shown)
            await page.click("main form button.go")
            await expect(page.locator(".summary")).to_be_visible()
            await expect(page.locator("main")).not_to_contain_text("huai")


async def requests_of(city: City) -> list[Any]:
    """All loan requests, as the window reads them."""
    items: list[Any] = (await city.ok("operator", "GET", "/financing/requests"))["items"]
    return items
