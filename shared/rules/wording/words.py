"""What a pack says, in words for people: Chinese and English."""

from typing import NamedTuple


class Said(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str


DEADLINES = {
    "dispatch": Said("交办", "dispatch"),
    "contact": Said("联系企业", "contact"),
    "reply": Said("回复办理情况", "reply"),
    "completion": Said("办结", "completion"),
    "objection": Said("派单异议答复", "decision on an objection"),
    "lifted": Said("提级办理", "lifted handling"),
    "follow_up": Said("回访", "follow-up"),
}
MEETINGS = {
    "assigned": Said("已交办", "dispatch"),
    "contacted": Said("已联系企业", "contact with the enterprise"),
    "responded": Said("已回复办理情况", "a reply to the enterprise"),
    "completed": Said("已办结", "completion"),
    "objection_decided": Said("异议已答复", "a decision on the objection"),
    "referred": Said("已引导", "referral elsewhere"),
    "closed": Said("已销号", "closure"),
    "signed_off": Said("牵头领导已签批", "the leader's sign-off"),
    "all_completed": Said("各承办单位均已办结", "completion by every unit"),
    "rated": Said("企业已评价", "the enterprise's rating"),
    "followed_up": Said("已回访", "a follow-up call"),
    "found": Said("已作合理性认定", "a finding of reasonableness"),
}
STARTS = {
    "received": Said("登记", "registration"),
    "lifted": Said("提级", "the lift"),
    "all_completed": Said("各承办单位均办结", "completion by every unit"),
    "handed_over": Said("移交", "the hand-over"),
    "round": Said("交办", "dispatch"),
    "objected": Said("提出异议", "the objection"),
    "contacted": Said("联系企业", "contact with the enterprise"),
    "responded": Said("回复办理情况", "the reply"),
}
UNITS = {
    "natural_days": Said("个自然日", "natural day"),
    "working_days": Said("个工作日", "working day"),
    "half_working_days": Said("个半日（工作时间）", "half working day"),
    "working_hours": Said("个工作小时", "working hour"),
    "months": Said("个月", "month"),
}
KINDS = {
    "consultation": Said("咨询", "consultations"),
    "help": Said("求助", "requests for help"),
    "complaint": Said("投诉", "complaints"),
    "report": Said("举报", "reports"),
    "suggestion": Said("建议", "suggestions"),
    "arrears": Said("欠款", "arrears"),
    "unkept_promise": Said("政策兑现", "unkept promises"),
    "clue": Said("线索", "clues"),
}
MARKS = {
    "cross_department": Said("跨部门", "cross-department"),
    "cross_level": Said("跨层级", "cross-level"),
    "inherited": Said("历史遗留", "inherited"),
    "litigation": Said("涉法涉诉", "in litigation"),
    "petition": Said("涉访", "in petition"),
}
ACTS = {
    "remind": Said("提醒", "a reminder"),
    "card": Said("发出“{card}”牌", "a card ({card})"),
    "redispatch": Said("再次交办", "another dispatch"),
    "lift": Said("提级办理{leader}", "a lift{leader}"),
    "supervise": Said("督办", "a supervision notice"),
    "approve": Said("视为同意，案件办结", "deemed approval, which ends the case"),
    "hand_over": Said("移交{to}", "a hand-over to {to}"),
    "publish": Said("经审核后拟予公布", "publication after review"),
}
ACKNOWLEDGED = {"card": Said("黄牌", "a card"), "lift": Said("提级通知", "a lift")}
CARDS = {"yellow": Said("黄", "yellow"), "red": Said("红", "red")}
LEADERS = {
    "in_charge": Said("承办单位分管领导", "the leader in charge of the unit"),
    "mayor": Said("主要领导", "the mayor"),
}
RANKS = {
    "unit_head": Said("承办单位负责人", "the unit's head"),
    "office": Said("营商环境办", "the office"),
    "leader": Said("分管领导", "the leader in charge"),
    "mayor": Said("主要领导", "the mayor"),
}
RATINGS = {
    "satisfied": Said("满意", "satisfied"),
    "basically_satisfied": Said("基本满意", "basically satisfied"),
    "not_satisfied": Said("不满意", "not satisfied"),
}
SHARED = {"reply": Said("回复", "replies"), "completion": Said("办结", "completion")}
NEEDS = {
    "signed_off": Said("提级的已签批", "the leader's sign-off where it was lifted"),
    "heard": Said("企业已评价或已回访", "the enterprise's rating or a follow-up"),
    "finding": Said("已作合理性认定", "a finding of reasonableness"),
}
OWNERS = {"unit": Said("承办单位", "the unit"), "office": Said("营商环境办", "the office")}
PAGE = {
    "source": Said("依据", "Source"),
    "in_force_on": Said("施行日期", "In force from"),
    "version": Said("版本", "Version"),
    "prefix": Said("编号前缀", "Prefix of numbers"),
    "settings": Said("本地规定", "Settings"),
    "decided": Said("决定依据", "Decided by"),
    "not_given": Said("尚未给出；打印时请附本地规定文件", "not given; print with the settings file"),
    "clause": Said("依据条款", "Clause"),
    "choice": Said("取定说明", "Choice"),
    "chosen": Said("取定", "a choice"),
    "outside": Said("不在本规则包之内", "What remains outside"),
    "signature": Said("审定签字", "Reviewed and signed"),
    "name": Said("姓名、职务", "Name and office"),
    "date": Said("日期", "Date"),
    "seal": Said("盖章", "Seal"),
    "hash": Said("文件校验值（SHA-256）", "SHA-256 of the file"),
    "only_first": Said("仅在前者", "only in the first"),
    "only_second": Said("仅在后者", "only in the second"),
    "first": Said("前者", "first"),
    "second": Said("后者", "second"),
    "same": Said("没有不同", "no difference"),
    "no_mistakes": Said("没有错误", "no mistakes"),
    "needs": Said("需要本地规定给出", "needs from the settings"),
}
TOPICS = {
    "limits": Said("时限", "Limits"),
    "stages": Said("环节", "Stages"),
    "own_limits": Said("按件另定的时限", "Limits set case by case"),
    "reminder": Said("到期前提醒", "Reminder before the end"),
    "ladder": Said("逾期及其他情形的处理", "What follows"),
    "levels": Said("提级的层级", "Levels"),
    "never_lifted": Said("不予提级", "Never lifted"),
    "acknowledgement": Said("签收", "Acknowledgement"),
    "extension": Said("延期", "Extension"),
    "pauses": Said("暂停", "Pauses"),
    "reopening": Said("重新办理", "Reopening"),
    "merging": Said("并单", "Merging"),
    "referral": Said("引导", "Referral"),
    "closure": Said("销号", "Closure"),
    "office_hours": Said("工作时间", "Office hours"),
}
SENTENCES = {
    "limit": Said(
        "{name}{where}：自{start}起 {limit}内，责任方为{owner}。{met}，即为按时。",
        "{name}{where}: within {limit} of {start}, by {owner}. Met by {met}.",
    ),
    "dates": Said(
        "{name}{where}：“{start}”时给定的各个日期，最早的先算，责任方为{owner}。{met}，即为按时。",
        "{name}{where}: on each date that ‘{start}’ brings, the earliest first, by {owner}. Met by {met}.",
    ),
    "stage": Said("{name}（由{owner}登记）{dates}。", "{name}, entered by {owner}{dates}."),
    "with_dates": Said("，登记时给定日期", ", with dates"),
    "own_limits": Said("{names}可以按件另定时限。", "A case may bring a limit of its own for {names}."),
    "reminder": Said(
        "{names}：时间过去 {percent}% 时提醒。",
        "{names}: a reminder when {percent} % of the time has passed.",
    ),
    "step": Said("{when}：{acts}。", "{when}: {acts}."),
    "overdue": Said("{names}超期{where}", "{names} overdue{where}"),
    "marks": Said("{names}的问题", "Problems that are {names}"),
    "refused": Said("承办单位“说不”", "A unit refuses"),
    "requested": Said("承办单位负责人签字申请", "A unit head's signed request"),
    "to_leader": Said("（{leader}）", " to {leader}"),
    "to_next": Said("（上一级）", " to the next level"),
    "levels": Said("逐级提级：{names}。", "One level at a time: {names}."),
    "level": Said("{name}（{leader}）", "{name} ({leader})"),
    "never_lifted": Said("{names}的不提级。", "Matters that are {names} are not lifted."),
    "acknowledgement": Said(
        "{names}发出后 {limit}内须签收，逾期未签收的逐级上报。",
        "Within {limit} {names} is acknowledged; if it is not, those above are told, step by step.",
    ),
    "extension": Said(
        "{names}可以延期，自起算之日起最长 {cap}{times}{interim}。",
        "{names} may be extended, to {cap} from the start at most{times}{interim}.",
    ),
    "times": Said("，最多 {times} 次", ", {times} time{s} at most"),
    "interim": Said("，申请前须已答复企业办理情况", ", once the enterprise was told how handling stands"),
    "rank": Said("不超过 {limit}：{rank}批准。", "Up to {limit}: approved by {rank}."),
    "pauses": Said("可以暂停，最长 {cap}。", "Time may be paused for {cap} at most."),
    "ground": Said("{name}：最长 {cap}，{rank}批准。", "{name}: {cap} at most, approved by {rank}."),
    "reopening": Said(
        "评价为{names}的可以重新办理{within}{times}{finding}。",
        "May be reopened after a rating of {names}{within}{times}{finding}.",
    ),
    "within": Said("，须在办结后 {limit}内", ", within {limit} of completion"),
    "finding": Said("，须认定为合理诉求", ", where it was found reasonable"),
    "merging": Said(
        "同一问题可以并单，{names}对各件同时有效。",
        "Repeats of one problem may be merged; they share {names}.",
    ),
    "referral": Said("可以引导至：{names}。", "May be referred to: {names}."),
    "closure": Said("销号前须具备：{names}。", "Needed before closure: {names}."),
    "office_hours": Said("{names}，单位另有规定的除外。", "{names}, where a unit has none of its own."),
    "setting": Said("{limit}（本地规定“{name}”）", "{limit} (settings, '{name}')"),
    "open": Said("由本地规定“{name}”给定的时间", "the time the settings give as '{name}'"),
    "rounds": Said("第 {rounds} 次交办", "in round {rounds}"),
    "rounds_from": Said("第 {rounds} 次及以后交办", "from round {rounds} on"),
    "rolled": Said("（期末逢休息日顺延）", " (an end on a day off moves to the next working day)"),
    "of_kinds": Said("{names}类", "for {names}"),
    "at_level": Said("已提级至“{name}”", "lifted to {name}"),
}
CHOICE = "choice"
"""What stands in events in place of a clause where the text is silent and the pack chose."""
_CHOSEN = Said("原文未规定，由规则包取定", "not in the text: a choice of the pack")


def ground(clause: str) -> Said:
    """The ground of a rule for people: its clause, or that the pack chose."""
    return _CHOSEN if clause == CHOICE else Said(clause, clause)
