"""Dispatch over HTTP: what the office and the units do to an appeal, one route an act."""

from collections.abc import Collection
from uuid import UUID

from fastapi import APIRouter, Response

from services.dispatch import acts, queries
from services.dispatch.document import AppealDocument, JudgedDeadline, Unit
from services.dispatch.domain import merging
from services.dispatch.domain.context import NOBODY_KNOWN, ActContext
from services.dispatch.work import GroupKey, Work
from shared.appeals.routes import add_act_routes
from shared.directory.copies import known_leaders
from shared.directory.leaders import Leaders
from shared.judging.rulebook import rulebook
from shared.roles import AccountRole
from shared.web.request import RequestContext, WriteContext
from shared.web.writer import Answer

router = APIRouter(tags=["dispatch"])

ROUTES: dict[str, tuple[type[acts.AppealAct], str]] = {
    "assignments": (acts.Assign, "交办 / Dispatch an appeal"),
    "reassignments": (acts.Reassign, "改派 / Give a leg to another unit"),
    "marks": (acts.AddMarks, "标注 / Mark an appeal after its dispatch"),
    "contacts": (acts.Contact, "联系企业 / Record that the enterprise was reached"),
    "replies": (acts.Reply, "回复办理情况 / Reply how handling stands"),
    "completions": (acts.Complete, "办结 / Complete a leg"),
    "promises": (acts.Promise, "登记经批准的承诺 / Record a promise that was approved"),
    "stages": (acts.Reach, "办理环节 / Record a stage"),
    "stage-decisions": (acts.DecideStage, "确认办理环节 / Confirm or decline what a unit said of a stage"),
    "refusals": (acts.Refuse, "不予办理 / Refuse an appeal"),
    "objections": (acts.Object, "派单异议 / Object to the dispatch"),
    "objection-decisions": (acts.DecideObjection, "裁定派单异议 / Decide an objection"),
    "extension-requests": (acts.RequestExtension, "申请延期 / Ask for a longer limit"),
    "extensions": (acts.Extend, "书面延期 / Extend by the unit's head"),
    "extension-decisions": (acts.DecideExtension, "审批延期 / Decide on a longer limit"),
    "pause-requests": (acts.RequestPause, "申请暂停计时 / Ask for a pause"),
    "pause-decisions": (acts.DecidePause, "审批暂停计时 / Decide on a pause"),
    "pauses": (acts.Pause, "暂停计时 / Pause a leg"),
    "resumptions": (acts.Resume, "恢复计时 / Resume a leg"),
    "lift-requests": (acts.RequestLift, "申请提级 / Ask to lift an appeal"),
    "findings": (acts.Find, "合理性认定 / Find whether an appeal is reasonable"),
    "complaint-decisions": (acts.DecideComplaint, "答复投诉 / Answer a complaint to the office"),
    "referrals": (acts.Refer, "引导至其他途径 / Refer an appeal"),
    "referral-receipts": (acts.ReceiveElsewhere, "登记引导承接 / Record that a referral was received"),
    "referral-returns": (acts.TakeBack, "收回引导 / Take a referred appeal back"),
    "closures": (acts.Close, "销号 / Close an appeal"),
}
DECISIONS = (
    acts.Assign,
    acts.Reassign,
    acts.DecideObjection,
    acts.DecideExtension,
    acts.DecidePause,
    acts.Find,
    acts.Refer,
    acts.DecideComplaint,
    acts.TakeBack,
    acts.Close,
)
"""What one clerk decides and another must not overwrite unseen: these need If-Match."""


async def _perform(appeal_id: UUID, act: acts.AppealAct, request: WriteContext) -> Response:
    units = await units_for(request, [(appeal_id, act)])
    deadlines = await _deadlines(request, appeal_id, act)
    leaders = await _leaders(request)
    rules = rulebook(request.context)

    def do(work: Work) -> Answer:
        appeal = work.appeal(appeal_id)
        request.check(appeal.version)
        pack = rules.pack_of(appeal.pack)
        act_context = ActContext(
            work.at, request.caller, pack, rules.calendar, units, deadlines, leaders=leaders
        )
        appeal = work.perform(appeal_id, act, act_context)
        return Answer(appeal.model_dump_json(), 200, str(appeal.version))

    return await request.write([key_for(appeal_id, act)], do)


async def units_for(
    request: RequestContext, appeals_and_acts: Collection[tuple[UUID, acts.AppealAct]]
) -> dict[str, Unit]:
    """By code, the units that acts name, and the units whose heads must sign a paper."""
    codes = {leg.unit for _, act in appeals_and_acts if isinstance(act, acts.Assign) for leg in act.legs}
    successors = {act.unit for _, act in appeals_and_acts if isinstance(act, acts.Reassign) and act.unit}
    signed = {
        appeal_id for appeal_id, act in appeals_and_acts if isinstance(act, acts.RequestLift | acts.Extend)
    }
    if not codes and not successors and not signed:
        return {}
    async with request.context.reader.connect() as conn:
        field = "legs.unit" if codes else "unit"
        return await queries.units_named(conn, codes | successors, signed, field)


async def _deadlines(
    request: RequestContext, appeal_id: UUID, act: acts.AppealAct
) -> tuple[JudgedDeadline, ...]:
    if not isinstance(act, acts.RequestExtension | acts.Extend | acts.DecideExtension):
        return ()
    async with request.context.reader.connect() as conn:
        return await queries.judged_deadlines(conn, appeal_id)


async def _leaders(request: RequestContext) -> Leaders:
    """The directory by which a leader's rank is known; an empty one for everybody else."""
    if request.caller.role != AccountRole.LEADER:
        return NOBODY_KNOWN
    async with request.context.reader.connect() as conn:
        return await known_leaders(conn)


def key_for(appeal_id: UUID, act: acts.AppealAct) -> UUID | GroupKey:
    """What the unit of work must load for `act`: the followers too, where it may be repeated on them."""
    return GroupKey(appeal_id) if isinstance(act, merging.PASSED_ON) else appeal_id


add_act_routes(router, ROUTES, DECISIONS, _perform, AppealDocument)
