"""Cases that are kept from a role: whatever route names one by its id answers as if there were no such case.

An act that a role may do on a case that it may not read, such as a unit's on its own leg, is answered without
the case. A service hands in which cases these are, so that no route has to think of it.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import Request, Response

from shared.roles import AccountRole
from shared.service.errors import HuyingError

if TYPE_CHECKING:
    from shared.service.service import ServiceContext

DONE_UNSEEN = 204
"""The status of an act on a case that the caller may not read."""


@dataclass(frozen=True, slots=True)
class Hiding:
    """Which cases of a service are kept from whom."""

    parameters: tuple[str, ...]
    """The path parameters that hold the id of such a case."""
    hidden: Callable[["ServiceContext", AccountRole | None, Collection[UUID]], Awaitable[frozenset[UUID]]]
    """Of the cases with these ids, those that the role may not read."""
    marks: Callable[["ServiceContext", AccountRole | None], Collection[str]]
    """Texts in a record that show it to be about a case which the role may not read."""
    refusal: Callable[[], HuyingError]
    """The refusal of a case that the service does not have."""


async def refuse_hidden(request: Request, context: "ServiceContext") -> bool:
    """Refuse to read a case that is kept from the caller. For an act: whether it is done to such a case."""
    if (hiding := context.service.hiding) is None:
        return False
    ids = [id_of(request.path_params.get(name)) for name in hiding.parameters]
    named = [id_ for id_ in ids if id_ is not None]
    if not named or not await hiding.hidden(context, request.state.caller.role, named):
        return False
    if request.method == "GET":
        raise hiding.refusal()
    return True


def id_of(text: str | None) -> UUID | None:
    """The id of a case, alone or after a kind (`enterprise:<id>`); None for anything else."""
    try:
        return UUID(text.rpartition(":")[2]) if text else None
    except ValueError:
        return None


def without_case(answer: Response) -> Response:
    """The answer to an act that shows no case: that it was done, and the version that it made."""
    if not 200 <= answer.status_code < 300:
        return answer
    return Response(
        status_code=DONE_UNSEEN, headers={"etag": answer.headers["etag"]} if "etag" in answer.headers else {}
    )
