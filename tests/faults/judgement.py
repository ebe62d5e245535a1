"""What must be judged of one case, computed from the journal alone. It shares no code with `decide`.

An act of the journal is a dict: `at`; `what`, the words of a pack's `met_by` that it meets; and its effects:
`legs`, `marks`, `leg`, `lifts`, `ends_leg`, `completes`, `ends`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tests.faults.reckoning import AT_RECEIPT, WHEN_LIFTED, Rules, due, is_in, limit_of, remind_at

DUE_MINUTE = timedelta(minutes=1, microseconds=-1)
_KINDS = ("dispatch", "contact", "reply", "completion", "objection", "lifted", "follow_up")
ORDER = {kind: index for index, kind in enumerate(_KINDS)}
"""The order in which the ladder handles deadlines that pass at the same moment."""
NOTICES = {"supervise": "appeal.supervised", "remind": "appeal.reminded"}


class ExpectedEvent(NamedTuple):
    """An event that must be issued. `type` is without version; `round` is 0 where the event has none."""

    type: str
    leg: str | None
    round: int
    deadline: str
    at: datetime
    unit: str | None = None
    leader: str | None = None


@dataclass(eq=False)
class ExpectedDeadline:
    """One deadline; `leg` is None for a deadline of the case itself."""

    kind: str
    leg: "ExpectedLeg | None"
    round: int
    due_at: datetime
    remind_at: datetime | None
    verdict: str = "open"
    met_at: datetime | None = None

    def fires_at(self) -> datetime:
        """When the open deadline next causes an event: its reminder, or the end of its due minute."""
        return self.remind_at or self.due_at + DUE_MINUTE

    def row(self) -> tuple[Any, ...]:
        """What is compared with the judge's deadline: leg, kind, round, due, verdict, met."""
        leg = self.leg.id if self.leg else None
        return leg, self.kind, self.round, self.due_at, self.verdict, self.met_at


@dataclass(eq=False)
class ExpectedLeg:
    """One leg. `open_cards` counts the cards not cleared."""

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
class ExpectedCase:
    """One case as it must be judged."""

    pack: Rules
    kind: str
    state: str = "registered"
    cards: int = 0
    lifted_at: datetime | None = None
    events: list[ExpectedEvent] = field(default_factory=list)
    deadlines: list[ExpectedDeadline] = field(default_factory=list)
    legs: dict[str, ExpectedLeg] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)
    end: str | None = None

    def judge(self, acts: Iterable[dict[str, Any]], upto: datetime) -> "ExpectedCase":
        """Apply the acts in order of time, and every deadline that passes between them and up to `upto`.

        After an end no act counts. An act at the moment of the end counts, whichever was noted first.
        """
        for act in sorted(acts, key=lambda act: (act["at"], "ends" in act)):
            self._pass(act["at"], inclusive=False)
            if self.end is None:
                self._do(act)
        self._pass(upto, inclusive=True)
        self.state = self.end or self._state()
        return self

    def rounds(self) -> int:
        """The highest round of any leg."""
        return max((leg.round for leg in self.legs.values()), default=0)

    def _state(self) -> str:
        live = [leg for leg in self.legs.values() if not leg.ended]
        if live and all(leg.completed for leg in live):
            return "completed"
        return "lifted" if self.lifted_at else "dispatched" if live else "registered"

    def _open(self) -> list[ExpectedDeadline]:
        return [deadline for deadline in self.deadlines if deadline.verdict == "open"]

    def _pass(self, moment: datetime, *, inclusive: bool) -> None:
        while open_ := self._open():
            at = min(deadline.fires_at() for deadline in open_)
            if at > moment or (at == moment and not inclusive):
                return
            self._fire([deadline for deadline in open_ if deadline.fires_at() == at], at)

    def _fire(self, fired: list[ExpectedDeadline], at: datetime) -> None:
        fired.sort(key=lambda deadline: (ORDER.get(deadline.kind, len(ORDER)), _leg_index(deadline)))
        late = [deadline for deadline in fired if deadline.remind_at is None]
        for deadline in fired:
            if deadline.remind_at is not None:
                deadline.remind_at = None
                self._add("appeal.due_soon", deadline, at)
        for deadline in late:
            deadline.verdict = "overdue"
            self._add("appeal.overdue", deadline, at)
        for deadline in late:
            if self.end is None and (deadline.leg is None or deadline.leg.round == deadline.round):
                self._climb(deadline, at)

    def _climb(self, deadline: ExpectedDeadline, at: datetime) -> None:
        for rung in self.pack.ladder:
            when = rung["when"]
            overdue = deadline.kind in when.get("overdue", ())
            if overdue and is_in(when.get("rounds"), max(deadline.round, 1)):
                for consequence in rung["do"]:
                    self._follow(consequence, deadline, at)
                return

    def _follow(self, consequence: str, deadline: ExpectedDeadline, at: datetime) -> None:
        leg = deadline.leg
        if consequence == "lift":
            self._lift(leg, at)
        elif consequence == "card" and leg:
            self.cards, leg.open_cards = self.cards + 1, leg.open_cards + 1
            self._add("card.issued", deadline, at)
        elif consequence == "redispatch" and leg and not (leg.refused and self.lifted_at):
            self._void(leg)
            leg.round += 1
            self.events.append(ExpectedEvent("appeal.redispatched", leg.id, leg.round, "", at, leg.unit))
            self._begin(leg, at)
        elif consequence in ("supervise", "remind"):
            self._add(NOTICES[consequence], deadline, at)

    def _add(self, type_: str, deadline: ExpectedDeadline, at: datetime) -> None:
        leg, unit = (deadline.leg.id, deadline.leg.unit) if deadline.leg else (None, None)
        self.events.append(ExpectedEvent(type_, leg, deadline.round, deadline.kind, at, unit))

    def _void(self, leg: ExpectedLeg | None) -> None:
        for deadline in self._open():
            if deadline.leg is leg:
                deadline.verdict = "void"

    def _start(self, kind: str, leg: ExpectedLeg | None, at: datetime) -> None:
        number = leg.round if leg else self.rounds()
        limit = limit_of(self.pack, kind, leg.round if leg else 1, self.kind)
        if limit is not None:
            start = _minute(at)
            due_at = due(limit, start, self.pack)
            percent = self.pack.percent.get(kind)
            remind = remind_at(limit, start, due_at, self.pack, percent) if percent else None
            if remind:
                remind = max(remind, at) if max(remind, at) < due_at else None
            self.deadlines.append(ExpectedDeadline(kind, leg, number, due_at, remind))

    def _begin(self, leg: ExpectedLeg, at: datetime) -> None:
        for kind in dict.fromkeys(held["deadline"] for held in self.pack.limits):
            if kind not in (AT_RECEIPT, WHEN_LIFTED):
                self._start(kind, leg, at)

    def _lift(self, leg: ExpectedLeg | None, at: datetime) -> None:
        if self.lifted_at is None and not self.marks & self.pack.never_lifted:
            self.lifted_at = at
            unit, leader = (leg.unit, leg.leader) if leg else (None, None)
            self.events.append(ExpectedEvent("appeal.lifted", None, 0, "", at, unit, leader))
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
            for deadline in self._open():
                deadline.verdict = "void"

    def _assign(self, act: dict[str, Any], at: datetime) -> None:
        self._meet("assigned", None, at)
        self.marks |= set(act.get("marks", ()))
        for assigned in act["legs"]:
            lead = assigned["role"] == "lead"
            index, leader = len(self.legs), assigned.get("leader")
            leg = ExpectedLeg(assigned["leg"], assigned["unit"], leader, index, lead)
            self.legs[leg.id] = leg
            self._begin(leg, at)
        for rung in self.pack.ladder:
            if self.marks & set(rung["when"].get("marks", ())):
                self._lift(next((leg for leg in self.legs.values() if leg.lead), None), at)

    def _do_on(self, leg: ExpectedLeg, act: dict[str, Any], at: datetime) -> None:
        for word in act["what"]:
            self._meet(word, leg, at)
        lifts = act.get("lifts")
        leg.refused = leg.refused or lifts == "refused"
        if lifts and any(rung["when"].get(lifts) for rung in self.pack.ladder):
            self._lift(leg, at)
        if act.get("completes"):
            leg.completed = True
            cleared = ExpectedEvent("card.cleared", leg.id, 0, "", at, leg.unit)
            self.events += [cleared] * leg.open_cards
            leg.open_cards = 0
        leg.ended = bool(act.get("ends_leg"))
        if leg.completed or leg.ended:
            self._void(leg)
            if self._state() == "completed":
                self._meet("all_completed", None, at)

    def _meet(self, word: str, leg: ExpectedLeg | None, at: datetime) -> None:
        for deadline in self.deadlines:
            unmet = deadline.leg is leg and deadline.met_at is None and deadline.verdict != "void"
            if unmet and word in self.pack.met_by.get(deadline.kind, ()):
                deadline.met_at = _minute(at)
                deadline.verdict = "met" if deadline.verdict == "open" else deadline.verdict


def _minute(at: datetime) -> datetime:
    """The minute shown, from which what happens at `at` counts."""
    return at.replace(second=0, microsecond=0)


def _leg_index(deadline: ExpectedDeadline) -> int:
    return deadline.leg.index if deadline.leg else 0
