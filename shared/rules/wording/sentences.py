"""A pack told in sentences, rule by rule, for the official who answers for it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from shared.rules.pack.desks import Stage
from shared.rules.pack.ladder import ACKNOWLEDGED, Consequence, Step, When
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import LimitOrSetting, Rule, Title
from shared.rules.pack.rounds import EVERY_ROUND, first_and_last
from shared.rules.pack.time_rules import LimitRule, OfficeHoursRule
from shared.rules.pack.triggers import Start
from shared.rules.time.hours import time_of_day
from shared.rules.time.limits import Limit
from shared.rules.wording import moments, words
from shared.rules.wording.office_sentences import Sentence, office_sentences
from shared.rules.wording.patterns import SENTENCES
from shared.rules.wording.words import Bilingual

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
SETTING_NAMES: dict[Language, str] = {"zh": "{}（{}）", "en": "{} ({})"}


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
            yield self.founded("limits", about, self._limit(limit), limit)
        for stage in pack.stages:
            text = self.say(
                "stage",
                name=self.one(self.stages, stage.stage),
                owner=self.one(words.OWNERS, stage.by),
                dates=self._stage_brings(stage),
                returns=self.say("returns") if stage.returns else "",
                later=self.say("after_completion") if stage.after_completion else "",
            )
            yield self.founded("stages", stage.stage, text, stage)
        yield from self._of_deadlines(apart=apart)
        for step in pack.ladder:
            for single in _alone(step) if apart else (step,):
                yield self.founded("ladder", _cause(single.when), self._step(single), step)
        yield from self._of_lifts()
        yield from self._of_desks()

    def _limit(self, rule: LimitRule) -> str:
        brought = {Start.PLANNED: "promised", Start.TO_BE_LIFTED: "until_gathered"}
        at_end = "dates" if rule.start in self.stages else brought.get(Start(rule.start), "dates")
        return self.say(
            "limit" if rule.limit else at_end,
            name=self.one(self.deadlines, rule.deadline),
            where=self._where(self._rounds(rule.rounds), self._kinds(rule.kinds)),
            start=self.one(words.STARTS | self.stages, rule.start),
            limit=self.length(rule.limit) if rule.limit else "",
            owner=self.one(words.OWNERS, "office" if rule.of_the_case else rule.of),
            met=self._met(rule.deadline),
            outlasts=self.say("outlasts") if rule.outlasts else "",
        )

    def _stage_brings(self, stage: Stage) -> str:
        with_dates = self.say("with_sums" if stage.sums else "with_dates")
        dates = with_dates if stage.dates else self.say("owes") if stage.sums else ""
        dates += self.say("with_own_day") if stage.dated else ""
        return dates + (self.say("pays") if stage.pays else "")

    def _met(self, deadline: str) -> str:
        """By what, in one order for all packs, so that they can be compared."""
        named = words.MEETINGS | self.stages
        return self.all(named, sorted(self.pack.met_by[deadline], key=list(named).index), "or")

    def _of_deadlines(self, *, apart: bool) -> Iterator[Sentence]:
        own, reminder = self.pack.own_limits, self.pack.reminder
        if own:
            for deadlines in _each(own.deadlines, apart):
                text = self.say("own_limits", names=self.all(self.deadlines, deadlines))
                yield self.founded("own_limits", str(deadlines), text, own)
        if reminder:
            for deadlines in _each(reminder.deadlines, apart):
                names = self.all(self.deadlines, deadlines)
                text = self.say("reminder", names=names, percent=reminder.percent)
                yield self.founded("reminder", str(deadlines), text, reminder)

    def _step(self, step: Step) -> str:
        return self.say(
            "step", when=self._when(step.when), acts=self.listed([self._act(act, step) for act in step.do])
        )

    def _when(self, when: When) -> str:
        level = self.say("at_level", name=self.one(self.levels, when.level)) if when.level else ""
        units = (
            self.say("of_units", names=self.all(words.UNIT_KINDS, sorted(when.units), "or"))
            if when.units
            else ""
        )
        where = self._where(self._rounds(when.rounds), self._kinds(when.kinds), units, level)
        if when.overdue:
            return self.say("overdue", names=self.all(self.deadlines, when.overdue, "or"), where=where)
        if when.marks:
            return self.say("marks", names=self.all(words.MARKS, sorted(when.marks), "or")) + where
        return self.say("refused" if when.refused else "requested") + where

    def _act(self, act: Consequence, step: Step) -> str:
        leader = self.one(words.LEADERS, step.leader) if step.leader else ""
        text = self._in(words.CONSEQUENCES[act])
        if act is Consequence.LIFT and step.gather:
            text += self.say("gather", limit=self.length(step.gather))
        return text.format(
            card=self.one(words.CARDS, step.card or ""),
            to=self.one(self.bodies, step.to or ""),
            leader=self.say("to_leader" if leader else "to_next", leader=leader),
        )

    def _of_lifts(self) -> Iterator[Sentence]:
        levels, never, acknowledged = self.pack.levels, self.pack.never_lifted, self.pack.acknowledgement
        if levels:
            named = [
                self.say(
                    "level", name=self._in(self.levels[at.level]), leader=self.one(words.LEADERS, at.leader)
                )
                for at in levels.steps
            ]
            yield self.founded("levels", "", self.say("levels", names=self.listed(named)), levels)
        if never:
            names = self.all(words.MARKS, sorted(never.marks), "or")
            yield self.founded("never_lifted", "", self.say("never_lifted", names=names), never)
        if acknowledged:
            sent = {act for step in self.pack.ladder for act in step.do}
            names = self.all(words.ACKNOWLEDGED, [act for act in ACKNOWLEDGED if act in sent], "or")
            text = self.say("acknowledgement", names=names, limit=self.length(acknowledged.limit))
            yield self.founded("acknowledgement", "", text, acknowledged)

    def _of_desks(self) -> Iterator[Sentence]:
        yield from office_sentences(self)
        yield from self._of_extension()
        yield from self._of_pauses()
        yield from self._of_reopening()
        pack = self.pack
        if pack.merging:
            names = self.all(words.SHARED, sorted(pack.merging.shares))
            yield self.founded("merging", "", self.say("merging", names=names), pack.merging)
            if pack.merging.each_contacted:
                yield self.founded("merging", "each_contacted", self.say("each_contacted"), pack.merging)
        if pack.completion:
            names = self.all(self.stages, pack.completion.after)
            yield self.founded("completion", "", self.say("complete_after", names=names), pack.completion)
        if pack.confidential:
            names = self.all(words.READERS, sorted(pack.confidential.readers))
            yield self.founded("confidential", "", self.say("confidential", names=names), pack.confidential)
        yield from self._of_office_hours(pack.office_hours)
        if counting := pack.counting:
            for word, holds in counting.model_dump(exclude={"clause", "choice"}).items():
                if holds:
                    yield self.founded("counting", word, self.say(word), counting)

    def _of_office_hours(self, rule: OfficeHoursRule) -> Iterator[Sentence]:
        text = self.say("office_hours", names=self._spans(rule.spans))
        yield self.founded("office_hours", "", text, rule)
        for change in rule.changes:
            word = "hours_each_year" if change.yearly else "hours_since"
            text = self.say(word, day=self._in(moments.day(change.since)), names=self._spans(change.spans))
            yield self.founded("office_hours", str(change.since), text, rule)
        if rule.after_hours:
            yield self.founded("office_hours", rule.after_hours, self.say("after_hours"), rule)

    def _spans(self, spans: Iterable[tuple[str, str]]) -> str:
        spans_in_words = []
        for opens, closes in spans:
            overnight = time_of_day(closes) <= time_of_day(opens)
            spans_in_words.append(f"{opens}–{self.say('next_morning', at=closes) if overnight else closes}")
        return self.listed(spans_in_words)

    def _of_extension(self) -> Iterator[Sentence]:
        allowed = self.pack.extension
        if allowed is None:
            return
        text = self.say(
            "extension",
            names=self.all(self.deadlines, allowed.deadlines),
            cap=self.length(allowed.cap),
            times=self._times(allowed.times),
            interim=self.say("interim") if allowed.interim_reply else "",
        )
        yield self.founded("extension", "", text, allowed)
        for rank in allowed.ranks:
            approver = self.one(words.RANKS, rank.rank)
            text = self.say("rank", limit=self.length(rank.up_to), rank=approver)
            yield self.founded("extension", rank.rank, text, allowed)
        if allowed.grounds:
            names = self.listed([self.titled(ground.title) for ground in allowed.grounds], "or")
            yield self.founded("extension", "grounds", self.say("extension_grounds", names=names), allowed)

    def _of_pauses(self) -> Iterator[Sentence]:
        pauses = self.pack.pauses
        if pauses is None:
            return
        yield self.founded("pauses", "", self.say("pauses", cap=self.length(pauses.cap)), pauses)
        for word, holds in (("told", pauses.told), ("units_only", pauses.units_only)):
            if holds:
                yield self.founded("pauses", word, self.say(f"pauses_{word}"), pauses)
        for ground in pauses.grounds:
            text = self.say(
                "ground",
                name=getattr(ground.title, self.language),
                cap=self.length(ground.cap),
                rank=self.one(words.RANKS, ground.rank),
            )
            yield self.founded("pauses", ground.ground, text, pauses)

    def _of_reopening(self) -> Iterator[Sentence]:
        rule = self.pack.reopening
        if rule is None:
            return
        text = self.say(
            "reopening",
            names=self.all(words.RATINGS, sorted(rule.ratings), "or"),
            within=self.say("within", limit=self.length(rule.within)) if rule.within else "",
            times=self._times(rule.times),
            finding=self.say("finding") if rule.finding else "",
        )
        text += self.say("after_closure") if rule.after_closure else ""
        yield self.founded("reopening", "", text, rule)

    def length(self, limit: LimitOrSetting) -> str:
        numbers = self.pack.numbers
        if isinstance(limit, Limit):
            return self._number(limit)
        name = setting_name(self.pack, limit.setting, self.language)
        if numbers and limit.setting in numbers.limits:
            return self.say("setting", limit=self._number(numbers.limits[limit.setting]), name=name)
        if limit.default:
            return self.say("default", limit=self._number(limit.default), name=name)
        return self.say("open", name=name)

    def _number(self, limit: Limit) -> str:
        plural = "s" if self.language == "en" and limit.number != 1 else ""
        text = f"{limit.number} {self._in(words.UNITS[limit.unit])}{plural}"
        return text + (self.say("rolled") if limit.roll else "")

    def _times(self, times: int | None) -> str:
        return "" if times is None else self.say("times", times=times, s="" if times == 1 else "s")

    def _rounds(self, rounds: str) -> str:
        if rounds == EVERY_ROUND:
            return ""
        first, last = first_and_last(rounds)
        return self.say("rounds" if first == last else "rounds_from", rounds=first)

    def _kinds(self, kinds: Iterable[str]) -> str:
        return self.say("of_kinds", names=self.all(words.KINDS, sorted(kinds))) if kinds else ""

    def _where(self, *parts: str) -> str:
        named = [part for part in parts if part]
        if not named:
            return ""
        return f"（{'，'.join(named)}）" if self.language == "zh" else f" ({', '.join(named)})"

    def all(
        self, named: Mapping[str, Bilingual], of: Iterable[str], joined: Literal["and", "or"] = "and"
    ) -> str:
        return self.listed([self.one(named, word) for word in of], joined)

    def listed(self, entries: list[str], joined: Literal["and", "or"] = "and") -> str:
        if self.language == "zh":
            return ("或" if joined == "or" else "、").join(entries)
        return f" {joined} ".join([", ".join(entries[:-1]), entries[-1]] if len(entries) > 1 else entries)

    def founded(self, topic: str, about: str, text: str, rule: Rule) -> Sentence:
        reason = getattr(rule.choice, self.language) if rule.choice else None
        return Sentence(topic, about, text, rule.clause, reason)

    def one(self, named: Mapping[str, Bilingual], word: str) -> str:
        return self._in(named[word]) if word in named else word

    def titled(self, title: Title) -> str:
        return title.zh if self.language == "zh" else title.en

    def _in(self, words: Bilingual) -> str:
        return words.zh if self.language == "zh" else words.en

    def say(self, sentence: str, **values: object) -> str:
        return self._in(SENTENCES[sentence]).format(**values)


def _each(deadlines: tuple[str, ...], apart: bool) -> list[tuple[str, ...]]:
    return [(deadline,) for deadline in deadlines] if apart else [deadlines]


def _cause(when: When) -> str:
    causes = [*when.overdue, *sorted(when.marks), *(["refused"] if when.refused else [])]
    return f"{causes} {when.rounds} {sorted(when.kinds)} {when.level} {sorted(when.units)}"


def _alone(step: Step) -> Iterator[Step]:
    """The step once for each deadline or mark that brings it about."""
    for deadline in step.when.overdue:
        yield step.model_copy(update={"when": step.when.model_copy(update={"overdue": (deadline,)})})
    for mark in sorted(step.when.marks):
        yield step.model_copy(update={"when": step.when.model_copy(update={"marks": frozenset({mark})})})
    if step.when.refused or step.when.requested:
        yield step
