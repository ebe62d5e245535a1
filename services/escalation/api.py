"""Escalation over HTTP: cases with their deadlines explained, cards, lifts, the ledger, leaders."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response

from services.escalation import acts, queries
from services.escalation.answers import JudgedCase, ReadCase, UnitRecord
from services.escalation.document import CaseDocument, Lift
from services.escalation.domain import ActContext, perform
from services.escalation.engine import ACTS
from services.escalation.leaders import queries as leader_queries
from services.escalation.leaders.directory import Directory
from services.escalation.reading import as_read_by
from services.escalation.reasons import queries as reason_queries
from services.escalation.reasons.filling import with_reasons
from services.escalation.work import Work
from shared.appeals.document import no_such_appeal, not_dispatched_to_unit
from shared.appeals.routes import add_act_routes
from shared.database.connection import Connection
from shared.directory.leaders import NOBODY
from shared.judging.rulebook import rulebook
from shared.judging.sight import Sight
from shared.roles import AccountRole
from shared.rules.judging.state import CaseState
from shared.service.accounts import Caller
from shared.web.answers import PageOf
from shared.web.bodies import Code
from shared.web.openapi import VERSIONED
from shared.web.paging import Page, Paged
from shared.web.request import Called, Reading, WriteContext, json, service
from shared.web.writer import Answer

router = APIRouter(tags=["escalation"])

ROUTES: dict[str, tuple[type[acts.Act], str]] = {
    "cards/served": (acts.Serve, "送达黄牌 / Record that a card was served"),
    "cards/acknowledged": (acts.Acknowledge, "签收黄牌 / Acknowledge a card"),
    "cards/appealed": (acts.Contest, "申诉黄牌 / Contest a card"),
    "cards/upheld": (acts.Uphold, "维持黄牌 / Uphold a card"),
    "cards/withdrawn": (acts.Withdraw, "撤销黄牌 / Withdraw a card"),
    "instructions": (acts.Instruct, "领导批示 / Give an instruction"),
    "gatherings": (acts.Gather, "汇总梳理 / Record what was gathered for a lift"),
    "leaders": (acts.NameLeader, "另定牵头领导 / Name another leader for a lifted appeal"),
    "sign-off": (acts.SignOff, "领导签批 / Sign off a lifted appeal"),
    "publication-answers": (acts.AnswerPublication, "答复拟公开事项 / Answer a proposed publication"),
    "publication-decisions": (acts.DecidePublication, "审核公开事项 / Decide on a publication"),
}
DECISIONS = (
    acts.Uphold,
    acts.Withdraw,
    acts.Instruct,
    acts.Gather,
    acts.NameLeader,
    acts.SignOff,
    acts.DecidePublication,
)
"""What one person decides and another must not overwrite unseen: these need If-Match."""


async def _perform(appeal_id: UUID, act: acts.Act, request: WriteContext) -> Response:
    async with request.context.reader.connect() as conn:
        directory = await leader_queries.directory(conn)

    def do(work: Work) -> Answer:
        case = work.case(appeal_id)
        request.check(case.version)
        today = work.at.astimezone(request.context.zone).date()
        for event in perform(case, act, ActContext(work.at, request.caller, today, directory)):
            emitted = work.emit(event)
            if type(emitted) in ACTS:
                work.remember(emitted)
        work.keep(case)
        shown = as_read_by(request.caller, case.model_dump(mode="json", exclude={"said"}))
        return Answer(orjson.dumps(shown).decode(), 200, str(case.version))

    return await request.write([appeal_id], do)


add_act_routes(router, ROUTES, DECISIONS, _perform, JudgedCase)


async def _list(
    conn: Connection,
    called: Caller,
    page: Page,
    sight: Sight,
    today: date,
    state: CaseState | None = None,
    unit: str | None = None,
    leader: str | None = None,
    *,
    supervised: bool = False,
) -> Response:
    directory = await leader_queries.directory(conn)
    led = directory.leaders.led_by(leader, today) if leader else NOBODY
    files = await queries.cases(
        conn, page, sight, state=state, unit=directory.blamed_as(unit), led=led, supervised=supervised
    )
    files = await _with_reasons(conn, files)
    shown = [as_read_by(called, _shown(file, directory, today)) for file in files]
    return page.answer(shown, "registration_number")


async def _with_reasons(conn: Connection, files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cases with what people wrote."""
    reasons = await reason_queries.of_cases(conn, [UUID(file["appeal_id"]) for file in files])
    return [with_reasons(file, reasons.get(UUID(file["appeal_id"]), ())) for file in files]


def _shown(file: dict[str, Any], directory: Directory, today: date) -> dict[str, Any]:
    case, lifts = CaseDocument.model_validate(file), file["lifts"]
    if lifts:
        newest = Lift.model_validate(lifts[-1])
        lifts[-1] = file["lift"] = {**lifts[-1], "acts": directory.acting_in(newest, today)}
    counted = [card for card in file["cards"] if card["status"] != "withdrawn"]
    return {
        **{name: value for name, value in file.items() if name != "said"},
        "cards_counted": len(counted),
        "lifted_at": lifts[0]["lifted_at"] if lifts else None,
        "missed_by_office": [missed.model_dump(mode="json") for missed in case.office_missed()],
    }


def _today(request: Request) -> date:
    context = service(request)
    return context.clock.now().astimezone(context.zone).date()


def _sight(called: Caller, request: Request) -> Sight:
    return rulebook(service(request)).sight(called.role)


def _own(called: Caller, unit: str | None) -> str | None:
    return called.code if called.role == AccountRole.UNIT else unit


@router.get("/cases", summary="全部判定结果 / List the cases as last judged", response_model=PageOf[ReadCase])
async def cases(
    conn: Reading,
    called: Called,
    page: Paged,
    request: Request,
    state: CaseState | None = None,
    unit: Annotated[Code | None, Query()] = None,
) -> Response:
    """All cases as last judged; a unit sees those in which it has a card or an overdue deadline."""
    return await _list(
        conn, called, page, _sight(called, request), _today(request), state=state, unit=_own(called, unit)
    )


@router.get("/ledger", summary="督办台账 / List what is supervised", response_model=PageOf[ReadCase])
async def ledger(
    conn: Reading,
    called: Called,
    page: Paged,
    request: Request,
    unit: Annotated[Code | None, Query()] = None,
    leader: Annotated[Code | None, Query()] = None,
) -> Response:
    """What is being supervised (督办台账): cases with something overdue, carded or lifted, not yet done.

    `unit` may be the office, for what it let pass itself. `leader`: what that leader acts on.
    """
    today = _today(request)
    sight, own = _sight(called, request), _own(called, unit)
    return await _list(conn, called, page, sight, today, unit=own, leader=leader, supervised=True)


@router.get(
    "/units", summary="各单位黄牌与承诺 / Count cards and promises", response_model=PageOf[UnitRecord]
)
async def units(conn: Reading, called: Called, page: Paged, request: Request) -> Response:
    """The units with a card or a promise, and how many of each: made, kept, broken. A unit reads its own."""
    own = _own(called, None)
    return page.answer(await queries.unit_records(conn, page, _sight(called, request), own), "unit")


@router.get(
    "/appeals/{appeal_id}",
    summary="查看判定与时限 / Read a case with its deadlines",
    response_model=ReadCase,
    responses=VERSIONED,
)
async def case(appeal_id: UUID, conn: Reading, called: Called, request: Request) -> Response:
    """One case: every deadline with its explanation, cards, lift. Its ETag is what a decision names.

    A unit reads those in which it has a part, or is of the task force.
    """
    file = await queries.case(conn, appeal_id)
    if file is None:
        raise no_such_appeal()
    if called.role == AccountRole.UNIT and called.code not in _parts(file):
        raise not_dispatched_to_unit()
    directory = await leader_queries.directory(conn)
    (file,) = await _with_reasons(conn, [file])
    shown = as_read_by(called, _shown(file, directory, _today(request)))
    return json(shown, etag=file["version"])


def _parts(file: dict[str, Any]) -> set[str]:
    """The units that have a part in the case, or were named in a task force of it."""
    lifts = file.get("lifts") or [lift for lift in (file["lift"],) if lift]
    named = {code for lift in lifts for code in lift["task_force"]}
    return named | {deadline["unit"] for deadline in file["deadlines"]}
