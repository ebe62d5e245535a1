"""Escalation over HTTP: cases with their deadlines explained, cards, lifts, the ledger, leaders."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.escalation import acts, queries
from services.escalation.answers import JudgedCase, Leader, ListedLeader, ReadCase
from services.escalation.domain import ActContext, perform
from services.escalation.engine import ACTS
from services.escalation.work import Work
from shared.appeals.document import no_such_appeal, not_dispatched_to_unit
from shared.appeals.routes import add_act_routes
from shared.database.connection import Connection
from shared.roles import AccountRole
from shared.rules.judging.state import CaseState
from shared.service.accounts import Caller
from shared.web.answers import Items, PageOf
from shared.web.bodies import Body, Line
from shared.web.request import Called, Page, Paged, Reading, Replacing, WriteContext, json
from shared.web.writer import Answer

router = APIRouter(tags=["escalation"])

ROUTES: dict[str, tuple[type[acts.Act], str]] = {
    "cards/served": (acts.Serve, "送达黄牌 / Record that a card was served"),
    "cards/acknowledged": (acts.Acknowledge, "签收黄牌 / Acknowledge a card"),
    "cards/appealed": (acts.Contest, "申诉黄牌 / Contest a card"),
    "cards/upheld": (acts.Uphold, "维持黄牌 / Uphold a card"),
    "cards/withdrawn": (acts.Withdraw, "撤销黄牌 / Withdraw a card"),
    "instructions": (acts.Instruct, "领导批示 / Give an instruction"),
    "sign-off": (acts.SignOff, "领导签批 / Sign off a lifted appeal"),
    "publication-answers": (acts.AnswerPublication, "答复拟公开事项 / Answer a proposed publication"),
    "publication-decisions": (acts.DecidePublication, "审核公开事项 / Decide on a publication"),
}
DECISIONS = (acts.Uphold, acts.Withdraw, acts.Instruct, acts.SignOff, acts.DecidePublication)
"""What one person decides and another must not overwrite unseen: these need If-Match."""


class LeaderBody(Body):
    """A leader (牵头领导) to whom appeals may be lifted."""

    name: Line
    title: Line


async def _perform(appeal_id: UUID, act: acts.Act, request: WriteContext) -> Response:
    def do(work: Work) -> Answer:
        case = work.case(appeal_id)
        request.check(case.version)
        today = work.at.astimezone(request.context.zone).date()
        for event in perform(case, act, ActContext(work.at, request.caller, today)):
            said = work.emit(event)
            if type(said) in ACTS:
                work.remember(said)
        work.keep(case)
        return Answer(case.model_dump_json(exclude={"said"}), 200, str(case.version))

    return await request.write([appeal_id], do)


add_act_routes(router, ROUTES, DECISIONS, _perform, JudgedCase)


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


@router.get("/cases", summary="全部判定结果 / List the cases as last judged", response_model=PageOf[ReadCase])
async def cases(
    conn: Reading,
    called: Called,
    page: Paged,
    state: CaseState | None = None,
    unit: Annotated[acts.Code | None, Query()] = None,
) -> Response:
    """All cases as last judged; a unit sees those in which it has a card or an overdue deadline."""
    return await _list(conn, page, state=state, unit=_own(called, unit))


@router.get("/ledger", summary="督办台账 / List what is supervised", response_model=PageOf[ReadCase])
async def ledger(
    conn: Reading,
    called: Called,
    page: Paged,
    unit: Annotated[acts.Code | None, Query()] = None,
    leader: Annotated[acts.Code | None, Query()] = None,
) -> Response:
    """What is being supervised (督办台账): cases with something overdue, carded or lifted, not yet done."""
    return await _list(conn, page, unit=_own(called, unit), leader=leader, supervised=True)


@router.get(
    "/appeals/{appeal_id}", summary="查看判定与时限 / Read a case with its deadlines", response_model=ReadCase
)
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


@router.get("/leaders", summary="领导名册 / List the leaders", response_model=Items[ListedLeader])
async def leaders(conn: Reading) -> Response:
    """The leaders to whom appeals may be lifted."""
    return json({"items": await queries.leaders(conn)})


@router.put("/leaders/{code}", summary="登记领导 / Write a leader", response_model=Leader)
async def put_leader(code: acts.Code, body: LeaderBody, request: Replacing) -> Response:
    """Write a leader; an existing one needs If-Match."""
    leader = {"code": code, **body.model_dump()}
    async with request.context.engine.begin() as conn:
        version = await queries.lock_leader(conn, code)
        if version is not None:
            request.check(version)
        version = await queries.save_leader(conn, leader)
    return json(leader, etag=version)
