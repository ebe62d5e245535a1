"""What the office and the units read of appeals at dispatch, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.dispatch import queries
from services.dispatch.answers import AppealWithActs
from services.dispatch.document import AppealDocument, AppealState
from services.dispatch.reading import InCharge, Reader, as_read_by
from shared.appeals.answers import PublicAnswer
from shared.appeals.document import no_such_appeal, not_dispatched_to_unit
from shared.database.connection import Connection
from shared.directory.copies import known_leaders
from shared.judging.rulebook import rulebook
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.web.answers import Items, PageOf
from shared.web.bodies import Code
from shared.web.openapi import VERSIONED
from shared.web.paging import Paged
from shared.web.request import Called, Reading, RequestContext, Requested, json

router = APIRouter(tags=["dispatch"])
MOST_ANSWERS = 500


@router.get(
    "/appeals", summary="承办诉求列表 / List dispatched appeals", response_model=PageOf[AppealDocument]
)
async def appeals(
    conn: Reading,
    called: Called,
    page: Paged,
    request: Requested,
    state: AppealState | None = None,
    unit: Annotated[Code | None, Query()] = None,
    against_word: bool = False,
) -> Response:
    """The appeals, oldest number first; a unit sees those alone that it, or a unit below it, has or is of the
    task force of.

    `against_word`: those that were closed although they are reasonable and were rated not satisfied.
    """
    own = await units_of(conn, called)
    wanted = None if unit is None else [unit]
    sight = rulebook(request.context).sight(called.role)
    documents = await queries.appeals(
        conn,
        sight,
        after=page.after_text,
        limit=page.limit + 1,
        state=state,
        units=wanted if own is None or unit in own else own,
        against_word=against_word,
    )
    reader = Reader(called, own or ())
    shown = [as_read_by(reader, document) for document in documents]
    return page.answer(shown, "registration_number")


@router.get(
    "/appeals/{appeal_id}",
    summary="查看办理过程 / Read an appeal with its acts",
    response_model=AppealWithActs,
    responses=VERSIONED,
)
async def appeal(appeal_id: UUID, conn: Reading, called: Called, request: Requested) -> Response:
    """One appeal with its acts, each as far as the caller reads it; its ETag is what a decision names."""
    document = await queries.appeal_with_acts(conn, appeal_id)
    if document is None:
        raise no_such_appeal()
    own = await units_of(conn, called)
    if own is not None and not set(own) & set(AppealDocument.model_validate(document).readers()):
        raise not_dispatched_to_unit()
    leads = await _in_charge(conn, called, request)
    return json(as_read_by(Reader(called, own or (), leads), document), etag=document["version"])


async def _in_charge(conn: Connection, called: Caller, request: RequestContext) -> InCharge | None:
    """The directory by which a leader is known to be in charge; nothing for everybody else."""
    if called.role != AccountRole.LEADER:
        return None
    today = request.context.clock.now().astimezone(request.context.zone).date()
    return InCharge(await known_leaders(conn), today)


async def units_of(conn: Connection, called: Caller) -> list[str] | None:
    """The units whose appeals alone the caller reads, its own and those below it; None for who is no unit."""
    if called.role != AccountRole.UNIT:
        return None
    return await queries.unit_and_below(conn, called.code or "")


@router.get(
    "/appeals/{appeal_id}/answers",
    summary="企业可见的答复 / What the enterprise may read",
    response_model=Items[PublicAnswer],
)
async def answers(appeal_id: UUID, conn: Reading) -> Response:
    """The texts of units and the office for the enterprise, for the services that show them to it."""
    texts = await queries.answers(conn, appeal_id, MOST_ANSWERS)
    if texts is None:
        raise no_such_appeal()
    return json({"items": [answer.model_dump(mode="json") for answer in texts]})
