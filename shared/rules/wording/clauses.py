"""What a pack does with every clause of its text, in words: the table that is signed."""

from dataclasses import dataclass, field

from shared.rules.pack.pack import Pack
from shared.rules.pack.texts import Ground, PolicyText
from shared.rules.wording import page_words
from shared.rules.wording.sentences import sentences
from shared.rules.wording.teller import Language, Sentence


@dataclass(frozen=True, slots=True)
class Treatment:
    """What the pack does with a clause, or that it leaves it alone; `reason`: of a choice."""

    ground: Ground
    text: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """One clause: what it demands, and all that the pack says of it."""

    clause: str
    demands: str
    treatments: list[Treatment] = field(default_factory=list)


def clause_rows(pack: Pack, text: PolicyText, language: Language) -> list[ClauseRow]:
    """A row for every clause of the text; then one for each other text cited, and one for pure choices."""
    rows = {each.clause: ClauseRow(each.clause, getattr(each, language)) for each in text.clauses}
    beyond = page_words.PAGE["beyond"]
    for sentence in sentences(pack, language):
        cited = text.of(sentence.clause) if sentence.clause else None
        if cited is None:
            cited = [sentence.clause or getattr(beyond, language)]
        for clause in cited:
            rows.setdefault(clause, ClauseRow(clause, "")).treatments.append(_treatment(sentence))
    for left in pack.outside:
        for clause in text.of(left.clause) or [left.clause]:
            left_out = Treatment("outside", getattr(left.why, language))
            rows.setdefault(clause, ClauseRow(clause, "")).treatments.append(left_out)
    return list(rows.values())


def _treatment(sentence: Sentence) -> Treatment:
    return Treatment("chosen" if sentence.choice else "text", sentence.text, sentence.choice)
