"""What happens next to an appeal and until when, in words for its enterprise. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from services.intake.document import ENDED, AppealDocument, LegDocument
from services.intake.timeline import deadline_name
from shared.events import Deadline, DeadlineKind, Verdict
from shared.rules.judging.state import CaseState
from shared.rules.wording import moments
from shared.rules.wording.words import Bilingual


class Actor(StrEnum):
    """Who must do the next step."""

    UNIT = "unit"
    OFFICE = "office"
    LEADER = "leader"
    ENTERPRISE = "enterprise"


_OF_CASE = {
    Actor.OFFICE: Bilingual("营商环境办", "The office"),
    Actor.LEADER: Bilingual("牵头领导", "The leader"),
}
_UNIT = Bilingual("承办单位", "The unit")
_STEPS: dict[str, Bilingual] = {
    DeadlineKind.DISPATCH: Bilingual("交办承办单位", "dispatch it to a unit"),
    DeadlineKind.CONTACT: Bilingual("与您联系", "contact you"),
    DeadlineKind.REPLY: Bilingual("回复办理情况", "reply how handling stands"),
    DeadlineKind.COMPLETION: Bilingual("办结", "complete it"),
    DeadlineKind.LIFTED: Bilingual("完成提级办理", "complete the lifted handling"),
    DeadlineKind.FOLLOW_UP: Bilingual("听取您的意见", "hear what you think of the handling"),
    DeadlineKind.DISPATCH_AGAIN: Bilingual("再次交办", "dispatch it again"),
    DeadlineKind.EXTENSION: Bilingual("审批延期申请", "decide on a longer limit"),
    DeadlineKind.PAUSE: Bilingual("审批暂停申请", "decide on a pause"),
    DeadlineKind.COMPLAINT: Bilingual("答复您的投诉", "answer your complaint"),
    DeadlineKind.CLOSURE: Bilingual("销号", "close it"),
    DeadlineKind.REFERRAL: Bilingual(
        "落实引导去向的承接", "see that it is received where it was referred to"
    ),
    DeadlineKind.GATHERING: Bilingual("完成汇总梳理", "gather what there is on it"),
    DeadlineKind.PROMISE: Bilingual("兑现承诺", "keep its promise"),
    DeadlineKind.STAGE_DECISION: Bilingual("确认承办单位的填报", "decide on what the unit reported"),
}
_DUE = Bilingual("{who}应于 {until} 前{step}。", "{who} must {step} by {until}.")
_LATE = Bilingual(
    "{who}应于 {until} 前{step}，现已超期，须立即办理。", "{who} had to {step} by {until} and is overdue."
)
_PAUSED = Bilingual("{who}须{step}，时限暂停计算。", "{who} must {step}; time is paused.")
_RATE = Bilingual(
    "请您评价办理情况；不满意的，由营商环境办决定是否重新办理。",
    "Please rate the handling. If you are not satisfied, the office decides whether it is handled again.",
)


def next_steps(appeal: AppealDocument, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Who must do what by when, the earliest first; what is paused, and what the enterprise may do, last."""
    steps = [_step(appeal, deadline, zone) for deadline in appeal.deadlines if _is_ahead(appeal, deadline)]
    steps.sort(key=lambda step: (step["until"] is None, step["until"] or appeal.received_at))
    if appeal.state == CaseState.COMPLETED and appeal.rating is None:
        steps.append(_written(Actor.ENTERPRISE, None, None, None, _RATE))
    return steps


def _is_ahead(appeal: AppealDocument, deadline: Deadline) -> bool:
    """Whether the deadline still asks something of somebody: it is open, or was missed and never met."""
    if deadline.deadline == DeadlineKind.OBJECTION or deadline.met_at is not None:
        return False
    if deadline.verdict == Verdict.OPEN:
        return True
    if deadline.verdict != Verdict.OVERDUE or appeal.state in ENDED:
        return False
    leg = _leg(appeal, deadline)
    if deadline.leg_id is None:
        return True
    return leg is not None and not leg.ended and deadline.round >= leg.round and not appeal.is_completed(leg)


def _step(appeal: AppealDocument, deadline: Deadline, zone: ZoneInfo) -> dict[str, Any]:
    by = _actor(deadline)
    leg = _leg(appeal, deadline) if by is Actor.UNIT else None
    who = Bilingual(leg.unit_name, leg.unit_name) if leg and leg.unit_name else _OF_CASE.get(by, _UNIT)
    name = deadline_name(deadline.deadline, deadline.title)
    step = _STEPS.get(deadline.deadline, Bilingual(f"完成“{name.zh}”", f"do what is due: {name.en}"))
    form = _LATE if deadline.verdict == Verdict.OVERDUE else _DUE if deadline.due_at else _PAUSED
    until = moments.due(deadline.due_at, zone) if deadline.due_at else Bilingual("", "")
    sentence = Bilingual(
        form.zh.format(who=who.zh, step=step.zh, until=until.zh),
        form.en.format(who=who.en, step=step.en, until=until.en),
    )
    due_at = deadline.due_at and deadline.due_at.astimezone(zone)
    return _written(by, leg, deadline, due_at, sentence)


def _written(
    by: Actor, leg: LegDocument | None, deadline: Deadline | None, until: datetime | None, words: Bilingual
) -> dict[str, Any]:
    return {
        "by": by,
        "unit": leg and leg.unit,
        "unit_name": leg and leg.unit_name,
        "deadline": deadline and deadline.deadline,
        "until": until,
        "overdue": deadline is not None and deadline.verdict == Verdict.OVERDUE,
        "zh": words.zh,
        "en": words.en,
    }


def _actor(deadline: Deadline) -> Actor:
    if deadline.deadline == DeadlineKind.LIFTED:
        return Actor.LEADER
    return Actor.UNIT if deadline.unit else Actor.OFFICE


def _leg(appeal: AppealDocument, deadline: Deadline) -> LegDocument | None:
    return next((leg for leg in appeal.legs if leg.leg_id == deadline.leg_id), None)
