"""One route an act, for services in which many kinds of acts are done to an appeal in the same way."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from shared.appeals.document import AppealRecord
from shared.web.bodies import Body
from shared.web.request import RequestContext, Requested

Perform = Callable[[UUID, Any, RequestContext], Awaitable[Response]]


def add_act_routes(
    router: APIRouter, routes: Mapping[str, type[Body]], perform: Perform, document: type[AppealRecord]
) -> None:
    """Add `POST /appeals/{appeal_id}/<path>` for each act; `perform` does it and answers a `document`."""
    for path, act_type in routes.items():
        router.add_api_route(
            f"/appeals/{{appeal_id}}/{path}",
            _endpoint(act_type, perform),
            methods=["POST"],
            name=act_type.__name__,
            response_model=document,
        )


def _endpoint(act_type: type[Body], perform: Perform) -> Callable[..., Awaitable[Response]]:
    async def endpoint(appeal_id: UUID, body: Any, request: Requested) -> Response:
        return await perform(appeal_id, body, request)

    endpoint.__annotations__["body"] = act_type
    endpoint.__doc__ = act_type.__doc__
    return endpoint
