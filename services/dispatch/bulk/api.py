"""Dispatch and closure of many appeals in one request, with a result for each, and on trial."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import orjson
from fastapi import APIRouter, Response

from services.dispatch.acts.base import AppealAct
from services.dispatch.api import key_for, performed, units_for
from services.dispatch.bulk.bodies import (
    AssignMany,
    CloseMany,
    ManyAppeals,
    ManyResults,
    RowProblem,
    RowResult,
)
from services.dispatch.bulk.running import Outcome, Row, done, tried
from services.dispatch.document import Unit
from services.dispatch.work import Work
from shared.appeals.document import no_such_appeal
from shared.service.errors import HuyingError, Invalid
from shared.web.numbers import NO_CASE, ids_of_cases, is_number
from shared.web.request import WriteContext, Writing, json
from shared.web.writer import Answer

router = APIRouter(tags=["dispatch"])


@router.post("/bulk/assignments", summary="批量交办 / Dispatch many appeals", response_model=ManyResults)
async def assign_many(body: AssignMany, request: Writing) -> Response:
    """Dispatch up to 500 appeals to the same units; each is accepted or refused for itself."""
    return await _on_each(body, body.assignment, "assignment", request)


@router.post("/bulk/closures", summary="批量销号 / Close many appeals", response_model=ManyResults)
async def close_many(body: CloseMany, request: Writing) -> Response:
    """Close up to 500 appeals; each is accepted or refused for itself."""
    return await _on_each(body, body.closure, "closure", request)


async def _on_each(body: ManyAppeals, act: AppealAct, name: str, request: WriteContext) -> Response:
    ids = await _ids(request, body)
    units = await _units(act, name, request)
    rows = [
        _row(appeal_id, appeal.version, act, units, request)
        for appeal in body.appeals
        if (appeal_id := ids.get(appeal.appeal_id)) is not None
    ]
    outcomes = await (tried(request, rows) if body.dry_run else done(request, rows))
    _refuse_another_body(outcomes)
    by_id = {row.appeal_id: outcome for row, outcome in zip(rows, outcomes, strict=True)}
    results = [_result(appeal.appeal_id, ids.get(appeal.appeal_id), by_id) for appeal in body.appeals]
    accepted = sum(result.accepted for result in results)
    answer = ManyResults(
        dry_run=body.dry_run, accepted=accepted, refused=len(results) - accepted, results=results
    )
    return json(answer.model_dump(mode="json"))


async def _ids(request: WriteContext, body: ManyAppeals) -> dict[str, UUID]:
    """The ids of the appeals that the caller may read, by how they are named.

    `Invalid` where one is named twice.
    """
    names = [appeal.appeal_id for appeal in body.appeals]
    ids = await ids_of_cases(request.context, names)
    if len(set(names)) < len(names) or len(set(ids.values())) < len(ids):
        raise Invalid("同一诉求只能出现一次", "names an appeal twice: give each once", "appeals")
    hidden = await _hidden(request, list(ids.values()))
    return {name: id_ for name, id_ in ids.items() if id_ not in hidden}


def _refuse_another_body(outcomes: Sequence[Outcome]) -> None:
    """Refuse (`Conflict`) the whole request where its Idempotency-Key was used for another one."""
    refusals = [outcome for outcome in outcomes if isinstance(outcome, HuyingError)]
    if (
        refusals
        and all(refusal.field == "Idempotency-Key" for refusal in refusals)
        and len(refusals) == len(outcomes)
    ):
        raise refusals[0]


async def _hidden(request: WriteContext, ids: Sequence[UUID]) -> frozenset[UUID]:
    hiding = request.context.service.hiding
    return await hiding.hidden(request.context, request.caller.role, ids) if hiding else frozenset()


async def _units(act: AppealAct, name: str, request: WriteContext) -> dict[str, Unit]:
    """The units that the act names. A unit that nobody knows refuses the whole request."""
    try:
        return await units_for(request, [(NO_CASE, act)])
    except HuyingError as refusal:
        refusal.field = f"{name}.{refusal.field}"
        raise


def _row(appeal_id: UUID, version: int, act: AppealAct, units: dict[str, Unit], request: WriteContext) -> Row:
    own = replace(request, version=version, version_needed=True)

    def do(work: Work) -> Answer:
        file = performed(work, own, appeal_id, act, units)
        number = {"registration_number": file.registration_number, "version": file.version}
        return Answer(orjson.dumps(number).decode())

    return Row(appeal_id, key_for(appeal_id, act), do)


def _result(name: str, appeal_id: UUID | None, outcomes: Mapping[UUID, Outcome]) -> RowResult:
    outcome = outcomes[appeal_id] if appeal_id else no_such_appeal()
    if isinstance(outcome, HuyingError):
        problem = RowProblem.model_validate(outcome, from_attributes=True)
        number, id_ = (name, appeal_id) if is_number(name) else (None, UUID(name))
        return RowResult(appeal_id=id_, accepted=False, registration_number=number, problem=problem)
    return RowResult(appeal_id=appeal_id, accepted=True, **orjson.loads(outcome.body))
