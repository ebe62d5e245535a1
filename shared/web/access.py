"""Tables of access: which roles may call which route. Each service hands in the table of its own routes.

`docs/access.md` shows the tables of all services on one page.
"""

from collections.abc import Iterable, Mapping

from fastapi.routing import APIRoute

from shared.roles import Roles
from shared.service.accounts import READ, Scopes
from shared.service.errors import Forbidden

Access = Mapping[str, Roles]
"""The roles by method and path below the service, such as `GET /cases/{case_id}`."""


def check(access: Access, routes: Iterable[APIRoute]) -> None:
    """Raise LookupError where a route is not in the table, or a row of the table is no route."""
    names = {f"{method} {route.path}" for route in routes for method in route.methods or ()}
    if missing := names - access.keys():
        raise LookupError(f"not in the table of access: {', '.join(sorted(missing))}")
    if dead := access.keys() - names:
        raise LookupError(f"in the table of access, but no route: {', '.join(sorted(dead))}")


def is_in_scope(scopes: Scopes, method: str, path: str) -> bool:
    """Whether a key or token of these scopes may call a route that the role may call.

    `path` is the route's, with the service before it, such as `/intake/appeals/{appeal_id}`.
    """
    return f"{method} {path}" in scopes or (method == "GET" and READ in scopes)


def out_of_scope() -> Forbidden:
    """The refusal of a key or token that is for other routes than the one that was called."""
    return Forbidden(
        "此密钥或令牌的使用范围不含此操作", "this key or token is not for this: its scopes name other routes"
    )
