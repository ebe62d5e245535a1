"""Every answer of a test city is held against the OpenAPI document of its service.

An answer must have a status that the document names for its operation, and the schema of that answer: all
fields that the schema requires, and no other than it names.
"""

import json
import os
import re
from collections import defaultdict
from datetime import datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from starlette.routing import Route

from shared.service.service import ServiceContext

RECORDED = os.environ.get("HUYING_RECORDED_ANSWERS")
"""The folder in which the answers of a run are kept for `python -m tests.examples`."""
LONGEST = 3_000
TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}[^ ]*")
"""A time, with an offset or without."""
MOST = 100
"""So many answers of one operation with one status are read; the same answer is read once."""
_read: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
_documents: dict[str, dict[str, Any]] = {}
_routes: dict[str, list[Route]] = {}
"""Of each service, as its document."""
_validators: dict[tuple[str, ...], Draft202012Validator | None] = {}


class DescribedTransport(httpx.ASGITransport):
    """Hands requests to the application of a service. AssertionError where an answer is not described."""

    def __init__(self, service: ServiceContext) -> None:
        super().__init__(service.app, raise_app_exceptions=False)
        self._service = service

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        await answer.aread()
        path = _template(self._service, request)
        if path is not None and answer.status_code < 500:
            check(self._service, request.method, path, answer)
            if RECORDED and answer.is_success and "json" in answer.headers.get("content-type", ""):
                _record(Path(RECORDED), f"{self._service.service.name} {request.method} {path}", answer)
        return answer


def check(service: ServiceContext, method: str, path: str, answer: httpx.Response) -> None:
    """AssertionError unless the document of `service` has such an answer of the operation."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    key = (service.service.name, method, path, str(answer.status_code), kind)
    if key not in _validators:
        _validators[key] = _validator(document_of(service), *key)
    if "etag" in answer.headers:
        answers = document_of(service)["paths"][path][method.lower()]["responses"]
        named = answers[str(answer.status_code)].get("headers", {})
        assert "ETag" in named, f"{' '.join(key)} has an ETag that its document does not name"
    if "json" in kind:
        check_offsets(answer.json(), service.zone, " ".join(key))
    validator, read, content = _validators[key], _read[key], hash(answer.content)
    if validator is not None and content not in read and len(read) < MOST:
        read.add(content)
        mistakes = [
            f"{mistake.json_path}: {mistake.message}" for mistake in validator.iter_errors(answer.json())
        ]
        assert not mistakes, f"{' '.join(key)}\n" + "\n".join(mistakes[:10])


TYPED = {
    "field",
    "registration_number",
    "source_id",
    "title",
    "text",
    "name",
    "reason",
    "comment",
    "code",
    "key",
}
"""Fields that may repeat what somebody typed, which may look like a time."""


def check_offsets(content: Any, zone: tzinfo, place: str) -> None:
    """AssertionError unless all times in an answer have the offset of `zone`, which the answer's city has."""
    if isinstance(content, dict):
        for name, value in content.items():
            if name not in TYPED:
                check_offsets(value, zone, f"{place}.{name}")
    elif isinstance(content, list):
        for value in content:
            check_offsets(value, zone, f"{place}[]")
    elif isinstance(content, str) and TIME.fullmatch(content):
        try:
            moment = datetime.fromisoformat(content)
            offset = moment.astimezone(zone).utcoffset()
        except (ValueError, OverflowError):  # what somebody sent, in a refusal
            return
        assert moment.utcoffset() == offset, f"{place}: {content}"


def document_of(service: ServiceContext) -> dict[str, Any]:
    """The document of a service; it takes some tenths of a second, and each city of a run has the same."""
    name = service.service.name
    if name not in _documents:
        _documents[name] = service.description.openapi()
    return _documents[name]


def _template(service: ServiceContext, request: httpx.Request) -> str | None:
    """The path of the operation that a request calls, as the document writes it."""
    name, method, path = service.service.name, request.method, request.url.path
    if name not in _routes:
        _routes[name] = [route for route in service.app.routes if isinstance(route, Route)]
    for route in _routes[name]:
        if method in (route.methods or ()) and route.path_regex.match(path):
            described = document_of(service)["paths"].get(route.path, ())
            return route.path if method.lower() in described else None
    return None


def _validator(
    document: dict[str, Any], service: str, method: str, path: str, status: str, kind: str
) -> Draft202012Validator | None:
    answers = document["paths"][path][method.lower()]["responses"]
    assert status in answers, f"{method} /{service}{path} answers {status}, which its document does not name"
    answer = answers[status]
    if "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    content = answer.get("content", {})
    assert kind in content or not (kind or content), f"{method} /{service}{path} answers {status} as {kind}"
    if "json" not in kind:
        return None
    return Draft202012Validator({**closed(content[kind]["schema"]), "components": _components(service)})


@cache
def _components(service: str) -> Any:
    return closed(_documents[service]["components"])


def _record(folder: Path, operation: str, answer: httpx.Response) -> None:
    """Keep the answer that tells most of an operation on less than a page."""
    file = folder / (operation.replace("/", "~") + ".json")
    size, kept = len(answer.text), len(file.read_text("utf-8")) if file.exists() else 0
    if not kept or (kept > LONGEST and size < kept) or kept < size <= LONGEST:
        file.write_text(json.dumps(answer.json(), ensure_ascii=False, separators=(",", ":")), "utf-8")


def closed(schema: Any) -> Any:
    """The schema, without room for fields that it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: closed(part) for name, part in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        parts.setdefault("additionalProperties", False)
    return parts
