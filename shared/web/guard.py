"""What comes before any route: the span of the request, and checks of the size and form of its body."""

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from starlette.datastructures import Headers, State
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.service.clock import epoch_ns
from shared.service.errors import HuyingError, Invalid, TooLarge, TooSlow, Unsupported
from shared.telemetry.context import SAMPLED, use_span
from shared.telemetry.spans import NUMBER, Kind, Span
from shared.web.json_bodies import check_text
from shared.web.problems import from_error
from shared.web.streamed import LONGEST_LENGTH, StreamedRoutes, pass_on

if TYPE_CHECKING:
    from shared.telemetry.metrics import Telemetry

LIMIT = 64 * 1024
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET = frozenset({"/health", "/metrics", "/ready"})
"""Called every few seconds: they are counted in the metrics, and leave a span only where they fail."""
_ID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"[A-Z]{1,10}-[0-9]{8}-[0-9]{1,10}")
IMPORT_LIMIT = 64 * 1024 * 1024
BODY_S, IMPORT_S = 60.0, 600.0
"""Within which a body arrives as a whole."""
REFUSAL = "huying.refusal"
"""In the scope of a request: why its body is refused, whatever the route."""


class Guard:
    """Makes a request's span, and refuses a body over 64 KiB (an import: 64 MiB), that is no JSON, or slow.

    `body_s` and `import_s` are the seconds within which a body arrives. The routes `streamed` look after
    their bodies themselves.
    """

    def __init__(
        self,
        app: ASGIApp,
        state: State,
        body_s: float = BODY_S,
        import_s: float = IMPORT_S,
        streamed: StreamedRoutes | None = None,
    ) -> None:
        self._app = app
        self._state = state
        self._streamed = streamed or StreamedRoutes(())
        self._body_s = body_s
        self._import_s = import_s

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
            await self._pass(scope, headers, receive, send_noting_status)
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

    async def _pass(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("POST", "PUT", "PATCH"):
            return await self._app(scope, receive, send)
        if self._streamed.has(scope):
            return await pass_on(self._app, scope, receive, send)
        imports = scope["path"].endswith("/import")
        limit, seconds = (IMPORT_LIMIT, self._import_s) if imports else (LIMIT, self._body_s)
        try:
            async with asyncio.timeout(seconds):
                body = await _body(headers, receive, limit)
        except TimeoutError:
            return await _refuse_unread(_too_slow(seconds))(scope, receive, send)
        except TooLarge as refusal:
            return await _refuse_unread(refusal)(scope, receive, send)
        except HuyingError as refusal:
            return await from_error(refusal)(scope, receive, send)
        try:
            check_text(body)
        except Invalid as refusal:  # the route refuses it once it knows the caller
            scope[REFUSAL] = refusal
        await self._app(scope, _replay(body, receive), send)


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


async def _body(headers: Headers, receive: Receive, limit: int) -> bytes:
    length = headers.get("content-length", "")
    if length.isascii() and length.isdecimal() and (len(length) > LONGEST_LENGTH or int(length) > limit):
        raise _too_large(limit)
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > limit:
            raise _too_large(limit)
    body = b"".join(parts)
    if body:
        _check_type(headers)
    return body


def _check_type(headers: Headers) -> None:
    kind, _, rest = headers.get("content-type", "").lower().partition(";")
    charset = rest.partition("charset=")[2].strip(' "')
    if kind.strip() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise Unsupported(
            "请以 UTF-8 编码的 JSON 提交（Content-Type: application/json）",
            "send JSON in UTF-8 (Content-Type: application/json)",
            "Content-Type",
        )


def _refuse_unread(refusal: HuyingError) -> Response:
    """The answer before the body has ended. The connection is closed: nobody reads the rest."""
    answer = from_error(refusal)
    answer.headers["connection"] = "close"
    return answer


def _too_slow(seconds: float) -> TooSlow:
    return TooSlow(
        f"请求体未在 {seconds:g} 秒内传完", f"the body did not arrive within {seconds:g} seconds", "body"
    )


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"请求体超过 {limit} 字节", f"the body is larger than {limit} bytes", "body")


def _replay(body: bytes, receive: Receive) -> Receive:
    is_replayed = False

    async def replay() -> Message:
        nonlocal is_replayed
        if is_replayed:
            return await receive()
        is_replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
