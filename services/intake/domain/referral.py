"""What an enterprise holds against being guided elsewhere. Pure.

A transition checks first and changes after; it refuses with `Conflict`.
"""

from collections.abc import Iterator

from services.intake import acts
from services.intake.document import AppealDocument
from services.intake.domain.context import ActContext
from services.intake.ratings import ReferralObjection
from shared import events
from shared.events import Event
from shared.rules.judging.state import CaseState
from shared.rules.pack.pack import Pack
from shared.service.errors import Conflict


def object_to_referral(
    appeal: AppealDocument, act: acts.ObjectToReferral, context: ActContext
) -> Iterator[Event]:
    """The enterprise objects to being guided elsewhere, until the matter was received there."""
    appeal.require(CaseState.REFERRED)
    rule = context.pack.referral
    if rule is None or not rule.followed:
        raise Conflict(
            f"适用规则 {context.pack.ref} 不跟踪引导结果",
            f"{context.pack.ref} does not follow what was referred",
        )
    assert appeal.referred_at is not None
    if not awaits_receipt(appeal, context.pack):
        raise Conflict("对方已承接该事项", "it was received there already")
    if appeal.referral_objections and appeal.referral_objections[-1].objected_at > appeal.referred_at:
        raise Conflict("已对本次引导提出异议", "you objected to this referral already")
    objection = ReferralObjection(reason=act.reason, objected_at=context.at)
    appeal.referral_objections = [*appeal.referral_objections, objection]
    yield appeal.event(events.ReferralObjected, context.at)


def awaits_receipt(appeal: AppealDocument, pack: Pack) -> bool:
    """Whether a referral that the pack follows was not received yet, so that it may still come back."""
    rule, referred_at, received_at = pack.referral, appeal.referred_at, appeal.received_elsewhere_at
    if rule is None or not rule.followed or referred_at is None:
        return False
    return received_at is None or received_at <= referred_at
