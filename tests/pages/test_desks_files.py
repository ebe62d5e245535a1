"""Photos and papers on the pages: with an appeal, later, by staff; what is refused, and who reads what."""

import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from shared.roles import UNIT
from tests.attachments import pdf, photo
from tests.pages.desks import DesksCity, drawn, opened

MAKERS = {"name": "示例制造有限公司", "phone": "13800000106"}


def chosen(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


async def filled_in(page: Page, text: str) -> None:
    await page.goto("/new")
    await page.fill("#title", "厂区门口道路破损，货车无法进出")
    await page.fill("#text", text)
    await page.fill("#enterprise", "示例制造有限公司")
    await page.click("main form button.go")


async def files_of(desks: DesksCity, number: str) -> list[Any]:
    appeal = await desks.city.ok("office", "GET", f"/intake/appeals/{number}")
    return list(appeal["attachments"])


@pytest.mark.parametrize("script", [True, False])
async def test_files_come_with_the_appeal_and_later_and_what_is_refused_is_named(
    desks: DesksCity, chromium: Browser, script: bool
) -> None:
    async with opened(chromium, desks.url, width=390, script=script) as public:
        await filled_in(public, "上周三起路面塌陷。" if script else "昨天起路灯全部不亮，夜班工人进出不便。")
        await expect(public.locator("#files-hint")).to_contain_text("最多 5 个文件，每个不超过 20 MB")
        await drawn(public, "check")
        await public.set_input_files(
            "#files", [chosen("现场“一”.jpg", photo()), chosen("程序.exe", b"MZ" * 400)]
        )
        await public.get_by_role("button", name="提交", exact=True).click()
        await expect(public.locator(".note.done")).to_contain_text("已收到 1 个文件")
        await expect(public.locator(".note.warn")).to_contain_text("程序.exe：无法识别文件类型")
        number, _ = await public.locator("p.code").all_inner_texts()
        assert [file["name"] for file in await files_of(desks, number)] == ["现场“一”.jpg"]
        await drawn(public, "done")
        await public.set_input_files("#files", [chosen("合同.pdf", pdf())])
        await public.get_by_role("button", name="上传", exact=True).click()
        await expect(public.locator(".note.done")).to_contain_text("文件已收到")
        await expect(public.locator("h1")).to_contain_text("道路破损")
        await drawn(public, "status")
        async with public.expect_download() as download:
            await public.get_by_role("button", name="合同.pdf").click()
        assert (await download.value).suggested_filename == "合同.pdf"
        await public.locator("summary", has_text="补充照片和材料").click()
        await public.locator("form[data-upload] button").click()
        await expect(public.locator("#files-why")).to_contain_text("请选择文件")
    assert [file["by"] for file in await files_of(desks, number)] == ["enterprise", "enterprise"]


async def test_what_was_typed_stays_where_the_appeal_is_refused_and_the_file_is_asked_for_again(
    desks: DesksCity, chromium: Browser
) -> None:
    async with opened(chromium, desks.url, script=False) as public:
        await filled_in(public, "上周五起路面塌陷。")
        await public.locator("button[name=change]").click()
        await public.locator("summary", has_text="信用代码").click()
        await public.fill("#credit_code", "123")
        await public.click("main form button.go")
        await public.set_input_files("#files", [chosen("现场.jpg", photo())])
        await public.get_by_role("button", name="提交", exact=True).click()
        await expect(public.locator(".summary")).to_be_visible()
        await expect(public.locator(".note.warn")).to_contain_text("您选择的文件没有保留")
        await expect(public.locator("#text")).to_have_value("上周五起路面塌陷。")


async def test_staff_add_files_and_see_photos_small(desks: DesksCity, chromium: Browser) -> None:
    city = desks.city
    appeal = await city.register(title="支路坑洼积水", enterprise=MAKERS)
    await city.dispatch(appeal, {"unit": "roads"})
    await city.drained()
    number = appeal["registration_number"]
    async with opened(chromium, desks.url) as unit:
        await desks.enter(unit, UNIT, "roads")
        await unit.goto(f"/case/{number}")
        await unit.locator("summary", has_text="添加附件").click()
        await unit.check("input[name=for_enterprise]")
        await unit.set_input_files("#files", [chosen("现场.png", photo("PNG"))])
        await unit.get_by_role("button", name="上传", exact=True).click()
        await expect(unit.locator(".note.done")).to_contain_text("已添加 1 个文件")
        picture = unit.locator(".file img")
        await picture.scroll_into_view_if_needed()
        await expect(picture).to_have_js_property("complete", value=True)
        assert 0 < await picture.evaluate("picture => picture.naturalWidth") <= 320
        small = await picture.get_attribute("src")
        answer = await unit.request.get(small or "")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == (
            "image/jpeg",
            "nosniff",
        )
        await drawn(unit, "case-files")
        full = await unit.request.get(re.sub("/small$", "", small or ""))
        assert full.headers["content-disposition"].startswith("attachment")
    (file,) = await files_of(desks, number)
    assert (file["unit"], file["for_enterprise"]) == ("roads", True)
    async with opened(chromium, desks.url) as other:
        await desks.enter(other, UNIT, "water")
        assert (await other.request.get(small or "")).status == 404


async def test_a_form_with_files_that_is_none_breaks_nothing(desks: DesksCity) -> None:
    kind = "multipart/form-data; boundary=x"
    async with httpx.AsyncClient(base_url=desks.url) as client:
        for content, status in (
            (b"", 404),
            (b"--x\r\nnothing", 422),
            (b'--x\r\nContent-Disposition: form-data; name="number"\r\n\r\nA' * 2, 422),
            (b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nhalf', 422),
            (b'--x\r\nContent-Disposition: form-data; name="n"\r\n\r\n' + b"a" * 70_000 + b"\r\n--x--", 413),
        ):
            answer = await client.post("/status/files", content=content, headers={"content-type": kind})
            assert answer.status_code == status, content[:60]
        answer = await client.post(
            "/status/files", content=b"", headers={"content-type": "multipart/form-data"}
        )
        assert answer.status_code == 422
