"""Routes: Starlette matches a request, pydantic validates its parameters, and the endpoint is called.

Routes are declared as FastAPI has them, and FastAPI describes them (OpenAPI, `/docs`). Its layers around an
endpoint are left out; decision 0026 has their cost. An endpoint's signature is read once, at the start.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache, partial
from inspect import Parameter as Argument
from inspect import iscoroutinefunction, signature
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fastapi import FastAPI, Request, Response, params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, APIRouter
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from shared.web import docs, json_bodies, openapi, problems
from shared.web.access import Access
from shared.web.guard import REFUSAL, Guard
from shared.web.hiding import refuse_hidden, without_case
from shared.web.request import authorize, service

MISSING = object()
"""The body of a request that has none."""
MOST_MISTAKEN, LONGEST_NAME = 20, 100
"""So many mistaken query parameters are named to the caller, each with so many characters."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an endpoint that comes from the path, the query or a header."""

    name: str
    source: str
    alias: str
    validate: Callable[[Any], Any]
    default: Any

    def read(self, sent: Mapping[str, str], values: dict[str, Any], errors: list[Any]) -> None:
        """Put the parameter's value into `values`, or what is wrong with it into `errors`."""
        value = sent.get(self.alias)
        if value is not None:
            try:
                values[self.name] = self.validate(value)
            except ValidationError as error:
                errors += _located(error, self.source, self.alias)
        elif self.default is Argument.empty:
            errors.append(_missing(self.source, self.alias))
        else:
            values[self.name] = self.default


@dataclass(frozen=True, slots=True)
class BodyParameter:
    """The parameter of an endpoint that is the JSON body of the request."""

    name: str
    validate: Callable[[Any], Any]

    def read(self, body: Any, values: dict[str, Any], errors: list[Any]) -> None:
        """Put the body into `values`, or what is wrong with it into `errors`."""
        if body is MISSING:
            errors.append(_missing("body"))
            return
        try:
            values[self.name] = self.validate(body)
        except ValidationError as error:
            errors += _located(error, "body")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A coroutine function, and where its parameters come from."""

    function: Callable[..., Any]
    path: tuple[Parameter, ...]
    query: tuple[Parameter, ...]
    headers: tuple[Parameter, ...]
    request: str | None
    body: BodyParameter | None
    before: tuple[tuple[str, "Endpoint"], ...]
    """Functions whose answers are parameters (`Depends`)."""

    @property
    def reads_body(self) -> bool:
        return self.body is not None or any(endpoint.reads_body for _, endpoint in self.before)

    @property
    def functions(self) -> frozenset[Callable[..., Any]]:
        """The functions whose answers are parameters, directly or of one another."""
        own = frozenset(endpoint.function for _, endpoint in self.before)
        return own.union(*(endpoint.functions for _, endpoint in self.before))

    @property
    def query_names(self) -> frozenset[str]:
        """The query parameters that a request may have."""
        own = frozenset(parameter.alias for parameter in self.query)
        return own.union(*(endpoint.query_names for _, endpoint in self.before))

    async def arguments(self, request: Request, body: Any, errors: list[Any]) -> dict[str, Any]:
        """The arguments of a call. What is wrong with the request goes into `errors`."""
        values: dict[str, Any] = {}
        for name, endpoint in self.before:
            mistakes: list[Any] = []
            arguments = await endpoint.arguments(request, body, mistakes)
            if mistakes:
                errors += mistakes
            else:
                values[name] = await endpoint.function(**arguments)
        for parameter in self.path:
            parameter.read(request.path_params, values, errors)
        if self.query:
            sent = request.query_params
            for parameter in self.query:
                parameter.read(sent, values, errors)
        for parameter in self.headers:
            parameter.read(request.headers, values, errors)
        if self.body is not None:
            self.body.read(body, values, errors)
        if self.request is not None:
            values[self.request] = request
        return values


@cache
def endpoint_of(function: Callable[..., Any], path: frozenset[str]) -> Endpoint:
    """Read an endpoint's signature; `path` has the names of the path's parameters.

    As FastAPI reads it: the request; what is marked `Depends`, `Path`, `Query` or `Header`; a path parameter
    by its name; `body`. All else is a query parameter. TypeError where the function is no coroutine function.
    """
    if not iscoroutinefunction(function):
        raise TypeError(f"{function} is no coroutine function")
    hints = get_type_hints(function, include_extras=True)
    sources: dict[str, list[Parameter]] = {"path": [], "query": [], "header": []}
    request, body, before = None, None, []
    for name, argument in signature(function).parameters.items():
        annotation = hints[name]
        if annotation is Request:
            request = name
        elif (dependency := _marker(annotation, params.Depends)) is not None:
            before.append((name, endpoint_of(dependency.dependency, path)))
        elif name == "body":
            body = BodyParameter(name, _validator(annotation))
        else:
            parameter = _parameter(name, annotation, argument.default, path)
            sources[parameter.source].append(parameter)
    path_, query, headers = (tuple(sources[source]) for source in ("path", "query", "header"))
    return Endpoint(function, path_, query, headers, request, body, tuple(before))


def _parameter(name: str, annotation: Any, default: Any, path: frozenset[str]) -> Parameter:
    param = _marker(annotation, params.Param)
    if param is None:
        source, alias = "path" if name in path else "query", name
    else:
        source = param.in_.value
        alias = param.alias or (name.replace("_", "-") if source == "header" else name)
    return Parameter(name, source, alias, _validator(annotation), default)


def _validator(annotation: Any) -> Callable[[Any], Any]:
    """Validates a value as FastAPI does, with the same words for the same mistake."""
    return partial(TypeAdapter(annotation).validate_python, from_attributes=True)


def _marker(annotation: Any, kind: type) -> Any:
    """What FastAPI is told of a parameter in its annotation, where it is of this kind."""
    if get_origin(annotation) is not Annotated:
        return None
    return next((part for part in get_args(annotation)[1:] if isinstance(part, kind)), None)


def _missing(*place: str) -> dict[str, Any]:
    return {"type": "missing", "loc": place, "msg": "Field required", "input": None}


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


def _located(error: ValidationError, *place: str) -> Iterator[dict[str, Any]]:
    for mistake in error.errors(include_url=False):
        yield {**mistake, "loc": (*place, *mistake["loc"])}


def served(described: APIRoute) -> Route:
    """Starlette's route for one that FastAPI describes.

    TypeError where the endpoint cannot be called this way, or does not return a Response.
    """
    answer = get_type_hints(described.endpoint).get("return")
    if not (isinstance(answer, type) and issubclass(answer, Response)):
        raise TypeError(f"{described.path} returns {answer}: return a Response")
    endpoint = endpoint_of(described.endpoint, frozenset(described.param_convertors))
    known = endpoint.query_names

    async def respond(request: Request) -> Response:
        request.scope["route"] = described
        await authorize(request)
        if (refusal := request.scope.get(REFUSAL)) is not None:
            raise refusal
        hidden = await refuse_hidden(request, service(request))
        body = await _content(request) if endpoint.reads_body else MISSING
        errors: list[Any] = mistaken_parameters(request, known)
        arguments = await endpoint.arguments(request, body, errors)
        if errors:
            raise RequestValidationError(errors)
        response: Response = await endpoint.function(**arguments)
        return without_case(response) if hidden else response

    route = Route(described.path, respond, methods=list(described.methods or ()))
    route.methods = set(described.methods or ())  # without the HEAD that Starlette adds to GET
    return route


async def _content(request: Request) -> Any:
    sent = await request.body()
    return json_bodies.parse(sent) if sent else MISSING


class Description(FastAPI):
    """The OpenAPI document of a service, with the headers and refusals that signatures do not show.

    `examples` is the file with the examples of answers. `hidden_by`: the path parameters that may name a case
    which the caller may not read.
    """

    def __init__(
        self,
        access: Access | None = None,
        examples: Path | None = None,
        hidden_by: Collection[str] = (),
        **told: Any,
    ) -> None:
        super().__init__(**told)
        self._access = access or {}
        self._examples = examples
        self._hidden_by = hidden_by
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
            openapi.describe(super().openapi(), self._access, functions, examples, self._hidden_by)
        return super().openapi()


def application(
    description: Description, routers: Iterable[APIRouter], amendments: problems.Amendments | None = None
) -> Starlette:
    """The application that serves `routers`, and the documents of `description`, which learns of them here.

    `state.service` is set by whoever runs it. TypeError for a route that cannot be served.
    """
    documents, routes = list(description.routes), list[BaseRoute]()
    for router in routers:
        routes += map(served, description.describe(router))
    app = Starlette(routes=[*routes, *documents, *docs.routes(description.title)])
    app.add_middleware(Guard, state=app.state)
    problems.install(app, amendments or {})
    return app
