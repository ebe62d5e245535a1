"""What a pack says, in words for people: Chinese and English."""

from typing import NamedTuple


class Bilingual(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str


CHANNELS = {
    "hotline": Bilingual("热线", "the hotline"),
    "web": Bilingual("网上", "the web"),
    "provincial_platform": Bilingual("省为企业服务平台", "the provincial platform"),
    "saturday_session": Bilingual("周六政企面对面", "the Saturday session"),
    "sunday_consultation": Bilingual("周日项目要素会商", "the Sunday consultation"),
    "family_talk": Bilingual("民营企业家属恳谈会", "the talk with families of entrepreneurs"),
    "supervision_code": Bilingual("码上监督", "the supervision code"),
    "visit": Bilingual("联系包保走访", "a visit"),
    "anonymous_letter": Bilingual("无署名意见书", "an anonymous letter"),
    "finance_window": Bilingual("融资服务窗口", "the finance window"),
    "business_talk": Bilingual("政商恳谈", "the talk of government and business"),
    "on_site_session": Bilingual("赴企业现场办公", "a session at the enterprise"),
}
"""The channels over which an appeal comes in (渠道)."""
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
    "satisfied": Bilingual("满意", "satisfied"),
    "basically_satisfied": Bilingual("基本满意", "basically satisfied"),
    "not_satisfied": Bilingual("不满意", "not satisfied"),
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
PAGE = {
    "source": Bilingual("依据", "Source"),
    "in_force_on": Bilingual("施行日期", "In force from"),
    "version": Bilingual("版本", "Version"),
    "prefix": Bilingual("编号前缀", "Prefix of numbers"),
    "settings": Bilingual("本地规定", "Settings"),
    "decided": Bilingual("决定依据", "Decided by"),
    "not_given": Bilingual("尚未给出；打印时请附本地规定文件", "not given; print with the settings file"),
    "by_default": Bilingual("（本地规定未给出，按取定值）", " (by default: the settings do not give it)"),
    "clause": Bilingual("依据条款", "Clause"),
    "choice": Bilingual("取定说明", "Choice"),
    "chosen": Bilingual("取定", "a choice"),
    "outside": Bilingual("不在本规则包之内", "outside this pack"),
    "clauses": Bilingual("逐条对照", "Clause by clause"),
    "text": Bilingual("按原文", "by the text"),
    "beyond": Bilingual("原文未规定的事项", "What the text does not say"),
    "signature": Bilingual("审定签字", "Reviewed and signed"),
    "name": Bilingual("姓名、职务", "Name and office"),
    "date": Bilingual("日期", "Date"),
    "seal": Bilingual("盖章", "Seal"),
    "hash": Bilingual("文件校验值（SHA-256）", "SHA-256 of the file"),
    "only_first": Bilingual("仅在前者", "only in the first"),
    "only_second": Bilingual("仅在后者", "only in the second"),
    "first": Bilingual("前者", "first"),
    "second": Bilingual("后者", "second"),
    "same": Bilingual("没有不同", "no difference"),
    "no_mistakes": Bilingual("没有错误", "no mistakes"),
    "needs": Bilingual("需要本地规定给出", "needs from the settings"),
}
TOPICS = {
    "limits": Bilingual("时限", "Limits"),
    "stages": Bilingual("环节", "Stages"),
    "own_limits": Bilingual("按件另定的时限", "Limits set case by case"),
    "reminder": Bilingual("到期前提醒", "Reminder before the end"),
    "ladder": Bilingual("逾期及其他情形的处理", "What follows"),
    "levels": Bilingual("提级的层级", "Levels"),
    "raising": Bilingual("上报", "Raised"),
    "promises": Bilingual("承诺", "Promises"),
    "approval": Bilingual("超时默认", "Silent approval"),
    "never_lifted": Bilingual("不予提级", "Never lifted"),
    "acknowledgement": Bilingual("签收", "Acknowledgement"),
    "extension": Bilingual("延期", "Extension"),
    "pauses": Bilingual("暂停", "Pauses"),
    "reopening": Bilingual("重新办理", "Reopening"),
    "merging": Bilingual("并单", "Merging"),
    "referral": Bilingual("引导", "Referral"),
    "closure": Bilingual("销号", "Closure"),
    "completion": Bilingual("办结", "Completion"),
    "confidential": Bilingual("保密", "Confidentiality"),
    "office_hours": Bilingual("工作时间", "Office hours"),
    "counting": Bilingual("计时", "How time is counted"),
}
SENTENCES = {
    "limit": Bilingual(
        "{name}{where}：自{start}起 {limit}内，责任方为{owner}。{met}，即为按时。{outlasts}",
        "{name}{where}: within {limit} of {start}, by {owner}. Met by {met}.{outlasts}",
    ),
    "outlasts": Bilingual("办结后仍然计时。", " It runs on after completion."),
    "dates": Bilingual(
        "{name}{where}：“{start}”时给定的各个日期，最早的先算，责任方为{owner}。{met}，即为按时。",
        "{name}{where}: on each date that ‘{start}’ brings, the earliest first, by {owner}. Met by {met}.",
    ),
    "stage": Bilingual(
        "{name}（由{owner}登记）{dates}{returns}{later}。",
        "{name}, entered by {owner}{dates}{returns}{later}.",
    ),
    "after_completion": Bilingual("，办结后、销号前也可以", ", also after completion and before closure"),
    "returns": Bilingual("，即为退回", ", which gives the case back"),
    "with_own_day": Bilingual(
        "，登记时写明发生日期，自该日起算", ", with the day on which it came about, from which time counts"
    ),
    "of_units": Bilingual("责任方为{names}", "by {names}"),
    "complete_after": Bilingual(
        "“{names}”之前，承办单位所报的办结不算办结。",
        "Before it is {names}, a unit's word that it is done is no completion.",
    ),
    "with_dates": Bilingual("，登记时给定日期", ", with dates"),
    "with_sums": Bilingual("，登记时给定日期和金额", ", with dates and sums"),
    "owes": Bilingual("，登记所欠金额", ", with the sum that is owed"),
    "pays": Bilingual(
        "，登记付款金额，累计付款自最早一期起抵扣",
        ", with the sum paid; what was paid meets the earliest first",
    ),
    "promised": Bilingual(
        "{name}{where}：承诺之日 24:00 前，责任方为{owner}。{met}，即为按时。",
        "{name}{where}: by 24:00 of the promised day, by {owner}. Met by {met}.",
    ),
    "until_gathered": Bilingual(
        "{name}{where}：自{start}起，在该提级步骤规定的时间内，责任方为{owner}。{met}，即为按时。",
        "{name}{where}: within the time that the lift gives, from {start}, by {owner}. Met by {met}.",
    ),
    "gather": Bilingual(
        "（先由营商环境办汇总梳理，最长 {limit}，期满即行提级）",
        " (once the office has gathered it, within {limit}; then it is lifted anyway)",
    ),
    "raising": Bilingual(
        "营商环境办超期的事项上报：依次为{names}，每级相隔 {limit}，办理后停止。",
        "What the office misses is raised to {names}, one after the other, {limit} apart, until it is met.",
    ),
    "promises": Bilingual(
        "承诺的完成日期是时限，不是办结；自交办起最长 {cap}，超过的须{rank}批准。",
        "A promised day is a limit, not completion; {cap} from dispatch at most, beyond that with {rank}.",
    ),
    "each_leg": Bilingual(
        "各部门逾期未决定的，仅就其本部门部分视为同意；有一个部门不同意的，整件不予同意。",
        "A department's silence approves its own part alone; one denial denies the whole.",
    ),
    "own_limits": Bilingual("{names}可以按件另定时限。", "A case may bring a limit of its own for {names}."),
    "reminder": Bilingual(
        "{names}：时间过去 {percent}% 时提醒。",
        "{names}: a reminder when {percent} % of the time has passed.",
    ),
    "step": Bilingual("{when}：{acts}。", "{when}: {acts}."),
    "overdue": Bilingual("{names}超期{where}", "{names} overdue{where}"),
    "marks": Bilingual("{names}的问题", "Problems that are {names}"),
    "refused": Bilingual("承办单位“说不”", "A unit refuses"),
    "requested": Bilingual("承办单位负责人签字申请", "A unit head's signed request"),
    "to_leader": Bilingual("（{leader}）", " to {leader}"),
    "to_next": Bilingual("（上一级）", " to the next level"),
    "levels": Bilingual("逐级提级：{names}。", "One level at a time: {names}."),
    "level": Bilingual("{name}（{leader}）", "{name} ({leader})"),
    "never_lifted": Bilingual("{names}的不提级。", "Matters that are {names} are not lifted."),
    "acknowledgement": Bilingual(
        "{names}发出后 {limit}内须签收，逾期未签收的逐级上报。",
        "Within {limit} {names} is acknowledged; if it is not, those above are told, step by step.",
    ),
    "extension": Bilingual(
        "{names}可以延期，自起算之日起最长 {cap}{times}{interim}。",
        "{names} may be extended, to {cap} from the start at most{times}{interim}.",
    ),
    "times": Bilingual("，最多 {times} 次", ", {times} time{s} at most"),
    "interim": Bilingual(
        "，申请前须已答复企业办理情况", ", once the enterprise was told how handling stands"
    ),
    "rank": Bilingual("不超过 {limit}：{rank}批准。", "Up to {limit}: approved by {rank}."),
    "extension_grounds": Bilingual(
        "延期事由须为：{names}。", "It is given on one of these grounds: {names}."
    ),
    "pauses": Bilingual("可以暂停，最长 {cap}。", "Time may be paused for {cap} at most."),
    "pauses_told": Bilingual(
        "暂停达到最长时间自动结束的，予以记载并告知。", "That a pause ended at its cap is recorded and told."
    ),
    "pauses_units_only": Bilingual(
        "暂停只停承办单位的时限，营商环境办的时限照常计算。",
        "A pause stops a unit's limits; the office's run on.",
    ),
    "ground": Bilingual("{name}：最长 {cap}，{rank}批准。", "{name}: {cap} at most, approved by {rank}."),
    "reopening": Bilingual(
        "评价为{names}的可以重新办理{within}{times}{finding}。",
        "May be reopened after a rating of {names}{within}{times}{finding}.",
    ),
    "after_closure": Bilingual("销号后也可以重新办理。", " Also after closure."),
    "within": Bilingual("，须在办结后 {limit}内", ", within {limit} of completion"),
    "finding": Bilingual("，须认定为合理诉求", ", where it was found reasonable"),
    "merging": Bilingual(
        "同一问题可以并单，{names}对各件同时有效。",
        "Repeats of one problem may be merged; they share {names}.",
    ),
    "each_contacted": Bilingual(
        "每家企业须逐一联系，统一答复或办结不算联系。",
        "Each enterprise is contacted by itself: a shared reply or completion is no contact.",
    ),
    "referral": Bilingual("可以引导至：{names}。", "May be referred to: {names}."),
    "guided_by": Bilingual("可由{names}引导。", "{names} may refer it."),
    "followed": Bilingual(
        "引导后继续跟踪，承接单位接收后才终结；退回的，重新办理。",
        "A referral is followed until it was received there; what comes back is handled again.",
    ),
    "against_word": Bilingual(
        "合理诉求评价不满意仍销号的，须{rank}批准并说明理由，单独统计。",
        "Closing a reasonable appeal rated not satisfied needs {rank} and a reason, and is counted.",
    ),
    "before_dispatch": Bilingual(
        "不合理或者已解释说明的，取得企业理解后可以不经交办销号{otherwise}。",
        "What is unfounded or explained may be closed without dispatch once it is understood{otherwise}.",
    ),
    "otherwise": Bilingual("；未取得理解的，须{rank}批准", "; without that, with {rank}"),
    "closure": Bilingual("销号前须具备：{names}。", "Needed before closure: {names}."),
    "closure_after": Bilingual(
        "已到“{first}”环节的，须已到“{second}”环节。",
        " What reached the stage {first} must have reached the stage {second}.",
    ),
    "confidential": Bilingual("案件仅供{names}查看。", "The cases are read by {names} alone."),
    "office_hours": Bilingual("{names}，单位另有规定的除外。", "{names}, where a unit has none of its own."),
    "hours_since": Bilingual("{day}起：{names}。", "From {day} on: {names}."),
    "hours_each_year": Bilingual(
        "{day}起，以后每年自该日起：{names}。",
        "From {day} on, and from that day of each later year: {names}.",
    ),
    "next_morning": Bilingual("次日 {at}", "{at} the next day"),
    "after_hours": Bilingual(
        "下班后或者休息日收到的，视为下一工作日收到。",
        "What is received after hours or on a day off counts as received on the next working day.",
    ),
    "whole_minutes": Bilingual(
        "时间按整分钟计算：自显示的那一分钟起算；到期的那一分钟之内仍为按时。",
        "Whole minutes count: limits run from the minute shown, and all of the due minute is in time.",
    ),
    "reminders_by_counted_time": Bilingual(
        "提醒按计入的时间：以工作时间计算的时限只计工作时间，暂停的时间不计。",
        "Reminders go by the time that counts: office hours for limits in working time, and no pauses.",
    ),
    "pauses_move_given_moments": Bilingual(
        "交办时指定到期时刻的，按暂停的时间顺延；批准暂停时写明照常计算的除外。",
        "A moment given at dispatch moves by what was paused, unless the pause says that it runs on.",
    ),
    "default": Bilingual(
        "{limit}（本地规定“{name}”未给出时的取定值）", "{limit} (unless the settings give '{name}')"
    ),
    "pauses_in_due_minute": Bilingual(
        "在到期的那一分钟之内批准的暂停有效，时限自该分钟起停止计算。",
        "A pause that begins in the due minute is in time: the clock stops there.",
    ),
    "setting": Bilingual("{limit}（本地规定“{name}”）", "{limit} (settings, '{name}')"),
    "open": Bilingual("由本地规定“{name}”给定的时间", "the time the settings give as '{name}'"),
    "rounds": Bilingual("第 {rounds} 次交办", "in round {rounds}"),
    "rounds_from": Bilingual("第 {rounds} 次及以后交办", "from round {rounds} on"),
    "rolled": Bilingual("（期末逢休息日顺延）", " (an end on a day off moves to the next working day)"),
    "of_kinds": Bilingual("{names}类", "for {names}"),
    "at_level": Bilingual("已提级至“{name}”", "lifted to {name}"),
}
CHOICE = "choice"
"""What stands in events in place of a clause where the text is silent and the pack chose."""
_CHOSEN = Bilingual("原文未规定，由规则包取定", "not in the text: a choice of the pack")


def ground(clause: str) -> Bilingual:
    """The ground of a rule for people: its clause, or that the pack chose."""
    return _CHOSEN if clause == CHOICE else Bilingual(clause, clause)
