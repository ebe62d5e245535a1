"""Refusals of callers are logged, guessed keys too, and what fails is answered without what it says."""

from datetime import UTC
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Response

from shared.roles import AccountRole, only
from shared.service.accounts import Account, Accounts, hash_key
from shared.service.errors import TooMany
from shared.telemetry.metrics import Metrics, Telemetry
from shared.telemetry.spans import Tracer
from shared.web.origins import Origins
from shared.web.request import json as answer
from shared.web.routes import Description, application

KEY = "the key of the operator"
FAULTY, BUSY = "13811112222", "13833334444"
ACCOUNT = Account(name="hotline", role=AccountRole.OPERATOR, key_sha256=hash_key(KEY))


class Log:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, dict[str, Any]]] = []

    def warning(self, event: str, **entry: Any) -> None:
        self.entries.append((event, entry))


async def case(case_id: str) -> Response:
    if case_id == BUSY:
        raise TooMany("过于频繁", "too many tries", retry_after_s=1)
    if case_id == FAULTY:
        raise RuntimeError(f"select of {KEY} failed")
    return answer({"case_id": case_id})


@pytest.mark.parametrize(
    ("path", "key", "entry"),
    [
        ("/open/13800138000", KEY, None),
        (
            "/closed/13800138000",
            KEY,
            (403, "/closed/{case_id}", "Forbidden: the role operator may not do this"),
        ),
        ("/closed/13800138000", "a guess", (401, "/closed/{case_id}", "Unauthorized: this API key or token")),
        ("/closed/13800138000", None, (401, "/closed/{case_id}", "Unauthorized: an API key is needed")),
        (f"/open/{BUSY}", KEY, (429, "/open/{case_id}", "TooMany: too many tries")),
        ("/nothing", KEY, None),
    ],
)
async def test_who_is_refused_is_logged_by_the_route_and_without_what_was_sent(
    path: str, key: str | None, entry: tuple[int, str, str] | None
) -> None:
    log = Log()
    await asked(log, path, key)
    assert path not in str(log.entries)
    assert KEY not in str(log.entries)
    if entry is None:
        assert log.entries == []
    else:
        status, route, reason = entry
        ((event, logged),) = log.entries
        assert event == "refused"
        assert (logged["status"], logged["method"], logged["route"]) == (status, "GET", route)
        assert logged["reason"].startswith(reason)


async def test_an_error_that_nobody_expected_is_answered_without_what_it_says() -> None:
    failed = await asked(Log(), f"/open/{FAULTY}", KEY)
    assert (failed.status_code, failed.json()["code"]) == (500, "error")
    for inside in (KEY, "select", "RuntimeError", "Traceback"):
        assert inside not in failed.text


async def asked(log: Log, path: str, key: str | None) -> httpx.Response:
    """The answer of a service with two routes, one of which is closed to the operator."""
    router = APIRouter()
    for name in ("open", "closed"):
        router.add_api_route(f"/{name}/{{case_id}}", case, methods=["GET"])
    app = application(Description(), [router])
    app.state.service = SimpleNamespace(
        accounts=Accounts([ACCOUNT]),
        access={
            "GET /open/{case_id}": only(AccountRole.OPERATOR),
            "GET /closed/{case_id}": only(AccountRole.OPS),
        },
        origins=Origins(),
        settings=SimpleNamespace(behind_proxy=False),
        zone=UTC,
        service=SimpleNamespace(name="test", case_parameters=(), hiding=None),
        telemetry=Telemetry(Tracer("test"), Metrics("test")),
        log=log,
    )
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://test"
    ) as client:
        return await client.get(path, headers=headers)
