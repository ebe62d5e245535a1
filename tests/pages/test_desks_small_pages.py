"""The smallest pages: accounts, the finance window, a bank and the regulator, without script."""

import re

from playwright.async_api import Browser, expect

from shared.roles import AccountRole
from tests.lending import ask, banks
from tests.pages.desks import DesksCity, opened


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
