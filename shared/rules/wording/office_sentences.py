"""What a pack says of the office's own clocks, promises, referral and closure, in sentences."""

from collections.abc import Iterator

from shared.rules.wording import words
from shared.rules.wording.teller import Sentence, Teller


def office_sentences(teller: Teller) -> Iterator[Sentence]:
    """Raising, promises, silent approval, referral and closure."""
    pack = teller.pack
    if raising := pack.raising:
        to = teller.listed([teller.name(words.RAISED_TO, above) for above in raising.to])
        text = teller.say("raising", names=to, limit=teller.length(raising.limit))
        yield teller.founded("raising", "", text, raising)
    if promises := pack.promises:
        rank = teller.name(words.RANKS, promises.rank)
        text = teller.say("promises", cap=teller.length(promises.cap), rank=rank)
        yield teller.founded("promises", "", text, promises)
    if (approval := pack.approval) and approval.each_leg:
        yield teller.founded("approval", "each_leg", teller.say("each_leg"), approval)
    if referral := pack.referral:
        names = teller.listed([teller.titled(to.title) for to in referral.destinations])
        yield teller.founded("referral", "", teller.say("referral", names=names), referral)
        if "by" in referral.model_fields_set:
            by = teller.names(words.GUIDED_BY, referral.by, "or")
            yield teller.founded("referral", "by", teller.say("guided_by", names=by), referral)
        if referral.followed:
            yield teller.founded("referral", "followed", teller.say("followed"), referral)
    yield from _closure(teller)


def _closure(teller: Teller) -> Iterator[Sentence]:
    closure = teller.pack.closure
    if closure is None:
        return
    names = teller.names(words.NEEDS, sorted(closure.needs))
    text = teller.say("closure", names=names)
    for first, second in closure.after.items():
        text += teller.say(
            "closure_after",
            first=teller.name(teller.stages, first),
            second=teller.name(teller.stages, second),
        )
    yield teller.founded("closure", "", text, closure)
    if against := closure.against_word:
        text = teller.say("against_word", rank=teller.name(words.RANKS, against.rank))
        yield teller.founded("closure", "against_word", text, against)
    if before := closure.before_dispatch:
        otherwise = before.otherwise
        rank = teller.say("otherwise", rank=teller.name(words.RANKS, otherwise.rank)) if otherwise else ""
        text = teller.say("before_dispatch", otherwise=rank)
        yield teller.founded("closure", "before_dispatch", text, before)
