"""What routes' signatures do not show: headers with keys and versions, and how requests are refused."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from shared.roles import AccountRole, Roles
from shared.web.access import Access
from shared.web.problems import MEDIA_TYPE

_TEXT = {"type": "string"}
_HEADERS = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "schema": {**_TEXT, "minLength": 1, "maxLength": 200},
        "description": "The same key with the same body has one effect and gets one answer.",
    },
    {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "schema": _TEXT,
        "description": "The ETag of the version this was decided on; decisions need it.",
    },
]
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
    415: ("unsupported", "Content-Type", "请以 UTF-8 编码的 JSON 提交", "send JSON in UTF-8"),
    422: ("invalid", "query.page", "没有查询参数 page", "no query parameter page here"),
    428: ("needs_version", "If-Match", "需要 If-Match", "If-Match is needed: the ETag of what was read"),
}
"""Code, field and words of an example by status."""
_PAGE = {
    "type": "object",
    "title": "Page",
    "description": "A part of a list; `next` is the `cursor` of the part after it, null at the end.",
    "required": ["items", "next"],
    "properties": {
        "items": {"type": "array", "items": {"type": "object"}},
        "next": {"anyOf": [_TEXT, {"type": "null"}]},
    },
}
_GENERATED = ("HTTPValidationError", "ValidationError")
"""FastAPI's schemas of refusals, which are not ours."""


def describe(document: dict[str, Any], access: Access) -> None:
    """Add them to an OpenAPI document of routes with this table of access."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _GENERATED:
        schemas.pop(name, None)
    schemas |= {"Problem": _PROBLEM, "Page": _PAGE}
    components["responses"] = {f"Refused{status}": _refusal(status) for status in _REFUSALS}
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["key"] = {"type": "http", "scheme": "bearer", "description": "The account's API key."}
    document["security"] = [{}, {"key": []}]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _describe_page(operation)
            for status in _statuses(method, path, operation, access[f"{method.upper()} {path}"]):
                answer = {"$ref": f"#/components/responses/Refused{status}"}
                operation.setdefault("responses", {})[str(status)] = answer
        for method in operations.keys() & {"post", "put"}:
            operations[method].setdefault("parameters", []).extend(_HEADERS)


def _statuses(method: str, path: str, operation: dict[str, Any], roles: Roles) -> Iterator[int]:
    """How a request to an operation can be refused. A wrong key is refused even where everybody may call."""
    writes = method in ("post", "put")
    if "requestBody" in operation:
        yield 400
    yield 401
    if set(AccountRole) - roles:
        yield 403
    if "{" in path and not (method == "put" and path.endswith("}")):  # such a PUT makes what is not there
        yield 404
    if writes:
        yield from (408, 409, 412, 413, 415)
    yield 422
    if writes:
        yield 428


def _describe_page(operation: dict[str, Any]) -> None:
    """Give a list that is read part by part the schema of a page, where its route names no other."""
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    content = operation["responses"].get("200", {}).get("content", {})
    if "cursor" in names and content.get("application/json") == {"schema": {}}:
        content["application/json"]["schema"] = {"$ref": "#/components/schemas/Page"}


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
    return {"description": title, "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}
