"""What a pack names, in words for people: Chinese and English."""

from typing import NamedTuple


class Bilingual(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str


DEADLINES = {
    "dispatch": Bilingual("交办", "dispatch"),
    "contact": Bilingual("联系企业", "contact"),
    "reply": Bilingual("回复办理情况", "reply"),
    "completion": Bilingual("办结", "completion"),
    "objection": Bilingual("派单异议裁定", "objection decision"),
    "lifted": Bilingual("提级办理", "lifted handling"),
    "follow_up": Bilingual("回访", "follow-up"),
    "dispatch_again": Bilingual("再次交办", "dispatch again"),
    "extension": Bilingual("延期审批", "decision on an extension"),
    "pause": Bilingual("暂停审批", "decision on a pause"),
    "complaint": Bilingual("投诉答复", "answer to a complaint"),
    "closure": Bilingual("销号", "closure"),
    "referral": Bilingual("引导承接", "referral taken on"),
    "gathering": Bilingual("汇总梳理", "gathering"),
    "promise": Bilingual("承诺兑现", "promise kept"),
    "stage_decision": Bilingual("环节确认", "decision on what the unit reported"),
}
"""The names of the deadlines that every pack may have. Nothing else names them."""
SHORT_DEADLINES = DEADLINES | {
    "contact": Bilingual("联系", "contact"),
    "reply": Bilingual("回复", "reply"),
    "lifted": Bilingual("提级办理", "lifted-handling"),
}
"""The names that stand before 时限 and `deadline`, and above columns."""
MEETINGS = {
    "assigned": Bilingual("已交办", "dispatch"),
    "contacted": Bilingual("已联系企业", "contact with the enterprise"),
    "responded": Bilingual("已回复办理情况", "a reply to the enterprise"),
    "completed": Bilingual("已办结", "completion"),
    "objection_decided": Bilingual("派单异议已裁定", "a decision on the objection"),
    "referred": Bilingual("已引导", "referral elsewhere"),
    "closed": Bilingual("已销号", "closure"),
    "signed_off": Bilingual("牵头领导已签批", "the leader's sign-off"),
    "all_completed": Bilingual("各承办单位均已办结", "completion by every unit"),
    "rated": Bilingual("企业已评价", "the enterprise's rating"),
    "followed_up": Bilingual("已回访", "a follow-up call"),
    "found": Bilingual("已作合理性认定", "a finding of reasonableness"),
    "extension_decided": Bilingual("延期申请已审批", "a decision on the extension"),
    "pause_decided": Bilingual("暂停申请已审批", "a decision on the pause"),
    "complaint_decided": Bilingual("投诉已答复", "an answer to the complaint"),
    "received_elsewhere": Bilingual("承接单位已接收", "receipt where it was referred to"),
    "gathered": Bilingual("已汇总梳理", "gathering by the office"),
    "planned": Bilingual("已承诺完成日期", "a promised day"),
    "stage_decided": Bilingual("填报已确认或者不予确认", "a decision on what the unit reported"),
}
STARTS = {
    "received": Bilingual("登记", "registration"),
    "lifted": Bilingual("提级", "the lift"),
    "all_completed": Bilingual("各承办单位均办结", "completion by every unit"),
    "handed_over": Bilingual("移交", "the hand-over"),
    "returned": Bilingual("全部退回，已无单位承办", "the return by every unit"),
    "round": Bilingual("交办", "dispatch"),
    "objected": Bilingual("提出异议", "the objection"),
    "contacted": Bilingual("联系企业", "contact with the enterprise"),
    "responded": Bilingual("回复办理情况", "the reply"),
    "upheld": Bilingual("异议成立或者改派", "an upheld objection or a reassignment"),
    "extension_asked": Bilingual("申请延期", "the request for an extension"),
    "pause_asked": Bilingual("申请暂停", "the request for a pause"),
    "complained": Bilingual("企业向营商环境办投诉", "the complaint to the office"),
    "heard": Bilingual("办结并听取企业意见", "completion with the enterprise heard"),
    "referred": Bilingual("引导", "the referral"),
    "to_be_lifted": Bilingual("提级条件成立", "what it is to be lifted for"),
    "paid_up": Bilingual("全部还清", "the last payment"),
    "planned": Bilingual("承诺", "the promise"),
    "proposed": Bilingual("单位填报环节、待确认", "the unit's report of a stage, to be confirmed"),
}
UNITS = {
    "natural_days": Bilingual("个自然日", "natural day"),
    "working_days": Bilingual("个工作日", "working day"),
    "half_working_days": Bilingual("个半日（工作时间）", "half working day"),
    "working_hours": Bilingual("个工作小时", "working hour"),
    "months": Bilingual("个月", "month"),
}
KINDS = {
    "consultation": Bilingual("咨询", "consultations"),
    "help": Bilingual("求助", "requests for help"),
    "complaint": Bilingual("投诉", "complaints"),
    "report": Bilingual("举报", "reports"),
    "suggestion": Bilingual("建议", "suggestions"),
    "arrears": Bilingual("欠款", "arrears"),
    "unkept_promise": Bilingual("政策兑现", "unkept promises"),
    "clue": Bilingual("线索", "clues"),
}
MARKS = {
    "cross_department": Bilingual("跨部门", "cross-department"),
    "cross_level": Bilingual("跨层级", "cross-level"),
    "inherited": Bilingual("历史遗留", "inherited"),
    "litigation": Bilingual("涉法涉诉", "in litigation"),
    "petition": Bilingual("涉访", "in petition"),
}
CONSEQUENCES = {
    "remind": Bilingual("提醒", "a reminder"),
    "card": Bilingual("发出“{card}”牌", "a card ({card})"),
    "redispatch": Bilingual("再次交办", "another dispatch"),
    "lift": Bilingual("提级办理{leader}", "a lift{leader}"),
    "supervise": Bilingual("督办", "a supervision notice"),
    "approve": Bilingual("视为同意，案件办结", "deemed approval, which ends the case"),
    "hand_over": Bilingual("移交{to}", "a hand-over to {to}"),
    "publish": Bilingual("经审核后拟予公布", "publication after review"),
    "raise": Bilingual("上报", "it is raised within the office"),
}
ACKNOWLEDGED = {"card": Bilingual("黄牌", "a card"), "lift": Bilingual("提级通知", "a lift")}
CARDS = {"yellow": Bilingual("黄", "yellow"), "red": Bilingual("红", "red")}
LEADERS = {
    "in_charge": Bilingual("承办单位分管领导", "the leader in charge of the unit"),
    "mayor": Bilingual("主要领导", "the mayor"),
}
RANKS = {
    "unit_head": Bilingual("承办单位负责人", "the unit's head"),
    "office": Bilingual("营商环境办", "the office"),
    "leader": Bilingual("分管领导", "the leader in charge"),
    "mayor": Bilingual("主要领导", "the mayor"),
}
RATINGS = {
    "very_satisfied": Bilingual("非常满意", "very satisfied"),
    "satisfied": Bilingual("满意", "satisfied"),
    "basically_satisfied": Bilingual("基本满意", "basically satisfied"),
    "not_satisfied": Bilingual("不满意", "not satisfied"),
    "very_dissatisfied": Bilingual("非常不满意", "very dissatisfied"),
}
SHARED = {"reply": Bilingual("回复", "replies"), "completion": Bilingual("办结", "completion")}
NEEDS = {
    "signed_off": Bilingual("提级的已签批", "the leader's sign-off where it was lifted"),
    "heard": Bilingual("企业已评价或已回访", "the enterprise's rating or a follow-up"),
    "finding": Bilingual("已作合理性认定", "a finding of reasonableness"),
}
OWNERS = {
    "unit": Bilingual("承办单位", "the unit"),
    "office": Bilingual("营商环境办", "the office"),
    "both": Bilingual(
        "承办单位（经债权人或者营商环境办确认）", "the unit, confirmed by the creditor or the office"
    ),
}
RAISED_TO = {
    "head": Bilingual("营商环境办负责人", "the head of the office"),
    "in_charge": Bilingual("营商环境办分管领导", "the leader in charge of the office"),
}
GUIDED_BY = {
    "office": Bilingual("营商环境办", "the office"),
    "lead_unit": Bilingual("主办单位", "the lead unit"),
}
UNIT_KINDS = {
    "locality": Bilingual("属地", "a locality"),
    "department": Bilingual("部门", "a department"),
    "office": Bilingual("营商环境办", "the office"),
    "state_firm": Bilingual("国有企业", "a firm of the state"),
    "large_firm": Bilingual("大型企业", "a large firm"),
}
READERS = {
    "office": Bilingual("营商环境办", "the office"),
    "discipline_inspection": Bilingual("纪检监察机关", "discipline inspection"),
}
CHOICE = "choice"
"""What stands in events in place of a clause where the text is silent and the pack chose."""
_CHOSEN = Bilingual("原文未规定，由规则包取定", "not in the text: a choice of the pack")


def ground(clause: str) -> Bilingual:
    """The ground of a rule for people: its clause, or that the pack chose."""
    return _CHOSEN if clause == CHOICE else Bilingual(clause, clause)
