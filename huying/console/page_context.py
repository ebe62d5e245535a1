"""What every page needs: the console, the check of the ops account, the language, and the span store."""

from collections.abc import Callable
from sqlite3 import Connection
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from huying.console.rendering import page
from huying.console.words import Language
from shared.roles import AccountRole
from shared.service.errors import Forbidden, Unauthorized
from shared.web.access import out_of_scope
from shared.web.endpoints import endpoint_of
from shared.web.request import PAGE_CHALLENGE, shown_key
from shared.web.routes import mistaken_parameters

if TYPE_CHECKING:
    from huying.console.app import Console

T = TypeVar("T")


def console(request: Request) -> "Console":
    """The console behind a request."""
    instance: Console = request.app.state.console
    return instance


async def operator(request: Request) -> None:
    """Refuse a request without the key of an ops account, as bearer token or as a browser's password."""
    try:
        key = shown_key(request, is_page=True)
        caller = console(request).accounts.caller(key)
        if caller.role is None:
            raise Unauthorized(
                "请以运维账号的密钥作为密码登录（用户名任意）",
                "sign in with an ops account's key as the password, any user name",
                "Authorization",
            )
    except Unauthorized as error:
        error.challenge = PAGE_CHALLENGE
        raise
    if caller.scopes is not None:
        raise out_of_scope()
    if caller.role is not AccountRole.OPS:
        raise Forbidden("仅运维账号可用", f"the role {caller.role} may not see this: use an ops account")
    request.state.key = key


async def known_parameters(request: Request) -> None:
    """Refuse query parameters that the page does not know, and those that are given more than once."""
    route: APIRoute = request.scope["route"]
    known = endpoint_of(route.endpoint, frozenset(route.param_convertors)).query_names
    if errors := mistaken_parameters(request, known):
        raise RequestValidationError(errors)


Lang = Annotated[Language, Query()]


async def from_store(request: Request, query: Callable[[Connection], T]) -> T:
    """The result of a query on the span store, run in a thread."""

    def run() -> T:
        with console(request).store.reading() as conn:
            return query(conn)

    return await run_in_threadpool(run)


def render(request: Request, name: str, language: Language, **values: Any) -> Response:
    """A page, with the time of the last scrape."""
    query = {key: value for key, value in request.query_params.items() if key != "lang"}
    ring = console(request).scraper.ring
    at = ring[-1].at if ring else None
    here = console(request)
    return page(name, language, here.zone, query, at=at, interval_s=here.interval_s, **values)
