"""What waits for somebody's word, over HTTP: objections, extensions, contested cards, and the like."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.desks.finding import pages
from services.desks.finding.answers import Counted
from services.desks.finding.conditions import position
from services.desks.finding.parameters import Name
from services.desks.finding.scopes import scope_of
from services.desks.finding.units import codes_of
from services.desks.rows.states import WaitingKind
from services.desks.waiting import queries
from services.desks.waiting.queries import WantedWords
from shared.web.answers import PageOf
from shared.web.paging import Paged, cursor, no_cursor
from shared.web.request import Called, Reading, Requested, json

router = APIRouter(tags=["desks"])
SORT = "waiting"


class Waiting(BaseModel):
    """One thing that waits; `subject` is the leg, the card or the stage that it is about, or the case."""

    appeal_id: UUID
    registration_number: str
    title: str
    enterprise: str | None
    credit_code: str | None
    kind: WaitingKind
    subject: str
    unit: str | None
    unit_name: str | None
    asked_at: datetime
    due_at: datetime | None
    overdue: bool


class ListedWaiting(PageOf[Waiting]):
    """A part of the list of what waits. `count` is there where it was asked for."""

    count: Counted | None


@router.get("/waiting", summary="待决事项 / What waits for a word", response_model=ListedWaiting)
async def waiting(
    conn: Reading,
    called: Called,
    page: Paged,
    request: Requested,
    kind: WaitingKind | None = None,
    unit: Name = None,
    overdue: bool | None = None,
    count: bool = False,
) -> Response:
    """What waits to be decided, the nearest limit first; a unit sees what it asked for itself."""
    scope = await scope_of(request.context, conn, called)
    wanted = WantedWords(kind, await codes_of(conn, unit), overdue)
    rows = await queries.waiting(conn, wanted, scope, _position(page.after), page.limit + 1)
    counted = pages.counted(await queries.count_waiting(conn, wanted, scope)) if count else None
    after = None
    if len(rows) > page.limit:
        last = rows[page.limit - 1]
        after = cursor([SORT, *(last[name] for name in ("position", "appeal_id", "kind", "subject"))])
    shown = pages.in_zone(rows[: page.limit], scope.zone)
    items = [{name: value for name, value in row.items() if name != "position"} for row in shown]
    return json({"items": items, "next": after, "count": counted})


def _position(after: list[Any] | None) -> queries.Position:
    start = position(after[:3] if after else None, SORT)
    if start is None or after is None:
        return None
    if len(after) != 5 or not all(isinstance(part, str) for part in after):
        raise no_cursor()
    return (*start, after[3], after[4])
