"""The timeline of an appeal, and the names of its deadlines, in words for its enterprise. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.intake.document import TimelineEntry
from shared import events
from shared.events import Event, Outcome
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import Title
from shared.rules.terms import Rating
from shared.rules.time.limits import Limit
from shared.rules.wording import moments, words
from shared.rules.wording.words import Bilingual

_SENTENCES: dict[type[Event], Bilingual] = {
    events.AppealReceived: Bilingual("已登记", "registered"),
    events.AppealAnswered: Bilingual("已当场答复并办结", "answered on the spot and closed"),
    events.AppealCorrected: Bilingual("登记信息已更正", "what was registered was corrected"),
    events.AppealAssigned: Bilingual("已交办", "dispatched"),
    events.LegRelieved: Bilingual("该单位不再承办", "this unit no longer handles it"),
    events.AppealContacted: Bilingual("承办单位已联系企业", "the unit reached the enterprise"),
    events.AppealResponded: Bilingual("承办单位已回复办理情况", "the unit replied on how handling stands"),
    events.StageReached: Bilingual("办理进展", "progress"),
    events.StageProposed: Bilingual("承办单位填报，待确认", "the unit says, to be confirmed"),
    events.StageDeclined: Bilingual("填报未获确认", "not confirmed"),
    events.AppealExtended: Bilingual("时限已延长，自起算共 {0}", "limit extended to {0} from its start"),
    events.AppealPaused: Bilingual("时限暂停计算", "time stopped counting"),
    events.AppealResumed: Bilingual("时限恢复计算", "time counts again"),
    events.PauseEnded: Bilingual("暂停期满，时限恢复计算", "the pause ran out, time counts again"),
    events.AppealPromised: Bilingual("承办单位承诺 {0} 前办结", "the unit promised it by {0}"),
    events.AppealComplained: Bilingual("企业向营商环境办投诉", "the enterprise complained to the office"),
    events.AppealComplaintDecided: Bilingual("投诉已答复", "the complaint was answered"),
    events.AppealCompleted: Bilingual("承办单位已办结：{0}", "the unit completed it: {0}"),
    events.FindingMade: Bilingual("合理性认定：{0}{1}", "found {0}{1}"),
    events.AppealOverdue: Bilingual("{0}超期", "{0} is overdue"),
    events.AppealRedispatched: Bilingual("再次交办，第 {0} 次", "dispatched again, round {0}"),
    events.AppealLifted: Bilingual("已提级办理", "lifted to a leader"),
    events.AppealInstructed: Bilingual("牵头领导已批示", "the leader gave an instruction"),
    events.AppealReferred: Bilingual("已引导至", "referred to"),
    events.ReferralReceived: Bilingual("已由引导去向承接", "taken over where it was referred to"),
    events.ReferralReturned: Bilingual("引导已退回，继续办理", "the referral came back, handled again"),
    events.ReferralObjected: Bilingual("企业对引导提出异议", "the enterprise objected to the referral"),
    events.DeadlineMoved: Bilingual("{0}时限因放假安排调整", "{0} moved by the holiday notice"),
    events.ApprovalDeemed: Bilingual("{0}超期，视为同意", "{0} ran out: deemed approved"),
    events.ApprovalDecided: Bilingual("审批结果：{0}", "decided: {0}"),
    events.AppealHandedOver: Bilingual("已移交有关机关", "handed over to the body responsible"),
    events.AppealTransferred: Bilingual(
        "属于 {0} 职责的事项已转接 {0}{1}，本诉求继续办理",
        "what is the business of {0} was handed over to it{1}; the appeal goes on here",
    ),
    events.TransferReceived: Bilingual("{0} 已接收转接的事项", "{0} has taken what was handed over"),
    events.AppealRated: Bilingual("企业评价：{0}", "the enterprise's rating: {0}"),
    events.FollowUpMade: Bilingual("{0}", "{0}"),
    events.AppealAddedTo: Bilingual("补充了情况（第 {0} 次）", "facts were added, number {0}"),
    events.AppealUrged: Bilingual("催办（第 {0} 次）", "haste was asked for, time {0}"),
    events.AttachmentStored: Bilingual("{0}（第 {1} 个）", "{0}, number {1}"),
    events.AttachmentReleased: Bilingual("公开了附件（第 {0} 个）", "a file was released, number {0}"),
    events.ContactChanged: Bilingual("企业更正了联系方式", "the enterprise corrected how it is reached"),
    events.AppealPersonsErased: Bilingual("个人信息已删除", "personal data were erased"),
    events.ReceiptCodeRenewed: Bilingual("已启用新的回执码", "a new receipt code is in use"),
    events.ReopeningAsked: Bilingual("企业申请重新办理", "the enterprise asked for it to be handled again"),
    events.ReopeningDeclined: Bilingual("经研究不予重新办理", "it is not handled again"),
    events.AppealMerged: Bilingual("与同类诉求一并办理", "handled together with others of its kind"),
    events.AppealUnmerged: Bilingual("恢复单独办理", "handled by itself again"),
    events.AppealReopened: Bilingual("重新办理", "reopened"),
    events.AppealWithdrawn: Bilingual("企业已撤回", "withdrawn by the enterprise"),
    events.AppealClosed: Bilingual("已销号", "closed"),
}
_ANSWERED: dict[str, Bilingual] = {
    events.AppealRefused.type: Bilingual("承办单位说明不予办理", "the unit says why it does not handle it"),
    events.AppealContacted.type: _SENTENCES[events.AppealContacted],
    events.AppealResponded.type: _SENTENCES[events.AppealResponded],
    events.AppealCompleted.type: Bilingual("承办单位已办结", "the unit completed it"),
    events.AppealClosed.type: _SENTENCES[events.AppealClosed],
}
_NEWS = Bilingual("有新的答复", "there is a new answer")
_OUTCOMES: dict[Outcome, Bilingual] = {
    Outcome.SOLVED: Bilingual("已解决", "solved"),
    Outcome.PLANNED: Bilingual("已列入计划", "planned"),
    Outcome.EXPLAINED: Bilingual("已解释说明", "explained"),
}
_REASONABLE: dict[bool, Bilingual] = {
    True: Bilingual("合理", "reasonable"),
    False: Bilingual("不合理", "not reasonable"),
}
_APPROVED: dict[bool, Bilingual] = {
    True: Bilingual("通过", "approved"),
    False: Bilingual("不予通过", "denied"),
}
_REACHED: dict[bool, Bilingual] = {
    True: Bilingual("已回访企业", "the enterprise was called after completion"),
    False: Bilingual("回访未接通", "called after completion, nobody answered"),
}
_ADDED_FILE: dict[bool, Bilingual] = {
    True: Bilingual("企业上传了附件", "the enterprise added a file"),
    False: Bilingual("工作人员提供了附件", "staff gave a file"),
}
_TAKEN: dict[bool, Bilingual] = {
    True: Bilingual("，对方已接收", ", which has taken it"),
    False: Bilingual("", ""),
}
_WORDS: dict[type[Event], tuple[str, Mapping[Any, Bilingual]]] = {
    events.AppealCompleted: ("outcome", _OUTCOMES),
    events.ApprovalDecided: ("approved", _APPROVED),
    events.FollowUpMade: ("reached", _REACHED),
}
"""The field of an event that is told in words."""
_AS_WRITTEN: dict[type[Event], str] = {
    events.AppealAddedTo: "count",
    events.AppealUrged: "count",
    events.AttachmentReleased: "count",
    events.AppealRedispatched: "round",
    events.TransferReceived: "to",
}
"""The field of an event that is told as it is."""
_PACK_WORD = re.compile(r"[a-z][a-z0-9_]*")


def entry_of(event: Event, unit: str | None = None) -> TimelineEntry:
    """The entry for `event`; `unit` is whose act it was, where it was a unit's."""
    zh, en = _SENTENCES[type(event)]
    arguments = _arguments(event)
    return TimelineEntry(
        occurred_at=event.occurred_at,
        type=event.type,
        unit=unit,
        zh=zh.format(*(zh for zh, _ in arguments)),
        en=en.format(*(en for _, en in arguments)),
        word=_pack_word(event),
        moments=(event.was_due_at, event.due_at) if isinstance(event, events.DeadlineMoved) else (),
    )


def _arguments(event: Event) -> list[Bilingual]:
    if type(event) in _WORDS:
        field, names = _WORDS[type(event)]
        return [names[getattr(event, field)]]
    if type(event) in _AS_WRITTEN:
        return [_same(getattr(event, _AS_WRITTEN[type(event)]))]
    match event:
        case events.AppealOverdue() | events.DeadlineMoved() | events.ApprovalDeemed():
            return [deadline_name(event.deadline, event.title)]
        case events.AppealRated():
            return [rating_name(event.rating)]
        case events.AttachmentStored():
            return [_ADDED_FILE[event.by == events.ENTERPRISE], _same(event.count)]
        case events.AppealTransferred():
            return [_same(event.to), _TAKEN[event.received]]
        case events.AppealExtended():
            return [_duration(event.limit)]
        case events.FindingMade():
            return [_REASONABLE[event.reasonable], _in_brackets(event.reason)]
        case events.AppealPromised():
            return [moments.day(event.planned_on)]
    return []


def _same(value: object) -> Bilingual:
    """A value that is written alike in both languages."""
    return Bilingual(str(value), str(value))


def _in_brackets(reason: str) -> Bilingual:
    """A reason as events of earlier versions have it; nothing for the others."""
    return Bilingual(f"（{reason}）", f" ({reason})") if reason else _same("")


def _pack_word(event: Event) -> str | None:
    """The word of the event for which the appeal's pack may have a name."""
    match event:
        case events.StageReached() | events.StageProposed() | events.StageDeclined():
            return event.stage
        case events.AppealExtended():
            return event.deadline
        case events.AppealPaused():
            return event.ground
        case events.AppealLifted():
            return event.level
        case (
            events.AppealReferred()
            | events.ReferralReceived()
            | events.ReferralReturned()
            | events.AppealHandedOver()
        ):
            return event.to
    return None


def public_sentence(type_: str) -> Bilingual:
    """What an answer says that the timeline has not heard of, or has no line for."""
    return _ANSWERED.get(type_, _NEWS)


def rating_name(rating: Rating) -> Bilingual:
    """A rating in both languages."""
    return words.RATINGS[rating]


def deadline_name(kind: str, title: dict[str, str]) -> Bilingual:
    """The name of a deadline: its own title, else the usual words."""
    return Bilingual(title["zh"], title["en"]) if title else words.DEADLINES.get(kind, Bilingual(kind, kind))


def _duration(limit: Limit) -> Bilingual:
    zh, en = words.UNITS[limit.unit]
    return Bilingual(f"{limit.number} {zh}", f"{limit.number} {en}{'s' if limit.number > 1 else ''}")


def shown_entry(entry: TimelineEntry, pack: Pack | None, zone: ZoneInfo) -> dict[str, Any]:
    """An entry as it is shown: with the names of the appeal's pack, where it is known, and times in `zone`.

    A code for which the pack has no name is left out. Free text is shown as it was written.
    """
    zh, en = entry.zh, entry.en
    if (name := _name(entry, pack)) is not None:
        zh, en = f"{zh}：{name.zh}", f"{en}: {name.en}"
    if entry.moments:
        was, now = (clock_time(moment, zone) for moment in entry.moments)
        zh, en = f"{zh}，由 {was} 改为 {now}", f"{en}, from {was} to {now}"
    return {
        "occurred_at": entry.occurred_at.astimezone(zone),
        "type": entry.type,
        "unit": entry.unit,
        "zh": zh,
        "en": en,
    }


def _name(entry: TimelineEntry, pack: Pack | None) -> Title | Bilingual | None:
    if entry.word is None:
        return None
    if pack and (name := dict(_NAMES_IN_PACK[entry.type](pack)).get(entry.word)):
        return name
    if entry.type == events.AppealExtended.type and entry.word in words.DEADLINES:
        return words.DEADLINES[entry.word]
    return None if _PACK_WORD.fullmatch(entry.word) else Bilingual(entry.word, entry.word)


def _stages(pack: Pack) -> Iterable[tuple[str, Title]]:
    return ((stage.stage, stage.title) for stage in pack.stages)


def _deadlines(pack: Pack) -> Iterable[tuple[str, Title]]:
    return ((rule.deadline, rule.title) for rule in pack.limits if rule.title)


def _grounds(pack: Pack) -> Iterable[tuple[str, Title]]:
    return ((ground.ground, ground.title) for ground in (pack.pauses.grounds if pack.pauses else ()))


def _levels(pack: Pack) -> Iterable[tuple[str, Title]]:
    return ((level.level, level.title) for level in (pack.levels.steps if pack.levels else ()))


def _destinations(pack: Pack) -> Iterable[tuple[str, Title]]:
    return pack.destinations().items()


_NAMES_IN_PACK: dict[str, Callable[[Pack], Iterable[tuple[str, Title]]]] = {
    events.StageReached.type: _stages,
    events.StageProposed.type: _stages,
    events.StageDeclined.type: _stages,
    events.AppealExtended.type: _deadlines,
    events.AppealPaused.type: _grounds,
    events.AppealLifted.type: _levels,
    events.AppealReferred.type: _destinations,
    events.ReferralReceived.type: _destinations,
    events.ReferralReturned.type: _destinations,
    events.AppealHandedOver.type: _destinations,
}


def clock_time(moment: datetime, zone: ZoneInfo) -> str:
    """A moment in `zone` to the minute. Midnight is shown as 24:00 of the day that ends."""
    local = moment.astimezone(zone)
    if local.time() == time():
        return f"{local.date() - timedelta(days=1)} 24:00"
    return f"{local:%Y-%m-%d %H:%M}"
