"""The texts of a card's page, in Chinese and English."""

from services.escalation.document import CardStatus
from shared.rules.wording.words import Bilingual

STATUSES = {
    CardStatus.ISSUED: Bilingual("已签发", "issued"),
    CardStatus.SERVED: Bilingual("已送达", "served"),
    CardStatus.ACKNOWLEDGED: Bilingual("已签收", "acknowledged"),
    CardStatus.APPEALED: Bilingual("申诉中", "contested"),
    CardStatus.UPHELD: Bilingual("申诉后维持", "upheld after it was contested"),
    CardStatus.WITHDRAWN: Bilingual("已撤回，不计入", "withdrawn, does not count"),
    CardStatus.CLEARED: Bilingual("已销除", "cleared"),
}
TEXTS = {
    "title": Bilingual("{card}牌提醒", "{card} card"),
    "number": Bilingual("编号：{number}", "No. {number}"),
    "to": Bilingual("{unit}：", "To {unit}:"),
    "opening": Bilingual(
        "你单位承办的诉求 {matter}，第 {round} 次交办的{deadline}已于 {due} 届满，未按时落实。"
        "依据{basis}，现向你单位发出{title}。",
        "The {deadline} of appeal {matter}, round {round}, which you handle, ended at {due} and was not met. "
        "By {basis} you are hereby issued a {title}.",
    ),
    "matter": Bilingual("{number}“{title}”", "{number} (“{title}”)"),
    "deadline": Bilingual("{name}时限", "{name} deadline"),
    "unit": Bilingual("承办单位", "Unit"),
    "case": Bilingual("诉求编号", "Appeal"),
    "limit": Bilingual("超期时限", "Deadline"),
    "round": Bilingual("第 {round} 次交办，{deadline}", "Round {round}, {deadline}"),
    "started": Bilingual("起算时间", "Counted from"),
    "ended": Bilingual("届满时间", "Ended at"),
    "issued": Bilingual("签发时间", "Issued at"),
    "basis": Bilingual("依据", "Basis"),
    "ground": Bilingual("《{policy}》（{clause}）", "{clause} ({policy})"),
    "status": Bilingual("状态", "Status"),
    "explanation": Bilingual("时限如何计算", "How the deadline was reckoned"),
    "rest": Bilingual(
        "以上为节选，全文见系统中该诉求的时限说明。",
        "This is an extract; the whole stands with the deadline in the system.",
    ),
    "changed": Bilingual(
        "该时限在签发后有变动，计算说明见系统中该诉求的时限说明。",
        "The deadline changed after this card; how it is reckoned stands with it in the system.",
    ),
    "demands": Bilingual("办理要求", "What to do"),
    "act": Bilingual(
        "立即办理该诉求，向企业回复办理情况，并向营商环境办说明超期原因。",
        "Handle the appeal at once, tell the enterprise how it stands, "
        "and tell the office why it became overdue.",
    ),
    "acknowledge": Bilingual(
        "收到后及时签收；办结后，本提醒即行销除。",
        "Acknowledge this card when you get it. It is cleared when you complete the appeal.",
    ),
    "contest": Bilingual("如何申诉", "How to contest it"),
    "how": Bilingual(
        "认为不应签发的，可在系统中向营商环境办申诉一次，写明理由并附依据。"
        "申诉期间继续办理；经审核撤回的，本提醒不计入。",
        "If you hold that it should not have been issued, contest it in the system, once, with your reasons. "
        "Go on handling meanwhile. A card that is withdrawn after review does not count.",
    ),
    "office": Bilingual("营商环境办（盖章）", "The business-environment office (seal)"),
    "receipt": Bilingual("签收回执", "Receipt"),
    "received_by": Bilingual("签收单位（盖章）", "Unit (seal)"),
    "signed_by": Bilingual("签收人", "Signed by"),
    "signed_at": Bilingual("签收时间", "Date and time"),
    "printed": Bilingual(
        "生成于 {at} · 规则包 {pack} · 状态以系统为准",
        "Made at {at} · rule pack {pack} · the status in the system counts",
    ),
}
