"""What the routes' signatures do not show: keys, idempotency keys and versions travel in headers."""

from typing import Any

from fastapi import FastAPI

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


def describe(app: FastAPI) -> None:
    """Let the OpenAPI document of `app` say so."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
            schemes["key"] = {"type": "http", "scheme": "bearer", "description": "The account's API key."}
            document["security"] = [{}, {"key": []}]
            for operations in document["paths"].values():
                for method in operations.keys() & {"post", "put"}:
                    operations[method].setdefault("parameters", []).extend(_HEADERS)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
