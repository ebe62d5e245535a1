"""Tables of access: which roles may call which route. Each service hands in the table of its own routes.

`docs/access.md` shows the tables of all services on one page.
"""

from collections.abc import Iterable, Mapping

from fastapi.routing import APIRoute

from shared.roles import Roles

Access = Mapping[str, Roles]
"""The roles by method and path below the service, such as `GET /cases/{case_id}`."""


def check(access: Access, routes: Iterable[APIRoute]) -> None:
    """Raise LookupError where a route is not in the table, or a row of the table is no route."""
    names = {f"{method} {route.path}" for route in routes for method in route.methods or ()}
    if missing := names - access.keys():
        raise LookupError(f"not in the table of access: {', '.join(sorted(missing))}")
    if dead := access.keys() - names:
        raise LookupError(f"in the table of access, but no route: {', '.join(sorted(dead))}")
