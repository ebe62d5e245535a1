"""`/docs`: Swagger UI, with all its files from here, so that it works on a network without internet.

The files are those that the wheel of fastapi-offline carries; nothing else of it is used.
"""

from importlib.resources import as_file, files

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_CACHED = {**HEADERS, "cache-control": "max-age=3600"}
_FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
"""


def routes(title: str) -> list[Route]:
    """The page `/docs` of a service, and the files that it loads."""

    async def page(_request: Request) -> Response:
        return Response(_PAGE.format(title=title), headers=HEADERS, media_type="text/html")

    async def start(_request: Request) -> Response:
        return Response(_START, headers=_CACHED, media_type="text/javascript")

    return [Route("/docs", page), Route("/docs/start.js", start), *map(_file, _FILES)]


def _file(name: str) -> Route:
    with as_file(files("fastapi_offline") / "static" / name) as path:

        async def send(_request: Request) -> Response:
            return FileResponse(path, headers=_CACHED, media_type=_FILES[name])

    return Route(f"/docs/{name}", send)
