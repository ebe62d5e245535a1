"""Pauses (暂停): time that does not count, on a ground of the pack and with an approval. Pure.

A transition checks first and changes after; it refuses with `Conflict`, `Forbidden` or `Invalid`.
"""

from collections.abc import Iterator

from services.dispatch.acts.pauses import DecidePause, Pause, RequestPause, Resume
from services.dispatch.document import AppealDocument
from services.dispatch.domain.bounds import check_pauses
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ranks import approving_rank
from services.dispatch.leg import LegDocument, PauseRequest, PauseSpan
from shared import events
from shared.events import Event, PackWord, Rank
from shared.rules.pack.desks import Pauses
from shared.rules.pack.pack import Pack
from shared.rules.wording.words import Bilingual
from shared.service.errors import Conflict, Invalid
from shared.states import LegState

PAUSES_BY_GROUND = 2
"""So many pauses of one leg need the rank of their ground alone; each has its cap anew. A choice."""
PAUSED_OFTEN = Bilingual("该承办件已多次暂停", "this leg was paused before, more than once")


def request_pause(appeal: AppealDocument, act: RequestPause, context: ActContext) -> Iterator[Event]:
    """The unit asks that time stop counting. It runs on until that is approved."""
    leg = appeal.working(act.leg_id, LegState.OPEN)
    if leg.pause_request is not None:
        raise Conflict("已有未决的暂停申请", "a request for a pause is waiting for its decision")
    _rank_of_ground(act.ground, _rule(context))
    check_pauses(leg)
    leg.pause_request = PauseRequest(reason=act.reason, ground=act.ground, requested_at=context.at)
    yield appeal.leg_event(leg, events.PauseRequested, context.at, ground=act.ground)


def decide_pause(appeal: AppealDocument, act: DecidePause, context: ActContext) -> Iterator[Event]:
    """Approve the pause that the unit asked for, from now on, or deny it."""
    leg = appeal.working(act.leg_id, LegState.OPEN)
    request = leg.pause_request
    if request is None:
        raise Conflict("没有待审批的暂停申请", "no request for a pause waits for a decision")
    if act.approved:
        fields = act.model_dump(include={"leg_id", "approver", "rank", "runs_on"})
        yield from pause(appeal, Pause(**fields, reason=request.reason, ground=request.ground), context)
    else:
        leg.pause_request = None
        yield appeal.leg_event(leg, events.PauseDenied, context.at)


def pause(appeal: AppealDocument, act: Pause, context: ActContext) -> Iterator[Event]:
    """Stop the leg's clock, on a ground that the pack names, approved by the rank that the ground needs.

    A request of the unit that waits is granted by it.
    """
    leg = appeal.working(act.leg_id, LegState.OPEN)
    rule = _rule(context)
    approving_rank(act.rank, _rank_of_ground(act.ground, rule), context)
    if leg.pauses >= PAUSES_BY_GROUND:
        approving_rank(act.rank, Rank.LEADER, context, PAUSED_OFTEN)
    check_pauses(leg)
    _check_runs_on(act.runs_on, leg, context.pack)
    leg.state, leg.pauses, leg.pause_request = LegState.PAUSED, leg.pauses + 1, None
    leg.pause_spans = [*leg.pause_spans, PauseSpan(started_at=context.at, ground=act.ground)]
    yield appeal.leg_event(
        leg,
        events.AppealPaused,
        context.at,
        ground=act.ground,
        runs_on=tuple(dict.fromkeys(act.runs_on)),
    )


def resume(appeal: AppealDocument, act: Resume, context: ActContext) -> Iterator[Event]:
    """Let the leg's clock run again."""
    leg = appeal.working(act.leg_id, LegState.PAUSED)
    leg.state = LegState.OPEN
    if leg.pause_spans:
        *earlier, last = leg.pause_spans
        leg.pause_spans = [*earlier, last.model_copy(update={"ended_at": context.at})]
    yield appeal.leg_event(leg, events.AppealResumed, context.at)


def _rule(context: ActContext) -> Pauses:
    if context.pack.pauses is None:
        raise Conflict(
            f"适用规则 {context.pack.ref} 不允许暂停计时", f"{context.pack.ref} lets nobody stop the clock"
        )
    return context.pack.pauses


def _rank_of_ground(code: PackWord | None, rule: Pauses) -> Rank:
    """The rank that a pause on this ground needs; the office's where the pack names no grounds."""
    grounds = {ground.ground: ground for ground in rule.grounds}
    if not grounds and code is not None:
        raise Invalid("适用规则未列暂停原因，请勿填写", "the pack names no grounds: leave it out", "ground")
    if not grounds:
        return Rank.OFFICE
    if code is None or code not in grounds:
        raise Invalid(
            f"暂停原因须为：{'、'.join(f'{ground.ground}（{ground.title.zh}）' for ground in rule.grounds)}",
            f"time may stop on these grounds: {', '.join(grounds)}",
            "ground",
        )
    return grounds[code].rank


def _check_runs_on(runs_on: tuple[PackWord, ...], leg: LegDocument, pack: Pack) -> None:
    """Refuse (`Invalid`) what no pause moves anyway."""
    if runs_on and not (pack.counting and pack.counting.pauses_move_given_moments):
        raise Invalid(
            f"适用规则 {pack.ref} 的指定到期时刻本不因暂停顺延，请勿填写",
            f"under {pack.ref} a pause moves no given moment: leave it out",
            "runs_on",
        )
    dated = {stage.stage for stage in leg.stages if stage.dates}
    deadlines = [*leg.given_moments, *(rule.deadline for rule in pack.limits if rule.start in dated)]
    if strange := sorted(set(runs_on).difference(deadlines)):
        raise Invalid(
            f"{'、'.join(strange)} 没有指定到期时刻；"
            + (f"可照常计算的有：{'、'.join(deadlines)}" if deadlines else "本件没有指定到期时刻的时限"),
            f"no moment was given for {', '.join(strange)}; "
            + (
                f"these can run on: {', '.join(deadlines)}"
                if deadlines
                else "this leg has no limit given as a moment"
            ),
            "runs_on",
        )
