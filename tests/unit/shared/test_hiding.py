"""A case that is kept from a role is kept by every route that names it, whatever the route knows of it."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Response

from shared.roles import EVERYBODY, AccountRole
from shared.service.accounts import Account, Accounts, hash_key
from shared.service.errors import Conflict, NotFound
from shared.telemetry.metrics import Metrics, Telemetry
from shared.telemetry.spans import Tracer
from shared.web.hiding import Hiding, id_of
from shared.web.origins import Origins
from shared.web.request import json
from shared.web.routes import Description, application

KEPT, OPEN = UUID(int=1), UUID(int=2)
CASE, CONTACTS = "/cases/{case}", "/contacts/{recipient}"
REFUSAL = NotFound("没有这个案件", "no such case", "case")


async def read(case: str) -> Response:
    return json({"case": case, "secret": "吃拿卡要"}, etag=7)


async def act(case: str) -> Response:
    if case.endswith("9"):
        raise Conflict("不能", "not now")
    return json({"case": case, "secret": "吃拿卡要"}, 201, etag=8)


async def contacts(recipient: str) -> Response:
    return json({"recipient": recipient, "phone": "13800000000"})


async def hidden(_: Any, role: AccountRole | None, ids: Collection[UUID]) -> frozenset[UUID]:
    return frozenset() if role is AccountRole.OFFICE else frozenset(ids) & {KEPT, UUID(int=9)}


HIDING = Hiding(("case", "recipient"), hidden, lambda _context, _role: (), lambda: REFUSAL)


@pytest.fixture
async def served() -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter()
    router.add_api_route(CASE, read, methods=["GET"])
    router.add_api_route(CASE, act, methods=["POST"])
    router.add_api_route(CONTACTS, contacts, methods=["GET"])
    app = application(Description(), [router])
    accounts = [
        Account(name=role, role=role, key_sha256=hash_key(role), code="x")
        for role in (AccountRole.OFFICE, AccountRole.UNIT)
    ]
    app.state.service = SimpleNamespace(
        accounts=Accounts(accounts),
        access=dict.fromkeys((f"GET {CASE}", f"POST {CASE}", f"GET {CONTACTS}"), EVERYBODY),
        zone=UTC,
        origins=Origins(),
        settings=SimpleNamespace(behind_proxy=False),
        service=SimpleNamespace(case_parameters=(), hiding=HIDING),
        telemetry=Telemetry(Tracer("test"), Metrics("test")),
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def key(role: str) -> dict[str, str]:
    return {"authorization": f"Bearer {role}"}


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("office", f"/cases/{KEPT}", 200),
        ("unit", f"/cases/{KEPT}", 404),
        ("unit", f"/cases/{KEPT.hex.upper()}", 404),
        ("unit", f"/cases/{{{KEPT}}}", 404),
        ("unit", f"/cases/urn:uuid:{KEPT}", 404),
        ("unit", f"/cases/{OPEN}", 200),
        ("unit", "/cases/none", 200),
        ("office", f"/contacts/enterprise:{KEPT}", 200),
        ("unit", f"/contacts/enterprise:{KEPT}", 404),
        ("unit", "/contacts/unit:roads", 200),
    ],
)
async def test_a_read_is_answered_as_if_there_were_no_such_case(
    served: httpx.AsyncClient, role: str, path: str, status: int
) -> None:
    answer = await served.get(path, headers=key(role))
    assert answer.status_code == status
    assert ("no such case" in answer.text) == (status == 404)
    assert status == 200 or "吃拿卡要" not in answer.text


async def test_an_act_is_done_and_answered_without_the_case(served: httpx.AsyncClient) -> None:
    answer = await served.post(f"/cases/{KEPT}", headers=key("unit"))
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (204, b"", '"8"')
    shown = await served.post(f"/cases/{KEPT}", headers=key("office"))
    assert (shown.status_code, shown.json()["secret"]) == (201, "吃拿卡要")


async def test_an_act_that_is_refused_says_why(served: httpx.AsyncClient) -> None:
    answer = await served.post(f"/cases/{UUID(int=9)}", headers=key("unit"))
    assert answer.status_code == 409
    assert "not now" in answer.text


@pytest.mark.parametrize("text", [None, "", "roads", "unit:roads", "1", ":"])
def test_what_is_no_id_names_no_case(text: str | None) -> None:
    assert id_of(text) is None
