"""Publications (红黑榜) over HTTP: published for everybody, proposed for those who review them."""

from typing import Any

from fastapi import APIRouter, Request, Response

from services.escalation.answers import ListedPublication
from services.escalation.publications import queries
from services.escalation.reading import FIELDS
from shared.appeals.readers import FieldKind
from shared.judging.rulebook import rulebook
from shared.web.answers import PageOf
from shared.web.fields import OWN
from shared.web.paging import Paged, no_cursor
from shared.web.request import Called, Reading, service

router = APIRouter(tags=["records"])
_SHOWN = {
    "publication_id",
    "unit",
    "unit_name",
    "deadline",
    "title",
    "due_at",
    "clause",
    "answer",
    "reason",
    "decided_at",
    "expires_on",
}
"""What everybody sees: nothing that leads to the enterprise."""


@router.get(
    "/publications", summary="红黑榜 / The red and black list", response_model=PageOf[ListedPublication]
)
async def publications(conn: Reading, called: Called, page: Paged, request: Request) -> Response:
    """The red and black list: what is published now.

    The office and leaders see what is or was proposed as well, a unit all of its own.
    """
    after = page.after[0] if page.after else 0
    if not isinstance(after, int):
        raise no_cursor()
    context = service(request)
    sight = rulebook(context).sight(called.role)
    shown: set[str] | None = None
    if FIELDS.reads(FieldKind.PROPOSALS, called.role):
        rows = await queries.publications(conn, sight, after, page.limit + 1, None)
    elif FIELDS.reads(FieldKind.PROPOSALS, called.role, {OWN}):
        rows = await queries.publications(conn, sight, after, page.limit + 1, called.code or "")
    else:
        today = context.clock.now().astimezone(context.zone).date()
        rows = await queries.published(conn, sight, after, page.limit + 1, today)
        shown = _SHOWN
    return page.answer([_publication(row.id, row.file, shown) for row in rows], "id")


def _publication(id_: int, file: dict[str, Any], shown: set[str] | None) -> dict[str, Any]:
    kept = file if shown is None else {name: value for name, value in file.items() if name in shown}
    return {"id": id_, **kept}
