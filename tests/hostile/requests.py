"""Draws requests to every operation of every service: paths, parameters, headers and bodies spoiled."""

import re
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.accepted import ACCEPTED
from tests.described import document_of
from tests.hostile.drawing import Drawn, dumped
from tests.spoiled import ACCESS, BY, NOBODY, Target

UNTRIED = ("/clock", "/hold")
"""Routes that drive the whole city."""
PATHS = ("%00", "%FF", "%ED%A0%80", "'", "-1", "9" * 20, "x" * 2_000, "%20", "..", "%2e%2e%2f", "%0A", "None")
HEADERS = (
    "accept",
    "authorization",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "range",
    "receipt-code",
    "traceparent",
    "transfer-encoding",
    "x-forwarded-for",
    "x-timestamp",
)
VALUES = (
    b"",
    b" ",
    b"\xff",
    b"\x00",
    b"-1",
    b"9" * 5_000,
    b"Basic e30",
    b"Bearer \xe9",
    b"*",
    b";=,;",
    b'W/"\xb2"',
    b"gzip, deflate, br",
    b"application/json; charset=utf-16",
    b"multipart/form-data; boundary=",
    b"00-" + b"0" * 32 + b"-" + b"f" * 16 + b"-zz",
    b"bytes=9-1,",
    "٣".encode(),
)


class DrawnRequest(NamedTuple):
    """A request as an account's program may send it."""

    kind: str
    account: str
    method: str
    service: str
    path: str
    headers: dict[str, bytes]
    content: bytes | None

    def __str__(self) -> str:
        path = f"{self.method} /{self.service}{self.path[:80]}"
        return f"{self.account} {path} {self.headers} {self.content!r:.300}"


class Requests:
    """Draws requests about one appeal that is under way."""

    def __init__(self, drawn: Drawn, target: Target) -> None:
        self._drawn = drawn
        self._target = target
        self._routes = [route for route in ACCESS if not route.endswith(UNTRIED)]
        self._names = {
            f"{method.upper()} /{name}{path}": [
                parameter["name"]
                for parameter in operation.get("parameters", [])
                if parameter["in"] == "query"
            ]
            for name, context in target.city.services.items()
            for path, operations in document_of(context)["paths"].items()
            for method, operation in operations.items()
        }

    def draw(self) -> DrawnRequest:
        """One request, spoiled in one kind or two."""
        drawn = self._drawn
        route = drawn.choice(self._routes)
        method, whole = route.split()
        _, service, path = whole.split("/", 2)
        account = drawn.choice(
            (next((BY[role] for role in BY if role in ACCESS[route]), "ops"), *BY.values())
        )
        headers = {"receipt-code": self._target.appeal["receipt_code"].encode()}
        content = None
        if method in ("POST", "PUT"):
            headers["content-type"] = b"application/json"
            content = dumped(self._target.body(route) if route in ACCEPTED else {})
        request = DrawnRequest("fields", account, method, service, f"/{self._path(path)}", headers, content)
        kinds = ["paths", "parameters", "headers", *(["fields"] * 4 + ["bytes"] * 2 if content else [])]
        for kind in drawn.sample(kinds, drawn.choice((1, 1, 2))):
            request = getattr(self, f"_{kind}")(request._replace(kind=kind), route)
        return request

    def _path(self, path: str) -> str:
        known = {"code": "roads", "year": 2027, "recipient": "unit:roads", "parked_id": 1, "leg": 1}
        values: dict[str, Any] = {**known, **NOBODY, **self._target.appeal}
        return re.sub(r"{(\w+)}", lambda match: str(values.get(match[1], "1")), path)

    def _paths(self, request: DrawnRequest, _route: str) -> DrawnRequest:
        parts = request.path.split("/")
        place = self._drawn.randrange(len(parts))
        odd = quote(self._drawn.text().encode(errors="surrogatepass"))
        parts[place] = self._drawn.choice((*PATHS, odd))
        return request._replace(path="/" + "/".join(parts).lstrip("/"))

    def _parameters(self, request: DrawnRequest, route: str) -> DrawnRequest:
        drawn, names = self._drawn, [*self._names.get(route, []), "limit", "cursor", "q", "\u0663"]
        query = "&".join(
            f"{quote(drawn.choice(names))}={quote(drawn.text().encode(errors='surrogatepass'))}"
            for _ in range(drawn.randint(1, 3))
        )
        return request._replace(path=f"{request.path}?{query}")

    def _headers(self, request: DrawnRequest, _route: str) -> DrawnRequest:
        drawn = self._drawn
        odd = {drawn.choice(HEADERS): drawn.choice(VALUES) for _ in range(drawn.randint(1, 3))}
        return request._replace(headers=request.headers | odd)

    def _fields(self, request: DrawnRequest, route: str) -> DrawnRequest:
        body = self._target.body(route) if route in ACCEPTED else {}
        return request._replace(content=dumped(self._drawn.spoiled(body)))

    def _bytes(self, request: DrawnRequest, _route: str) -> DrawnRequest:
        return request._replace(content=self._drawn.spoiled_bytes(request.content or b"{}"))
