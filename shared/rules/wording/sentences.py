"""A pack told in sentences, rule by rule, for the official who answers for it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.rules.pack.ladder import ACKNOWLEDGED, Consequence, Step, When
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import (
    EVERY_ROUND,
    LimitOrSetting,
    LimitRule,
    OfficeHoursRule,
    Rule,
    first_and_last,
)
from shared.rules.time.hours import time_of_day
from shared.rules.time.limits import Limit
from shared.rules.wording import moments, words
from shared.rules.wording.words import SENTENCES, Bilingual

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
SETTING_NAMES: dict[Language, str] = {"zh": "{}（{}）", "en": "{} ({})"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One rule in words. `about` names the same rule in another pack."""

    topic: str
    about: str
    text: str
    clause: str | None
    choice: str | None


def sentences(pack: Pack, language: Language, *, apart: bool = False) -> list[Sentence]:
    """Every rule of the pack, in the order of its file; `apart`: a step for each deadline by itself."""
    return list(_Sentences(pack, language).rules(apart=apart))


def setting_name(pack: Pack, setting: str, language: Language) -> str:
    """What the pack calls a setting, with the word under which the settings file gives it."""
    title = pack.settings.get(setting)
    return setting if title is None else SETTING_NAMES[language].format(getattr(title, language), setting)


class _Sentences:
    def __init__(self, pack: Pack, language: Language) -> None:
        self.pack = pack
        self.language: Language = language
        self.deadlines = dict(words.DEADLINES)
        self.deadlines |= {
            rule.deadline: Bilingual(rule.title.zh, rule.title.en) for rule in pack.limits if rule.title
        }
        self.stages = {stage.stage: Bilingual(stage.title.zh, stage.title.en) for stage in pack.stages}
        self.bodies = {to: Bilingual(title.zh, title.en) for to, title in pack.destinations().items()}
        steps = pack.levels.steps if pack.levels else ()
        self.levels = {level.level: Bilingual(level.title.zh, level.title.en) for level in steps}

    def rules(self, *, apart: bool) -> Iterator[Sentence]:
        pack = self.pack
        for limit in pack.limits:
            about = f"{limit.deadline} {limit.rounds} {sorted(limit.kinds)}"
            yield self._founded("limits", about, self._limit(limit), limit)
        for stage in pack.stages:
            text = self._say(
                "stage",
                name=self._one(self.stages, stage.stage),
                owner=self._one(words.OWNERS, stage.by),
                dates=self._say("with_dates") if stage.dates else "",
            )
            yield self._founded("stages", stage.stage, text, stage)
        yield from self._of_deadlines(apart=apart)
        for step in pack.ladder:
            for single in _alone(step) if apart else (step,):
                yield self._founded("ladder", _cause(single.when), self._step(single), step)
        yield from self._of_lifts()
        yield from self._of_desks()

    def _limit(self, rule: LimitRule) -> str:
        return self._say(
            "limit" if rule.limit else "dates",
            name=self._one(self.deadlines, rule.deadline),
            where=self._where(self._rounds(rule.rounds), self._kinds(rule.kinds)),
            start=self._one(words.STARTS | self.stages, rule.start),
            limit=self._length(rule.limit) if rule.limit else "",
            owner=self._one(words.OWNERS, "office" if rule.of_the_case else rule.of),
            met=self._met(rule.deadline),
        )

    def _met(self, deadline: str) -> str:
        """By what, in one order for all packs, so that they can be compared."""
        named = words.MEETINGS | self.stages
        return self._all(named, sorted(self.pack.met_by[deadline], key=list(named).index), "or")

    def _of_deadlines(self, *, apart: bool) -> Iterator[Sentence]:
        own, reminder = self.pack.own_limits, self.pack.reminder
        if own:
            for deadlines in _each(own.deadlines, apart):
                text = self._say("own_limits", names=self._all(self.deadlines, deadlines))
                yield self._founded("own_limits", str(deadlines), text, own)
        if reminder:
            for deadlines in _each(reminder.deadlines, apart):
                names = self._all(self.deadlines, deadlines)
                text = self._say("reminder", names=names, percent=reminder.percent)
                yield self._founded("reminder", str(deadlines), text, reminder)

    def _step(self, step: Step) -> str:
        return self._say(
            "step", when=self._when(step.when), acts=self._listed([self._act(act, step) for act in step.do])
        )

    def _when(self, when: When) -> str:
        level = self._say("at_level", name=self._one(self.levels, when.level)) if when.level else ""
        where = self._where(self._rounds(when.rounds), self._kinds(when.kinds), level)
        if when.overdue:
            return self._say("overdue", names=self._all(self.deadlines, when.overdue, "or"), where=where)
        if when.marks:
            return self._say("marks", names=self._all(words.MARKS, sorted(when.marks), "or")) + where
        return self._say("refused" if when.refused else "requested") + where

    def _act(self, act: Consequence, step: Step) -> str:
        leader = self._one(words.LEADERS, step.leader) if step.leader else ""
        return self._in(words.CONSEQUENCES[act]).format(
            card=self._one(words.CARDS, step.card or ""),
            to=self._one(self.bodies, step.to or ""),
            leader=self._say("to_leader" if leader else "to_next", leader=leader),
        )

    def _of_lifts(self) -> Iterator[Sentence]:
        levels, never, acknowledged = self.pack.levels, self.pack.never_lifted, self.pack.acknowledgement
        if levels:
            named = [
                self._say(
                    "level", name=self._in(self.levels[at.level]), leader=self._one(words.LEADERS, at.leader)
                )
                for at in levels.steps
            ]
            yield self._founded("levels", "", self._say("levels", names=self._listed(named)), levels)
        if never:
            names = self._all(words.MARKS, sorted(never.marks), "or")
            yield self._founded("never_lifted", "", self._say("never_lifted", names=names), never)
        if acknowledged:
            sent = {act for step in self.pack.ladder for act in step.do}
            names = self._all(words.ACKNOWLEDGED, [act for act in ACKNOWLEDGED if act in sent], "or")
            text = self._say("acknowledgement", names=names, limit=self._length(acknowledged.limit))
            yield self._founded("acknowledgement", "", text, acknowledged)

    def _of_desks(self) -> Iterator[Sentence]:
        yield from self._of_extension()
        yield from self._of_pauses()
        yield from self._of_reopening()
        pack = self.pack
        if pack.merging:
            names = self._all(words.SHARED, sorted(pack.merging.shares))
            yield self._founded("merging", "", self._say("merging", names=names), pack.merging)
        if pack.referral:
            names = self._listed([getattr(to.title, self.language) for to in pack.referral.destinations])
            yield self._founded("referral", "", self._say("referral", names=names), pack.referral)
        if pack.closure:
            names = self._all(words.NEEDS, sorted(pack.closure.needs))
            yield self._founded("closure", "", self._say("closure", names=names), pack.closure)
        yield from self._of_office_hours(pack.office_hours)
        if counting := pack.counting:
            for word, holds in counting.model_dump(exclude={"clause", "choice"}).items():
                if holds:
                    yield self._founded("counting", word, self._say(word), counting)

    def _of_office_hours(self, rule: OfficeHoursRule) -> Iterator[Sentence]:
        text = self._say("office_hours", names=self._spans(rule.spans))
        yield self._founded("office_hours", "", text, rule)
        for change in rule.changes:
            word = "hours_each_year" if change.yearly else "hours_since"
            text = self._say(word, day=self._in(moments.day(change.since)), names=self._spans(change.spans))
            yield self._founded("office_hours", str(change.since), text, rule)
        if rule.after_hours:
            yield self._founded("office_hours", rule.after_hours, self._say("after_hours"), rule)

    def _spans(self, spans: Iterable[tuple[str, str]]) -> str:
        said = []
        for opens, closes in spans:
            overnight = time_of_day(closes) <= time_of_day(opens)
            said.append(f"{opens}–{self._say('next_morning', at=closes) if overnight else closes}")
        return self._listed(said)

    def _of_extension(self) -> Iterator[Sentence]:
        allowed = self.pack.extension
        if allowed is None:
            return
        text = self._say(
            "extension",
            names=self._all(self.deadlines, allowed.deadlines),
            cap=self._length(allowed.cap),
            times=self._times(allowed.times),
            interim=self._say("interim") if allowed.interim_reply else "",
        )
        yield self._founded("extension", "", text, allowed)
        for rank in allowed.ranks:
            approver = self._one(words.RANKS, rank.rank)
            text = self._say("rank", limit=self._length(rank.up_to), rank=approver)
            yield self._founded("extension", rank.rank, text, allowed)

    def _of_pauses(self) -> Iterator[Sentence]:
        pauses = self.pack.pauses
        if pauses is None:
            return
        yield self._founded("pauses", "", self._say("pauses", cap=self._length(pauses.cap)), pauses)
        for ground in pauses.grounds:
            text = self._say(
                "ground",
                name=getattr(ground.title, self.language),
                cap=self._length(ground.cap),
                rank=self._one(words.RANKS, ground.rank),
            )
            yield self._founded("pauses", ground.ground, text, pauses)

    def _of_reopening(self) -> Iterator[Sentence]:
        rule = self.pack.reopening
        if rule is None:
            return
        text = self._say(
            "reopening",
            names=self._all(words.RATINGS, sorted(rule.ratings), "or"),
            within=self._say("within", limit=self._length(rule.within)) if rule.within else "",
            times=self._times(rule.times),
            finding=self._say("finding") if rule.finding else "",
        )
        yield self._founded("reopening", "", text, rule)

    def _length(self, limit: LimitOrSetting) -> str:
        given = self.pack.numbers
        if isinstance(limit, Limit):
            return self._number(limit)
        name = setting_name(self.pack, limit.setting, self.language)
        if given is None:
            return self._say("open", name=name)
        return self._say("setting", limit=self._number(given.limits[limit.setting]), name=name)

    def _number(self, limit: Limit) -> str:
        plural = "s" if self.language == "en" and limit.number != 1 else ""
        text = f"{limit.number} {self._in(words.UNITS[limit.unit])}{plural}"
        return text + (self._say("rolled") if limit.roll else "")

    def _times(self, times: int | None) -> str:
        return "" if times is None else self._say("times", times=times, s="" if times == 1 else "s")

    def _rounds(self, rounds: str) -> str:
        if rounds == EVERY_ROUND:
            return ""
        first, last = first_and_last(rounds)
        return self._say("rounds" if first == last else "rounds_from", rounds=first)

    def _kinds(self, kinds: Iterable[str]) -> str:
        return self._say("of_kinds", names=self._all(words.KINDS, sorted(kinds))) if kinds else ""

    def _where(self, *parts: str) -> str:
        given = [part for part in parts if part]
        if not given:
            return ""
        return f"（{'，'.join(given)}）" if self.language == "zh" else f" ({', '.join(given)})"

    def _all(
        self, named: Mapping[str, Bilingual], of: Iterable[str], joined: Literal["and", "or"] = "and"
    ) -> str:
        return self._listed([self._one(named, word) for word in of], joined)

    def _listed(self, said: list[str], joined: Literal["and", "or"] = "and") -> str:
        if self.language == "zh":
            return ("或" if joined == "or" else "、").join(said)
        return f" {joined} ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)

    def _founded(self, topic: str, about: str, text: str, rule: Rule) -> Sentence:
        reason = getattr(rule.choice, self.language) if rule.choice else None
        return Sentence(topic, about, text, rule.clause, reason)

    def _one(self, named: Mapping[str, Bilingual], word: str) -> str:
        return self._in(named[word]) if word in named else word

    def _in(self, words: Bilingual) -> str:
        return words.zh if self.language == "zh" else words.en

    def _say(self, sentence: str, **values: object) -> str:
        return self._in(SENTENCES[sentence]).format(**values)


def _each(deadlines: tuple[str, ...], apart: bool) -> list[tuple[str, ...]]:
    return [(deadline,) for deadline in deadlines] if apart else [deadlines]


def _cause(when: When) -> str:
    causes = [*when.overdue, *sorted(when.marks), *(["refused"] if when.refused else [])]
    return f"{causes} {when.rounds} {sorted(when.kinds)} {when.level}"


def _alone(step: Step) -> Iterator[Step]:
    """The step once for each deadline or mark that brings it about."""
    for deadline in step.when.overdue:
        yield step.model_copy(update={"when": step.when.model_copy(update={"overdue": (deadline,)})})
    for mark in sorted(step.when.marks):
        yield step.model_copy(update={"when": step.when.model_copy(update={"marks": frozenset({mark})})})
    if step.when.refused or step.when.requested:
        yield step
