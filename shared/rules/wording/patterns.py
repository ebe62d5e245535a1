"""The patterns of the sentences that a pack's rules make."""

from shared.rules.wording.words import Bilingual

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
