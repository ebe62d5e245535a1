"""What must be judged of one case, computed from the journal alone. It shares no code with `decide`.

An act of the journal is a dict: `at`; `what`, the words of a pack's `met_by` that it meets; and its effects:
`received`, `legs`, `marks`, `leg`, `passed_on`, `starts`, `lifts`, `ends_leg`, `completes`, `pauses`,
`resumes`, `extends`, `plans`, `reaches`, `proposes`, `decides`, `gathers`, `hears`, `reopens`, `ends`. What
is `passed_on` was done for the appeal into which this one is merged.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.faults.expected import ExpectedEvent, ExpectedLeg
from tests.faults.ladder import ALL_COMPLETED, HEARD, PLANNED, PROPOSED, RETURNED, UPHELD, Ladder, minute
from tests.faults.reckoning import ROUND, ZONE, closing, due, moved

RANKS = ("unit_head", "office", "leader", "mayor")


@dataclass
class ExpectedCase(Ladder):
    """One case as it must be judged. `unjudged` are the legs of units that got it after its end."""

    unjudged: dict[str, ExpectedLeg] = field(default_factory=dict)

    def judge(self, acts: Iterable[dict[str, Any]], upto: datetime) -> "ExpectedCase":
        """Apply the acts in order of time, and every deadline that passes between them and up to `upto`.

        After an end no act counts; dispatch keeps what it took before it heard of the end. An act at the
        moment of the end counts, whichever was noted first.
        """
        for act in sorted(acts, key=lambda act: (act["at"], "ends" in act, _place(act))):
            self._pass(act["at"], inclusive=False)
            if self.end is None:
                self._do(act)
            else:
                self._keep_at_desk(act)
        self._pass(upto, inclusive=True)
        self.state = self.end or self._state()
        return self

    def _do(self, act: dict[str, Any]) -> None:
        at, leg = act["at"], self.legs.get(act.get("leg", ""))
        if act.get("received"):
            self._begin("received", None, at)
        if "legs" in act:
            self._assign(act, at)
        if leg and leg.works() and not (act.get("completes") and self._owes(leg)):
            self._do_on(leg, act, at)
        elif leg and not leg.ended and "contacted" in act["what"]:
            self._meet("contacted", leg, at)
        for word in () if "leg" in act else act["what"]:
            self._meet(word, None, at)
        self.signed_off = self.signed_off or ("signed_off" in act["what"] and self.lifted_at is not None)
        if act.get("gathers"):
            self._lift_now(at)
        if act.get("hears"):
            self.heard = True
            self._begin_closure(at)
        if act.get("reopens"):
            self._reopen(at)
        if "ends" in act:
            self._end(act["ends"], at)

    def _keep_at_desk(self, act: dict[str, Any]) -> None:
        """Note what is done after the end: legs and their states, without any judgement."""
        self.unjudged |= {leg["leg"]: _leg(leg, 0, act["at"]) for leg in act.get("legs", ())}
        leg = (self.legs | self.unjudged).get(act.get("leg", ""))
        if leg and leg.works():
            leg.completed, leg.ended = bool(act.get("completes")), bool(act.get("ends_leg"))
            paused = (leg.paused or bool(act.get("pauses"))) and not act.get("resumes")
            leg.paused = paused and leg.works()

    def _assign(self, act: dict[str, Any], at: datetime) -> None:
        self._meet("assigned", None, at)
        self._go_on(at)
        self.marks |= set(act.get("marks", ()))
        for assigned in act["legs"]:
            leg = _leg(assigned, len(self.legs), at)
            self.legs[leg.id] = leg
            self._begin(ROUND, leg, at)
        for rung in self._rungs():
            if self.marks & set(rung["when"].get("marks", ())):
                self._lift(rung, next((leg for leg in self.legs.values() if leg.lead), None), at)

    def _do_on(self, leg: ExpectedLeg, act: dict[str, Any], at: datetime) -> None:
        not_done = self.pack.contacts if act.get("passed_on") else frozenset[str]()
        for word in act["what"]:
            self._meet(word, leg, at, not_done)
            leg.returned = leg.returned or word in self.pack.returning
        if "starts" in act:
            self._begin(act["starts"], leg, at)
        lifts = act.get("lifts")
        leg.refused = leg.refused or lifts == "refused"
        for rung in [rung for rung in self._rungs() if lifts and rung["when"].get(lifts)]:
            self._lift(rung, leg, at)
        if act.get("pauses"):
            self._pause(leg, at)
        if act.get("resumes"):
            leg.paused = False
            self._resume(leg, minute(at), at)
        if "extends" in act:
            self._extend(leg, *act["extends"], at)
        if "plans" in act:
            self._promise(leg, *act["plans"], at)
        self._decide_reports(leg, act, at)
        self._reach(leg, act.get("reaches"), at)
        if act.get("completes"):
            leg.completed = True
            cleared = ExpectedEvent("card.cleared", leg.id, 0, "", at, leg.unit)
            self.events += [cleared] * leg.open_cards
            leg.open_cards = 0
        leg.ended = bool(act.get("ends_leg"))
        if not leg.works():
            self._leave(leg, at, frozenset() if leg.ended else self.pack.outlasting | not_done)

    def _decide_reports(self, leg: ExpectedLeg, act: dict[str, Any], at: datetime) -> None:
        """Each report of a stage has a deadline of its own until it is confirmed or not."""
        if "proposes" in act:
            begun = len(self.deadlines)
            self._begin(PROPOSED, leg, at)
            leg.proposed[act["proposes"]] = self.deadlines[begun:]
        for deadline in leg.proposed.pop(act.get("decides", 0), ()):
            if deadline.verdict != "void":
                deadline.meet(minute(at))

    def _owes(self, leg: ExpectedLeg) -> bool:
        """Whether money is still owed, so that the debtor's word completes nothing."""
        return any(stage.get("pays") for stage in self.pack.stages.values()) and not leg.paid_up()

    def _leave(self, leg: ExpectedLeg, at: datetime, lasting: frozenset[str]) -> None:
        """The unit works on the leg no more, and only what is `lasting` goes on."""
        self._void([old for old in self.deadlines if old.leg is leg and old.kind not in lasting])
        leg.paused = False
        self._resume(leg, minute(at), at)
        if leg.ended:
            self._begin(UPHELD, None, at)
        if self._state() == "completed":
            self._drop_waiting()
            self._meet(ALL_COMPLETED, None, at)
            self._begin(ALL_COMPLETED, None, at)
            self._begin_closure(at)
        if all(each.ended or (each.completed and each.returned) for each in self.legs.values()):
            self._begin(RETURNED, None, at)

    def _begin_closure(self, at: datetime) -> None:
        if self._state() == "completed" and (self.heard or not self.pack.closes_heard):
            self._begin(HEARD, None, at)

    def _pause(self, leg: ExpectedLeg, at: datetime) -> None:
        leg.paused = True
        if leg.pause_ends_at is None and self.pack.pauses:
            leg.pauses.append((minute(at), None))
            leg.pause_ends_at = due(self.pack.pauses["cap"], minute(at), self.pack)
            self._reckon_all(leg, at)

    def _extend(self, leg: ExpectedLeg, kind: str, limit: dict[str, Any], at: datetime) -> None:
        """Only a longer limit takes effect, while the deadline is open, as often as the pack says."""
        rule = self.pack.extension
        deadline = next((old for old in self._open() if old.leg is leg and old.kind == kind), None)
        if deadline is None or kind not in rule["deadlines"] or deadline.extended >= rule.get("times", 99):
            return
        pauses = [(begin, end or minute(at)) for begin, end in leg.pauses]
        old = due(deadline.limit, deadline.started_at, self.pack, pauses) if deadline.limit else None
        if deadline.given_at:
            old = moved(deadline.given_at, deadline.started_at, pauses)
        new = due(limit, deadline.started_at, self.pack, pauses)
        if old and new and new > old:
            deadline.limit, deadline.given_at = limit, None
            deadline.reminded, deadline.extended = False, deadline.extended + 1
            self._reckon(deadline, at)

    def _promise(self, leg: ExpectedLeg, planned_on: str, rank: str | None, at: datetime) -> None:
        """A promised day becomes a deadline, no later than the cap unless a higher rank gave its word.

        Nothing changes by a day that is over, by a later one than runs already, or after a broken promise.
        """
        rule, day = self.pack.promises, date.fromisoformat(planned_on)
        if not rule:
            return
        if rank not in RANKS[RANKS.index(rule.get("rank", "leader")) :]:
            cap = due(rule["cap"], leg.assigned_at, self.pack, leg.pauses)
            day = min(day, cap.astimezone(ZONE).date()) if cap else day
        promised = [old for old in self.deadlines if old.leg is leg and old.start == PLANNED]
        promised = [old for old in promised if old.round == leg.round]
        running = [old.due_at or old.given_at for old in promised if old.verdict == "open"]
        late = [old for old in promised if old.verdict == "overdue"]
        if (
            closing(day) > minute(at)
            and not late
            and not [end for end in running if end and end <= closing(day)]
        ):
            if not promised:
                self._meet(PLANNED, leg, at)
            self._void(promised)
            self._begin(PLANNED, leg, at, closing(day).astimezone(UTC))

    def _reach(self, leg: ExpectedLeg, reached: dict[str, Any] | None, at: datetime) -> None:
        """A stage meets and starts what the pack says; its dates are instalments, which money meets."""
        if reached is None:
            return
        name, dates = reached["stage"], [datetime.fromisoformat(end) for end in reached.get("dates", ())]
        if not self.pack.stages[name].get("pays"):
            self._meet(name, leg, at)
        else:
            leg.in_full = leg.in_full or bool(reached.get("in_full"))
            leg.paid += Decimal(reached.get("amount", 0))
            self._meet_instalments(leg, at)
            if leg.paid_up():
                self._meet(name, leg, at)
                self._begin("paid_up", leg, at)
        if not dates:
            self._begin(name, leg, at)
            return
        self._void([old for old in self.deadlines if old.leg is leg and old.start == name])
        leg.forget_debt()
        for ends_at, sum_ in sorted(zip(dates, map(Decimal, reached["amounts"]), strict=True)):
            self._begin(name, leg, at, ends_at.astimezone(UTC))
            self.deadlines[-1].sum = sum_
            leg.plan.append(self.deadlines[-1])

    def _meet_instalments(self, leg: ExpectedLeg, at: datetime) -> None:
        left = leg.paid
        for instalment in leg.plan:
            left -= instalment.sum or 0
            if (left >= 0 or leg.in_full) and instalment.met_at is None:
                instalment.meet(minute(at))

    def _reopen(self, at: datetime) -> None:
        if self.signed_off and self.pack.begins_anew:
            self.lifted_at, self.signed_off = None, False
        self._void([deadline for deadline in self.deadlines if deadline.start == ALL_COMPLETED])
        self._go_on(at)
        self.heard = False
        for leg in self.legs.values():
            if leg.completed and not leg.ended:
                leg.completed = leg.refused = False
                leg.forget_debt()
                self._dispatch_again(leg, at, "reopened")

    def _go_on(self, at: datetime) -> None:
        """Nothing is to be closed for now; a closure that is late is answered by this."""
        for deadline in self.deadlines:
            if deadline.start == HEARD and deadline.verdict != "void" and deadline.met_at is None:
                if deadline.verdict == "open":
                    deadline.verdict = "void"
                else:
                    deadline.meet(minute(at))

    def _end(self, state: str, at: datetime) -> None:
        self.end = state
        self._void(self.deadlines)
        for deadline in self.deadlines:
            deadline.raises_at = None
        for leg in self.legs.values():
            leg.end_pause(minute(at))


def _place(act: dict[str, Any]) -> int:
    """Acts of one moment count in the order of a case's life."""
    if "received" in act or "legs" in act:
        return 0
    if "contacted" in act["what"] or act.get("starts") == "objected":
        return 1
    return 2 if "objection_decided" in act["what"] else 3


def _leg(leg: dict[str, Any], index: int, at: datetime) -> ExpectedLeg:
    lead = leg["role"] == "lead"
    return ExpectedLeg(leg["leg"], leg["unit"], leg.get("leader"), index, lead, minute(at))
