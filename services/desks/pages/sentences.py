"""What each event of a case is called in its timeline: sign, word and sentence in both languages."""

from typing import NamedTuple


class Sentence(NamedTuple):
    """The class of the sign, its word in both languages, and the sentence; names in braces are filled in."""

    sign: str
    word: tuple[str, str]
    zh: str
    en: str


MESSAGE, JUDGED, CARD = ("消息", "message"), ("判定", "judged"), ("黄牌", "card")
STUDY, STAGE, FILE = ("会商", "study"), ("环节", "stage"), ("材料", "file")
OBJECTION, EXTENSION, PAUSE = ("异议", "objection"), ("延期", "more time"), ("暂停", "pause")
REFERRAL, LIFT, ENTERPRISE = ("引导", "guided"), ("提级", "lifted"), ("企业", "enterprise")
OFFICE, REPEATED = ("办理", "handling"), ("并单", "merged")
ERASED = ("清除", "erased")
OPEN_TO_ALL = ("公开", "public")

SENTENCES: dict[str, Sentence] = {
    # intake
    "appeal.received.v1": Sentence("rest", ("登记", "registered"), "登记诉求", "registered"),
    "appeal.answered.v1": Sentence("ok", ("答复", "answered"), "登记时当场答复", "answered while registered"),
    "appeal.corrected.v1": Sentence(
        "rest", ("更正", "corrected"), "更正登记内容", "what was registered was put right"
    ),
    "appeal.added_to.v1": Sentence(
        "soon", ENTERPRISE, "补充情况（第 {count} 次）", "facts were added, number {count}"
    ),
    "appeal.urged.v1": Sentence(
        "soon", ENTERPRISE, "催办（第 {count} 次）", "haste was asked for, time {count}"
    ),
    "appeal.contact_changed.v1": Sentence(
        "rest", ENTERPRISE, "更正联系方式", "the enterprise is reached otherwise now"
    ),
    "receipt_code.renewed.v1": Sentence("rest", ENTERPRISE, "启用新的回执码", "a new receipt code is in use"),
    "reopening.asked.v1": Sentence("over", ENTERPRISE, "申请重新办理", "asked to have it handled again"),
    "reopening.declined.v1": Sentence("rest", ("重办", "again"), "不予重新办理", "it is not handled again"),
    "appeal.reopened.v1": Sentence("over", ("重办", "again"), "重新办理", "reopened"),
    "appeal.withdrawn.v1": Sentence(
        "rest", ("撤回", "withdrawn"), "企业撤回诉求", "withdrawn by the enterprise"
    ),
    "appeal.rated.v1": Sentence("ok", ("评价", "rated"), "企业评价：{rating}", "rated: {rating}"),
    "follow_up.made.v1": Sentence("rest", ("回访", "called"), "回访{reached}", "follow-up call, {reached}"),
    "appeal.complained.v1": Sentence(
        "over", ("投诉", "complaint"), "企业向营商环境办投诉", "complained to the office"
    ),
    "referral.objected.v1": Sentence(
        "over", REFERRAL, "企业对引导有异议", "the enterprise objects to the referral"
    ),
    "appeal.merged.v1": Sentence("rest", REPEATED, "并入 {lead}", "merged into {lead}"),
    "appeal.unmerged.v1": Sentence(
        "rest", REPEATED, "不再与 {lead} 一并办理", "handled by itself again, without {lead}"
    ),
    "attachment.stored.v1": Sentence("rest", FILE, "{adder}添加附件", "{adder} added a file"),
    "attachment.released.v1": Sentence("rest", FILE, "公开附件", "a file was released"),
    "attachment.removed.v1": Sentence("rest", FILE, "删除附件", "a file was removed"),
    "appeal.persons_erased.v1": Sentence(
        "rest", ERASED, "受理记录中的个人信息已清除", "personal data erased at intake"
    ),
    # dispatch
    "case.persons_erased.v1": Sentence(
        "rest", ERASED, "督办和提级中的理由已清除", "reasons erased at escalation"
    ),
    "unit.persons_erased.v1": Sentence(
        "rest", ERASED, "办理记录中的个人信息已清除", "personal data erased at dispatch"
    ),
    "appeal.assigned.v1": Sentence("rest", ("交办", "dispatched"), "交办 {units}", "dispatched to {units}"),
    "leg.relieved.v1": Sentence("rest", ("改派", "relieved"), "办件被收回，另行交办", "relieved of it"),
    "appeal.marked.v1": Sentence("rest", ("标注", "marked"), "标注为{marks}", "marked: {marks}"),
    "appeal.contacted.v1": Sentence("ok", ("联系", "contact"), "联系企业", "the enterprise was contacted"),
    "appeal.responded.v1": Sentence("ok", ("回复", "reply"), "回复企业", "replied to the enterprise"),
    "appeal.completed.v1": Sentence("ok", ("办结", "completed"), "办结：{outcome}", "completed: {outcome}"),
    "appeal.promised.v1": Sentence(
        "soon", ("承诺", "promise"), "承诺 {planned} 前办成", "promised by {planned}"
    ),
    "appeal.refused.v1": Sentence("over", ("不办", "refused"), "不予办理", "refused"),
    "appeal.objected.v1": Sentence("rest", OBJECTION, "派单异议", "objected to the dispatch"),
    "objection.decided.v1": Sentence("rest", OBJECTION, "派单异议{upheld}", "objection {upheld}"),
    "extension.requested.v1": Sentence(
        "rest", EXTENSION, "申请把{deadline}时限延长为 {limit}", "asked for {limit} to {deadline}"
    ),
    "appeal.extended.v1": Sentence(
        "rest",
        EXTENSION,
        "{deadline}时限延长为 {limit}（{approver}批准）",
        "{limit} to {deadline}, approved by {approver}",
    ),
    "extension.denied.v1": Sentence(
        "rest", EXTENSION, "不同意延长{deadline}时限", "no more time to {deadline}"
    ),
    "pause.requested.v1": Sentence("rest", PAUSE, "申请暂停计时", "asked for a pause"),
    "pause.denied.v1": Sentence("rest", PAUSE, "不同意暂停计时", "no pause"),
    "appeal.paused.v1": Sentence(
        "rest", PAUSE, "暂停计时（{approver}批准）", "paused, approved by {approver}"
    ),
    "appeal.resumed.v1": Sentence("rest", PAUSE, "恢复计时", "time counts again"),
    "stage.reached.v1": Sentence("ok", STAGE, "{stage}", "{stage}"),
    "stage.proposed.v1": Sentence("soon", STAGE, "{stage}（待确认）", "{stage}, to be confirmed"),
    "stage.declined.v1": Sentence("rest", STAGE, "{stage}：不予确认", "{stage}: not confirmed"),
    "lift.requested.v1": Sentence("lift", LIFT, "单位负责人申请提级", "the unit's head asks to lift it"),
    "finding.made.v1": Sentence("rest", ("认定", "finding"), "认定诉求{reasonable}", "found {reasonable}"),
    "appeal.referred.v1": Sentence("rest", REFERRAL, "引导到{place}", "guided to {place}"),
    "referral.received.v1": Sentence(
        "ok", REFERRAL, "{place}已承接（{receiver}）", "received by {place} ({receiver})"
    ),
    "referral.returned.v1": Sentence("over", REFERRAL, "从{place}收回，继续办理", "taken back from {place}"),
    "appeal.complaint_decided.v1": Sentence(
        "rest", ("投诉", "complaint"), "答复投诉：{justified}", "complaint answered: {justified}"
    ),
    "appeal.noted.v1": Sentence("rest", ("备注", "note"), "内部备注", "internal note"),
    "leg.urged.v1": Sentence(
        "soon", ("催办", "urged"), "营商环境办催办（第 {count} 次）", "urged by the office, time {count}"
    ),
    "appeal.transferred.v1": Sentence("rest", ("转接", "transfer"), "转接 {to}", "handed over to {to}"),
    "transfer.received.v1": Sentence("rest", ("转接", "transfer"), "{to} 已接收", "received by {to}"),
    "study.asked.v1": Sentence(
        "rest", STUDY, "第 {number} 次会商：邀请 {invited}", "study {number}: {invited} invited"
    ),
    "study.answered.v1": Sentence(
        "ok", STUDY, "提交第 {number} 次会商意见{late}", "opinion in study {number}{late}"
    ),
    "study.due_soon.v1": Sentence(
        "soon", STUDY, "第 {number} 次会商意见即将到期", "opinion in study {number} due soon"
    ),
    "study.overdue.v1": Sentence(
        "over", STUDY, "第 {number} 次会商意见超期", "opinion in study {number} overdue"
    ),
    "study.closed.v1": Sentence("rest", STUDY, "第 {number} 次会商结束", "study {number} closed"),
    "appeal.closed.v1": Sentence("ok", ("销号", "closed"), "销号{against}", "closed{against}"),
    # escalation
    "appeal.due_soon.v1": Sentence(
        "soon", JUDGED, "{deadline}即将到期，应于 {due}", "{deadline} due soon, by {due}"
    ),
    "appeal.overdue.v1": Sentence(
        "over", JUDGED, "第 {round} 次{deadline}超期", "{deadline} overdue, round {round}"
    ),
    "appeal.reminded.v1": Sentence(
        "soon", JUDGED, "提醒：{deadline}超期（{clause}）", "reminded: {deadline} overdue ({clause})"
    ),
    "appeal.supervised.v1": Sentence(
        "over", JUDGED, "督办：{deadline}超期（{clause}）", "supervision notice: {deadline} ({clause})"
    ),
    "appeal.raised.v1": Sentence(
        "over",
        JUDGED,
        "{deadline}超期，上报{raised}（{clause}）",
        "{deadline} overdue, raised to {raised} ({clause})",
    ),
    "deadline.moved.v1": Sentence(
        "rest",
        JUDGED,
        "放假通知公布，{deadline}改为 {due}",
        "holidays announced: {deadline} is due {due} now",
    ),
    "appeal.pause_ended.v1": Sentence(
        "rest", JUDGED, "暂停已满，恢复计时（{clause}）", "the pause reached its cap ({clause})"
    ),
    "approval.deemed.v1": Sentence(
        "ok", JUDGED, "超时默认通过（{clause}）", "approved by silence ({clause})"
    ),
    "approval.decided.v1": Sentence("ok", JUDGED, "审批{approved}", "{approved}"),
    "appeal.handed_over.v1": Sentence(
        "over", JUDGED, "移交{place}（{clause}）", "handed over to {place} ({clause})"
    ),
    "appeal.redispatched.v1": Sentence(
        "over", JUDGED, "第 {round} 次交办", "dispatched again, round {round}"
    ),
    "card.issued.v1": Sentence(
        "card",
        CARD,
        "第 {round} 次{deadline}超期，发出{card}（{clause}）",
        "{card} issued for {deadline}, round {round} ({clause})",
    ),
    "card.served.v1": Sentence("card", CARD, "黄牌送达", "the card was served"),
    "card.acknowledged.v1": Sentence("card", CARD, "黄牌已签收", "the card was acknowledged"),
    "card.appealed.v1": Sentence("card", CARD, "单位申诉黄牌", "the card is contested"),
    "card.upheld.v1": Sentence("card", CARD, "申诉不成立，黄牌维持", "the card stands"),
    "card.withdrawn.v1": Sentence("card", CARD, "黄牌撤销", "the card was withdrawn"),
    "card.cleared.v1": Sentence("card", CARD, "已办结，黄牌销牌", "completed, and the card is cleared"),
    "appeal.lifted.v1": Sentence(
        "lift", LIFT, "提级办理{leader}：{why}（{clause}）", "lifted{leader}: {why} ({clause})"
    ),
    "appeal.leader_named.v1": Sentence("lift", LIFT, "另定牵头领导{leader}", "another leader{leader}"),
    "appeal.gathered.v1": Sentence("lift", LIFT, "汇总梳理", "gathered for the leader"),
    "appeal.instructed.v1": Sentence(
        "lift", ("批示", "instruction"), "领导批示{within}", "instruction of the leader{within}"
    ),
    "appeal.signed_off.v1": Sentence("lift", ("签批", "signed off"), "领导签批", "signed off by the leader"),
    "publication.proposed.v1": Sentence("rest", OPEN_TO_ALL, "拟公开，待审核", "proposed for publication"),
    "publication.answered.v1": Sentence(
        "rest", OPEN_TO_ALL, "单位答复拟公开事项", "the unit answered the proposal"
    ),
    "publication.decided.v1": Sentence(
        "rest", OPEN_TO_ALL, "公开事项已审核：{published}", "publication: {published}"
    ),
    # notify
    "notice.persons_erased.v1": Sentence(
        "rest", ERASED, "消息中的个人信息已清除", "personal data erased in messages"
    ),
    "notice.sent.v1": Sentence(
        "rest", MESSAGE, "已发给{recipient}（{channel}）", "sent to {recipient} by {channel}"
    ),
    "notice.failed.v1": Sentence(
        "over",
        MESSAGE,
        "没有送达{recipient}（{channel}）：{outcome}",
        "did not reach {recipient} by {channel}: {outcome}",
    ),
    "notice.acknowledged.v1": Sentence("ok", MESSAGE, "{recipient}已签收通知", "acknowledged by {recipient}"),
    "notice.not_acknowledged.v1": Sentence(
        "over",
        MESSAGE,
        "{recipient}到期未签收通知，已告知{told}",
        "not acknowledged by {recipient} in time, {told} is told",
    ),
}

DECIDED: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    # field: where it is so, and where it is not
    "reached": (("已接通", "answered"), ("未接通", "not answered")),
    "upheld": (("成立", "upheld"), ("不成立", "not upheld")),
    "reasonable": (("合理", "reasonable"), ("不合理", "not reasonable")),
    "justified": (("属实", "justified"), ("不属实", "not justified")),
    "approved": (("通过", "approved"), ("不予通过", "denied")),
    "published": (("公开", "published"), ("不公开", "not published")),
    "late": (("（迟交）", ", late"), ("", "")),
    "against_word": (("（企业不满意）", " against the enterprise's word"), ("", "")),
}
