"""Longer limits (延期) and pauses (暂停): who may ask, what the pack allows, who approves. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from services.dispatch import acts
from services.dispatch.file import Extended, File, Given, LegFile, LegState, Running
from services.dispatch.file import Extension as Wish
from shared import events
from shared.events import Event, PackWord, Rank, Verdict
from shared.roles import AccountRole
from shared.rules.pack.desks import Extension, Pauses
from shared.rules.time import limits
from shared.rules.time.calendar import OfficeHours
from shared.rules.time.limits import Limit
from shared.service.errors import Conflict, Forbidden, Invalid

MAYOR = "mayor"
"""The leader's code that has the highest rank (主要领导)."""
NEVER = datetime.max.replace(tzinfo=UTC)
_RANKS = list(Rank)
_RANK_ZH = {
    Rank.UNIT_HEAD: "承办单位负责人",
    Rank.OFFICE: "营商环境办",
    Rank.LEADER: "分管领导",
    Rank.MAYOR: "主要领导",
}


def request_extension(file: File, act: acts.RequestExtension, at: datetime, given: Given) -> Iterator[Event]:
    """The unit asks for a longer limit (延期), before the one it has runs out."""
    leg = file.working(act.leg_id)
    rule = _rule(act.deadline, given)
    _check_cap(act.limit, rule, given)
    if leg.extension is not None:
        raise Conflict("已有未决的延期申请", "a request for extension is waiting for its decision")
    running = _open(leg, act.deadline, at, given)
    if rule.interim_reply and not _replied(leg):
        raise Conflict(
            "申请延期前须先向企业回复办理情况",
            f"tell the enterprise how handling stands before asking for an extension ({rule.told.en})",
        )
    _check_times(leg, act.deadline, running, rule)
    _check_longer(leg, act.limit, running, given)
    leg.extension = Wish(deadline=act.deadline, limit=act.limit, reason=act.reason)
    yield file.say_of(
        leg, events.ExtensionRequested, at, deadline=act.deadline, limit=act.limit, reason=act.reason
    )


def decide_extension(file: File, act: acts.DecideExtension, at: datetime, given: Given) -> Iterator[Event]:
    """Somebody of the rank that the length needs approves the longer limit; anyone may deny it."""
    leg = file.working(act.leg_id)
    wish = leg.extension
    if wish is None:
        raise Conflict("没有待审批的延期申请", "no request for extension waits for a decision")
    if not act.approved:
        leg.extension = None
        yield file.say_of(leg, events.ExtensionDenied, at, deadline=wish.deadline, reason=act.reason)
        return
    rule = _rule(wish.deadline, given)
    running = _open(leg, wish.deadline, at, given)
    start = running.started_at if running else leg.round_at or at
    rank = _approving(act.rank, _rank_for(wish.limit, rule, leg, start, given), given)
    leg.extension = None
    leg.extended = [
        *leg.extended,
        Extended(
            deadline=wish.deadline,
            limit=wish.limit,
            round=leg.round,
            started_at=running and running.started_at,
            approver=act.approver,
            rank=rank,
        ),
    ]
    yield file.say_of(
        leg,
        events.AppealExtended,
        at,
        deadline=wish.deadline,
        limit=wish.limit,
        approver=act.approver,
        rank=rank,
    )


def pause(file: File, act: acts.Pause, at: datetime, given: Given) -> Iterator[Event]:
    """Time stops counting (暂停), on a ground of the pack, approved by the rank that the ground needs."""
    leg = file.working(act.leg_id, LegState.OPEN)
    rule = given.pack.pauses
    if rule is None:
        raise Conflict("适用规则不允许暂停计时", f"{given.pack.ref} lets nobody stop the clock")
    _approving(act.rank, _rank_of_ground(act.ground, rule), given)
    leg.state, leg.pauses = LegState.PAUSED, leg.pauses + 1
    yield file.say_of(
        leg, events.AppealPaused, at, reason=act.reason, approver=act.approver, ground=act.ground
    )


def resume(file: File, act: acts.Resume, at: datetime, _given: Given) -> Iterator[Event]:
    """Time counts again."""
    leg = file.working(act.leg_id, LegState.PAUSED)
    leg.state = LegState.OPEN
    yield file.say_of(leg, events.AppealResumed, at)


def _rank_of_ground(ground: PackWord | None, rule: Pauses) -> Rank:
    grounds = {one.ground: one for one in rule.grounds}
    if not grounds and ground is not None:
        raise Invalid("适用规则未列暂停原因，请勿填写", "the pack names no grounds: leave it out", "ground")
    if not grounds:
        return Rank.OFFICE
    if ground is None or ground not in grounds:
        raise Invalid(
            f"暂停原因须为：{'、'.join(f'{g.ground}（{g.title.zh}）' for g in rule.grounds)}",
            f"time may stop on these grounds: {', '.join(grounds)}",
            "ground",
        )
    return grounds[ground].rank


def _rule(deadline: PackWord, given: Given) -> Extension:
    rule = given.pack.extension
    if rule is None or deadline not in rule.deadlines:
        raise Conflict(
            "适用规则不允许延长该时限", f"{given.pack.ref} lets nobody extend this limit", "deadline"
        )
    return rule


def _check_cap(limit: Limit, rule: Extension, given: Given) -> None:
    cap = given.pack.limit(rule.cap)
    if limit.unit != cap.unit or limit.number > cap.number:
        most = f"{cap.number} {cap.unit}"
        raise Invalid(f"延期最长 {most}", f"no longer than {most} ({rule.told.en})", "limit")


def _replied(leg: LegFile) -> bool:
    """Whether the enterprise was told how handling stands since the leg's round began."""
    return leg.replied_at is not None and (leg.round_at is None or leg.replied_at >= leg.round_at)


def _check_times(leg: LegFile, deadline: PackWord, running: Running | None, rule: Extension) -> None:
    started_at = running and running.started_at
    given = [
        one
        for one in leg.extended
        if one.deadline == deadline
        and one.round == leg.round
        and (None in (one.started_at, started_at) or one.started_at == started_at)
    ]
    if rule.times is not None and len(given) >= rule.times:
        raise Conflict(
            f"该时限已延长 {len(given)} 次，不能再延",
            f"this limit was extended {len(given)} times, and no more is allowed ({rule.told.en})",
            "deadline",
        )


def _open(leg: LegFile, deadline: PackWord, at: datetime, given: Given) -> Running | None:
    """The deadline while it runs; None for the past, of which nothing is judged. `Conflict` after its end."""
    if given.past:
        return None
    found = [one for one in given.deadlines if one.leg_id == leg.leg_id and one.deadline == deadline]
    running = next((one for one in found if one.verdict is Verdict.OPEN), None)
    if running and (running.due_at is None or at <= running.due_at):
        return running
    last = running or (found[-1] if found else None)
    if last is None:
        raise Conflict("该时限尚未起算", "this limit does not run, or was not reckoned yet", "deadline")
    due = last.due_at.astimezone(ZoneInfo(given.pack.zone)) if last.due_at else None
    when_zh, when_en = (f"（{due:%Y-%m-%d %H:%M} 到期）", f", due {due:%Y-%m-%d %H:%M}") if due else ("", "")
    if last.verdict is Verdict.MET:
        raise Conflict(
            f"该时限已满足{when_zh}，不能延期",
            f"this limit is met{when_en}: nothing to extend",
            "deadline",
        )
    raise Conflict(
        f"该时限已超期{when_zh}，延期须在到期前申请和批准",
        f"this limit is overdue{when_en}: it can be extended only before that",
        "deadline",
    )


def _check_longer(leg: LegFile, limit: Limit, running: Running | None, given: Given) -> None:
    """After a pause the judge alone knows the end; for it a shorter limit has no effect."""
    if running is None or running.due_at is None or leg.pauses:
        return
    if _end(limit, leg, running.started_at, given) <= running.due_at:
        raise Invalid("申请的时限不长于现有时限", "this is not longer than the limit as it stands", "limit")


def _rank_for(limit: Limit, rule: Extension, leg: LegFile, start: datetime, given: Given) -> Rank | None:
    """The rank that approves `limit`; None where the pack names none."""
    end = _end(limit, leg, start, given)
    for step in rule.ranks:
        if end <= _end(given.pack.limit(step.up_to), leg, start, given):
            return step.rank
    return rule.ranks[-1].rank if rule.ranks else None


def _end(limit: Limit, leg: LegFile, start: datetime, given: Given) -> datetime:
    hours = OfficeHours.parse(leg.office_hours or given.pack.office_hours.spans)
    try:
        return limits.due(limit, start, given.calendar, hours).due_at or NEVER
    except (ValueError, OverflowError):
        return NEVER  # beyond the calendar


def _approving(said: Rank | None, needed: Rank | None, given: Given) -> Rank | None:
    """The rank that approves. `Forbidden` where it is too low; of the past it may be unknown."""
    rank = _rank(said, given)
    if rank and needed and _RANKS.index(rank) < _RANKS.index(needed):
        raise Forbidden(
            f"须由{_RANK_ZH[needed]}批准", f"this needs the approval of the rank {needed}, not {rank}", "rank"
        )
    return rank


def _rank(said: Rank | None, given: Given) -> Rank | None:
    """The caller's rank; the office may record the decision of another."""
    if given.by.role != AccountRole.LEADER:
        return said or (Rank.OFFICE if given.by.role == AccountRole.OFFICE else None)
    own = Rank.MAYOR if given.by.code == MAYOR else Rank.LEADER
    if said not in (None, own):
        raise Invalid(
            f"您的审批层级为{_RANK_ZH[own]}，请勿填写其他层级", f"your rank is {own}: leave it out", "rank"
        )
    return own
