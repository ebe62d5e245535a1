"""A case that was referred and is followed until it was received, and one that comes back."""

from datetime import datetime
from typing import TYPE_CHECKING

from shared.rules.judging import acts, consequences, gathering, office, starting
from shared.rules.judging.acts import Act
from shared.rules.judging.state import ANSWERABLE, OUTLIVES, CaseState, void
from shared.rules.pack.triggers import Meeting, Start
from shared.rules.terms import DeadlineKind, Verdict

if TYPE_CHECKING:
    from shared.rules.judging.case import Case

WHILE_AWAY = (
    acts.Opened,
    acts.Corrected,
    acts.ReferralReceived,
    acts.ReferralReturned,
    acts.Found,
    acts.Rated,
    acts.FollowedUp,
    acts.Complained,
    acts.ComplaintDecided,
    acts.CardWithdrawn,
    acts.Withdrawn,
    acts.Closed,
)
"""What can be done to a case that was referred and not yet received."""
AFTER_THE_END = (acts.Complained, acts.ComplaintDecided)
"""What has an effect after a closure or a referral; so has a reopening, where the pack says so."""


def has_effect(case: "Case", act: Act) -> bool:
    """Whether the case, as it stands, can still be changed by `act`."""
    if case.end is None:
        return not case.referred_at or isinstance(act, WHILE_AWAY)
    rule = case.pack.reopening
    after_closure = rule is not None and rule.after_closure
    lasting = (*AFTER_THE_END, acts.Reopened) if after_closure else AFTER_THE_END
    return type(act) is acts.CardWithdrawn or (case.end in ANSWERABLE and isinstance(act, lasting))


def refer(case: "Case", at: datetime) -> None:
    """End the case; where its pack has it followed, only the clocks of those who had it end."""
    case.meet(Meeting.REFERRED, case.own, at)
    if not (case.pack.referral and case.pack.referral.followed):
        case.finish(CaseState.REFERRED, at)
        return
    case.referred_at = at
    void([deadline for deadline in case.deadlines if deadline.start not in OUTLIVES])
    for leg in case.legs.values():
        case.resume(leg, at)
    starting.begin(case, Start.REFERRED, None, at)


def receive(case: "Case", at: datetime) -> None:
    """End the case that was referred: whoever it belongs to has it."""
    if case.referred_at:
        case.meet(Meeting.RECEIVED_ELSEWHERE, case.own, at)
        case.finish(CaseState.REFERRED, at)


def take_back(case: "Case", at: datetime) -> None:
    """Go on with the case: what was not completed starts its next round; nobody may have it any more."""
    if not case.referred_at:
        return
    case.referred_at = None
    followed = [deadline for deadline in case.own if deadline.start == Start.REFERRED]
    void(followed)
    for deadline in followed:
        if deadline.verdict is Verdict.OVERDUE and not deadline.met_at:
            deadline.met_at = at  # nobody waits for it any more
    _go_on(case, at, completed_too=False)
    gathering.wait_again(case, at)
    lifted = [deadline for deadline in case.own if deadline.kind == DeadlineKind.LIFTED]
    if case.lifted_at and lifted and lifted[-1].verdict is Verdict.VOID:
        starting.begin_lifted(case, at)


def reopen(case: "Case", at: datetime) -> None:
    """Start the next round of the completed legs; of all, where the case had ended.

    What its leader signed off is lifted no more, where the pack reopens closed cases: the ladder begins anew.
    """
    had_ended = case.end is not None
    if case.signed_off and case.pack.reopening and case.pack.reopening.after_closure:
        case.lifted_at, case.level, case.signed_off = None, None, False
        case.ladders += 1
    if had_ended:
        case.end, case.referred_at = None, None
        case.catch_up(at)
    void([deadline for deadline in case.own if deadline.start == Start.ALL_COMPLETED])
    office.go_on(case, at)
    case.heard = case.denied = False
    if had_ended:
        _go_on(case, at, completed_too=True)
        return
    for leg in case.legs.values():
        if leg.completed and not leg.ended:
            leg.completed = leg.refused = False
            consequences.redispatch(case, leg, at, "reopened")


def _go_on(case: "Case", at: datetime, *, completed_too: bool) -> None:
    live = [leg for leg in case.legs.values() if leg.handles and not leg.ended]
    for leg in live:
        if completed_too or not leg.completed:
            leg.completed = leg.refused = False
            consequences.redispatch(case, leg, at, "reopened")
    if not live:
        starting.begin(case, Start.UPHELD, None, at)
    elif case.all_completed():
        starting.begin(case, Start.ALL_COMPLETED, None, at)
        office.hear(case, at)
