"""The part of financing's OpenAPI document that banks need: the routes that a bank may call."""

import importlib.metadata
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from services.financing.access import ACCESS
from services.financing.app import SERVICE
from shared.events.schemas import Schema
from shared.roles import BANK
from shared.service.service import description_of

OPENAPI: Final = "openapi.json"
_REFERENCE = re.compile(r'#/components/(\w+)/([^/"]+)')
_DESCRIPTION = (
    "What a bank calls over HTTP. Every call has the key of the bank's account:"
    " `Authorization: Bearer KEY`. Paths are below the address of the financing service."
)


def openapi() -> Schema:
    """The document: a bank's routes with all answers and refusals, and the components that these refer to."""
    description = description_of(SERVICE)
    for router in SERVICE.routers:
        description.describe(router)
    whole = description.openapi()
    paths: Schema = {}
    for route in (route for route, roles in ACCESS.items() if BANK in roles and None not in roles):
        method, path = route.split()
        paths.setdefault(path, {})[method.lower()] = _without_version(whole["paths"][path][method.lower()])
    title = {"title": "Huying for banks over HTTP", "version": importlib.metadata.version("huying")}
    return {
        "openapi": whole["openapi"],
        "info": title | {"description": _DESCRIPTION, "license": {"name": "Apache-2.0"}},
        "servers": [
            {"url": "{financing}", "variables": {"financing": {"default": "http://127.0.0.1:8000/financing"}}}
        ],
        "security": [{"key": []}],
        "paths": dict(sorted(paths.items())),
        "components": _components(paths, whole["components"]),
    }


def _without_version(operation: Schema) -> Schema:
    """The operation without the ETag of what it answers: a bank is shown no version."""
    answers = {status: dict(answer) for status, answer in operation["responses"].items()}
    for answer in answers.values():
        headers = {name: header for name, header in answer.pop("headers", {}).items() if name != "ETag"}
        if headers:
            answer["headers"] = headers
    return operation | {"responses": answers}


def _components(paths: Schema, components: Schema) -> Schema:
    """The security scheme, and the components that `paths` refer to, directly or by one another."""
    needed: dict[str, Any] = {"securitySchemes": components["securitySchemes"]}
    waiting = list(_references(paths))
    while waiting:
        kind, name = waiting.pop()
        if name not in needed.setdefault(kind, {}):
            needed[kind][name] = components[kind][name]
            waiting += _references(components[kind][name])
    return {kind: dict(sorted(parts.items())) for kind, parts in sorted(needed.items())}


def _references(part: Any) -> Iterator[tuple[str, str]]:
    yield from _REFERENCE.findall(json.dumps(part))
