"""Dispatch over HTTP: what the office and the units do to an appeal, one route an act."""

from collections.abc import Collection, Mapping
from uuid import UUID

from fastapi import APIRouter, Response

from services.dispatch import queries
from services.dispatch.acts.assignment import AddMarks, Assign, Reassign
from services.dispatch.acts.base import AppealAct
from services.dispatch.acts.extensions import DecideExtension, Extend, RequestExtension
from services.dispatch.acts.notes import Note, Urge
from services.dispatch.acts.office import Close, DecideComplaint, DecideObjection, Find
from services.dispatch.acts.pauses import DecidePause, Pause, RequestPause, Resume
from services.dispatch.acts.referral import ReceiveElsewhere, Refer, TakeBack
from services.dispatch.acts.stages import DecideStage, Reach
from services.dispatch.acts.studies import AnswerStudy, AskStudy, CloseStudy
from services.dispatch.acts.transfers import ReceiveTransfer, Transfer
from services.dispatch.acts.units import Complete, Contact, Object, Promise, Refuse, Reply, RequestLift
from services.dispatch.document import AppealDocument, JudgedDeadline, Unit
from services.dispatch.domain import merging
from services.dispatch.domain.context import NOBODY_KNOWN, ActContext
from services.dispatch.reading import json_for
from services.dispatch.work import GroupKey, Work
from shared.appeals.routes import add_act_routes
from shared.directory.copies import known_leaders
from shared.directory.leaders import Leaders
from shared.judging.rulebook import rulebook
from shared.roles import AccountRole
from shared.web.request import RequestContext, WriteContext
from shared.web.writer import Answer

router = APIRouter(tags=["dispatch"])

ROUTES: dict[str, tuple[type[AppealAct], str]] = {
    "assignments": (Assign, "交办 / Dispatch an appeal"),
    "reassignments": (Reassign, "改派 / Give a leg to another unit"),
    "marks": (AddMarks, "标注 / Mark an appeal after its dispatch"),
    "contacts": (Contact, "联系企业 / Record that the enterprise was reached"),
    "replies": (Reply, "回复办理情况 / Reply how handling stands"),
    "completions": (Complete, "办结 / Complete a leg"),
    "promises": (Promise, "登记经批准的承诺 / Record a promise that was approved"),
    "stages": (Reach, "办理环节 / Record a stage"),
    "stage-decisions": (DecideStage, "确认办理环节 / Confirm or decline what a unit said of a stage"),
    "refusals": (Refuse, "不予办理 / Refuse an appeal"),
    "objections": (Object, "派单异议 / Object to the dispatch"),
    "objection-decisions": (DecideObjection, "裁定派单异议 / Decide an objection"),
    "extension-requests": (RequestExtension, "申请延期 / Ask for a longer limit"),
    "extensions": (Extend, "书面延期 / Extend by the unit's head"),
    "extension-decisions": (DecideExtension, "审批延期 / Decide on a longer limit"),
    "pause-requests": (RequestPause, "申请暂停计时 / Ask for a pause"),
    "pause-decisions": (DecidePause, "审批暂停计时 / Decide on a pause"),
    "pauses": (Pause, "暂停计时 / Pause a leg"),
    "resumptions": (Resume, "恢复计时 / Resume a leg"),
    "lift-requests": (RequestLift, "申请提级 / Ask to lift an appeal"),
    "findings": (Find, "合理性认定 / Find whether an appeal is reasonable"),
    "complaint-decisions": (DecideComplaint, "答复投诉 / Answer a complaint to the office"),
    "referrals": (Refer, "引导至其他途径 / Refer an appeal"),
    "referral-receipts": (ReceiveElsewhere, "登记引导承接 / Record that a referral was received"),
    "referral-returns": (TakeBack, "收回引导 / Take a referred appeal back"),
    "closures": (Close, "销号 / Close an appeal"),
    "notes": (Note, "内部备注 / Note something for staff alone"),
    "urgings": (Urge, "催办 / Urge the unit of a leg"),
    "studies": (AskStudy, "发起会商 / Ask units for their opinion"),
    "study-answers": (AnswerStudy, "提交会商意见 / Give an opinion in a joint study"),
    "study-closures": (CloseStudy, "结束会商 / Close a joint study"),
    "transfers": (Transfer, "转接其他热线 / Hand a matter over to another hotline"),
    "transfer-receipts": (ReceiveTransfer, "登记转接回执 / Record who took a transferred matter"),
}
DECISIONS = (
    Assign,
    Reassign,
    DecideObjection,
    DecideExtension,
    DecidePause,
    Find,
    Refer,
    DecideComplaint,
    TakeBack,
    Close,
)
"""What one clerk decides and another must not overwrite unseen: these need If-Match."""


async def _perform(appeal_id: UUID, act: AppealAct, request: WriteContext) -> Response:
    units = await units_for(request, [(appeal_id, act)])
    deadlines = await _deadlines(request, appeal_id, act)
    leaders = await _leaders(request)

    def do(work: Work) -> Answer:
        appeal = performed(work, request, appeal_id, act, units, deadlines, leaders)
        return Answer(json_for(request.caller, appeal), 200, str(appeal.version))

    return await request.write([key_for(appeal_id, act)], do)


def performed(
    work: Work,
    request: WriteContext,
    appeal_id: UUID,
    act: AppealAct,
    units: Mapping[str, Unit],
    deadlines: tuple[JudgedDeadline, ...] = (),
    leaders: Leaders = NOBODY_KNOWN,
) -> AppealDocument:
    """The appeal after `act`, on the version that `request` names. Raises what the act is refused for."""
    appeal, rules = work.appeal(appeal_id), rulebook(request.context)
    request.check(appeal.version)
    pack = rules.pack_of(appeal.pack)
    act_context = ActContext(work.at, request.caller, pack, rules.calendar, units, deadlines, leaders=leaders)
    return work.perform(appeal_id, act, act_context)


async def units_for(
    request: RequestContext, appeals_and_acts: Collection[tuple[UUID, AppealAct]]
) -> dict[str, Unit]:
    """By code, the units that acts name, and the units whose heads must sign a paper."""
    codes = {leg.unit for _, act in appeals_and_acts if isinstance(act, Assign) for leg in act.legs}
    successors = {act.unit for _, act in appeals_and_acts if isinstance(act, Reassign) and act.unit}
    invited = {unit for _, act in appeals_and_acts if isinstance(act, AskStudy) for unit in act.units}
    signed = {appeal_id for appeal_id, act in appeals_and_acts if isinstance(act, RequestLift | Extend)}
    named = codes | successors | invited
    if not named and not signed:
        return {}
    async with request.context.reader.connect() as conn:
        field = "legs.unit" if codes else "units" if invited else "unit"
        return await queries.units_named(conn, named, signed, field)


async def _deadlines(request: RequestContext, appeal_id: UUID, act: AppealAct) -> tuple[JudgedDeadline, ...]:
    if not isinstance(act, RequestExtension | Extend | DecideExtension):
        return ()
    async with request.context.reader.connect() as conn:
        return await queries.judged_deadlines(conn, appeal_id)


async def _leaders(request: RequestContext) -> Leaders:
    """The directory by which a leader's rank is known; an empty one for everybody else."""
    if request.caller.role != AccountRole.LEADER:
        return NOBODY_KNOWN
    async with request.context.reader.connect() as conn:
        return await known_leaders(conn)


def key_for(appeal_id: UUID, act: AppealAct) -> UUID | GroupKey:
    """What the unit of work must load for `act`: the followers too, where it may be repeated on them."""
    return GroupKey(appeal_id) if isinstance(act, merging.PASSED_ON) else appeal_id


add_act_routes(router, ROUTES, DECISIONS, _perform, AppealDocument)
