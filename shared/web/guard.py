"""What comes before any route: the span of the request, and the rest of a body that nobody has read."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from starlette.datastructures import Headers, State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.service.clock import epoch_ns
from shared.telemetry.context import SAMPLED, use_span
from shared.telemetry.spans import NUMBER, Kind, Span
from shared.web.arriving import WITH_BODY
from shared.web.streamed import pass_on

if TYPE_CHECKING:
    from shared.telemetry.metrics import Telemetry

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET = frozenset({"/health", "/metrics", "/ready"})
"""Called every few seconds: they are counted in the metrics, and leave a span only where they fail."""
_ID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"[A-Z]{1,10}-[0-9]{8}-[0-9]{1,10}")


class Guard:
    """Makes the span of a request, and measures it."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        context = self._state.service
        telemetry = context.telemetry
        span = telemetry.tracer.begin(scope["method"], Kind.SERVER, headers.get("traceparent"))
        use_span(span)
        status = 500

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._pass(scope, receive, send_noting_status)
        finally:
            ended_ns = epoch_ns()
            _describe(scope, span, status, telemetry.tracer.service)
            _name_case(span, scope.get("path_params") or {}, context.service.case_parameters)
            if span.flags & SAMPLED or status >= 500:
                await self._name_number(span)
            _end(scope, span, status, telemetry, ended_ns)

    async def _name_number(self, span: Span) -> None:
        """Read the number of a case that the path names by its id. The answer has left by now."""
        case = span.attributes.get(span.tracer.case)
        if span.tracer.exporter is None or NUMBER in span.attributes or case is None:
            return
        if (number := await self._state.service.number_of(UUID(str(case)))) is not None:
            span.attributes[NUMBER] = number

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in WITH_BODY:
            await pass_on(self._app, scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _route_of(scope: Scope, service: str) -> tuple[str, str | None, str]:
    """The method, the template of the path, and the route. The path itself may hold personal data."""
    method = scope["method"] if scope["method"] in METHODS else "_OTHER"
    path = getattr(scope.get("route"), "path", None)
    return method, path, "none" if path is None else f"/{service}{path}"


def _describe(scope: Scope, span: Span, status: int, service: str) -> None:
    """Name the span of an answered request and give it its attributes."""
    method, path, route = _route_of(scope, service)
    span.name = method if path is None else f"{method} {route}"
    span.attributes |= {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": status,
        "url.scheme": scope.get("scheme", "http"),
    }


def _end(scope: Scope, span: Span, status: int, telemetry: "Telemetry", ended_ns: int) -> None:
    """End the span of an answered request, and measure it."""
    method, path, route = _route_of(scope, telemetry.tracer.service)
    if path not in QUIET or status >= 500:
        span.end(str(status) if status >= 500 else None, at_ns=ended_ns)
    telemetry.metrics.observe_request(method, route, status, span)


def _name_case(span: Span, path_params: dict[str, str], parameters: Iterable[str]) -> None:
    """Name the case whose id is one of the path's `parameters`, unless the span names one already."""
    id_ = next((path_params[name] for name in parameters if name in path_params), None)
    number = path_params.get("registration_number")
    if id_ is not None and span.tracer.case not in span.attributes and _ID.fullmatch(id_):
        span.attributes[span.tracer.case] = str(UUID(id_))
    if number is not None and NUMBER not in span.attributes and _NUMBER.fullmatch(number):
        span.attributes[NUMBER] = number
