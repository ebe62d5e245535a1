"""Before any route: the trace context, the size of a body, and that it is JSON in UTF-8."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import telemetry
from shared.errors import HuyingError, Invalid, TooLarge, Unsupported
from shared.web.problems import from_error

LIMIT = 64 * 1024
IMPORT_LIMIT = 64 * 1024 * 1024


class Guard:
    """Refuses what no route should see; bodies over 64 KiB (an import: 64 MiB) end here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        telemetry.follow(telemetry.continued(headers.get("traceparent")))
        if scope["method"] not in ("POST", "PUT", "PATCH"):
            return await self._app(scope, receive, send)
        try:
            body = await _body(headers, receive, IMPORT_LIMIT if scope["path"].endswith("/import") else LIMIT)
        except HuyingError as refusal:
            return await from_error(refusal)(scope, receive, send)
        await self._app(scope, _again(body, receive), send)


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
