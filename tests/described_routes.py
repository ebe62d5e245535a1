"""What the OpenAPI documents of the services say, without a running service."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from huying.local.services import load
from shared.service.service import description_of
from shared.web import ops
from shared.web.routes import application


@cache
def document(name: str) -> dict[str, Any]:
    """The OpenAPI document of a service."""
    service = load(name)
    description = description_of(service)
    application(description, (*service.routers, ops.router))
    openapi: dict[str, Any] = description.openapi()
    return openapi


def operations(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each operation of a service, as `POST /intake/appeals`, with what its document says of it."""
    for path, methods in document(name)["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} /{name}{path}", operation


def schemas(
    name: str, schema: Any, place: str, above: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Any]]:
    """The schema and all that it holds, each with its place."""
    if isinstance(schema, list):
        for part in schema:
            yield from schemas(name, part, place, above)
        return
    if not isinstance(schema, dict):
        return
    yield place, schema
    for key, part in schema.items():
        if key != "$ref":
            inner = place if key in ("properties", "items", "anyOf", "oneOf", "allOf") else f"{place}.{key}"
            yield from schemas(name, part, inner, above)
            continue
        component = part.rpartition("/")[2]
        if component not in above:
            known = document(name)["components"]["schemas"][component]
            yield from schemas(name, known, place, above | {component})
