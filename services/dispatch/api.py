"""Dispatch over HTTP: what the office and the units do to an appeal, one route an act."""

from collections.abc import Collection
from uuid import UUID

from fastapi import APIRouter, Response

from services.dispatch import acts, queries
from services.dispatch.document import AppealDocument, JudgedDeadline, Unit
from services.dispatch.domain import merging
from services.dispatch.domain.context import ActContext
from services.dispatch.work import GroupKey, Work
from shared.appeals.routes import add_act_routes
from shared.judging.rulebook import rulebook
from shared.web.request import RequestContext
from shared.web.writer import Answer

router = APIRouter(tags=["dispatch"])

ROUTES: dict[str, type[acts.AppealAct]] = {
    "assignments": acts.Assign,
    "contacts": acts.Contact,
    "replies": acts.Reply,
    "completions": acts.Complete,
    "stages": acts.Reach,
    "refusals": acts.Refuse,
    "objections": acts.Object,
    "objection-decisions": acts.DecideObjection,
    "extension-requests": acts.RequestExtension,
    "extension-decisions": acts.DecideExtension,
    "pauses": acts.Pause,
    "resumptions": acts.Resume,
    "lift-requests": acts.RequestLift,
    "findings": acts.Find,
    "referrals": acts.Refer,
    "closures": acts.Close,
}
DECISIONS = (acts.Assign, acts.DecideObjection, acts.DecideExtension, acts.Find, acts.Refer, acts.Close)
"""What one clerk decides and another must not overwrite unseen: these need If-Match."""


async def _perform(appeal_id: UUID, act: acts.AppealAct, request: RequestContext) -> Response:
    units = await units_for(request, [(appeal_id, act)])
    deadlines = await _deadlines(request, appeal_id, act)
    rules = rulebook(request.context)

    def do(work: Work) -> Answer:
        appeal = work.appeal(appeal_id)
        request.check(appeal.version, needed=isinstance(act, DECISIONS))
        pack = rules.pack_of(appeal.pack)
        act_context = ActContext(work.at, request.caller, pack, rules.calendar, units, deadlines)
        appeal = work.perform(appeal_id, act, act_context)
        return Answer(appeal.model_dump_json(), 200, str(appeal.version))

    return await request.write([key_for(appeal_id, act)], do)


async def units_for(
    request: RequestContext, appeals_and_acts: Collection[tuple[UUID, acts.AppealAct]]
) -> dict[str, Unit]:
    """By code, the units that assignments name, and the units whose heads must sign a request to lift."""
    codes = {leg.unit for _, act in appeals_and_acts if isinstance(act, acts.Assign) for leg in act.legs}
    signed = {appeal_id for appeal_id, act in appeals_and_acts if isinstance(act, acts.RequestLift)}
    if not codes and not signed:
        return {}
    async with request.context.reader.connect() as conn:
        return await queries.units_named(conn, codes, signed)


async def _deadlines(
    request: RequestContext, appeal_id: UUID, act: acts.AppealAct
) -> tuple[JudgedDeadline, ...]:
    if not isinstance(act, acts.RequestExtension | acts.DecideExtension):
        return ()
    async with request.context.reader.connect() as conn:
        return await queries.judged_deadlines(conn, appeal_id)


def key_for(appeal_id: UUID, act: acts.AppealAct) -> UUID | GroupKey:
    """What the unit of work must load for `act`: the followers too, where it may be repeated on them."""
    return GroupKey(appeal_id) if isinstance(act, merging.PASSED_ON) else appeal_id


add_act_routes(router, ROUTES, _perform, AppealDocument)
