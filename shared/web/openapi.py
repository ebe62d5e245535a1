"""What routes' signatures do not show: API keys, idempotency keys and versions are sent in headers."""

from typing import Any

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


def describe(document: dict[str, Any]) -> None:
    """Add them to an OpenAPI document."""
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["key"] = {"type": "http", "scheme": "bearer", "description": "The account's API key."}
    document["security"] = [{}, {"key": []}]
    for operations in document["paths"].values():
        for method in operations.keys() & {"post", "put"}:
            operations[method].setdefault("parameters", []).extend(_HEADERS)
