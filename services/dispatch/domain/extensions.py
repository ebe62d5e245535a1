"""Longer limits (延期): who may ask, what the pack allows, who approves. Pure.

A transition checks first and changes after; it refuses with `Conflict`, `Forbidden` or `Invalid`.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from services.dispatch.acts.extensions import DecideExtension, Extend, RequestExtension
from services.dispatch.document import AppealDocument, JudgedDeadline
from services.dispatch.domain.bounds import check_extensions
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ends import ends_at, known_pauses
from services.dispatch.domain.oddities import check_ahead
from services.dispatch.domain.ranks import approving_rank, check_signed_by_head
from services.dispatch.leg import ApprovedExtension, ExtensionRequest, LegDocument
from shared import events
from shared.events import Event, PackWord, Rank, Verdict
from shared.rules.pack.desks import Extension
from shared.rules.time.limits import Limit
from shared.rules.wording.words import UNITS, Bilingual
from shared.service.errors import Conflict, Forbidden, Invalid


def request_extension(appeal: AppealDocument, act: RequestExtension, context: ActContext) -> Iterator[Event]:
    """The unit asks for a longer limit, before the present one ends."""
    leg = appeal.working(act.leg_id)
    _check_wish(leg, act, context)
    leg.extension = ExtensionRequest(**act.model_dump(include={"deadline", "limit", "ground", "reason"}))
    fields = leg.extension.model_dump(exclude={"reason"})
    yield appeal.leg_event(leg, events.ExtensionRequested, context.at, **fields)


def extend(appeal: AppealDocument, act: Extend, context: ActContext) -> Iterator[Event]:
    """The head of the unit extends in writing itself, where the pack leaves a limit so long to that rank."""
    leg = appeal.working(act.leg_id)
    _check_wish(leg, act, context)
    running = _running(leg, act.deadline, context)
    start = running.started_at if running else leg.round_at or context.at
    needed = _needed_rank(act.limit, _rule(act.deadline, context), leg, start, context)
    if needed is not Rank.UNIT_HEAD:
        raise Forbidden(
            f"该延期不由承办单位自行决定，由{(needed or Rank.OFFICE).zh}批准：请提出延期申请",
            f"the unit cannot extend this itself: ask for an extension ({needed or 'the office'} decides)",
            "limit",
        )
    check_signed_by_head(act.signed_by, leg, context, Bilingual("书面延期", "the extension"))
    extension = ApprovedExtension(
        deadline=act.deadline,
        limit=act.limit,
        round=leg.round,
        started_at=running and running.started_at,
        approver=act.signed_by,
        rank=Rank.UNIT_HEAD,
    )
    leg.extended = [*leg.extended, extension]
    fields = extension.model_dump(include={"deadline", "rank"})
    yield appeal.leg_event(leg, events.AppealExtended, context.at, limit=act.limit, **fields)


def _check_wish(leg: LegDocument, act: RequestExtension | Extend, context: ActContext) -> None:
    """Refuse a longer limit that the pack does not allow, that comes too late, or is none."""
    rule = _rule(act.deadline, context)
    _check_ground(act.ground, rule)
    _check_cap(act.limit, rule, context)
    if leg.extension is not None:
        raise Conflict("已有未决的延期申请", "a request for extension is waiting for its decision")
    running = _running(leg, act.deadline, context)
    if rule.interim_reply and not _replied(leg):
        raise Conflict(
            f"申请延期前须先向企业回复办理情况（{rule.basis.zh}）",
            f"tell the enterprise how handling stands before asking for an extension ({rule.basis.en})",
        )
    _check_times(leg, act.deadline, running, rule)
    _check_longer(leg, act.limit, running, context)
    check_extensions(leg)


def decide_extension(appeal: AppealDocument, act: DecideExtension, context: ActContext) -> Iterator[Event]:
    """Approve the longer limit, by the rank that its length needs, or deny it, by whoever may decide."""
    leg = appeal.working(act.leg_id)
    request = leg.extension
    if request is None:
        raise Conflict("没有待审批的延期申请", "no request for extension waits for a decision")
    if act.approved:
        extension = _approved(request, leg, act, context)
        leg.extended = [*leg.extended, extension]
        fields = extension.model_dump(include={"deadline", "rank"})
        event = appeal.leg_event(leg, events.AppealExtended, context.at, limit=request.limit, **fields)
    else:
        event = appeal.leg_event(leg, events.ExtensionDenied, context.at, deadline=request.deadline)
    leg.extension = None
    yield event


def _approved(
    request: ExtensionRequest, leg: LegDocument, act: DecideExtension, context: ActContext
) -> ApprovedExtension:
    rule = _rule(request.deadline, context)
    running = _running(leg, request.deadline, context)
    start = running.started_at if running else leg.round_at or context.at
    rank = approving_rank(act.rank, _needed_rank(request.limit, rule, leg, start, context), context)
    return ApprovedExtension(
        deadline=request.deadline,
        limit=request.limit,
        round=leg.round,
        started_at=running and running.started_at,
        approver=act.approver,
        rank=rank,
    )


def _rule(deadline: PackWord, context: ActContext) -> Extension:
    rule = context.pack.extension
    if rule is None or deadline not in rule.deadlines:
        raise Conflict(
            f"适用规则 {context.pack.ref} 不允许延长该时限",
            f"{context.pack.ref} lets nobody extend this limit",
            "deadline",
        )
    return rule


def _check_ground(code: PackWord | None, rule: Extension) -> None:
    grounds = {ground.ground: ground.title for ground in rule.grounds}
    if not grounds and code is not None:
        raise Invalid("适用规则未列延期事由，请勿填写", "the pack names no grounds: leave it out", "ground")
    if grounds and code not in grounds:
        raise Invalid(
            f"延期事由须为：{'、'.join(f'{word}（{title.zh}）' for word, title in grounds.items())}"
            f"（{rule.basis.zh}）",
            f"a longer limit is given on these grounds: {', '.join(grounds)} ({rule.basis.en})",
            "ground",
        )


def _check_cap(limit: Limit, rule: Extension, context: ActContext) -> None:
    cap = context.pack.limit(rule.cap)
    if limit.unit != cap.unit or limit.number > cap.number:
        most = f"{cap.number} {cap.unit}"
        raise Invalid(
            f"延期最长 {cap.number} {UNITS[cap.unit].zh}（{rule.basis.zh}）",
            f"no longer than {most} ({rule.basis.en})",
            "limit",
        )


def _replied(leg: LegDocument) -> bool:
    """Whether the enterprise was told how handling stands since the leg's round began."""
    return leg.replied_at is not None and (leg.round_at is None or leg.replied_at >= leg.round_at)


def _check_times(
    leg: LegDocument, deadline: PackWord, running: JudgedDeadline | None, rule: Extension
) -> None:
    """Raise `Conflict` where this deadline was extended as often as the pack allows since it started."""
    started_at = running and running.started_at
    earlier = [
        extension
        for extension in leg.extended
        if extension.deadline == deadline
        and extension.round == leg.round
        and (None in (extension.started_at, started_at) or extension.started_at == started_at)
    ]
    if rule.times is not None and len(earlier) >= rule.times:
        raise Conflict(
            f"该时限已延长 {len(earlier)} 次，不能再延（{rule.basis.zh}）",
            f"this limit was extended {len(earlier)} times, and no more is allowed ({rule.basis.en})",
            "deadline",
        )


def _running(leg: LegDocument, name: PackWord, context: ActContext) -> JudgedDeadline | None:
    """The leg's deadline `name` while it runs; None for an import, of which nothing is judged yet.

    `Conflict` where it does not run yet, is met, or has passed.
    """
    if context.past:
        return None
    judged = [
        deadline
        for deadline in context.deadlines
        if deadline.leg_id == leg.leg_id and deadline.deadline == name
    ]
    running = next((deadline for deadline in judged if deadline.verdict is Verdict.OPEN), None)
    if running and (running.due_at is None or context.at <= context.pack.last_in_time(running.due_at)):
        return running
    last = running or (judged[-1] if judged else None)
    if last is None:
        raise Conflict(
            "该时限尚未起算，或尚未判定", "this limit does not run, or was not reckoned yet", "deadline"
        )
    raise _too_late(last, ZoneInfo(context.pack.zone))


def _too_late(deadline: JudgedDeadline, zone: ZoneInfo) -> Conflict:
    due = deadline.due_at.astimezone(zone) if deadline.due_at else None
    when_zh, when_en = (f"（{due:%Y-%m-%d %H:%M} 到期）", f", due {due:%Y-%m-%d %H:%M}") if due else ("", "")
    if deadline.verdict is Verdict.MET:
        return Conflict(
            f"该时限已满足{when_zh}，不能延期",
            f"this limit is met{when_en}: nothing to extend",
            "deadline",
        )
    return Conflict(
        f"该时限已超期{when_zh}，延期须在到期前申请和批准",
        f"this limit is overdue{when_en}: it can be extended only before that",
        "deadline",
    )


def _check_longer(
    leg: LegDocument, limit: Limit, running: JudgedDeadline | None, context: ActContext
) -> None:
    """Raise `Invalid` for a limit that is over already, or ends no later than the present one.

    While a pause runs only the judge will know the end; a shorter limit has no effect on it.
    """
    if running is None:
        return
    pauses = known_pauses(leg, context)
    end = ends_at(limit, leg.office_hours, running.started_at, context, pauses or ())
    check_ahead(end, context, "limit")
    if running.due_at is not None and pauses is not None and end <= running.due_at:
        raise Invalid("申请的时限不长于现有时限", "this is not longer than the limit as it stands", "limit")


def _needed_rank(
    limit: Limit, rule: Extension, leg: LegDocument, start: datetime, context: ActContext
) -> Rank | None:
    """The rank that approves `limit`; None where the pack names none."""
    ends_at = _ends_at(limit, leg, start, context)
    for step in rule.ranks:
        if ends_at <= _ends_at(context.pack.limit(step.up_to), leg, start, context):
            return step.rank
    return rule.ranks[-1].rank if rule.ranks else None


def _ends_at(limit: Limit, leg: LegDocument, start: datetime, context: ActContext) -> datetime:
    return ends_at(limit, leg.office_hours, start, context)
