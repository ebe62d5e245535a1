"""A pack told in sentences, rule by rule, for the official who answers for it."""

from collections.abc import Iterator

from shared.rules.pack.desks import Stage
from shared.rules.pack.ladder import ACKNOWLEDGED, Consequence, Level, Step, When
from shared.rules.pack.pack import Pack
from shared.rules.pack.time_rules import LimitRule
from shared.rules.pack.triggers import Start
from shared.rules.wording import words
from shared.rules.wording.desk_sentences import desk_sentences
from shared.rules.wording.office_sentences import office_sentences
from shared.rules.wording.teller import Language, Sentence, Teller


def sentences(pack: Pack, language: Language, *, apart: bool = False) -> list[Sentence]:
    """Every rule of the pack, in the order of its file; `apart`: a step for each deadline by itself."""
    return list(_rules(Teller(pack, language), apart=apart))


def _rules(teller: Teller, *, apart: bool) -> Iterator[Sentence]:
    pack = teller.pack
    for limit in pack.limits:
        about = f"{limit.deadline} {limit.rounds} {sorted(limit.kinds)}"
        yield teller.founded("limits", about, _limit(teller, limit), limit)
    for stage in pack.stages:
        text = teller.say(
            "stage",
            name=teller.name(teller.stages, stage.stage),
            owner=teller.name(words.OWNERS, stage.by),
            dates=_stage_brings(teller, stage),
            returns=teller.say("returns") if stage.returns else "",
            later=teller.say("after_completion") if stage.after_completion else "",
        )
        yield teller.founded("stages", stage.stage, text, stage)
    yield from _of_deadlines(teller, apart=apart)
    for step in pack.ladder:
        for single in _alone(step) if apart else (step,):
            yield teller.founded("ladder", _cause(single.when), _step(teller, single), step)
    yield from _of_lifts(teller)
    yield from office_sentences(teller)
    yield from desk_sentences(teller)


def _limit(teller: Teller, rule: LimitRule) -> str:
    brought = {Start.PLANNED: "promised", Start.TO_BE_LIFTED: "until_gathered"}
    at_end = "dates" if rule.start in teller.stages else brought.get(Start(rule.start), "dates")
    return teller.say(
        "limit" if rule.limit else at_end,
        name=teller.name(teller.deadlines, rule.deadline),
        where=teller.where(teller.rounds(rule.rounds), teller.kinds(rule.kinds)),
        start=teller.name(words.STARTS | teller.stages, rule.start),
        limit=teller.length(rule.limit) if rule.limit else "",
        owner=teller.name(words.OWNERS, "office" if rule.of_the_case else rule.of),
        met=_met(teller, rule.deadline),
        outlasts=teller.say("outlasts") if rule.outlasts else "",
    )


def _stage_brings(teller: Teller, stage: Stage) -> str:
    with_dates = teller.say("with_sums" if stage.sums else "with_dates")
    dates = with_dates if stage.dates else teller.say("owes") if stage.sums else ""
    dates += teller.say("with_own_day") if stage.dated else ""
    return dates + (teller.say("pays") if stage.pays else "")


def _met(teller: Teller, deadline: str) -> str:
    """By what, in one order for all packs, so that they can be compared."""
    named = words.MEETINGS | teller.stages
    return teller.names(named, sorted(teller.pack.met_by[deadline], key=list(named).index), "or")


def _of_deadlines(teller: Teller, *, apart: bool) -> Iterator[Sentence]:
    own, reminder = teller.pack.own_limits, teller.pack.reminder
    if own:
        for deadlines in _each(own.deadlines, apart):
            text = teller.say("own_limits", names=teller.names(teller.deadlines, deadlines))
            yield teller.founded("own_limits", str(deadlines), text, own)
    if reminder:
        for deadlines in _each(reminder.deadlines, apart):
            names = teller.names(teller.deadlines, deadlines)
            text = teller.say("reminder", names=names, percent=reminder.percent)
            yield teller.founded("reminder", str(deadlines), text, reminder)


def _step(teller: Teller, step: Step) -> str:
    return teller.say(
        "step",
        when=_when(teller, step.when),
        acts=teller.listed([_act(teller, act, step) for act in step.do]),
    )


def _when(teller: Teller, when: When) -> str:
    level = teller.say("at_level", name=teller.name(teller.levels, when.level)) if when.level else ""
    units = (
        teller.say("of_units", names=teller.names(words.UNIT_KINDS, sorted(when.units), "or"))
        if when.units
        else ""
    )
    where = teller.where(teller.rounds(when.rounds), teller.kinds(when.kinds), units, level)
    if when.overdue:
        return teller.say("overdue", names=teller.names(teller.deadlines, when.overdue, "or"), where=where)
    if when.marks:
        return teller.say("marks", names=teller.names(words.MARKS, sorted(when.marks), "or")) + where
    return teller.say("refused" if when.refused else "requested") + where


def _act(teller: Teller, act: Consequence, step: Step) -> str:
    leader = teller.name(words.LEADERS, step.leader) if step.leader else ""
    text = teller.text_in(words.CONSEQUENCES[act])
    if act is Consequence.LIFT and step.gather:
        text += teller.say("gather", limit=teller.length(step.gather))
    return text.format(
        card=teller.name(words.CARDS, step.card or ""),
        to=teller.name(teller.bodies, step.to or ""),
        leader=teller.say("to_leader" if leader else "to_next", leader=leader),
    )


def _of_lifts(teller: Teller) -> Iterator[Sentence]:
    levels, never, acknowledged = teller.pack.levels, teller.pack.never_lifted, teller.pack.acknowledgement
    if levels:
        names = teller.listed([_level(teller, step) for step in levels.steps])
        yield teller.founded("levels", "", teller.say("levels", names=names), levels)
    if never:
        names = teller.names(words.MARKS, sorted(never.marks), "or")
        yield teller.founded("never_lifted", "", teller.say("never_lifted", names=names), never)
    if acknowledged:
        sent = {act for step in teller.pack.ladder for act in step.do}
        names = teller.names(words.ACKNOWLEDGED, [act for act in ACKNOWLEDGED if act in sent], "or")
        text = teller.say("acknowledgement", names=names, limit=teller.length(acknowledged.limit))
        yield teller.founded("acknowledgement", "", text, acknowledged)


def _level(teller: Teller, step: Level) -> str:
    leader = teller.name(words.LEADERS, step.leader)
    return teller.say("level", name=teller.text_in(teller.levels[step.level]), leader=leader)


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
