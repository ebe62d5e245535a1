"""Referral (引导): the matter belongs elsewhere; it is followed until it was received there. Pure.

A transition checks first and changes after; it refuses with `Conflict`, `Forbidden` or `Invalid`.
"""

from collections.abc import Iterator

from services.dispatch.acts.referral import ReceiveElsewhere, Refer, TakeBack
from services.dispatch.document import AppealDocument, AppealState, ReferralRecord
from services.dispatch.domain.bounds import check_referrals
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ranks import check_higher_word
from shared import events
from shared.events import Event, Rank, Role
from shared.roles import AccountRole
from shared.rules.pack.desks import GuidedBy, Referral
from shared.rules.wording.words import Bilingual
from shared.service.errors import Conflict, Forbidden, Invalid

PACKS_SAY_WHERE = 3
"""From this version on a pack names the destinations; one that names none refers nothing."""
LIFTED = Bilingual("已提级、尚未签批的诉求", "a lifted appeal that was not signed off")


def refer(appeal: AppealDocument, act: Refer, context: ActContext) -> Iterator[Event]:
    """Guide the enterprise to the body that is responsible for the matter (引导)."""
    appeal.require(AppealState.RECEIVED, AppealState.ASSIGNED)
    rule = context.pack.referral
    if rule is None and context.pack.version >= PACKS_SAY_WHERE and not context.past:
        raise Conflict(
            f"适用规则 {context.pack.ref} 没有引导途径，请交办",
            f"{context.pack.ref} refers nothing: dispatch it",
        )
    _check_guide(appeal, rule, context)
    if rule and act.to not in {destination.to for destination in rule.destinations}:
        raise Invalid(
            f"可引导至：{'、'.join(f'{place.to}（{place.title.zh}）' for place in rule.destinations)}",
            "an enterprise may be guided to: "
            + ", ".join(f"{place.to} ({place.title.en})" for place in rule.destinations),
            "to",
        )
    check_referrals(appeal)
    if appeal.lifted and not appeal.signed_off:
        check_higher_word(act, Rank.LEADER, LIFTED, context)
    referral = ReferralRecord(
        to=act.to,
        reason=act.reason,
        referred_at=context.at,
        by=_unit(context),
        approver=act.approver,
        rank=act.rank,
    )
    appeal.state, appeal.referrals = AppealState.REFERRED, [*appeal.referrals, referral]
    for leg in appeal.legs:
        leg.drop_waiting()
    yield appeal.event(events.AppealReferred, context.at, to=act.to)


def receive(appeal: AppealDocument, act: ReceiveElsewhere, context: ActContext) -> Iterator[Event]:
    """Record that the body to which the enterprise was guided received the matter (承接)."""
    referral = _waiting(appeal, context)
    referral.received_at, referral.receiver = context.at, act.receiver
    referral.reference = act.reference
    yield appeal.event(events.ReferralReceived, context.at, to=referral.to)


def take_back(appeal: AppealDocument, act: TakeBack, context: ActContext) -> Iterator[Event]:
    """Take the appeal back (退回): the enterprise objected with reason, or it was not received there."""
    referral = _waiting(appeal, context)
    if act.objected and referral.objected_at is None:
        raise Conflict(
            "企业未对引导提出异议", "the enterprise has not objected to being guided there", "objected"
        )
    referral.returned_at, referral.returned_for = context.at, act.reason
    appeal.state = AppealState.ASSIGNED if appeal.live_legs() else AppealState.RECEIVED
    yield appeal.event(events.ReferralReturned, context.at, to=referral.to, objected=act.objected)


def _waiting(appeal: AppealDocument, context: ActContext) -> ReferralRecord:
    """The referral that waits to be received. Raises `Conflict` where there is none."""
    appeal.require(AppealState.REFERRED)
    rule, referral = context.pack.referral, appeal.referral
    if rule is None or not rule.followed or referral is None:
        raise Conflict(
            f"适用规则 {context.pack.ref} 不跟踪引导结果",
            f"{context.pack.ref} does not follow what was referred",
        )
    if referral.received_at is not None:
        raise Conflict("对方已承接", "it was received there already")
    return referral


def _check_guide(appeal: AppealDocument, rule: Referral | None, context: ActContext) -> None:
    """Raise `Forbidden` for a unit, unless it leads the case and the pack lets the lead unit guide."""
    if context.by.role != AccountRole.UNIT:
        return
    leads = {leg.unit for leg in appeal.live_legs() if leg.role is Role.LEAD}
    if rule is None or GuidedBy.LEAD_UNIT not in rule.by:
        raise Forbidden("适用规则只由营商环境办引导", "only the office guides an enterprise elsewhere here")
    if context.by.code not in leads:
        raise Forbidden("只有主办单位可以引导企业", "only the lead unit guides an enterprise elsewhere")


def _unit(context: ActContext) -> str | None:
    return context.by.code if context.by.role == AccountRole.UNIT else None
