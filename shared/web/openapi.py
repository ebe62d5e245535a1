"""What routes' signatures do not show: keys and versions in headers, how requests are refused, examples."""

from collections.abc import Callable, Collection, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from shared.named import Named, with_codes
from shared.roles import AccountRole, Roles
from shared.web.access import Access
from shared.web.exports import FORMAT, MEDIA_TYPES
from shared.web.hiding import DONE_UNSEEN
from shared.web.numbers import OF_EVERY_SERVICE
from shared.web.problems import MEDIA_TYPE
from shared.web.request import LONGEST_KEY, acting, deciding, replacing, writing
from shared.web.uploads import uploading

_TEXT = {"type": "string"}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {**_TEXT, "minLength": 1, "maxLength": LONGEST_KEY},
    "description": "The same key with the same body has one effect and gets one answer.",
}
_IF_MATCH = {"name": "If-Match", "in": "header", "schema": _TEXT}
_ACT, _DECISION, _REPLACED = (
    {**_IF_MATCH, "required": required, "description": description}
    for required, description in (
        (False, "The ETag of the version this is meant for."),
        (True, "The ETag of the version this was decided on."),
        (False, "The ETag of the version this replaces; needed where there is one."),
    )
)
_DECLARED: dict[Callable[..., Any], tuple[tuple[int, ...], tuple[dict[str, Any], ...]]] = {
    writing: ((409,), (_KEY,)),
    acting: ((409, 412), (_KEY, _ACT)),
    deciding: ((409, 412, 428), (_KEY, _DECISION)),
    uploading: ((409,), (_KEY,)),
    replacing: ((412, 428), (_REPLACED,)),
}
"""How a route that takes what these functions give can be refused, and the headers that it reads."""
_FORMAT = {
    "name": FORMAT,
    "in": "query",
    "required": False,
    "schema": {**_TEXT, "enum": list(MEDIA_TYPES)},
    "description": "The form, else as Accept says. A table has the whole list, with Chinese titles.",
}
_ETAG = {
    "ETag": {"schema": _TEXT, "description": 'The version of what is answered, like `"3"`, for If-Match.'}
}
VERSIONED: dict[int | str, dict[str, Any]] = {200: {"headers": _ETAG}}
"""What a route that reads something with a version declares (`responses`). Writes need not."""
NEVER_REFUSED = "x-never-refused"
"""With this in `openapi_extra` a route lists refusals that its path speaks for and that it never gives."""
_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "A refusal in Chinese and English (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail", "errors", "trace_id"],
    "properties": {
        "type": {"type": "string", "description": "`urn:huying:problem:` and the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string", "description": "What is wrong, in Chinese, and after ` / ` in English."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "zh", "en"],
                "properties": {"field": _TEXT, "zh": _TEXT, "en": _TEXT},
            },
        },
        "trace_id": _TEXT,
    },
}
_REFUSALS: dict[int, tuple[str, str, str, str]] = {
    400: ("not_json", "body", "请求体不是有效的 JSON", "the body is not valid JSON"),
    401: ("unauthorized", "Authorization", "API 密钥无效", "this API key is not valid"),
    403: ("forbidden", "", "本账号无权进行此操作", "this account's role may not do this"),
    404: ("not_found", "", "没有路径所指的内容", "what the path names is not here"),
    408: ("too_slow", "body", "请求体未及时传完", "the body did not arrive in time"),
    409: ("conflict", "", "当前状态不允许此操作", "as things stand this cannot be done"),
    412: ("stale", "If-Match", "内容已被他人更新，请刷新后重试", "it was changed meanwhile: read it again"),
    413: ("too_large", "body", "请求体过大", "the body is too large"),
    414: ("long_target", "", "地址过长", "the address is too long"),
    415: ("unsupported", "Content-Type", "请以 UTF-8 编码的 JSON 提交", "send JSON in UTF-8"),
    422: ("invalid", "query.page", "没有查询参数 page", "no query parameter page here"),
    428: ("needs_version", "If-Match", "需要 If-Match", "If-Match is needed: the ETag of what was read"),
    429: ("too_many", "", "操作过于频繁，请稍后再试", "this was asked for too often: try again later"),
}
"""Code, field and words of an example by status."""
_RETRY_AFTER = {"schema": {"type": "integer"}, "description": "Seconds until it may be done again."}
_UNSEEN = {"description": "It was done. The case is confidential and not shown to the caller."}
_GENERATED = ("HTTPValidationError", "ValidationError")
"""FastAPI's schemas of refusals, which are not ours."""


def describe(
    document: dict[str, Any],
    access: Access,
    functions: Mapping[str, Collection[Callable[..., Any]]],
    examples: Mapping[str, Any],
    hidden_by: Collection[str] = (),
    numbered: Collection[str] = (),
    lists: Collection[str] = (),
) -> None:
    """Add them to an OpenAPI document of routes with this table of access.

    `functions`: those that give each route its parameters (`Depends`), by method and path. `examples`: an
    answer of each operation by method and path, and of a refusal in a form of its own by its status as well.
    `hidden_by`: the path parameters that may name a case which the caller may not read. `numbered`: those
    that take the number of a case where they take its id. `lists`: the
    operations that answer a list, also as a table.
    """
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _GENERATED:
        schemas.pop(name, None)
    for schema in schemas.values():
        _name_codes(schema)
    schemas["Problem"] = _PROBLEM
    components["responses"] = {f"Refused{status}": _refusal(status) for status in _REFUSALS}
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    shown = "An account's API key, or the token of a person."
    schemes["key"] = {"type": "http", "scheme": "bearer", "description": shown}
    document["security"] = [{}, {"key": []}]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            _describe_numbers(operation, numbered)
            _add_examples(name, operation["responses"], examples)
            if name in lists:
                _describe_tables(operation)
            if method != "get" and any(f"{{{parameter}}}" in path for parameter in hidden_by):
                operation["responses"][str(DONE_UNSEEN)] = _UNSEEN
            never = operation.pop(NEVER_REFUSED, ())
            declared = [_DECLARED[function] for function in functions[name] if function in _DECLARED]
            _describe_refusals(
                operation,
                {
                    *_statuses(method, path, operation, access[name]),
                    *(status for statuses, _ in declared for status in statuses),
                }.difference(never),
            )
            for _, headers in declared:
                operation.setdefault("parameters", []).extend(dict(header) for header in headers)
            if declared:
                _name_version(operation["responses"])
    _name_sources(document["paths"])


def _describe_tables(operation: dict[str, Any]) -> None:
    """Name the forms of a list, and the parameter that asks for one."""
    operation.setdefault("parameters", []).append(dict(_FORMAT))
    for form in ("csv", "xlsx"):
        binary = {"type": "string", "format": "binary"}
        operation["responses"]["200"]["content"][MEDIA_TYPES[form]] = {"schema": binary}


def _name_codes(schema: dict[str, Any]) -> None:
    """Say which Chinese names a request may give for the codes of an enumeration. Answers hold the codes."""
    known = with_codes(frozenset(schema.get("enum", ())), schema.get("title", ""))
    if known is not None and issubclass(known, Named):
        names = "; ".join(f"`{code.value}` {'、'.join(code.names)}" for code in known)
        schema["description"] = (
            f"{schema.get('description', '')} A request may give the name: {names}".strip()
        )


def _describe_numbers(operation: dict[str, Any], numbered: Collection[str]) -> None:
    """Say which parameters of the path take the number of a case where they take its id."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path" and parameter["name"] in (*numbered, OF_EVERY_SERVICE):
            parameter["schema"] = {**_TEXT, "title": parameter["schema"].get("title", parameter["name"])}
            parameter["description"] = "The id of the case, or its number, such as `BZ-20260213-00042`."


def _name_version(answers: dict[str, Any]) -> None:
    """Name the ETag of what was written, where it has a version."""
    for status, answer in answers.items():
        if status.startswith("2") and ("content" in answer or status == str(DONE_UNSEEN)):
            answers[status] = answer | {"headers": answer.get("headers", {}) | _ETAG}


def _name_sources(paths: dict[str, Any]) -> None:
    """Say of each If-Match which read answers the version: that of the case, or the list that has its row."""
    versioned = {path for path, operations in paths.items() if "ETag" in _headers(operations.get("get"))}
    for path, operations in paths.items():
        case = max((read for read in versioned if f"{path}/".startswith(f"{read}/")), key=len, default=None)
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "If-Match":
                    read = f"`GET {case}`" if case else f"`GET {path.rpartition('/')[0]}`, as `version`,"
                    parameter["description"] += f" {read} answers it."


def _headers(operation: dict[str, Any] | None) -> dict[str, Any]:
    headers: dict[str, Any] = operation["responses"].get("200", {}).get("headers", {}) if operation else {}
    return headers


def _statuses(method: str, path: str, operation: dict[str, Any], roles: Roles) -> Iterator[int]:
    """How a request to an operation can be refused. A wrong key is refused even where everybody may call."""
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        yield 400
    yield 401
    if set(AccountRole) - roles:
        yield 403
    makes = method == "put" and path.endswith("}")  # such a PUT makes what is not there
    if "{" in path and not makes:
        yield 404
    if method in ("post", "put"):
        yield from (408, 413, 415)
    if any(parameter["in"] in ("path", "query") for parameter in operation.get("parameters", ())):
        yield 414
    yield 422


def _describe_refusals(operation: dict[str, Any], statuses: set[int]) -> None:
    """Give an operation these refusals, and the words of all that its route declares itself."""
    answers = operation["responses"]
    if "303" in answers:  # it shows another page
        answers["303"].pop("content", None)
    for status in sorted(statuses | {int(status) for status in answers if status.startswith("4")}):
        refused: dict[str, Any] = {"$ref": f"#/components/responses/Refused{status}"}
        content = answers.pop(str(status), {}).get("content", {})
        own = content.get("application/json", {})
        if MEDIA_TYPE in content:  # a problem with fields of the route's own
            refused = _refusal(status)
            refused["content"][MEDIA_TYPE] |= own
        elif status != 422 and own.get("schema"):
            refused = _refusal(status)
            refused["content"] = {"application/json": own, **refused["content"]}
        answers[str(status)] = refused


def _add_examples(name: str, answers: dict[str, Any], examples: Mapping[str, Any]) -> None:
    for status, answer in answers.items():
        example = examples.get(name if status.startswith("2") else f"{name} {status}")
        if example is not None:
            answer["content"]["application/json"]["example"] = example


def _refusal(status: int) -> dict[str, Any]:
    code, field, zh, en = _REFUSALS[status]
    title = HTTPStatus(status).phrase
    example = {
        "type": f"urn:huying:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": f"{zh} / {en}",
        "errors": [{"field": field, "zh": zh, "en": en}] if field else [],
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    headers = (
        {"headers": {"Retry-After": dict(_RETRY_AFTER)}} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    )
    return {"description": title, **headers, "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}
