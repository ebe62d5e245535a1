"""The timeline of an appeal, and the names of its deadlines, in words for its enterprise. Pure."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.intake.document import TimelineEntry
from shared import events
from shared.events import DeadlineKind, Event, Outcome, Rating
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import Title
from shared.rules.time.limits import Limit, LimitUnit

Words = tuple[str, str]
_SENTENCES: dict[type[Event], Words] = {
    events.AppealReceived: ("已登记", "registered"),
    events.AppealAssigned: ("已交办", "dispatched"),
    events.AppealContacted: ("承办单位已联系企业", "the unit reached the enterprise"),
    events.AppealResponded: ("承办单位已回复办理情况", "the unit replied on how handling stands"),
    events.StageReached: ("办理进展", "progress"),
    events.AppealExtended: ("时限已延长，自起算共 {0}", "limit extended to {0} from its start"),
    events.AppealPaused: ("时限暂停计算", "time stopped counting"),
    events.AppealResumed: ("时限恢复计算", "time counts again"),
    events.AppealCompleted: ("承办单位已办结：{0}", "the unit completed it: {0}"),
    events.FindingMade: ("合理性认定：{0}（{1}）", "found {0} ({1})"),
    events.AppealOverdue: ("{0}超期", "{0} is overdue"),
    events.AppealRedispatched: ("再次交办，第 {0} 次", "dispatched again, round {0}"),
    events.AppealLifted: ("已提级办理", "lifted to a leader"),
    events.AppealInstructed: ("牵头领导已批示", "the leader gave an instruction"),
    events.AppealReferred: ("已引导至", "referred to"),
    events.DeadlineMoved: ("{0}时限因放假安排调整", "{0} moved by the holiday notice"),
    events.ApprovalDeemed: ("{0}超期，视为同意", "{0} ran out: deemed approved"),
    events.AppealHandedOver: ("已移交有关机关", "handed over to the body responsible"),
    events.AppealRated: ("企业评价：{0}", "the enterprise's rating: {0}"),
    events.FollowUpMade: ("{0}", "{0}"),
    events.AppealMerged: ("与同类诉求一并办理", "handled together with others of its kind"),
    events.AppealUnmerged: ("恢复单独办理", "handled by itself again"),
    events.AppealReopened: ("重新办理", "reopened"),
    events.AppealWithdrawn: ("企业已撤回", "withdrawn by the enterprise"),
    events.AppealClosed: ("已销号", "closed"),
}
_WORDS: dict[str, Words] = {
    Outcome.SOLVED: ("已解决", "solved"),
    Outcome.PLANNED: ("已列入计划", "planned"),
    Outcome.EXPLAINED: ("已解释说明", "explained"),
    Rating.SATISFIED: ("满意", "satisfied"),
    Rating.BASICALLY_SATISFIED: ("基本满意", "basically satisfied"),
    Rating.NOT_SATISFIED: ("不满意", "not satisfied"),
    DeadlineKind.DISPATCH: ("交办", "dispatch"),
    DeadlineKind.CONTACT: ("联系企业", "contact"),
    DeadlineKind.REPLY: ("回复办理情况", "reply"),
    DeadlineKind.COMPLETION: ("办结", "completion"),
    DeadlineKind.OBJECTION: ("派单异议处理", "objection"),
    DeadlineKind.LIFTED: ("提级办理", "lifted handling"),
    DeadlineKind.FOLLOW_UP: ("回访", "follow-up"),
}
_DURATIONS: dict[LimitUnit, Words] = {
    LimitUnit.NATURAL_DAYS: ("个自然日", "natural days"),
    LimitUnit.WORKING_DAYS: ("个工作日", "working days"),
    LimitUnit.HALF_WORKING_DAYS: ("个半日（工作时间）", "half working days"),
    LimitUnit.WORKING_HOURS: ("个工作小时", "working hours"),
    LimitUnit.MONTHS: ("个月", "months"),
}
_REASONABLE: dict[bool, Words] = {True: ("合理", "reasonable"), False: ("不合理", "not reasonable")}
_REACHED: dict[bool, Words] = {
    True: ("已回访企业", "the enterprise was called after completion"),
    False: ("回访未接通", "called after completion, nobody answered"),
}
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


def _arguments(event: Event) -> list[Words]:
    match event:
        case events.AppealCompleted():
            return [_WORDS[event.outcome]]
        case events.AppealOverdue() | events.DeadlineMoved() | events.ApprovalDeemed():
            return [deadline_name(event.deadline, event.title)]
        case events.AppealRated():
            return [rating_name(event.rating)]
        case events.AppealRedispatched():
            return [(str(event.round), str(event.round))]
        case events.AppealExtended():
            return [_duration(event.limit)]
        case events.FindingMade():
            return [_REASONABLE[event.reasonable], (event.reason, event.reason)]
        case events.FollowUpMade():
            return [_REACHED[event.reached]]
    return []


def _pack_word(event: Event) -> str | None:
    """The word of the event for which the appeal's pack may have a name."""
    match event:
        case events.StageReached():
            return event.stage
        case events.AppealExtended():
            return event.deadline
        case events.AppealPaused():
            return event.ground
        case events.AppealLifted():
            return event.level
        case events.AppealReferred() | events.AppealHandedOver():
            return event.to
    return None


def rating_name(rating: Rating) -> Words:
    """A rating in both languages."""
    return _WORDS[rating]


def deadline_name(kind: str, title: dict[str, str]) -> Words:
    """The name of a deadline: its own title, else the usual words."""
    return (title["zh"], title["en"]) if title else _WORDS.get(kind, (kind, kind))


def _duration(limit: Limit) -> Words:
    zh, en = _DURATIONS[limit.unit]
    return f"{limit.number} {zh}", f"{limit.number} {en if limit.number > 1 else en[:-1]}"


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


def _name(entry: TimelineEntry, pack: Pack | None) -> Title | None:
    if entry.word is None:
        return None
    if pack and (name := dict(_NAMES_IN_PACK[entry.type](pack)).get(entry.word)):
        return name
    if entry.type == events.AppealExtended.type and entry.word in _WORDS:
        zh, en = _WORDS[entry.word]
        return Title(zh=zh, en=en)
    return None if _PACK_WORD.fullmatch(entry.word) else Title(zh=entry.word, en=entry.word)


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
    events.AppealExtended.type: _deadlines,
    events.AppealPaused.type: _grounds,
    events.AppealLifted.type: _levels,
    events.AppealReferred.type: _destinations,
    events.AppealHandedOver.type: _destinations,
}


def clock_time(moment: datetime, zone: ZoneInfo) -> str:
    """A moment in `zone` to the minute. Midnight is shown as 24:00 of the day that ends."""
    local = moment.astimezone(zone)
    if local.time() == time():
        return f"{local.date() - timedelta(days=1)} 24:00"
    return f"{local:%Y-%m-%d %H:%M}"
