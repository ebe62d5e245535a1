"""Routes: Starlette matches a request, pydantic validates its parameters, and the endpoint is called.

Routes are declared as FastAPI has them, and FastAPI describes them (OpenAPI, `/docs`). Its layers around an
endpoint are left out; decision 0026 has their cost. An endpoint's signature is read once, at the start.
The body is read once the caller is known. What a route names in `dependencies` is asked before anybody
looks at the body.
"""

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence, Set
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, APIRouter
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from shared.service.errors import Forbidden
from shared.web import docs, json_bodies, openapi, problems
from shared.web.access import Access
from shared.web.answers import is_list
from shared.web.arriving import WITH_BODY, BodyBounds, bounds_of, receive_body
from shared.web.endpoints import MISSING, Endpoint, endpoint_of
from shared.web.exports import FORMAT, asked_form, exported
from shared.web.guard import Guard
from shared.web.hiding import refuse_hidden, without_case
from shared.web.moments import with_offset_of
from shared.web.numbers import resolve_numbers
from shared.web.reads import note_refusal
from shared.web.request import authorize, service
from shared.web.tables import Column, columns_of

Titles = Mapping[str, Mapping[str, str]]
"""By method and path of a list, the Chinese titles of its columns by the path of the field."""
_NO_TITLES: Titles = MappingProxyType({})
MOST_MISTAKEN, LONGEST_NAME = 20, 100
"""So many mistaken query parameters are named to the caller, each with so many characters."""


def mistaken_parameters(request: Request, known: Set[str]) -> list[dict[str, Any]]:
    """The query parameters that the route does not know, and those that are given more than once.

    Leaving one out in silence would answer more, or something else, than the caller asked for.
    """
    if not request.scope["query_string"]:
        return []
    counts = Counter(name for name, _ in request.query_params.multi_items())
    mistaken = [name for name, count in counts.items() if name not in known or count > 1]
    context = {"known": sorted(known)}
    return [
        {
            "type": "repeated_parameter" if name in known else "unknown_parameter",
            "loc": ("query", name[:LONGEST_NAME]),
            "msg": "",
            "ctx": context,
        }
        for name in mistaken[:MOST_MISTAKEN]
    ]


def served(
    described: APIRoute,
    titles: Titles = _NO_TITLES,
    body_bounds: Callable[[str], BodyBounds | None] = bounds_of,
) -> Route:
    """Starlette's route for one that FastAPI describes, with its `dependencies` as checks of the request.

    `titles` of the columns of lists, by method and path. `body_bounds` by path; None where the endpoint
    reads the body part by part. TypeError where the endpoint cannot be
    called this way, or does not return a Response.
    """
    answer = get_type_hints(described.endpoint).get("return")
    if not (isinstance(answer, type) and issubclass(answer, Response)):
        raise TypeError(f"{described.path} returns {answer}: return a Response")
    path = frozenset(described.param_convertors)
    endpoint = endpoint_of(described.endpoint, path)
    checks = [endpoint_of(check.dependency, path) for check in described.dependencies if check.dependency]
    known = endpoint.query_names.union(*(check.query_names for check in checks))
    table = _table(described, endpoint, titles)
    known |= {FORMAT} if table else set()
    bounds = body_bounds(described.path)

    async def respond(request: Request) -> Response:
        request.scope["route"] = described
        await authorize(request)
        if has_body := bounds is not None and request.method in WITH_BODY:
            await receive_body(request, bounds)
        await _pass(request, checks)
        if has_body:
            json_bodies.check_text(await request.body())
        await resolve_numbers(request, service(request))
        hidden = await refuse_hidden(request, service(request))
        if table is not None and (form := asked_form(request)) != "json":
            if mistaken := mistaken_parameters(request, known):
                raise RequestValidationError(mistaken)
            return await table(request, form)
        body = await _content(request, endpoint.verbatim) if endpoint.reads_body else MISSING
        errors: list[Any] = mistaken_parameters(request, known)
        arguments = await endpoint.arguments(request, body, errors)
        if errors:
            raise RequestValidationError(errors)
        response: Response = await endpoint.function(**arguments)
        shown = without_case(response) if hidden else response
        if table is not None:
            shown.headers["vary"] = "Accept"
        return with_offset_of(shown, service(request).zone)

    route = Route(described.path, _noting_refusals(respond), methods=list(described.methods or ()))
    route.methods = set(described.methods or ())  # without the HEAD that Starlette adds to GET
    return route


def _noting_refusals(respond: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Any]:
    """Puts on record who was refused a case."""

    async def noting(request: Request) -> Response:
        try:
            return await respond(request)
        except Forbidden:
            await note_refusal(request)
            raise

    return noting


def _table(
    described: APIRoute, endpoint: Endpoint, titles: Titles
) -> Callable[[Request, str], Awaitable[Response]] | None:
    """Answers a list as a table; None for a route that answers no list."""
    model = described.response_model
    if described.methods != {"GET"} or not is_list(model):
        return None
    own_titles = titles.get(f"GET {described.path}", {})

    @cache
    def columns() -> list[Column]:
        return columns_of(model, own_titles)

    async def page(request: Request) -> Response:
        errors: list[Any] = []
        arguments = await endpoint.arguments(request, MISSING, errors)
        if errors:
            raise RequestValidationError(errors)
        answer: Response = await endpoint.function(**arguments)
        return answer

    async def table(request: Request, form: str) -> Response:
        return await exported(request, form, columns(), page, paged="cursor" in endpoint.query_names)

    return table


async def _pass(request: Request, checks: Sequence[Endpoint]) -> None:
    """Ask what the route names in `dependencies`; each refuses the request by an error of its own."""
    for check in checks:
        errors: list[Any] = []
        arguments = await check.arguments(request, MISSING, errors)
        if errors:
            raise RequestValidationError(errors)
        await check.function(**arguments)


async def _content(request: Request, verbatim: Collection[str]) -> Any:
    sent = await request.body()
    return json_bodies.parse(sent, verbatim) if sent else MISSING


class Description(FastAPI):
    """The OpenAPI document of a service, with the headers and refusals that signatures do not show.

    `examples` is the file with the examples of answers. `hidden_by`: the path parameters that may name a case
    which the caller may not read. `numbered`: those that take the number of a case where they take its id.
    """

    def __init__(
        self,
        access: Access | None = None,
        examples: Path | None = None,
        hidden_by: Collection[str] = (),
        numbered: Collection[str] = (),
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._access = access or {}
        self._examples = examples
        self._hidden_by = hidden_by
        self._numbered = numbered
        self._described: list[APIRoute] = []

    def describe(self, router: APIRouter) -> list[APIRoute]:
        """Describe the routes of `router`, and return them."""
        self.include_router(router)
        routes = [route for route in router.routes if isinstance(route, APIRoute)]
        self._described += routes
        return routes

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            functions = {
                f"{method} {route.path}": endpoint_of(
                    route.endpoint, frozenset(route.param_convertors)
                ).functions
                for route in self._described
                for method in route.methods or ()
            }
            examples = json.loads(self._examples.read_text("utf-8")) if self._examples else {}
            lists = {f"GET {route.path}" for route in self._described if is_list(route.response_model)}
            openapi.describe(
                super().openapi(), self._access, functions, examples, self._hidden_by, self._numbered, lists
            )
        return super().openapi()


def application(
    description: Description,
    routers: Iterable[APIRouter],
    amendments: problems.Amendments | None = None,
    streamed: Collection[str] = (),
    titles: Titles = _NO_TITLES,
    body_bounds: Callable[[str], BodyBounds] = bounds_of,
) -> Starlette:
    """The application that serves `routers`, and the documents of `description`, which learns of them here.

    `state.service` is set by whoever runs it. `streamed`: the routes that read their bodies part by part.
    `titles` are those of the columns of lists. TypeError for a route that cannot be served.
    """
    unread = {route.partition(" ")[2] for route in streamed}

    def bounds(path: str) -> BodyBounds | None:
        return None if path in unread else body_bounds(path)

    documents, routes = list(description.routes), list[BaseRoute]()
    for router in routers:
        routes += map(partial(served, titles=titles, body_bounds=bounds), description.describe(router))
    app = Starlette(routes=[*routes, *documents, *docs.routes(description.title)])
    app.router.redirect_slashes = False  # no operation is documented to lead elsewhere
    app.add_middleware(Guard, state=app.state)
    problems.install(app, amendments or {})
    return app
