"""Routes: our binding of requests to endpoints, beside plain Starlette with pydantic, and FastAPI's layers.

All three serve the routes of financing behind the same guard, with endpoints that do nothing. Requests are
handed to the application in this process, so that neither sockets nor a database count.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from functools import partial
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, FastAPI, Query, Response
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from services.financing.app import SERVICE
from services.financing.loans import acts
from shared.roles import AccountRole
from shared.service.accounts import Account, Accounts, hash_key
from shared.service.errors import Forbidden
from shared.telemetry.metrics import Metrics, Telemetry
from shared.telemetry.spans import Tracer
from shared.web import problems
from shared.web.guard import Guard
from shared.web.paging import Paged, page
from shared.web.request import (
    Called,
    Deciding,
    Requested,
    authorize,
    deciding,
    json,
    request_context,
    shown_key,
)
from shared.web.routes import Description, application
from shared.web.status import CodeHeader, NumberPath
from tests.bench.measure import Figure, in_turns

TARGET = "≥ 110 %"
LOAN = "6f1f5a1e-6ea5-4f7c-9a0e-1f2a3b4c5d6e"
CREDIT_CODE = r"^[0-9A-Z]{18}$"
REQUESTS = {
    "a list": ("GET", "/requests", b"limit=50&credit_code=91350100M000100Y43", b""),
    "one case": ("GET", f"/requests/{LOAN}", b"", b""),
    "by receipt code": ("GET", "/status/BZ-20261109-00001", b"", b""),
    "an act": ("POST", f"/requests/{LOAN}/closures", b"", b'{"outcome": "financed"}'),
}
HEADERS = [
    (b"authorization", b"Bearer key"),
    (b"content-type", b"application/json"),
    (b"receipt-code", b"ABCD-EFGH-1234-5678"),
]


async def _list(
    called: Called, page: Paged, credit_code: Annotated[str | None, Query(pattern=CREDIT_CODE)] = None
) -> Response:
    return json({"limit": page.limit})


async def _one(loan_id: UUID, called: Called) -> Response:
    return json({"id": loan_id})


async def _status(registration_number: NumberPath, receipt_code: CodeHeader, request: Requested) -> Response:
    return json({"number": registration_number})


async def _act(loan_id: UUID, body: acts.CloseLoan, request: Deciding) -> Response:
    return json({"id": loan_id})


DESCRIBED = {
    "GET /requests": _list,
    "GET /requests/{loan_id}": _one,
    "GET /status/{registration_number}": _status,
    "POST /requests/{loan_id}/closures": _act,
}
_limit = TypeAdapter(Annotated[int, Query(ge=1, le=500)]).validate_python
_cursor = TypeAdapter(Annotated[str | None, Query(max_length=1000)]).validate_python
_credit_code = TypeAdapter(Annotated[str | None, Query(pattern=CREDIT_CODE)]).validate_python
_uuid = TypeAdapter(UUID).validate_python
_number, _code = TypeAdapter(NumberPath).validate_python, TypeAdapter(CodeHeader).validate_python
_close = TypeAdapter(acts.CloseLoan).validate_python


async def _plain_list(request: Request) -> Response:
    query = request.query_params
    part = await page(_cursor(query.get("cursor")), _limit(query.get("limit", 50)))
    _credit_code(query.get("credit_code"))
    return json({"limit": part.limit})


async def _plain_one(request: Request) -> Response:
    return json({"id": _uuid(request.path_params["loan_id"])})


async def _plain_status(request: Request) -> Response:
    number = _number(request.path_params["registration_number"])
    _code(request.headers["receipt-code"])
    await request_context(request)
    return json({"number": number})


async def _plain_act(request: Request) -> Response:
    loan_id = _uuid(request.path_params["loan_id"])
    _close(orjson.loads(await request.body()))
    await deciding(request)
    return json({"id": loan_id})


PLAIN = dict(zip(DESCRIBED, (_plain_list, _plain_one, _plain_status, _plain_act), strict=True))


def _context() -> Any:
    """The parts of a service context that the guard and the check of access use."""
    office = Account(name="office", role=AccountRole.OFFICE, key_sha256=hash_key("key"))
    return SimpleNamespace(
        accounts=Accounts([office]),
        access=SERVICE.table,
        zone=UTC,
        service=SERVICE,
        telemetry=Telemetry(Tracer("financing"), Metrics("financing")),
    )


def _router() -> APIRouter:
    """The routes of financing; the endpoints of the four measured routes do nothing."""
    router = APIRouter()
    for route in SERVICE.routes:
        (method,) = route.methods
        endpoint = DESCRIBED.get(f"{method} {route.path}", route.endpoint)
        router.add_api_route(route.path, endpoint, methods=[method], response_model=None)
    return router


def ours() -> ASGIApp:
    app = application(Description(), [_router()])
    app.state.service = _context()
    return app


def layered() -> ASGIApp:
    app = FastAPI(dependencies=[Depends(authorize)])
    app.include_router(_router())
    app.state.service = _context()
    problems.install(app)
    return Guard(app, app.state)


def plain() -> ASGIApp:
    """Starlette's own routes. Each endpoint reads and validates its parameters itself."""
    context, routes = _context(), []
    for route in SERVICE.routes:
        (method,) = route.methods
        name = f"{method} {route.path}"
        endpoint = partial(_admitted, PLAIN.get(name, _plain_one), context, context.access[name])
        routes.append(Route(route.path, endpoint, methods=[method]))
    app = Starlette(routes=routes, exception_handlers={ValidationError: _refused})
    app.state.service = context
    return Guard(app, app.state)


async def _admitted(
    endpoint: Callable[[Request], Awaitable[Response]], context: Any, roles: Any, request: Request
) -> Response:
    key = shown_key(request, is_page=False)
    caller = context.accounts.caller(key)
    if caller.role not in roles:
        raise Forbidden("本账号无权进行此操作", "this role may not do this")
    request.state.caller, request.state.key = caller, key
    return await endpoint(request)


async def _refused(_request: Request, error: Exception) -> Response:
    return json({"detail": str(error)}, 422)


async def routes(*, quick: bool) -> list[Figure]:
    """Requests for each second of processor time."""
    rounds, number = (1, 300) if quick else (7, 1_500)
    apps = {"ours": ours(), "plain": plain(), "layers": layered()}
    figures = []
    asides = (("plain", "plain Starlette, each endpoint by hand", ""), ("layers", "FastAPI's layers", TARGET))
    for name, request in REQUESTS.items():
        for app in apps.values():
            assert await _status_of(app, request) == 200
        rates = await in_turns(
            rounds, **{variant: partial(_rate, app, request, number) for variant, app in apps.items()}
        )
        figures += [
            Figure(f"route, {name}", "requests/s", rates["ours"], beside, rates[variant], target)
            for variant, beside, target in asides
        ]
    return figures


async def _rate(app: ASGIApp, request: tuple[str, str, bytes, bytes], number: int) -> float:
    began = time.process_time()
    for _ in range(number):
        await _status_of(app, request)
    return number / (time.process_time() - began)


async def _status_of(app: ASGIApp, request: tuple[str, str, bytes, bytes]) -> int:
    method, path, query, body = request
    answered: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": query,
        "headers": [*HEADERS, (b"content-length", str(len(body)).encode())],
        "server": ("localhost", 80),
        "client": ("localhost", 1),
    }
    await app(scope, receive, send)
    return int(answered[0]["status"])
