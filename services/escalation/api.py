"""Escalation over HTTP: cases with their deadlines explained, cards, lifts, the ledger, leaders."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import text

from services.escalation import acts
from services.escalation.case import Case
from services.escalation.domain import perform
from services.escalation.engine import ACTS
from services.escalation.store import Ledger
from shared.database.connection import Connection
from shared.database.locks import wait_for_name
from shared.roles import AccountRole
from shared.rules.judging.state import CaseState
from shared.service.accounts import Caller
from shared.service.errors import Forbidden, NotFound
from shared.web.bodies import Body
from shared.web.request import Called, Page, Paged, Reading, Requested, json
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

    name: acts.Line
    title: acts.Line


def _route(act_type: type[acts.Act]) -> Callable[..., Awaitable[Response]]:
    async def endpoint(appeal_id: UUID, body: Any, request: Requested) -> Response:
        def do(ledger: Ledger) -> Answer:
            case = ledger.case(appeal_id)
            request.check(case.version, needed=isinstance(body, DECISIONS))
            today = ledger.at.astimezone(request.context.zone).date()
            for event in perform(case, body, ledger.at, request.caller, today):
                ledger.emit(event)
                if type(event) in ACTS:
                    ledger.remember(event)
            ledger.keep(case)
            return Answer(case.model_dump_json(exclude={"said"}), 200, str(case.version))

        return await request.write([appeal_id], do)

    endpoint.__annotations__["body"] = act_type
    endpoint.__doc__ = act_type.__doc__
    return endpoint


for _path, _act in ROUTES.items():
    router.add_api_route(
        f"/appeals/{{appeal_id}}/{_path}",
        _route(_act),
        methods=["POST"],
        name=_act.__name__,
        response_model=Case,
    )

_CASES = """
    select registration_number, file from cases
    where registration_number > :after
      and (cast(:state as text) is null or state = :state)
      and (cast(:unit as text) is null or units @> array[cast(:unit as text)])
      and (cast(:leader as text) is null or leader = :leader)
      {more}
    order by registration_number limit :limit
"""


async def _list(conn: Connection, page: Page, more: str = "", **filters: str | None) -> Response:
    values = {"state": None, "unit": None, "leader": None, **filters}
    after = page.after_text
    rows = await conn.execute(
        text(_CASES.format(more=more)), {**values, "after": after, "limit": page.limit + 1}
    )
    return page.answer([_shown(row.file) for row in rows], "registration_number")


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
    """All cases as last judged, with cards, lift and deadlines; a unit sees those it is blamed for."""
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
    return await _list(conn, page, "and supervised", unit=_own(called, unit), leader=leader)


@router.get("/appeals/{appeal_id}", response_model=Case)
async def case(appeal_id: UUID, conn: Reading, called: Called) -> Response:
    """One case: every deadline with its explanation, cards, lift. Its ETag is what a decision names."""
    file = (
        await conn.execute(text("select file from cases where appeal_id = :id"), {"id": appeal_id})
    ).scalar()
    if file is None:
        raise NotFound("没有这件诉求", "no such appeal here", "appeal_id")
    if called.role == AccountRole.UNIT and called.code not in {
        deadline["unit"] for deadline in file["deadlines"]
    }:
        raise Forbidden("该诉求未交办给本单位", "this appeal is not dispatched to this unit")
    return json(_shown(file), etag=file["version"])


@router.get("/leaders")
async def leaders(conn: Reading) -> Response:
    """The leaders to whom appeals may be lifted."""
    rows = await conn.execute(text("select code, name, title, version from leaders order by code"))
    return json({"items": [dict(row) for row in rows.mappings()]})


_ONE_AT_A_TIME = text("select " + wait_for_name("'leader ' || :code"))
_SAVE_LEADER = text(
    """
    insert into leaders (code, name, title) values (:code, :name, :title)
    on conflict (code) do update
    set name = excluded.name, title = excluded.title, version = leaders.version + 1
    returning version
    """
)


@router.put("/leaders/{code}")
async def put_leader(code: acts.Code, body: LeaderBody, request: Requested) -> Response:
    """Write a leader; an existing one needs If-Match."""
    leader = {"code": code, **body.model_dump()}
    async with request.context.engine.begin() as conn:
        await conn.execute(_ONE_AT_A_TIME, {"code": code})
        version = (
            await conn.execute(text("select version from leaders where code = :code"), {"code": code})
        ).scalar()
        if version is not None:
            request.check(version, needed=True)
        version = (await conn.execute(_SAVE_LEADER, leader)).scalar_one()
    return json(leader, etag=version)
