"""Escalation over HTTP: cases with their deadlines explained, cards, lifts, the ledger, leaders."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.escalation import acts, queries
from services.escalation.document import CaseDocument
from services.escalation.domain import ActContext, perform
from services.escalation.engine import ACTS
from services.escalation.work import Work
from shared.appeals.document import no_such_appeal, not_dispatched_to_unit
from shared.appeals.routes import add_act_routes
from shared.database.connection import Connection
from shared.roles import AccountRole
from shared.rules.judging.state import CaseState
from shared.service.accounts import Caller
from shared.web.bodies import Body, Line
from shared.web.request import Called, Page, Paged, Reading, RequestContext, Requested, json
from shared.web.writer import Answer

router = APIRouter(tags=["escalation"])

ROUTES: dict[str, type[acts.Act]] = {
    "cards/served": acts.Serve,
    "cards/acknowledged": acts.Acknowledge,
    "cards/appealed": acts.Contest,
    "cards/upheld": acts.Uphold,
    "cards/withdrawn": acts.Withdraw,
    "instructions": acts.Instruct,
    "sign-off": acts.SignOff,
    "publication-answers": acts.AnswerPublication,
    "publication-decisions": acts.DecidePublication,
}
DECISIONS = (acts.Uphold, acts.Withdraw, acts.Instruct, acts.SignOff, acts.DecidePublication)
"""What one person decides and another must not overwrite unseen: these need If-Match."""


class LeaderBody(Body):
    """A leader (牵头领导) to whom appeals may be lifted."""

    name: Line
    title: Line


async def _perform(appeal_id: UUID, act: acts.Act, request: RequestContext) -> Response:
    def do(work: Work) -> Answer:
        case = work.case(appeal_id)
        request.check(case.version, needed=isinstance(act, DECISIONS))
        today = work.at.astimezone(request.context.zone).date()
        for event in perform(case, act, ActContext(work.at, request.caller, today)):
            work.emit(event)
            if type(event) in ACTS:
                work.remember(event)
        work.keep(case)
        return Answer(case.model_dump_json(exclude={"said"}), 200, str(case.version))

    return await request.write([appeal_id], do)


add_act_routes(router, ROUTES, _perform, CaseDocument)


async def _list(
    conn: Connection,
    page: Page,
    state: CaseState | None = None,
    unit: str | None = None,
    leader: str | None = None,
    *,
    supervised: bool = False,
) -> Response:
    files = await queries.cases(conn, page, state=state, unit=unit, leader=leader, supervised=supervised)
    return page.answer([_shown(file) for file in files], "registration_number")


def _shown(file: dict[str, Any]) -> dict[str, Any]:
    lifts = file.get("lifts") or [lift for lift in (file["lift"],) if lift]
    counted = [card for card in file["cards"] if card["status"] != "withdrawn"]
    return {
        **{name: value for name, value in file.items() if name != "said"},
        "cards_counted": len(counted),
        "lifted_at": lifts[0]["lifted_at"] if lifts else None,
    }


def _own(called: Caller, unit: str | None) -> str | None:
    return called.code if called.role == AccountRole.UNIT else unit


@router.get("/cases")
async def cases(
    conn: Reading,
    called: Called,
    page: Paged,
    state: CaseState | None = None,
    unit: Annotated[acts.Code | None, Query()] = None,
) -> Response:
    """All cases as last judged; a unit sees those in which it has a card or an overdue deadline."""
    return await _list(conn, page, state=state, unit=_own(called, unit))


@router.get("/ledger")
async def ledger(
    conn: Reading,
    called: Called,
    page: Paged,
    unit: Annotated[acts.Code | None, Query()] = None,
    leader: Annotated[acts.Code | None, Query()] = None,
) -> Response:
    """What is being supervised (督办台账): cases with something overdue, carded or lifted, not yet done."""
    return await _list(conn, page, unit=_own(called, unit), leader=leader, supervised=True)


@router.get("/appeals/{appeal_id}", response_model=CaseDocument)
async def case(appeal_id: UUID, conn: Reading, called: Called) -> Response:
    """One case: every deadline with its explanation, cards, lift. Its ETag is what a decision names."""
    file = await queries.case(conn, appeal_id)
    if file is None:
        raise no_such_appeal()
    if called.role == AccountRole.UNIT and called.code not in {
        deadline["unit"] for deadline in file["deadlines"]
    }:
        raise not_dispatched_to_unit()
    return json(_shown(file), etag=file["version"])


@router.get("/leaders")
async def leaders(conn: Reading) -> Response:
    """The leaders to whom appeals may be lifted."""
    return json({"items": await queries.leaders(conn)})


@router.put("/leaders/{code}")
async def put_leader(code: acts.Code, body: LeaderBody, request: Requested) -> Response:
    """Write a leader; an existing one needs If-Match."""
    leader = {"code": code, **body.model_dump()}
    async with request.context.engine.begin() as conn:
        version = await queries.lock_leader(conn, code)
        if version is not None:
            request.check(version, needed=True)
        version = await queries.save_leader(conn, leader)
    return json(leader, etag=version)
