"""Before any route: the trace context, the size of a body, and that it is JSON in UTF-8."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from starlette.datastructures import Headers, State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.service.clock import epoch_ns
from shared.service.errors import HuyingError, Invalid, TooLarge, Unsupported
from shared.telemetry.context import SAMPLED, use_span
from shared.telemetry.spans import NUMBER, Kind, Span
from shared.web.problems import from_error

if TYPE_CHECKING:
    from shared.telemetry.metrics import Telemetry

LIMIT = 64 * 1024
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET = frozenset({"/health", "/metrics"})
"""Asked every few seconds: told in the figures, and by a span where they fail."""
_ID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"[A-Z]{1,10}-[0-9]{8}-[0-9]{1,10}")
IMPORT_LIMIT = 64 * 1024 * 1024


class Guard:
    """Refuses what no route should see; bodies over 64 KiB (an import: 64 MiB) end here."""

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

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._pass(scope, headers, receive, sending)
        finally:
            ended_ns = epoch_ns()
            _describe(scope, span, status, telemetry.tracer.service)
            _name_case(span, scope.get("path_params") or {}, context.service.case_parameters)
            if span.flags & SAMPLED or status >= 500:
                await self._name_number(span)
            _served(scope, span, status, telemetry, ended_ns)

    async def _name_number(self, span: Span) -> None:
        """A case that the path names and nothing was said of: read, or refused. The answer has left."""
        case = span.attributes.get(span.tracer.case)
        if span.tracer.exporter is None or NUMBER in span.attributes or case is None:
            return
        if (number := await self._state.service.number_of(UUID(str(case)))) is not None:
            span.attributes[NUMBER] = number

    async def _pass(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("POST", "PUT", "PATCH"):
            return await self._app(scope, receive, send)
        try:
            body = await _body(headers, receive, IMPORT_LIMIT if scope["path"].endswith("/import") else LIMIT)
        except HuyingError as refusal:
            return await from_error(refusal)(scope, receive, send)
        await self._app(scope, _again(body, receive), send)


def _place(scope: Scope, service: str) -> tuple[str, str | None, str]:
    """The method, the path's template in the service, and the route. The path itself is told nowhere."""
    method = scope["method"] if scope["method"] in METHODS else "_OTHER"
    path = getattr(scope.get("route"), "path", None)
    return method, path, "none" if path is None else f"/{service}{path}"


def _describe(scope: Scope, span: Span, status: int, service: str) -> None:
    """What the span of an answered request says."""
    method, path, route = _place(scope, service)
    span.name = method if path is None else f"{method} {route}"
    span.attributes |= {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": status,
        "url.scheme": scope.get("scheme", "http"),
    }


def _served(scope: Scope, span: Span, status: int, telemetry: "Telemetry", ended_ns: int) -> None:
    """A request was answered: its span ends, and it has its place in the figures."""
    method, path, route = _place(scope, telemetry.tracer.service)
    if path not in QUIET or status >= 500:
        span.end(str(status) if status >= 500 else None, at_ns=ended_ns)
    telemetry.metrics.observe_request(method, route, status, span)


def _name_case(span: Span, named: dict[str, str], parameters: Iterable[str]) -> None:
    """The case that the path names in one of `parameters`, where the span does not say yet which it is."""
    id_ = next((named[name] for name in parameters if name in named), None)
    number = named.get("registration_number")
    if id_ is not None and span.tracer.case not in span.attributes and _ID.fullmatch(id_):
        span.attributes[span.tracer.case] = str(UUID(id_))
    if number is not None and NUMBER not in span.attributes and _NUMBER.fullmatch(number):
        span.attributes[NUMBER] = number


async def _body(headers: Headers, receive: Receive, limit: int) -> bytes:
    if int(headers.get("content-length") or 0) > limit:
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
        _check_text(headers, body)
    return body


def _check_text(headers: Headers, body: bytes) -> None:
    kind, _, rest = headers.get("content-type", "").lower().partition(";")
    charset = rest.partition("charset=")[2].strip(' "')
    if kind.strip() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise Unsupported(
            "请以 UTF-8 编码的 JSON 提交（Content-Type: application/json）",
            "send JSON in UTF-8 (Content-Type: application/json)",
            "Content-Type",
        )
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"第 {error.start} 字节起不是 UTF-8 编码", f"not UTF-8 from byte {error.start} on", "body"
        ) from error
    if (place := body.find(0)) >= 0:  # a reader of JSON would take it for UTF-16
        raise Invalid(f"第 {place} 字节为空字符", f"byte {place} is a null character", "body")


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"请求体超过 {limit} 字节", f"the body is larger than {limit} bytes", "body")


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
