"""Refusals as HTTP answers: problem details (RFC 9457), in Chinese and English."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from shared.database.errors import DATABASE_ERRORS, is_transient
from shared.service.errors import (
    Forbidden,
    HuyingError,
    TooMany,
    Unauthorized,
    Unavailable,
    redacted,
)
from shared.telemetry.context import traceparent
from shared.web.mistakes import mistakes
from shared.web.moments import with_offset_of

MEDIA_TYPE = "application/problem+json"

Amendments = Mapping[str, Callable[[Request, Response], Awaitable[Response]]]
"""By method and path of a route, what adds to its refusals."""
_NONE: Amendments = MappingProxyType({})


def problem(status: int, code: str, zh: str, en: str, errors: list[dict[str, str]] | None = None) -> Response:
    """An answer in the form of RFC 9457."""
    content: dict[str, Any] = {
        "type": f"urn:huying:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": f"{zh} / {en}",
        "errors": errors or [],
        "trace_id": traceparent()[3:35],
    }
    return Response(orjson.dumps(content), status, media_type=MEDIA_TYPE)


def from_error(error: HuyingError) -> Response:
    """The answer to an error of our own."""
    errors = [{"field": error.field, "zh": error.zh, "en": error.en}] if error.field else []
    answer = problem(error.status, error.code, error.zh, error.en, errors)
    if isinstance(error, Unauthorized):
        answer.headers["www-authenticate"] = error.challenge
    if isinstance(error, TooMany | Unavailable):
        answer.headers["retry-after"] = str(error.retry_after_s)
    return answer


def away(error: Exception) -> Response:
    """The answer where the database is away. Raises `error` again where trying later would not help."""
    if not is_transient(error):
        raise error
    return from_error(Unavailable("数据库暂不可用，请稍后再试", "the database is away: try again later"))


async def _away(_request: Request, error: Exception) -> Response:
    return away(error)


def invalid(error: RequestValidationError) -> Response:
    """The answer to a request whose parameters or body are not valid."""
    errors = mistakes(list(error.errors()))
    if any(mistake["type"] == "json_invalid" for mistake in error.errors()):
        return problem(400, "not_json", "请求体不是有效的 JSON", "the body is not valid JSON", errors)
    fields = "、".join(dict.fromkeys(mistake["field"] for mistake in errors))
    return problem(422, "invalid", f"以下字段有误：{fields}", f"these fields are wrong: {fields}", errors)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    zh, en = _unserved(request.method, error)
    answer = problem(error.status_code, "http", zh, en)
    answer.headers.update(error.headers or {})
    return answer


def _unserved(method: str, error: HTTPException) -> tuple[str, str]:
    """Why no route serves a request, in Chinese and English."""
    allowed = (error.headers or {}).get("Allow", "")
    match error.status_code:
        case 404:
            return "没有这个路径，请核对地址", "there is no such path: check the address"
        case 405:
            return f"该路径不接受 {method}，可用：{allowed}", f"{method} is not taken here, but {allowed} is"
    return f"请求无法处理：{error.detail}", str(error.detail)


async def broken(_request: Request, error: Exception) -> Response:
    """The answer to an error that nothing expected."""
    return problem(500, "error", "系统内部错误，已记录", "an error on our side; it was logged")


class _Refusals:
    """Answers refusals of routes, with what the service adds to those of some of them."""

    def __init__(self, amendments: Amendments) -> None:
        self._amendments = amendments

    async def refused(self, request: Request, error: Exception) -> Response:
        """The answer to an error of our own."""
        assert isinstance(error, HuyingError)
        if isinstance(error, Unauthorized | Forbidden | TooMany):
            _log_refusal(request, error)
        return await self._amended(request, from_error(error))

    async def invalid(self, request: Request, error: Exception) -> Response:
        """The answer to a request whose parameters or body are not valid."""
        assert isinstance(error, RequestValidationError)
        return await self._amended(request, invalid(error))

    async def _amended(self, request: Request, answer: Response) -> Response:
        route = request.scope.get("route")
        amend = self._amendments.get(f"{request.method} {route.path}") if route else None
        if amend is None:
            return answer
        return with_offset_of(await amend(request, answer), request.app.state.service.zone)


def _log_refusal(request: Request, error: HuyingError) -> None:
    """Log that a caller was refused: guessed keys, too many tries, and what a role may not do show there.

    The route is a template; neither it nor the reason holds personal data.
    """
    context = getattr(request.app.state, "service", None)  # the console logs nothing
    if context is not None:
        route = getattr(request.scope.get("route"), "path", None)
        context.log.warning(
            "refused", status=error.status, method=request.method, route=route, reason=redacted(error)
        )


def install(app: Starlette, amendments: Amendments = _NONE) -> None:
    """Answer every refusal of `app` as problem details."""
    refusals = _Refusals(amendments)
    app.add_exception_handler(HuyingError, refusals.refused)
    app.add_exception_handler(RequestValidationError, refusals.invalid)
    app.add_exception_handler(HTTPException, _http)
    for kind in DATABASE_ERRORS:
        app.add_exception_handler(kind, _away)
    app.add_exception_handler(Exception, broken)
