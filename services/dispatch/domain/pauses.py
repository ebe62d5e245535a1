"""Pauses (暂停): time that does not count, on a ground of the pack and with an approval. Pure.

A transition checks first and changes after; it refuses with `Conflict`, `Forbidden` or `Invalid`.
"""

from collections.abc import Iterator

from services.dispatch import acts
from services.dispatch.document import AppealDocument, LegDocument, LegState
from services.dispatch.domain.bounds import check_pauses
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ranks import approving_rank
from shared import events
from shared.events import Event, PackWord, Rank
from shared.rules.pack.desks import Pauses
from shared.rules.pack.pack import Pack
from shared.service.errors import Conflict, Invalid


def pause(appeal: AppealDocument, act: acts.Pause, context: ActContext) -> Iterator[Event]:
    """Stop the leg's clock, on a ground that the pack names, approved by the rank that the ground needs."""
    leg = appeal.working(act.leg_id, LegState.OPEN)
    rule = context.pack.pauses
    if rule is None:
        raise Conflict("适用规则不允许暂停计时", f"{context.pack.ref} lets nobody stop the clock")
    approving_rank(act.rank, _rank_of_ground(act.ground, rule), context)
    check_pauses(leg)
    _check_runs_on(act.runs_on, leg, context.pack)
    leg.state, leg.pauses = LegState.PAUSED, leg.pauses + 1
    yield appeal.leg_event(
        leg,
        events.AppealPaused,
        context.at,
        reason=act.reason,
        approver=act.approver,
        ground=act.ground,
        runs_on=tuple(dict.fromkeys(act.runs_on)),
    )


def resume(appeal: AppealDocument, act: acts.Resume, context: ActContext) -> Iterator[Event]:
    """Let the leg's clock run again."""
    leg = appeal.working(act.leg_id, LegState.PAUSED)
    leg.state = LegState.OPEN
    yield appeal.leg_event(leg, events.AppealResumed, context.at)


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
    given = [*leg.given_moments, *(rule.deadline for rule in pack.limits if rule.start in dated)]
    if strange := sorted(set(runs_on).difference(given)):
        raise Invalid(
            f"{'、'.join(strange)} 没有指定到期时刻；"
            + (f"可照常计算的有：{'、'.join(given)}" if given else "本件没有指定到期时刻的时限"),
            f"no moment was given for {', '.join(strange)}; "
            + (
                f"these can run on: {', '.join(given)}"
                if given
                else "this leg has no limit given as a moment"
            ),
            "runs_on",
        )
