"""Closure (销号): what the office needs for it, and whose word it takes against the enterprise's. Pure."""

from collections.abc import Iterator, Mapping

from services.dispatch.acts.office import Close
from services.dispatch.document import AppealDocument, AppealState, ClosureRecord
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ranks import approving_rank
from shared import events
from shared.events import Event, Rank
from shared.rules.pack.desks import AgainstWord, Need
from shared.rules.pack.pack import Pack
from shared.rules.wording.words import Bilingual
from shared.service.errors import Conflict, Invalid
from shared.states import LegState

AGAINST_WORD = Bilingual("诉求合理而企业评价不满意", "reasonable, and rated not satisfied")
NOT_UNDERSTOOD = Bilingual("未取得企业理解", "the enterprise did not accept the explanation")
NOT_REACHED = Bilingual("企业未评价，回访未接通", "the enterprise did not rate, and nobody answered the call")


def close(appeal: AppealDocument, act: Close, context: ActContext) -> Iterator[Event]:
    """Strike the appeal off the ledger (销号), when its legs are completed and the pack needs no more.

    One that no unit has is closed where the pack lets explained appeals be closed before dispatch.
    """
    record = ClosureRecord(closed_at=context.at)
    if appeal.state == AppealState.REFERRED:
        _check_received(appeal, context)
    elif _may_close_undispatched(appeal, context):
        record = _undispatched(appeal, act, context)
    else:
        _check_completed(appeal, context)
        if _is_unheard(appeal, context):
            record = _unheard(appeal, act, context)
    if against := _against_word(appeal, context):
        record = _higher_word(act, against.rank, _why(appeal), against.basis, context)
        record = record.model_copy(update={"against_word": True})
    appeal.state, appeal.closures = AppealState.CLOSED, [*appeal.closures, record]
    fields = record.model_dump(include={"against_word", "rank"})
    yield appeal.event(events.AppealClosed, context.at, **fields)


def _check_received(appeal: AppealDocument, context: ActContext) -> None:
    """Raise `Conflict` where the pack follows what was referred, and nobody has received it yet."""
    rule, referral = context.pack.referral, appeal.referral
    if rule and rule.followed and not context.past and (referral is None or referral.received_at is None):
        raise Conflict(
            f"已引导至其他途径，尚未登记对方承接，不能销号（{rule.basis.zh}）",
            f"guided elsewhere, and not received there yet: it cannot be closed ({rule.basis.en})",
        )


def _may_close_undispatched(appeal: AppealDocument, context: ActContext) -> bool:
    rule = context.pack.closure
    return not appeal.handling_legs() and rule is not None and rule.before_dispatch is not None


def _undispatched(appeal: AppealDocument, act: Close, context: ActContext) -> ClosureRecord:
    """The closure of an unfounded or explained appeal that no unit has."""
    appeal.require(AppealState.RECEIVED, AppealState.ASSIGNED)
    rule = context.pack.closure.before_dispatch if context.pack.closure else None
    assert rule is not None
    finding, by = appeal.finding, rule.basis
    if context.past:
        return ClosureRecord(closed_at=context.at)
    if finding is None or (finding.reasonable and finding.understanding is None):
        raise Conflict(
            f"未交办的诉求，须先认定为不合理或已向企业解释并记录企业是否理解，方可销号（{by.zh}）",
            "no unit has it: first record that it is not reasonable, or was explained, and whether the "
            f"enterprise accepted that ({by.en})",
        )
    if finding.understanding:
        return ClosureRecord(closed_at=context.at)
    if rule.otherwise is None:
        raise Conflict(
            f"{NOT_UNDERSTOOD.zh}，不能销号（{by.zh}）",
            f"{NOT_UNDERSTOOD.en}: it cannot be closed ({by.en})",
        )
    return _higher_word(act, rule.otherwise.rank, NOT_UNDERSTOOD, by, context)


def _check_completed(appeal: AppealDocument, context: ActContext) -> None:
    appeal.require(AppealState.ASSIGNED)
    live = appeal.handling_legs()
    if not live or any(leg.state != LegState.COMPLETED for leg in live):
        raise Conflict("尚有承办件未办结，不能销号", "a leg is not completed: the appeal cannot be closed")
    if context.past:
        return  # an import reports that the appeal was closed: it is not decided again
    rule = context.pack.closure
    needs = rule.needs if rule else {Need.SIGNED_OFF}
    if Need.FINDING in needs and appeal.finding is None:
        raise Conflict("尚未认定是否合理，不能销号", "no finding was made: the appeal cannot be closed")
    if Need.SIGNED_OFF in needs and appeal.lifted and not appeal.signed_off:
        raise Conflict("提级办理尚未由领导签批，不能销号", "the leader has not signed the lifted appeal off")
    if rule:
        _check_stages(appeal, rule.after, context.pack)


def _check_stages(appeal: AppealDocument, after: Mapping[str, str], pack: Pack) -> None:
    """Raise `Conflict` where a leg reached a stage, and not the one that has to follow before closure."""
    titles = {stage.stage: stage.title for stage in pack.stages}
    for leg in appeal.live_legs():
        reached = {stage.stage for stage in leg.stages}
        for first, second in after.items():
            if first in reached and second not in reached:
                raise Conflict(
                    f"“{titles[first].zh}”之后尚未“{titles[second].zh}”，不能销号",
                    f"{titles[first].en}, but not {titles[second].en} yet: the appeal cannot be closed",
                )


def _is_unheard(appeal: AppealDocument, context: ActContext) -> bool:
    """Whether the pack has the enterprise heard before closure, and it was not."""
    rule = context.pack.closure
    wanted = rule is not None and Need.HEARD in rule.needs
    return wanted and not context.past and appeal.heard_at is None


def _unheard(appeal: AppealDocument, act: Close, context: ActContext) -> ClosureRecord:
    """The closure of an appeal whose enterprise was called and not reached: else it could never be closed."""
    rule = context.pack.closure.against_word if context.pack.closure else None
    if rule is not None and appeal.missed_at is not None:
        return _higher_word(act, rule.rank, NOT_REACHED, rule.basis, context)
    how = (
        ("；回访未接通的，先登记该次回访", "; where nobody answers, record that call first")
        if rule
        else ("", "")
    )
    raise Conflict(
        f"企业尚未评价，也未回访，不能销号{how[0]}",
        f"the enterprise neither rated nor was called: the appeal cannot be closed{how[1]}",
    )


def _against_word(appeal: AppealDocument, context: ActContext) -> AgainstWord | None:
    """The pack's rule for closing what was rated not satisfied; None where it asks for no higher word.

    What was found unreasonable needs none once the enterprise accepted that.
    """
    rule, finding = context.pack.closure, appeal.finding
    accepted = finding is not None and not finding.reasonable and finding.understanding is not False
    if context.past or accepted or rule is None or appeal.rating is None:
        return None
    return None if appeal.rating.is_satisfied else rule.against_word


def _why(appeal: AppealDocument) -> Bilingual:
    unfounded = appeal.finding is not None and not appeal.finding.reasonable
    return NOT_UNDERSTOOD if unfounded else AGAINST_WORD


def _higher_word(
    act: Close, needed: Rank, why: Bilingual, by: Bilingual, context: ActContext
) -> ClosureRecord:
    """The closure that somebody of the rank `needed` allowed. Raises `Invalid` or `Forbidden` without one."""
    for field, value in (("reason", act.reason), ("approver", act.approver)):
        if value is None:
            raise Invalid(
                f"{why.zh}：销号须写明理由（reason）和批准人（approver）（{by.zh}）",
                f"{why.en}: to close it, give the reason and the approver ({by.en})",
                field,
            )
    rank = approving_rank(act.rank, needed, context)
    return ClosureRecord(closed_at=context.at, rank=rank, approver=act.approver, reason=act.reason)
