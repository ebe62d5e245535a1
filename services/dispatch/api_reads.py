"""What the office and the units read of appeals at dispatch, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.dispatch import queries
from services.dispatch.document import AppealDocument, AppealState
from shared.appeals.document import no_such_appeal, not_dispatched_to_unit
from shared.roles import AccountRole
from shared.web.bodies import Code
from shared.web.request import Called, Paged, Reading, json

router = APIRouter(tags=["dispatch"])


class Follower(BaseModel):
    """An appeal that is handled with another one."""

    appeal_id: UUID
    registration_number: str
    title: str
    enterprise: str | None
    state: AppealState


class AppealWithActs(AppealDocument):
    """An appeal with its acts, in order, and the appeals that are handled with it."""

    acts: list[dict[str, Any]]
    followers: list[Follower]


@router.get("/appeals")
async def appeals(
    conn: Reading,
    called: Called,
    page: Paged,
    state: AppealState | None = None,
    unit: Annotated[Code | None, Query()] = None,
) -> Response:
    """The appeals, oldest number first; a unit sees its own alone."""
    wanted_unit = called.code if called.role == AccountRole.UNIT else unit
    documents = await queries.appeals(
        conn, after=page.after_text, limit=page.limit + 1, state=state, unit=wanted_unit
    )
    return page.answer(documents, "registration_number")


@router.get("/appeals/{appeal_id}", response_model=AppealWithActs)
async def appeal(appeal_id: UUID, conn: Reading, called: Called) -> Response:
    """One appeal with its acts; its ETag is what a decision names in If-Match."""
    document = await queries.appeal_with_acts(conn, appeal_id)
    if document is None:
        raise no_such_appeal()
    if called.role == AccountRole.UNIT and called.code not in {leg["unit"] for leg in document["legs"]}:
        raise not_dispatched_to_unit()
    return json(document, etag=document["version"])
