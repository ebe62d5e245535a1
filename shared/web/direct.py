"""Requests go straight to their routes; FastAPI describes these, and answers whatever is none of them.

Its layers around a route and its general solver within took more time than all else about a request. Here
each route's parameters are looked up once; they are validated as FastAPI does, and refused in its words.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, get_type_hints

from fastapi import FastAPI, Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic_core import PydanticUndefined
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import Receive, Scope, Send

from shared.database.errors import DATABASE_ERRORS
from shared.service.errors import HuyingError
from shared.web import problems
from shared.web.guard import Guard
from shared.web.request import authorize


@dataclass(frozen=True, slots=True)
class _Call:
    """A function with what it is given: parts of the request, and the answers of other functions."""

    function: Callable[..., Any]
    wanted: Dependant
    before: tuple["_Call", ...]

    @classmethod
    def of(cls, wanted: Dependant) -> "_Call":
        assert wanted.call is not None
        return cls(wanted.call, wanted, tuple(cls.of(one) for one in wanted.dependencies))

    async def values(self, request: Request, body: Any, errors: list[Any]) -> dict[str, Any]:
        """The arguments; what is wrong with the request goes into `errors`."""
        found: dict[str, Any] = {}
        for one in self.before:
            wrong: list[Any] = []
            values = await one.values(request, body, wrong)
            errors += wrong
            if not wrong and one.wanted.name is not None:
                found[one.wanted.name] = await one.function(**values)
        wanted = self.wanted
        for fields, given in (
            (wanted.path_params, request.path_params),
            (wanted.query_params, request.query_params if wanted.query_params else None),
            (wanted.header_params, request.headers if wanted.header_params else None),
        ):
            if fields:
                assert given is not None
                values, wrong = request_params_to_args(fields, given)
                found |= values
                errors += wrong
        if wanted.body_params:
            values, wrong = await request_body_to_args(wanted.body_params, body, False)
            found |= values
            errors += wrong
        if wanted.request_param_name:
            found[wanted.request_param_name] = request
        return found


@dataclass(frozen=True, slots=True)
class _Direct:
    """One route."""

    route: APIRoute
    call: _Call

    async def answer(self, request: Request) -> Response:
        """What the route answers. Raises what it refuses."""
        await authorize(request)
        body = await _json(request) if self.call.wanted.body_params else None
        errors: list[Any] = []
        values = await self.call.values(request, body, errors)
        if errors:
            raise RequestValidationError(errors)
        response: Response = await self.call.function(**values)
        return response


async def _json(request: Request) -> Any:
    sent = await request.body()
    try:
        return json.loads(sent) if sent else PydanticUndefined
    except json.JSONDecodeError as error:
        raise _no_json(error.pos, error.msg) from error
    except (ValueError, RecursionError) as error:
        raise _no_json(0, "A number too long or a nesting too deep") from error


def _no_json(place: int, reason: str) -> RequestValidationError:
    wrong = {"type": "json_invalid", "loc": ("body", place), "msg": "", "ctx": {"error": reason}}
    return RequestValidationError([wrong])


def _needs_no_layers(route: APIRoute) -> bool:
    answer = get_type_hints(route.endpoint).get("return")
    return isinstance(answer, type) and issubclass(answer, Response) and _is_plain(route.dependant)


def _is_plain(wanted: Dependant) -> bool:
    others = (
        wanted.cookie_params,
        wanted.http_connection_param_name,
        wanted.response_param_name,
        wanted.background_tasks_param_name,
        wanted.security_scopes_param_name,
        any(isinstance(field.field_info, params.Form) for field in wanted.body_params),
        len(wanted.body_params) > 1,
    )
    return iscoroutinefunction(wanted.call) and not any(others) and all(map(_is_plain, wanted.dependencies))


class Application(FastAPI):
    """A FastAPI application whose own routes are called directly."""

    def __init__(self, **described: Any) -> None:
        super().__init__(**described)
        self._direct: dict[tuple[str, int, str], list[_Direct]] = {}
        self._guarded = ServerErrorMiddleware(Guard(self._call, self.state), handler=problems.broken)

    def call_directly(self, routes: Iterable[APIRoute]) -> None:
        """Take these routes, which are part of the application, out of its layers.

        Those stay that need them: they return no Response, or depend on more than coroutines.
        """
        for route in filter(_needs_no_layers, routes):
            direct = _Direct(route, _Call.of(route.dependant))
            parts = route.path.split("/")
            last = "" if parts[-1].startswith("{") else parts[-1]
            for method in route.methods or ():
                self._direct.setdefault((method, len(parts), last), []).append(direct)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._guarded(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        direct = self._find(scope) if scope["type"] == "http" else None
        if direct is None:
            return await super().__call__(scope, receive, send)
        scope["app"], scope["route"] = self, direct.route
        request = Request(scope, receive)
        try:
            response = await direct.answer(request)
        except HuyingError as refusal:
            response = problems.from_error(refusal)
        except RequestValidationError as error:
            response = problems.invalid(error)
        except DATABASE_ERRORS as error:
            response = problems.away(error)
        await response(scope, receive, send)

    def _find(self, scope: Scope) -> _Direct | None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        parts = path.split("/")
        for last in (parts[-1], ""):
            for direct in self._direct.get((scope["method"], len(parts), last), ()):
                if match := direct.route.path_regex.match(path):
                    scope["path_params"] = match.groupdict()
                    return direct
        return None
