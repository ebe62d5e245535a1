"""The timeline of a case in sentences: what happened, who did it, and its text. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from services.desks.pages.line_values import Names, values_of
from services.desks.pages.phrases import Phrases
from services.desks.pages.sentences import SENTENCES, Sentence

UNKNOWN = Sentence("rest", ("其他", "other"), "其他事项", "something else")
"""For an event of a version that is newer than this one."""
NOT_SHOWN = frozenset({"appeal.judged.v1"})
ACTS_OF: Mapping[str, tuple[str, ...]] = {
    "appeal.assigned.v1": ("assign", "reassign"),
    "appeal.contacted.v1": ("contact",),
    "appeal.responded.v1": ("reply",),
    "appeal.completed.v1": ("complete",),
    "appeal.promised.v1": ("complete", "promise"),
    "appeal.refused.v1": ("refuse",),
    "appeal.objected.v1": ("object",),
    "objection.decided.v1": ("decide_objection",),
    "extension.requested.v1": ("request_extension",),
    "appeal.extended.v1": ("decide_extension", "extend"),
    "extension.denied.v1": ("decide_extension",),
    "pause.requested.v1": ("request_pause",),
    "pause.denied.v1": ("decide_pause",),
    "appeal.paused.v1": ("decide_pause", "pause"),
    "appeal.resumed.v1": ("resume",),
    "stage.reached.v1": ("reach", "decide_stage"),
    "stage.proposed.v1": ("reach",),
    "stage.declined.v1": ("decide_stage",),
    "lift.requested.v1": ("request_lift",),
    "finding.made.v1": ("find",),
    "leg.relieved.v1": ("reassign",),
    "appeal.marked.v1": ("add_marks",),
    "appeal.referred.v1": ("refer",),
    "referral.received.v1": ("receive_elsewhere",),
    "referral.returned.v1": ("take_back",),
    "appeal.complaint_decided.v1": ("decide_complaint",),
    "appeal.closed.v1": ("close",),
    "appeal.noted.v1": ("note",),
    "leg.urged.v1": ("urge",),
    "appeal.transferred.v1": ("transfer",),
    "transfer.received.v1": ("receive_transfer",),
    "study.asked.v1": ("ask_study",),
    "study.answered.v1": ("answer_study",),
    "study.closed.v1": ("close_study",),
}
"""The acts at dispatch by which an event came about: they have its text, and who did it."""
TEXTS = ("text", "question", "conclusion", "reason")
"""The fields of an act that hold its text, the first that is there."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line: when, the sign of its kind, what happened, whose act it was, its text, and its parts."""

    when: str
    full: str
    at: str
    sign: str
    word: str
    sentence: str
    by: str = ""
    text: str | None = None
    parts: list["ShownLine"] = field(default_factory=list)


def timeline(
    case: Mapping[str, Any],
    dispatch: Mapping[str, Any] | None,
    names: Names,
    phrases: Phrases,
    reasons: Iterable[Mapping[str, Any]] = (),
) -> list[ShownLine]:
    """The lines of a case, the newest first. Texts are those of dispatch, where it answers.

    `reasons` are those of intake and escalation, by the type and the moment of their events.
    """
    stated = {(reason["type"], datetime.fromisoformat(reason["stated_at"])): reason for reason in reasons}
    teller = _Teller(names, _Acts(dispatch), phrases, stated)
    kept = [line for line in case["lines"] if line["type"] not in NOT_SHOWN]
    shown: list[ShownLine] = []
    for (is_message, _), lines in groupby(kept, key=lambda line: _group(line)):
        told = [teller.line(line) for line in lines]
        shown += [_summed_up(told, phrases)] if is_message and len(told) > 1 else told
    return shown[::-1]


def _group(line: Mapping[str, Any]) -> tuple[bool, str]:
    """Messages that follow each other are one group; every other line stands alone."""
    is_message = line["service"] == "notify"
    return is_message, "" if is_message else line["event_id"]


def _summed_up(lines: list[ShownLine], phrases: Phrases) -> ShownLine:
    """Messages in one line, which opens to show each with its evidence."""
    failed = sum(line.sign == "over" for line in lines)
    zh = f"{len(lines)} 条" + (f"，其中 {failed} 条没有送达或未签收" if failed else "")
    en = f"{len(lines)} messages" + (f", {failed} not delivered or not acknowledged" if failed else "")
    first, sign = lines[0], "over" if failed else "rest"
    return ShownLine(
        first.when, first.full, first.at, sign, first.word, phrases.t(zh, en), parts=list(reversed(lines))
    )


class _Acts:
    """The acts at dispatch, found by what they came to: each counts for one line."""

    def __init__(self, dispatch: Mapping[str, Any] | None) -> None:
        acts = [] if dispatch is None else dispatch["acts"]
        self._left = [(datetime.fromisoformat(done["occurred_at"]), done) for done in acts]

    def of(self, at: datetime, line: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The act of a line, at its moment and on its leg."""
        kinds, leg = ACTS_OF.get(line["type"], ()), line["data"].get("leg_id")
        for when, done in self._left:
            act = done["act"]
            if when == at and act["act"] in kinds and act.get("leg_id", leg) == leg:
                if line["type"] != "appeal.completed.v1":
                    self._left.remove((when, done))
                return done  # type: ignore[no-any-return]
        return None


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells lines, one at a time."""

    names: Names
    acts: _Acts
    phrases: Phrases
    reasons: Mapping[tuple[str, datetime], Mapping[str, Any]]

    def line(self, line: Mapping[str, Any]) -> ShownLine:
        at, data, t = datetime.fromisoformat(line["at"]), line["data"], self.phrases.t
        sentence = SENTENCES.get(line["type"], UNKNOWN)
        done = self.acts.of(at, line)
        values = values_of(data, self.names, self.phrases)
        return ShownLine(
            self.phrases.happened(at),
            self.phrases.full(at),
            line["at"],
            sentence.sign,
            t(*sentence.word),
            t(sentence.zh, sentence.en).format_map(values),
            " · ".join(self._by(line, done)),
            _text({**data, **self.reasons.get((line["type"], at), {})}, done),
        )

    def _by(self, line: Mapping[str, Any], done: Mapping[str, Any] | None) -> Iterator[str]:
        """Whose act it was: the unit, the person where dispatch tells, else the role."""
        unit = line["data"].get("unit")
        if unit and line["service"] != "notify":
            yield self.names.unit(unit)
        if done is not None and done["by"] != unit:
            yield str(done["by"])
        elif line.get("role") and not unit:
            yield self.names.role(line["role"], line.get("code"))


def _text(data: Mapping[str, Any], done: Mapping[str, Any] | None) -> str | None:
    """What was written: at dispatch with the act, or a reason, summary or instruction in the event.

    Remarks for staff stand below.
    """
    act = {} if done is None else done["act"]
    written = [act.get(name) for name in TEXTS] + [
        data.get(name) for name in ("instruction", "summary", "reason")
    ]
    text = next((text for text in written if text and isinstance(text, str)), None)
    return "\n".join(filter(None, (text, act.get("remarks")))) or None
