"""The words that tell cases apart: what rules judge by, events carry and services store."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from shared.named import Coded, Named


class Kind(Named):
    """What is asked (诉求类型)."""

    CONSULTATION = "consultation", "咨询"
    HELP = "help", "求助"
    COMPLAINT = "complaint", "投诉"
    REPORT = "report", "举报"
    SUGGESTION = "suggestion", "建议"
    ARREARS = "arrears", "欠款"
    UNKEPT_PROMISE = "unkept_promise", "政策兑现"
    CLUE = "clue", "线索"


class Mark(Named):
    """What the office notes about an appeal and a ladder may ask for."""

    CROSS_DEPARTMENT = "cross_department", "跨部门"
    CROSS_LEVEL = "cross_level", "跨层级"
    INHERITED = "inherited", "历史遗留"
    LITIGATION = "litigation", "涉法涉诉"
    PETITION = "petition", "涉访"


class Role(Named):
    """A leg's part in a dispatch to several units (双向交办)."""

    LEAD = "lead", "主办"
    ASSIST = "assist", "协办"
    SUPERVISE = "supervise", "督办"
    FIRST_ASKED = "first_asked", "首问"

    @property
    def handles(self) -> bool:
        """Whether its unit handles the appeal. The others watch: no limit of handling runs for them."""
        return self in (Role.LEAD, Role.ASSIST)


class UnitKind(Named):
    """What a unit of the directory is."""

    LOCALITY = "locality", "属地"
    DEPARTMENT = "department", "部门"
    OFFICE = "office", "营商环境办"
    STATE_FIRM = "state_firm", "国有企业"
    LARGE_FIRM = "large_firm", "大型企业"


PackWord = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A name that a rule pack may choose: of a deadline, a stage, a level, a ground for a pause."""


class DeadlineKind(StrEnum):
    """The deadlines of an appeal (时限). A pack may name further ones, so fields that hold one are words."""

    DISPATCH = "dispatch"
    CONTACT = "contact"
    REPLY = "reply"
    COMPLETION = "completion"
    OBJECTION = "objection"
    LIFTED = "lifted"
    FOLLOW_UP = "follow_up"
    DISPATCH_AGAIN = "dispatch_again"
    EXTENSION = "extension"
    PAUSE = "pause"
    COMPLAINT = "complaint"
    CLOSURE = "closure"
    REFERRAL = "referral"
    GATHERING = "gathering"
    PROMISE = "promise"
    STAGE_DECISION = "stage_decision"


class Rank(Named):
    """Who approves, the lowest first."""

    UNIT_HEAD = "unit_head", "承办单位负责人"
    OFFICE = "office", "营商环境办"
    LEADER = "leader", "分管领导"
    MAYOR = "mayor", "主要领导"


class RaisedTo(Coded):
    """Whom a deadline is raised to that the office let pass."""

    HEAD = "head", "营商环境办负责人"
    IN_CHARGE = "in_charge", "营商环境办分管领导"


class Verdict(Coded):
    """How a deadline stands. One met late stays overdue; one that fell away before it was due is void."""

    OPEN = "open", "未到期"
    MET = "met", "按时"
    OVERDUE = "overdue", "超期"
    VOID = "void", "作废"


class Rating(Named):
    """The enterprise's rating (好差评) in the national five grades, the best first."""

    VERY_SATISFIED = "very_satisfied", "非常满意"
    SATISFIED = "satisfied", "满意"
    BASICALLY_SATISFIED = "basically_satisfied", "基本满意"
    NOT_SATISFIED = "not_satisfied", "不满意"
    VERY_DISSATISFIED = "very_dissatisfied", "非常不满意"

    @property
    def is_satisfied(self) -> bool:
        """Whether it counts as satisfied: the upper three do."""
        return self not in (Rating.NOT_SATISFIED, Rating.VERY_DISSATISFIED)


class RatingReason(Named):
    """Why the enterprise rates so."""

    SLOW = "slow", "办理太慢"
    NOT_CONTACTED = "not_contacted", "没有联系"
    UNCLEAR = "unclear", "答复不清楚"
    EVASIVE = "evasive", "推诿"
    ATTITUDE = "attitude", "态度"
    NOT_SOLVED = "not_solved", "问题没有解决"
    PROMISE_BROKEN = "promise_broken", "承诺没有兑现"
    PROMPT = "prompt", "办理及时"
    HELPFUL = "helpful", "热情周到"
    SOLVED_WELL = "solved_well", "解决得好"


class LiftReason(Coded):
    """Why a case is lifted."""

    COUNT = "count", "多次交办仍未落实"
    KIND = "kind", "涉及跨部门、跨层级或历史遗留问题"
    REFUSAL = "refusal", "承办单位表示不予办理"
    REQUEST = "request", "承办单位申请提级"
    LEVEL = "level", "下一层级未能按期落实"  # the level below did not bring it about in time
