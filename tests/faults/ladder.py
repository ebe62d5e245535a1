"""How a case's deadlines start, pass and are met, and what follows by the pack's ladder."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.faults.expected import DUE_MINUTE, ExpectedDeadline, ExpectedEvent, ExpectedLeg
from tests.faults.reckoning import ROUND, Pauses, Rules, due, is_in, moved, remind_at, started_by

_KINDS = ["dispatch", "contact", "reply", "completion", "objection", "lifted", "follow_up", "dispatch_again"]
_KINDS += ["extension", "pause", "complaint", "closure", "referral", "gathering", "promise", "stage_decision"]
ORDER = {kind: index for index, kind in enumerate(_KINDS)}
"""The order in which the ladder handles deadlines that pass at the same moment."""
RETURNED = "returned"
NOTICES = {
    "supervise": "appeal.supervised",
    "remind": "appeal.reminded",
    "publish": "publication.proposed",
}
ONCE_A_ROUND = ("received", "lifted", "all_completed")
"""What starts a deadline once a round, however often it happens."""
LIFTED, ALL_COMPLETED, HEARD, UPHELD = "lifted", "all_completed", "heard", "upheld"
TO_BE_LIFTED, PLANNED, PROPOSED = "to_be_lifted", "planned", "proposed"
UNIT_KIND = "department"
"""Of every unit of the load."""
Rung = dict[str, Any]


@dataclass
class Ladder:
    """A case with its deadlines and all that follows from them."""

    pack: Rules
    kind: str
    state: str = "registered"
    cards: int = 0
    lifted_at: datetime | None = None
    first_lifted_at: datetime | None = None
    signed_off: bool = False
    events: list[ExpectedEvent] = field(default_factory=list)
    deadlines: list[ExpectedDeadline] = field(default_factory=list)
    legs: dict[str, ExpectedLeg] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)
    waiting: tuple[Rung, ExpectedLeg | None] | None = None
    """The step of a lift that waits for what the office gathers, and over which leg."""
    end: str | None = None
    heard: bool = False
    """Whether the enterprise rated it, since it was last reopened."""

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
        """Let happen what time alone brings about before `moment`, or up to it."""
        while True:
            times = [at for deadline in self._open() if (at := deadline.fires_at())]
            times += [deadline.raises_at for deadline in self.deadlines if deadline.raises_at]
            times += [leg.pause_ends_at for leg in self.legs.values() if leg.pause_ends_at]
            at = min(times, default=None)
            if at is None or at > moment or (at == moment and not inclusive):
                return
            for leg in self.legs.values():
                if leg.pause_ends_at == at:
                    self._resume(leg, at)
                    if self.pack.pauses.get("told"):
                        event = ExpectedEvent("appeal.pause_ended", leg.id, leg.round, "", at, leg.unit)
                        self.events.append(event)
            self._fire([deadline for deadline in self._open() if deadline.fires_at() == at], at)
            for deadline in self.deadlines:
                if deadline.raises_at == at:
                    self._raise(deadline, at)

    def _fire(self, fired: list[ExpectedDeadline], at: datetime) -> None:
        fired.sort(key=lambda deadline: (ORDER.get(deadline.kind, len(ORDER)), _leg_index(deadline)))
        late = [deadline for deadline in fired if deadline.remind_at is None]
        for deadline in fired:
            if deadline.remind_at is not None:
                deadline.remind_at, deadline.reminded = None, True
                self._add("appeal.due_soon", deadline, at)
        for deadline in late:
            deadline.verdict = "overdue"
            self._add("appeal.overdue", deadline, at)
        for deadline in late:
            again = deadline.unit() and deadline.leg and deadline.leg.round != deadline.round
            if self.end is None and not again:
                self._climb(deadline, at)
            if self.end is None and deadline.start == TO_BE_LIFTED:
                self._lift_now(at)

    def _climb(self, deadline: ExpectedDeadline, at: datetime) -> None:
        for rung in self._rungs():
            when = rung["when"]
            overdue = deadline.kind in when.get("overdue", ())
            of_unit = UNIT_KIND in when.get("units", [UNIT_KIND])
            if overdue and of_unit and is_in(when.get("rounds"), max(deadline.round, 1)):
                for consequence in rung["do"]:
                    self._follow(rung, consequence, deadline, at)
                return

    def _rungs(self) -> list[Rung]:
        """The steps for this kind of case; those that name kinds go before the others."""
        holding = [rung for rung in self.pack.ladder if self.kind in rung["when"].get("kinds", [self.kind])]
        return sorted(holding, key=lambda rung: "kinds" not in rung["when"])

    def _follow(self, rung: Rung, consequence: str, deadline: ExpectedDeadline, at: datetime) -> None:
        leg = deadline.leg
        if consequence == "lift":
            self._lift(rung, leg, at)
        elif consequence == "raise":
            self._raise(deadline, at)
        elif consequence == "card" and leg:
            self.cards, leg.open_cards = self.cards + 1, leg.open_cards + 1
            self._add("card.issued", deadline, at)
        elif consequence == "redispatch" and leg and not (leg.refused and self.lifted_at):
            self._dispatch_again(leg, at)
        elif consequence in NOTICES:
            self._add(NOTICES[consequence], deadline, at)

    def _raise(self, deadline: ExpectedDeadline, at: datetime) -> None:
        """What the office missed goes to the next above, and a day's limit later to the one after."""
        to, limit = self.pack.raising.get("to", ()), self.pack.raising.get("limit")
        deadline.raises_at = None
        if limit and deadline.raised < len(to):
            self._add("appeal.raised", deadline, at, to[deadline.raised])
            deadline.raised += 1
            end = due(limit, minute(at), self.pack) if deadline.raised < len(to) else None
            deadline.raises_at = end + DUE_MINUTE if end else None

    def _add(self, type_: str, deadline: ExpectedDeadline, at: datetime, to: str | None = None) -> None:
        leg = deadline.leg.id if deadline.leg else None
        unit = deadline.unit()
        self.events.append(ExpectedEvent(type_, leg, deadline.round, deadline.kind, at, unit, to=to))

    def _dispatch_again(self, leg: ExpectedLeg, at: datetime, reason: str = "overdue") -> None:
        of_leg = [deadline for deadline in self.deadlines if deadline.leg is leg]
        promised = [old for old in of_leg if old.start == PLANNED and old.verdict == "open"]
        ending = [old for old in of_leg if old.unit() or old.start == "extension_asked"]
        self._void([old for old in ending if old not in promised])
        leg.round += 1
        for promise in promised:
            promise.round = leg.round
        again = ExpectedEvent("appeal.redispatched", leg.id, leg.round, "", at, leg.unit, reason=reason)
        self.events.append(again)
        self._begin(ROUND, leg, at)

    def _void(self, deadlines: Iterable[ExpectedDeadline]) -> None:
        for deadline in deadlines:
            deadline.raises_at = None
            if deadline.verdict == "open":
                deadline.verdict = "void"

    def _begin(
        self, start: str, leg: ExpectedLeg | None, at: datetime, given_at: datetime | None = None
    ) -> None:
        """Start what `start` starts, but for what runs already or, in this round, passed unmet."""
        number = leg.round if leg else self.rounds()
        for rule in started_by(self.pack, start, leg.round if leg else 1, self.kind):
            same = [old for old in self.deadlines if old.leg is leg and old.kind == rule["deadline"]]
            if (
                given_at
                or start in (ROUND, PROPOSED)
                or not any(self._bars(old, start, number) for old in same)
            ):
                of_office = leg is None or rule.get("of") == "office"
                limit = None if given_at else rule["limit"]
                deadline = ExpectedDeadline(
                    rule["deadline"], leg, number, start, minute(at), limit, of_office, given_at
                )
                self.deadlines.append(deadline)
                self._reckon(deadline, at)

    def _bars(self, old: ExpectedDeadline, start: str, number: int) -> bool:
        """Whether a deadline that was started keeps another of its kind from starting."""
        passed_or_met = old.verdict != "void" and old.round == number
        if start == ALL_COMPLETED and old.verdict != "open" and old.met_at and self._closes():
            return passed_or_met and self.heard
        return old.verdict == "open" or (passed_or_met and (old.met_at is None or start in ONCE_A_ROUND))

    def _closes(self) -> bool:
        """Whether the office has a clock to close the case by."""
        return any(started_by(self.pack, HEARD, 1, self.kind))

    def _reckon(self, deadline: ExpectedDeadline, at: datetime) -> None:
        """Reckon when an open deadline ends, and when it is reminded of, as of `at`."""
        runs_on = deadline.of_office and self.pack.pauses.get("units_only")
        pauses: Pauses = deadline.leg.pauses if deadline.leg and not runs_on else ()
        if deadline.limit:
            deadline.due_at = due(deadline.limit, deadline.started_at, self.pack, pauses)
        elif deadline.given_at:
            deadline.due_at = moved(deadline.given_at, deadline.started_at, pauses)
        deadline.remind_at = None
        percent = self.pack.percent.get(deadline.kind)
        if percent and deadline.due_at and not deadline.reminded:
            began = deadline.started_at
            remind = max(remind_at(deadline.limit, began, deadline.due_at, self.pack, percent, pauses), at)
            deadline.remind_at = remind if remind < deadline.due_at else None

    def _reckon_all(self, leg: ExpectedLeg, at: datetime) -> None:
        for deadline in self._open():
            if deadline.leg is leg:
                self._reckon(deadline, at)

    def _lift(self, rung: Rung, leg: ExpectedLeg | None, at: datetime, *, gathered: bool = False) -> None:
        """Lift the case, once; a step that has the office gather first waits for that."""
        if self.lifted_at is not None or self.marks & self.pack.never_lifted:
            return
        if "gather" in rung and not gathered:
            if self.waiting is None:
                end = due(rung["gather"], minute(at), self.pack)
                self.waiting = rung, leg
                self._begin(TO_BE_LIFTED, None, at, end)
            return
        self._drop_waiting()
        self.lifted_at, self.signed_off = at, False
        self.first_lifted_at = self.first_lifted_at or at
        unit, leader = (leg.unit, leg.leader) if leg else (None, None)
        self.events.append(ExpectedEvent("appeal.lifted", None, 0, "", at, unit, leader))
        self._begin(LIFTED, None, at)

    def _lift_now(self, at: datetime) -> None:
        """Lift the case for what it waited for."""
        if self.waiting:
            (rung, leg), self.waiting = self.waiting, None
            self._lift(rung, leg, at, gathered=True)

    def _drop_waiting(self) -> None:
        self.waiting = None
        self._void([deadline for deadline in self.deadlines if deadline.start == TO_BE_LIFTED])

    def _resume(self, leg: ExpectedLeg, end: datetime, at: datetime | None = None) -> None:
        if leg.end_pause(end):
            self._reckon_all(leg, at or end)

    def _meet(
        self, word: str, leg: ExpectedLeg | None, at: datetime, but: frozenset[str] = frozenset()
    ) -> None:
        for deadline in self.deadlines:
            unmet = deadline.leg is leg and deadline.met_at is None and deadline.verdict != "void"
            unmet = unmet and deadline.kind not in but
            unmet = unmet and deadline.sum is None  # what is owed is met by money alone
            if unmet and word in self.pack.met_by.get(deadline.kind, ()):
                deadline.meet(minute(at))


def minute(at: datetime) -> datetime:
    """The minute shown, from which what happens at `at` counts."""
    return at.replace(second=0, microsecond=0)


def _leg_index(deadline: ExpectedDeadline) -> int:
    return deadline.leg.index if deadline.leg else 0
