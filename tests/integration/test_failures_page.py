"""The page of messages that could not leave: who sees it, what it shows, and its button."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urljoin
from uuid import uuid4

import httpx
import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import APPEALS, NOTIFY, City, refused
from tests.gateway import Gateway
from tests.integration.test_deliveries import until

PAGE = "/notify/failures"


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker, channels: Path) -> AsyncIterator[City]:
    """A city with two messages that failed."""
    async with City(postgres, broker, services=(*APPEALS, NOTIFY), channels=channels) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        for unit in ("roads", "east"):
            contact = {"channel": "sms", "address": f"1390000{len(unit)}404"}
            await city.ok("office", "PUT", f"/notify/contacts/unit:{unit}", {"contacts": [contact]})
        for unit in ("roads", "east"):
            appeal = await city.register(title=f"<b>{unit}</b> & 路灯")
            await city.dispatch(appeal, {"unit": unit})

        async def failed() -> bool:
            return len((await city.ok("ops", "GET", "/notify/deliveries"))["items"]) == 2

        await until(failed)
        yield city


def forms(page: httpx.Response) -> list[str]:
    """Where the buttons of a page lead."""
    actions = re.findall(r'<form method="post" action="([^"]+)"', page.text)
    return [urljoin(PAGE, action.replace("&amp;", "&")) for action in actions]


def password(key: str) -> str:
    """How a browser sends a key that it asked for."""
    return "Basic " + base64.b64encode(f"anybody:{key}".encode()).decode()


async def test_it_shows_what_failed_to_whom_why_and_what_to_do_in_both_languages(city: City) -> None:
    page = await city.call("office", "GET", PAGE)
    assert page.headers["content-type"].startswith("text/html")
    for text in (
        "未送达的消息",
        "承办单位 roads",
        "13900004404",
        "INVALID_NUMBER",
        "请核对联系方式",
        "Send again",
    ):
        assert text in page.text
    assert "<b>" not in page.text
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    style = page.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.endswith(f"style-src 'sha256-{digest}'"), "no style sheet but the page's own is applied"
    assert " style=" not in page.text


async def test_a_browser_is_asked_for_the_key_and_may_show_it_as_a_password(city: City) -> None:
    unknown = await city.call(None, "GET", PAGE)
    refused(unknown, 401, "Authorization")
    assert unknown.headers["www-authenticate"].startswith("Basic ")
    assert (await city.call(None, "GET", PAGE, authorization=password(city.keys["ops"]))).is_success
    for wrong in (password("guess"), password(city.keys["roads"]), "Basic %%%", "Basic /w=="):
        assert (await city.call(None, "GET", PAGE, authorization=wrong)).status_code in (401, 403)


async def test_a_password_opens_nothing_but_pages(city: City) -> None:
    shown = password(city.keys["office"])
    for method, path in (
        ("GET", "/notify/deliveries"),
        ("POST", f"/notify/deliveries/{uuid4()}/resend"),
        ("GET", "/dispatch/appeals"),
    ):
        answer = await city.call(None, method, path, authorization=shown)
        refused(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_button_sends_again_once_and_only_the_pages_own_form_does(
    city: City, gateway: Gateway
) -> None:
    before = sum(gateway.asked.values())
    first, second = forms(await city.call("office", "GET", PAGE))
    other = forms(await city.call("ops", "GET", PAGE))[0]
    shown = second.partition("proof=")[2]
    for action in (
        first.partition("?")[0],
        f"{first.partition('proof=')[0]}proof=guess",
        f"{first.partition('proof=')[0]}proof={shown}",
        other,
    ):
        refused(await city.call("office", "POST", action), 422, "proof")
    answer = await city.call("office", "POST", first)
    assert answer.status_code == 303
    followed = await city.call("office", "GET", urljoin(first, answer.headers["location"]))
    assert "已重新排队发送" in followed.text

    async def again() -> bool:
        return sum(gateway.asked.values()) == before + 1

    await until(again)

    async def failed_again() -> bool:
        return len(forms(await city.call("office", "GET", PAGE))) == 2

    await until(failed_again)


async def test_many_are_shown_page_by_page(city: City) -> None:
    page = await city.call("office", "GET", f"{PAGE}?limit=1")
    assert len(forms(page)) == 1
    (following,) = re.findall(r'href="(failures\?cursor=[^"]+)"', page.text)
    rest = await city.call("office", "GET", urljoin(PAGE, following))
    assert len(forms(rest)) == 1
    assert forms(rest) != forms(page)
    refused(await city.call("office", "GET", f"{PAGE}?cursor=x"), 422, "cursor")
