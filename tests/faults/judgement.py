"""What must be judged of one case, found anew from the journal alone. It shares nothing with `decide`.

An act of the journal is a dict: `at`, `what` it meets (a list of the words a pack's `met_by` knows), and what
else it does: `legs`, `marks`, `leg`, `lifts`, `ends_leg`, `completes`, `ends`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from tests.faults.reckoning import AT_RECEIPT, WHEN_LIFTED, Rules, due, is_in, limit_of

_KINDS = ("dispatch", "contact", "reply", "completion", "objection", "lifted", "follow_up")
ORDER = {kind: index for index, kind in enumerate(_KINDS)}
"""In which of several that pass at one moment the ladder is climbed."""


class Said(NamedTuple):
    """Something that follows. `what` is the event's type without version; `round` 0 where it has none."""

    what: str
    leg: str | None
    round: int
    deadline: str
    at: datetime
    unit: str | None = None
    leader: str | None = None


@dataclass(eq=False)
class Deadline:
    """One deadline; `leg` is None for one of the case."""

    kind: str
    leg: "Leg | None"
    round: int
    due_at: datetime
    remind_at: datetime | None
    verdict: str = "open"
    met_at: datetime | None = None

    def fires_at(self) -> datetime:
        """When something is next said of it, while it is open."""
        return self.remind_at or self.due_at

    def row(self) -> tuple[Any, ...]:
        """What is held against the judge's: leg, kind, round, due, verdict, met."""
        leg = self.leg.id if self.leg else None
        return leg, self.kind, self.round, self.due_at, self.verdict, self.met_at


@dataclass(eq=False)
class Leg:
    """One leg. `open_cards` are those not cleared."""

    id: str
    unit: str
    leader: str | None
    index: int
    lead: bool
    round: int = 1
    completed: bool = False
    ended: bool = False
    refused: bool = False
    open_cards: int = 0


@dataclass
class Expected:
    """One case as it must stand."""

    pack: Rules
    kind: str
    state: str = "registered"
    cards: int = 0
    lifted_at: datetime | None = None
    said: list[Said] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)
    legs: dict[str, Leg] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)
    end: str | None = None

    def judge(self, acts: Iterable[dict[str, Any]], upto: datetime) -> "Expected":
        """Let the acts happen in order of time, and what falls due between them and up to `upto`.

        After an end nothing is accepted: what has the moment of the end was before it, noted first or not.
        """
        for act in sorted(acts, key=lambda act: (act["at"], "ends" in act)):
            self._pass(act["at"], inclusive=False)
            if self.end is None:
                self._do(act)
        self._pass(upto, inclusive=True)
        self.state = self.end or self._standing()
        return self

    def rounds(self) -> int:
        """The highest round of a leg."""
        return max((leg.round for leg in self.legs.values()), default=0)

    def _standing(self) -> str:
        live = [leg for leg in self.legs.values() if not leg.ended]
        if live and all(leg.completed for leg in live):
            return "completed"
        return "lifted" if self.lifted_at else "dispatched" if live else "registered"

    def _open(self) -> list[Deadline]:
        return [one for one in self.deadlines if one.verdict == "open"]

    def _pass(self, moment: datetime, *, inclusive: bool) -> None:
        while open_ := self._open():
            at = min(one.fires_at() for one in open_)
            if at > moment or (at == moment and not inclusive):
                return
            self._fire([one for one in open_ if one.fires_at() == at], at)

    def _fire(self, fired: list[Deadline], at: datetime) -> None:
        fired.sort(key=lambda one: (ORDER.get(one.kind, len(ORDER)), one.leg.index if one.leg else 0))
        late = [one for one in fired if one.remind_at is None]
        for one in fired:
            if one.remind_at is not None:
                one.remind_at = None
                self._say("appeal.due_soon", one, at)
        for one in late:
            one.verdict = "overdue"
            self._say("appeal.overdue", one, at)
        for one in late:
            if self.end is None and (one.leg is None or one.leg.round == one.round):
                self._climb(one, at)

    def _climb(self, one: Deadline, at: datetime) -> None:
        for step in self.pack.ladder:
            when = step["when"]
            if one.kind in when.get("overdue", ()) and is_in(when.get("rounds"), max(one.round, 1)):
                for what in step["do"]:
                    self._follow(what, one, at)
                return

    def _follow(self, what: str, one: Deadline, at: datetime) -> None:
        leg = one.leg
        if what == "lift":
            self._lift(leg, at)
        elif what == "card" and leg:
            self.cards, leg.open_cards = self.cards + 1, leg.open_cards + 1
            self._say("card.issued", one, at)
        elif what == "redispatch" and leg and not (leg.refused and self.lifted_at):
            self._void(leg)
            leg.round += 1
            self.said.append(Said("appeal.redispatched", leg.id, leg.round, "", at, leg.unit))
            self._begin(leg, at)
        elif what in ("supervise", "remind"):
            self._say({"supervise": "appeal.supervised", "remind": "appeal.reminded"}[what], one, at)

    def _say(self, what: str, one: Deadline, at: datetime) -> None:
        leg, unit = (one.leg.id, one.leg.unit) if one.leg else (None, None)
        self.said.append(Said(what, leg, one.round, one.kind, at, unit))

    def _void(self, leg: Leg | None) -> None:
        for one in self._open():
            if one.leg is leg:
                one.verdict = "void"

    def _start(self, kind: str, leg: Leg | None, at: datetime) -> None:
        number = leg.round if leg else self.rounds()
        limit = limit_of(self.pack, kind, leg.round if leg else 1, self.kind)
        if limit is not None:
            due_at = due(limit, at, self.pack)
            remind_at = at + (due_at - at) * self.pack.percent.get(kind, 100) / 100
            remind = remind_at if remind_at < due_at else None
            self.deadlines.append(Deadline(kind, leg, number, due_at, remind))

    def _begin(self, leg: Leg, at: datetime) -> None:
        for kind in dict.fromkeys(held["deadline"] for held in self.pack.limits):
            if kind not in (AT_RECEIPT, WHEN_LIFTED):
                self._start(kind, leg, at)

    def _lift(self, leg: Leg | None, at: datetime) -> None:
        if self.lifted_at is None and not self.marks & self.pack.never_lifted:
            self.lifted_at = at
            unit, leader = (leg.unit, leg.leader) if leg else (None, None)
            self.said.append(Said("appeal.lifted", None, 0, "", at, unit, leader))
            self._start(WHEN_LIFTED, None, at)

    def _do(self, act: dict[str, Any]) -> None:
        at, leg = act["at"], self.legs.get(act.get("leg", ""))
        if act.get("received"):
            self._start(AT_RECEIPT, None, at)
        if "legs" in act:
            self._assign(act, at)
        if leg and not (leg.ended or leg.completed):
            self._do_on(leg, act, at)
        if "ends" in act:
            self.end = act["ends"]
            for one in self._open():
                one.verdict = "void"

    def _assign(self, act: dict[str, Any], at: datetime) -> None:
        self._meet("assigned", None, at)
        self.marks |= set(act.get("marks", ()))
        for given in act["legs"]:
            lead = given["role"] == "lead"
            leg = Leg(given["leg"], given["unit"], given.get("leader"), len(self.legs), lead)
            self.legs[leg.id] = leg
            self._begin(leg, at)
        for step in self.pack.ladder:
            if self.marks & set(step["when"].get("marks", ())):
                self._lift(next((leg for leg in self.legs.values() if leg.lead), None), at)

    def _do_on(self, leg: Leg, act: dict[str, Any], at: datetime) -> None:
        for word in act["what"]:
            self._meet(word, leg, at)
        lifts = act.get("lifts")
        leg.refused = leg.refused or lifts == "refused"
        if lifts and any(step["when"].get(lifts) for step in self.pack.ladder):
            self._lift(leg, at)
        if act.get("completes"):
            leg.completed = True
            said = Said("card.cleared", leg.id, 0, "", at, leg.unit)
            self.said += [said] * leg.open_cards
            leg.open_cards = 0
        leg.ended = bool(act.get("ends_leg"))
        if leg.completed or leg.ended:
            self._void(leg)
            if self._standing() == "completed":
                self._meet("all_completed", None, at)

    def _meet(self, word: str, leg: Leg | None, at: datetime) -> None:
        for one in self.deadlines:
            waits = one.leg is leg and one.met_at is None and one.verdict != "void"
            if waits and word in self.pack.met_by.get(one.kind, ()):
                one.met_at = at
                one.verdict = "met" if one.verdict == "open" else one.verdict
