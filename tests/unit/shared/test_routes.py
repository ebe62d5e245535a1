"""A route served without FastAPI's layers answers as with them, be the request right or wrong."""

from collections.abc import AsyncIterator
from datetime import UTC
from types import SimpleNamespace
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from shared.roles import EVERYBODY
from shared.service.accounts import Accounts
from shared.service.errors import Unauthorized
from shared.telemetry.logs import log
from shared.telemetry.metrics import Metrics, Telemetry
from shared.telemetry.spans import Tracer
from shared.web import problems
from shared.web.endpoints import endpoint_of
from shared.web.guard import Guard
from shared.web.request import authorize, json
from shared.web.routes import Description, application

ROUTE = "/status/{registration_number}/ratings"


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=5)]
    count: Annotated[int, Field(ge=1)] = 1


async def language(lang: Annotated[str, Query(pattern="^[a-z]{2}$")] = "zh") -> str:
    return lang


async def wishes(
    registration_number: Annotated[str, Path(pattern="^[A-Z]+$")],
    body: Wish,
    code: Annotated[str, Header(max_length=4)],
    lang: Annotated[str, Depends(language)],
    limit: Annotated[int, Query(le=10)] = 5,
) -> Response:
    return json({"at": registration_number, "wish": body.model_dump(), "by": [code, lang, limit]})


def standing() -> SimpleNamespace:
    """What stands for a service that opens the route to everybody."""
    return SimpleNamespace(
        accounts=Accounts([]),
        access={f"POST {ROUTE}": EVERYBODY},
        zone=UTC,
        service=SimpleNamespace(case_parameters=(), hiding=None),
        telemetry=Telemetry(Tracer("test"), Metrics("test")),
        log=log("test"),
    )


@pytest.fixture
async def both() -> AsyncIterator[list[httpx.AsyncClient]]:
    """The same route without FastAPI's layers around it, and with them."""
    router = APIRouter()
    router.add_api_route(ROUTE, wishes, methods=["POST"])
    layered = FastAPI(dependencies=[Depends(authorize)])
    layered.include_router(router)
    problems.install(layered)
    ours = application(Description(), [router])
    clients = []
    for app, outermost in ((ours, ours), (layered, Guard(layered, layered.state))):
        app.state.service = standing()
        transport = httpx.ASGITransport(outermost, raise_app_exceptions=False)
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://test"))
    yield clients
    for client in clients:
        await client.aclose()


GOOD: dict[str, Any] = {
    "url": "/status/ABC/ratings",
    "content": b'{"name": "x"}',
    "headers": {"content-type": "application/json", "code": "1"},
}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"content": '{"name": "路面", "count": 3}'.encode()}, 200),
        ({"params": {"limit": "7", "lang": "en"}}, 200),
        ({"params": {"limit": "11"}}, 422),
        ({"params": {"limit": "x", "lang": "eng"}}, 422),
        ({"url": "/status/abc/ratings"}, 422),
        ({"url": "/status/A%2FB/ratings"}, 404),
        ({"url": "/status"}, 404),
        ({"headers": {"content-type": "application/json"}}, 422),
        ({"headers": {"content-type": "application/json", "code": "12345"}}, 422),
        ({"content": b""}, 422),
        ({"content": b"{"}, 400),
        ({"content": b"[]"}, 422),
        ({"content": b"null"}, 422),
        ({"content": b'{"name": "toolong", "count": 0, "more": 1}'}, 422),
    ],
)
async def test_both_ways_give_the_same_answer(
    both: list[httpx.AsyncClient], change: dict[str, Any], status: int
) -> None:
    answers = [await client.request("POST", **{**GOOD, **change}) for client in both]
    shown = [
        (answer.status_code, answer.headers.get("content-type"), _without_trace(answer)) for answer in answers
    ]
    assert shown[0] == shown[1]
    assert shown[0][0] == status


def _without_trace(answer: httpx.Response) -> Any:
    return {name: value for name, value in answer.json().items() if name != "trace_id"}


async def test_another_method_is_refused_alike(both: list[httpx.AsyncClient]) -> None:
    answers = [await client.request("PATCH", **GOOD) for client in both]
    assert [answer.status_code for answer in answers] == [405, 405]


def test_an_endpoint_that_cannot_be_served_is_refused_when_the_service_is_built() -> None:
    def waits_for_nothing() -> Response:
        return Response()

    async def says_not_what_it_returns(body: Wish):  # type: ignore[no-untyped-def]
        return body

    with pytest.raises(TypeError, match="no coroutine function"):
        endpoint_of(waits_for_nothing, frozenset())
    router = APIRouter()
    router.add_api_route("/wishes", says_not_what_it_returns, methods=["POST"])
    with pytest.raises(TypeError, match="return a Response"):
        application(Description(), [router])


async def test_what_a_route_depends_on_is_asked_before_the_body_is_looked_at() -> None:
    async def proof(request: Request, seal: Annotated[str, Header(max_length=4)] = "") -> None:
        if seal != (await request.body()).decode()[:2]:
            raise Unauthorized("封缄有误", "the seal is wrong", "seal")

    router, description = APIRouter(), Description({f"POST {ROUTE}": EVERYBODY})
    router.add_api_route(ROUTE, wishes, methods=["POST"], dependencies=[Depends(proof)])
    app = application(description, [router])
    app.state.service = standing()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for content, seal, status in (
            (b"{", "x", 401),
            (b"[]", "", 401),
            (b"{", "{", 400),
            (b"[]", "[]", 422),
            (b'{"name": "x"}', '{"', 200),
            (b'{"name": "x"}', "toolong", 422),
        ):
            headers = GOOD["headers"] | {"seal": seal}
            answer = await client.post(GOOD["url"], content=content, headers=headers)
            assert answer.status_code == status, content
    (operation,) = description.openapi()["paths"][ROUTE].values()
    assert "seal" in {parameter["name"] for parameter in operation["parameters"]}
