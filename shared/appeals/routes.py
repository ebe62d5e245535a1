"""One route an act, for services in which many kinds of acts are done to an appeal in the same way."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from shared.appeals.document import AppealRecord
from shared.web.bodies import Body
from shared.web.request import Acting, Deciding, WriteContext

Perform = Callable[[UUID, Any, WriteContext], Awaitable[Response]]


def add_act_routes(
    router: APIRouter,
    routes: Mapping[str, tuple[type[Body], str]],
    decisions: Collection[type[Body]],
    perform: Perform,
    document: type[AppealRecord],
) -> None:
    """Add `POST /appeals/{appeal_id}/<path>` for each act; `perform` does it and answers a `document`.

    `routes`: the act of each path, and its summary. `decisions` are the acts that need If-Match.
    """
    for path, (act_type, summary) in routes.items():
        router.add_api_route(
            f"/appeals/{{appeal_id}}/{path}",
            _endpoint(act_type, Deciding if act_type in decisions else Acting, perform),
            methods=["POST"],
            name=act_type.__name__,
            summary=summary,
            response_model=document,
        )


def _endpoint(act_type: type[Body], kind: Any, perform: Perform) -> Callable[..., Awaitable[Response]]:
    async def endpoint(appeal_id: UUID, body: Any, request: Any) -> Response:
        return await perform(appeal_id, body, request)

    endpoint.__annotations__ |= {"body": act_type, "request": kind}
    endpoint.__doc__ = act_type.__doc__
    return endpoint
