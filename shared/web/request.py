"""What routes are given: the caller, the context of the request, a connection, a page of a list."""

import base64
import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import text

from shared.database.connection import Connection
from shared.service.accounts import Caller
from shared.service.errors import Conflict, Forbidden, Invalid, NeedsVersion, Stale, Unauthorized
from shared.web.access import is_in_scope, out_of_scope
from shared.web.tokens import is_token
from shared.web.writer import Answer, Once

if TYPE_CHECKING:
    from shared.service.service import ServiceContext

LONGEST_KEY = 200
PAGE_CHALLENGE = 'Basic realm="Huying", charset="UTF-8"'


def service(request: Request) -> "ServiceContext":
    """The service that answers this request."""
    context: ServiceContext = request.app.state.service
    return context


async def authorize(request: Request) -> None:
    """Find the caller and check it against the table of access. Every route runs it first."""
    is_page = request.scope["route"].response_class is HTMLResponse
    try:
        _authorize(request, shown_key(request, is_page=is_page))
    except Unauthorized as error:
        error.challenge = PAGE_CHALLENGE if is_page else error.challenge
        raise


def _authorize(request: Request, key: str | None) -> None:
    context, path = service(request), request.scope["route"].path
    known = context.tokens if is_token(key) else context.accounts
    caller = known.caller(key)
    request.state.caller, request.state.key = caller, key
    if caller.role is not None:
        context.origins.note(caller, client_address(request, behind_proxy=context.settings.behind_proxy))
    allowed = context.access[f"{request.method} {path}"]
    if caller.may not in allowed:
        if caller.may is None:
            raise Unauthorized(
                "需要 API 密钥：请求头 Authorization: Bearer <密钥>",
                "an API key is needed: Authorization: Bearer <key>",
                "Authorization",
            )
        raise Forbidden(f"{caller.may.zh}账号无权进行此操作", f"the role {caller.may} may not do this")
    scopes = caller.scopes
    if scopes is not None and not is_in_scope(scopes, request.method, f"/{context.service.name}{path}"):
        raise out_of_scope()


def shown_key(request: Request, *, is_page: bool) -> str | None:
    """The API key or token of a request: the bearer's, or for a page also the password of Basic.

    Only pages take a password, since a browser also sends it with requests that other sites' pages make.
    """
    authorization = request.headers.get("authorization")
    if authorization is None:
        return None
    if is_page and authorization.startswith("Basic "):
        try:
            return base64.b64decode(authorization[6:], validate=True).decode().partition(":")[2]
        except ValueError:
            return authorization
    return authorization.removeprefix("Bearer ").strip()


def client_address(request: Request, *, behind_proxy: bool) -> str:
    """The network address of whoever calls: by the proxy's word where there is one."""
    forwarded = request.headers.get("x-forwarded-for")
    if forwarded and behind_proxy:
        return forwarded.rpartition(",")[2].strip()
    return request.client.host if request.client else ""


async def caller(request: Request) -> Caller:
    """The caller that `authorize` found."""
    called: Caller = request.state.caller
    return called


Called = Annotated[Caller, Depends(caller)]


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The context of one request."""

    context: "ServiceContext"
    caller: Caller

    async def require_hold(self) -> None:
        """Refuse (`Conflict`) an import into a live service whose judgement is not held meanwhile."""
        if self.context.settings.clock == "driven":
            return
        async with self.context.reader.connect() as conn:
            rows = await conn.execute(text("select 1 from relay where hold_until > clock_timestamp()"))
            if rows.scalar() is None:
                raise Conflict(
                    "导入前，凡要导入历史案件的服务都须先暂停判定（PUT /hold）",
                    "hold judgement first (PUT /hold), in every service that past cases go to",
                )


@dataclass(frozen=True, slots=True)
class VersionContext(RequestContext):
    """`version` is that of the If-Match header, None without it; `version_needed`: it must be there."""

    version: int | None
    version_needed: bool

    def check(self, version: int) -> None:
        """Refuse a write made on another version (`Stale`), and a decision made on none (`NeedsVersion`)."""
        if self.version is None:
            if self.version_needed:
                raise NeedsVersion(
                    "此操作须在 If-Match 中给出所依据的版本",
                    "this decision needs the version it was made on: send the ETag as If-Match",
                    "If-Match",
                )
        elif self.version != version:
            raise Stale(
                f"已被他人更新（现为版本 {version}），请重新读取",
                f"somebody else wrote meanwhile (now version {version}): read again",
                "If-Match",
            )


@dataclass(frozen=True, slots=True)
class WriteContext(VersionContext):
    """The context of a request whose act the writer does, once for each Idempotency-Key."""

    once: Once | None

    async def write(self, keys: Collection[Any], do: Callable[[Any], Answer]) -> Response:
        """Run `do` in a transaction with the cases `keys` loaded and locked; answer after the commit."""
        answer = await self.context.writer.write(keys, do, self.once, self.caller)
        headers = {} if answer.etag is None else {"etag": f'"{answer.etag}"'}
        return Response(answer.body, answer.status, headers=headers, media_type="application/json")

    async def rehearse(self, keys: Collection[Any], do: Callable[[Any], Answer]) -> Response:
        """The answer that `write` would give now. Nothing is written, and the rows are unlocked again."""
        async with self.context.engine.begin(undone=True) as conn:
            work = self.context.work(conn, await self.context.clock.stamp(conn))
            work.by = self.caller
            await work.load(keys)
            answer = do(work)
        return Response(answer.body, answer.status, media_type="application/json")


async def request_context(request: Request) -> RequestContext:
    """The context of `request`."""
    return RequestContext(service(request), request.state.caller)


async def replacing(request: Request) -> VersionContext:
    """The context of a request that writes anew what it names; what is there needs If-Match."""
    await _once(request)  # to write it again is to write it once: the key needs only be one
    return VersionContext(service(request), request.state.caller, _version(request), version_needed=True)


async def writing(request: Request) -> WriteContext:
    """The context of a request that makes something new: there is no version of it yet."""
    return WriteContext(service(request), request.state.caller, None, False, await _once(request))


async def acting(request: Request) -> WriteContext:
    """The context of an act on a case, which may name the version that it is meant for in If-Match."""
    called, once = request.state.caller, await _once(request)
    return WriteContext(service(request), called, _version(request), False, once)


async def deciding(request: Request) -> WriteContext:
    """The context of a decision on a case. It names the version that it was made on in If-Match."""
    called, once = request.state.caller, await _once(request)
    return WriteContext(service(request), called, _version(request), True, once)


async def _once(request: Request) -> Once | None:
    return None if idempotency_key(request) is None else once_of(request, await request.body())


def idempotency_key(request: Request) -> str | None:
    """The idempotency key. Reading headers here is much cheaper than declaring them as parameters."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not (1 <= len(key) <= LONGEST_KEY and key.isprintable()):
        most = f"1 to {LONGEST_KEY} printable characters"
        raise Invalid(f"幂等键须为 1 至 {LONGEST_KEY} 个可见字符", f"the key has {most}", "Idempotency-Key")
    return key


def once_of(request: Request, content: bytes) -> Once | None:
    """The idempotency key of a request with this content; None without one."""
    key, called = idempotency_key(request), request.state.caller
    if key is None:
        return None
    sent = f"{request.method} {request.url.path}\n".encode() + content
    fingerprint = hashlib.sha256(sent).hexdigest()
    # callers without an account may choose the same key
    name = called.name if called.role else f"anyone {fingerprint}"
    return Once(name, key, fingerprint)


def _version(request: Request) -> int | None:
    if (if_match := request.headers.get("if-match")) is None:
        return None
    text = if_match.removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise Invalid(
            'If-Match 应为所读内容的 ETag（版本号），如 "3"',
            'If-Match is the ETag of a version, like "3"',
            "If-Match",
        )
    return int(text)


Requested = Annotated[RequestContext, Depends(request_context)]
Replacing = Annotated[VersionContext, Depends(replacing)]
Writing = Annotated[WriteContext, Depends(writing)]
Acting = Annotated[WriteContext, Depends(acting)]
Deciding = Annotated[WriteContext, Depends(deciding)]
"""What a route takes says how it writes; the OpenAPI document has its headers and refusals from it."""


async def reading(request: Request) -> Connection:
    """A connection for reading. It holds no transaction open."""
    return service(request).reader.reading()


Reading = Annotated[Connection, Depends(reading)]


def json(content: Any, status: int = 200, etag: int | None = None) -> Response:
    """A JSON answer."""
    headers = {} if etag is None else {"etag": f'"{etag}"'}
    return Response(
        orjson.dumps(content, default=str), status, headers=headers, media_type="application/json"
    )
