"""The rank that approves a longer limit or a pause (审批层级). Pure."""

from services.dispatch.acts.base import HigherWord
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ends import today
from services.dispatch.leg import LegDocument
from shared.directory.leaders import TOP
from shared.events import Rank
from shared.roles import AccountRole
from shared.rules.wording.words import RANKS, Bilingual
from shared.service.errors import Forbidden, Invalid

_ASCENDING = list(Rank)


def check_signed_by_head(signed_by: str, leg: LegDocument, context: ActContext, paper: Bilingual) -> None:
    """Raise `Invalid` for a `paper` that the head of the leg's unit, where it is known, did not sign."""
    unit = context.units.get(leg.unit)
    if unit and unit.head and signed_by != unit.head:
        raise Invalid(
            f"{paper.zh}须由单位负责人 {unit.head} 签署",
            f"the head of the unit signs {paper.en}: {unit.head}",
            "signed_by",
        )


def approving_rank(
    stated: Rank | None, needed: Rank | None, context: ActContext, why: Bilingual | None = None
) -> Rank | None:
    """The rank that approves; None where an import does not know it.

    `stated` is the rank that the request names. `Forbidden` where the rank is lower than `needed`; `Invalid`
    where a leader names another rank than its own. `why` says what makes the act need that rank.
    """
    rank = _rank(stated, context)
    if rank and needed and _ASCENDING.index(rank) < _ASCENDING.index(needed):
        raise Forbidden(
            f"{why.zh + '：' if why else ''}须由{needed.zh}批准，{rank.zh}不能批准",
            f"{why.en + ': ' if why else ''}this needs the approval of the rank {needed}, not {rank}",
            "rank",
        )
    return rank


def check_higher_word(act: HigherWord, needed: Rank, why: Bilingual, context: ActContext) -> None:
    """Raise `Invalid` without an approver, `Forbidden` where nobody of the rank `needed` approved.

    `why` says what makes the act need that; an import reports what happened and is not asked.
    """
    if context.past:
        return
    if context.by.role == AccountRole.UNIT:
        raise Forbidden(
            f"{why.zh}：须由营商环境办登记批准", f"{why.en}: the office records who approves that"
        )
    if act.approver is None:
        raise Invalid(
            f"{why.zh}：须写明批准人（approver）和审批层级（rank），须由{needed.zh}批准",
            f"{why.en}: give the approver and the rank; it needs the approval of the rank {needed}",
            "approver",
        )
    approving_rank(act.rank, needed, context, why)


def _rank(stated: Rank | None, context: ActContext) -> Rank | None:
    """A leader approves by its own rank. The office may record what a higher rank decided on paper.

    The mayor is whoever acts for that post on the day, under whatever code.
    """
    if context.by.role != AccountRole.LEADER:
        return stated or (Rank.OFFICE if context.by.role == AccountRole.OFFICE else None)
    is_mayor = context.by.code == context.leaders.acting(TOP, today(context))
    own = Rank.MAYOR if is_mayor else Rank.LEADER
    if stated not in (None, own):
        raise Invalid(
            f"您的审批层级为{RANKS[own].zh}，请勿填写其他层级", f"your rank is {own}: leave it out", "rank"
        )
    return own
