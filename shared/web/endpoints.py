"""Endpoints: a coroutine function's signature, read once, says where its arguments come from.

As FastAPI reads it; pydantic validates each value.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from inspect import Parameter as Argument
from inspect import iscoroutinefunction, signature
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fastapi import Request, params
from pydantic import BaseModel, TypeAdapter, ValidationError

MISSING = object()
"""The body of a request that has none."""
VERBATIM = "verbatim"
"""Marks a field of a body, such as a password, that counts as it was typed: `Annotated[str, VERBATIM]`."""


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
    verbatim: frozenset[str]
    """Fields of the body that count as they were typed, blanks at their ends too."""

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
    def verbatim(self) -> frozenset[str]:
        """Fields of the body that count as they were typed."""
        return self.body.verbatim if self.body is not None else frozenset()

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
            body = BodyParameter(name, _validator(annotation), _verbatim(annotation))
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


def _verbatim(annotation: Any) -> frozenset[str]:
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return frozenset()
    fields = annotation.model_fields.items()
    return frozenset(name for name, field in fields if VERBATIM in field.metadata)


def _marker(annotation: Any, kind: type) -> Any:
    """What FastAPI is told of a parameter in its annotation, where it is of this kind."""
    if get_origin(annotation) is not Annotated:
        return None
    return next((part for part in get_args(annotation)[1:] if isinstance(part, kind)), None)


def _missing(*place: str) -> dict[str, Any]:
    return {"type": "missing", "loc": place, "msg": "Field required", "input": None}


def _located(error: ValidationError, *place: str) -> Iterator[dict[str, Any]]:
    for mistake in error.errors(include_url=False):
        yield {**mistake, "loc": (*place, *mistake["loc"])}
