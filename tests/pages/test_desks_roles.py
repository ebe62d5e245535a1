"""Who may open which page: every page for every role, and for nobody."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.desks.pages.access import ADMINISTERING
from services.desks.pages.home import DESKS, links_of
from services.desks.pages.routing import Page
from services.desks.pages.site import PAGES
from services.desks.people.domain import OF_PEOPLE
from shared.roles import AccountRole
from tests.pages.desks import DesksCity

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
