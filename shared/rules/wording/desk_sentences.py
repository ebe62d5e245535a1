"""What a pack says of more time, reopening, merging, completion, hours and counting, in sentences."""

from collections.abc import Iterable, Iterator

from shared.rules.pack.time_rules import OfficeHoursRule
from shared.rules.time.hours import time_of_day
from shared.rules.wording import moments, words
from shared.rules.wording.teller import Sentence, Teller


def desk_sentences(teller: Teller) -> Iterator[Sentence]:
    """What units and the office may do beside the ladder, and how time is counted."""
    yield from _of_extension(teller)
    yield from _of_pauses(teller)
    yield from _of_reopening(teller)
    pack = teller.pack
    if pack.merging:
        names = teller.names(words.SHARED, sorted(pack.merging.shares))
        yield teller.founded("merging", "", teller.say("merging", names=names), pack.merging)
        if pack.merging.each_contacted:
            yield teller.founded("merging", "each_contacted", teller.say("each_contacted"), pack.merging)
    if pack.completion:
        names = teller.names(teller.stages, pack.completion.after)
        yield teller.founded("completion", "", teller.say("complete_after", names=names), pack.completion)
    if pack.confidential:
        names = teller.names(words.READERS, sorted(pack.confidential.readers))
        yield teller.founded("confidential", "", teller.say("confidential", names=names), pack.confidential)
    yield from _of_office_hours(teller, pack.office_hours)
    if counting := pack.counting:
        for word, holds in counting.model_dump(exclude={"clause", "choice"}).items():
            if holds:
                yield teller.founded("counting", word, teller.say(word), counting)


def _of_office_hours(teller: Teller, rule: OfficeHoursRule) -> Iterator[Sentence]:
    text = teller.say("office_hours", names=_spans(teller, rule.spans))
    yield teller.founded("office_hours", "", text, rule)
    for change in rule.changes:
        day = teller.text_in(moments.day(change.since))
        word = "hours_each_year" if change.yearly else "hours_since"
        text = teller.say(word, day=day, names=_spans(teller, change.spans))
        yield teller.founded("office_hours", str(change.since), text, rule)
    if rule.after_hours:
        yield teller.founded("office_hours", rule.after_hours, teller.say("after_hours"), rule)


def _spans(teller: Teller, spans: Iterable[tuple[str, str]]) -> str:
    spans_in_words = []
    for opens, closes in spans:
        overnight = time_of_day(closes) <= time_of_day(opens)
        spans_in_words.append(f"{opens}–{teller.say('next_morning', at=closes) if overnight else closes}")
    return teller.listed(spans_in_words)


def _of_extension(teller: Teller) -> Iterator[Sentence]:
    allowed = teller.pack.extension
    if allowed is None:
        return
    text = teller.say(
        "extension",
        names=teller.names(teller.deadlines, allowed.deadlines),
        cap=teller.length(allowed.cap),
        times=teller.times(allowed.times),
        interim=teller.say("interim") if allowed.interim_reply else "",
    )
    yield teller.founded("extension", "", text, allowed)
    for rank in allowed.ranks:
        approver = teller.name(words.RANKS, rank.rank)
        text = teller.say("rank", limit=teller.length(rank.up_to), rank=approver)
        yield teller.founded("extension", rank.rank, text, allowed)
    if allowed.grounds:
        names = teller.listed([teller.titled(ground.title) for ground in allowed.grounds], "or")
        yield teller.founded("extension", "grounds", teller.say("extension_grounds", names=names), allowed)


def _of_pauses(teller: Teller) -> Iterator[Sentence]:
    pauses = teller.pack.pauses
    if pauses is None:
        return
    yield teller.founded("pauses", "", teller.say("pauses", cap=teller.length(pauses.cap)), pauses)
    for word, holds in (("told", pauses.told), ("units_only", pauses.units_only)):
        if holds:
            yield teller.founded("pauses", word, teller.say(f"pauses_{word}"), pauses)
    for ground in pauses.grounds:
        text = teller.say(
            "ground",
            name=getattr(ground.title, teller.language),
            cap=teller.length(ground.cap),
            rank=teller.name(words.RANKS, ground.rank),
        )
        yield teller.founded("pauses", ground.ground, text, pauses)


def _of_reopening(teller: Teller) -> Iterator[Sentence]:
    rule = teller.pack.reopening
    if rule is None:
        return
    text = teller.say(
        "reopening",
        names=teller.names(words.RATINGS, sorted(rule.ratings), "or"),
        within=teller.say("within", limit=teller.length(rule.within)) if rule.within else "",
        times=teller.times(rule.times),
        finding=teller.say("finding") if rule.finding else "",
    )
    text += teller.say("after_closure") if rule.after_closure else ""
    yield teller.founded("reopening", "", text, rule)
