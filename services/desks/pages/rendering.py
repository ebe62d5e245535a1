"""Renders pages: templates, two languages, static files by the hash of their content, and headers."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.desks.pages.home import links_of
from services.desks.pages.language import Language, chosen_language, is_senior, say

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # With `no-referrer` browsers send the forms of our own pages with `Origin: null`.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
STATIC = Path(__file__).parent / "static"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
A_YEAR_S = 365 * 86_400


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("services.desks.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def asset(name: str) -> str:
    """The address of a static file. It has a hash of the content, so that browsers may keep the file."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    stem, _, suffix = name.rpartition(".")
    return f"/static/{stem}.{digest}.{suffix}"


@cache
def _assets() -> Mapping[str, str]:
    return {asset(file.name): file.name for file in STATIC.iterdir() if file.suffix in TYPES}


async def static_file(request: Request) -> Response:
    """A static file by its address; 404 for any other, as for one with the hash of another version."""
    name = _assets().get(request.url.path)
    if name is None:
        return Response("", 404)
    headers = {"cache-control": f"public, max-age={A_YEAR_S}, immutable", "x-content-type-options": "nosniff"}
    return Response((STATIC / name).read_bytes(), media_type=TYPES[Path(name).suffix], headers=headers)


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """The page of a template. `request.state.viewer` is who looks, None for the public."""
    language = chosen_language(request)

    def t(zh: str, en: str) -> str:
        return say(language, zh, en)

    html = (
        _environment()
        .get_template(template)
        .render(
            t=t,
            lang=language,
            is_english=language is Language.EN,
            is_senior=is_senior(request),
            viewer=getattr(request.state, "viewer", None),
            path=request.url.path,
            asset=asset,
            links=links_of,
            role_name=lambda role: t(role.zh, role.value.replace("_", " ")),
            json=lambda content: json.dumps(content, ensure_ascii=False),
            **values,
        )
    )
    return HTMLResponse(html, status, headers=HEADERS)
