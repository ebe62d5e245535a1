"""A case while it is judged: how it stands, and what meets its deadlines.

`starting` holds how its deadlines start, `reckoning` when they end, `timers` how they pass.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from shared.rules.judging import reckoning, rulings
from shared.rules.judging.acts import LegAct
from shared.rules.judging.rulings import Rulings
from shared.rules.judging.state import (
    ANSWERABLE,
    NEVER,
    OUTLIVES,
    Card,
    CaseState,
    Deadline,
    Leg,
    WaitingLift,
    void,
)
from shared.rules.pack.ladder import Level
from shared.rules.pack.pack import Pack
from shared.rules.terms import Kind, Mark, Role, Verdict
from shared.rules.time.calendar import Calendars
from shared.rules.time.limits import Limit
from shared.rules.time.pauses import Pause


class Case:
    """A case as it stands after the acts folded so far (see `acts`) and the timers run up to then.

    `ladders` counts how often the ladder began: once, and again with each reopening of what was signed off.
    """

    def __init__(self, case_id: UUID, pack: Pack, calendars: Calendars) -> None:
        self.pack = pack
        self.table = pack.table()
        self.counting = self.table.counting
        self.calendar = calendars.first
        self.notices = list(calendars.later)
        self.rulings = Rulings(case_id)
        self.received = False
        self.withholds = False
        self.end: CaseState | None = None
        self.lifted_at: datetime | None = None
        self.first_lifted_at: datetime | None = None
        self.signed_off = False
        self.ladders = 1
        self.referred_at: datetime | None = None
        self.denied = False
        self.level: Level | None = None
        self.marks: frozenset[Mark] = frozenset()
        self.legs: dict[UUID, Leg] = {}
        self.paused: list[Leg] = []
        self.heard = False
        self.waiting_lift: WaitingLift | None = None
        self.raised: list[Deadline] = []
        self.cards: dict[UUID, Card] = {}
        self.own: list[Deadline] = []
        self.deadlines: list[Deadline] = []

    def state(self) -> CaseState:
        """How the case stands."""
        if self.end:
            return self.end
        if self.referred_at:
            return CaseState.REFERRED
        if self.all_completed():
            return CaseState.COMPLETED
        if self.lifted_at:
            return CaseState.LIFTED
        at_work = any(not leg.ended and leg.handles for leg in self.legs.values())
        return CaseState.DISPATCHED if at_work else CaseState.REGISTERED

    def rounds(self) -> int:
        """The highest round of a leg; 0 before dispatch."""
        return max([leg.round for leg in self.legs.values()], default=0)

    def all_completed(self) -> bool:
        """Whether a unit handles the case in a leg that did not end, and every such leg is completed."""
        completed = [leg.completed for leg in self.legs.values() if not leg.ended and leg.handles]
        return bool(completed) and all(completed)

    def all_returned(self) -> bool:
        """Whether nobody has the case: every leg ended, or was completed by giving the case back."""
        legs = self.legs.values()
        return bool(legs) and all(leg.ended or (leg.completed and leg.returned) for leg in legs)

    def counted_from(self, at: datetime) -> datetime:
        """From when what happens at `at` counts: the minute shown, where whole minutes count."""
        return at.replace(second=0, microsecond=0) if self.counting.whole_minutes else at

    def know_kind(self, kind: Kind) -> None:
        """Judge by the rules for this kind from now on."""
        self.table = self.pack.table(kind)

    def withhold(self, withholds: bool) -> None:
        """Keep from the units who asks, or no longer. Contacts that are still to be made go to the office."""
        self.withholds = withholds
        if not withholds:
            return
        for leg in self.legs.values():
            for deadline in leg.deadlines:
                if deadline.kind in self.table.reaching and deadline.verdict is Verdict.OPEN:
                    deadline.unit, deadline.withheld = None, True

    def lead(self) -> Leg | None:
        """The leg that leads, else the first leg; None before dispatch. A relieved unit leads no more."""
        legs = [leg for leg in self.legs.values() if not leg.relieved] or list(self.legs.values())
        return next((leg for leg in legs if leg.assigned.role is Role.LEAD), legs[0] if legs else None)

    def leg_of(self, deadline: Deadline) -> Leg | None:
        """The leg of a deadline; None for a deadline of the whole case."""
        return self.legs[deadline.leg_id] if deadline.leg_id else None

    def live(self, act: LegAct) -> Leg | None:
        """The leg of an act, unless it has ended or is completed."""
        leg = self.legs.get(act.leg_id)
        return None if leg is None or leg.ended or leg.completed else leg

    def meet(self, meeting: str, deadlines: Iterable[Deadline], at: datetime) -> None:
        """Mark the deadlines that `meeting` meets as met at `at`. One that is overdue stays overdue."""
        kinds = self.table.meets.get(meeting)
        if not kinds:
            return
        had_their_turn = set()
        for deadline in deadlines:
            waits = deadline.kind in kinds and not deadline.met_at and deadline.verdict is not Verdict.VOID
            waits = waits and deadline.sum is None  # only money meets it: see `arrears`
            if waits and deadline.kind not in had_their_turn:
                if deadline.in_turn:
                    had_their_turn.add(deadline.kind)
                deadline.met_at, deadline.raises_at = at, NEVER
                if deadline.verdict is Verdict.OPEN:
                    deadline.close(Verdict.MET)

    def pause(self, leg: Leg, at: datetime, cap: Limit, runs_on: tuple[str, ...] = ()) -> None:
        """Stop the time of the leg, for `cap` at most, but not for the given moments of what `runs_on`."""
        if leg not in self.paused:
            self.paused.append(leg)
            leg.runs_on[at] = runs_on
            leg.pauses, leg.pause_cap = (*leg.pauses, Pause(at)), cap
            leg.pause_ends_at = reckoning.due(self, cap, at, leg.hours.plain).due_at or NEVER
            reckoning.reckon_leg(self, leg, at)

    def resume(self, leg: Leg, at: datetime) -> None:
        """End the leg's pause, if one is open; its deadlines run on."""
        if leg in self.paused:
            self.paused.remove(leg)
            leg.pauses = (*leg.pauses[:-1], Pause(leg.pauses[-1].start, at))
            reckoning.reckon_leg(self, leg, at)

    def catch_up(self, at: datetime) -> None:
        """Know the holiday notices that came out while the case had ended."""
        while self.notices and self.notices[0][0] < at:
            (_, self.calendar), *self.notices = self.notices

    def finish(self, state: CaseState, at: datetime) -> None:
        """End the case in `state`; its open deadlines become void."""
        self.end, self.waiting_lift = state, None
        outliving = OUTLIVES if state in ANSWERABLE else ()
        void([deadline for deadline in self.deadlines if deadline.start not in outliving])
        for leg in self.legs.values():
            self.resume(leg, at)

    def clear_cards(self, leg: Leg, at: datetime) -> None:
        """Clear the cards of a completed leg."""
        for card in self.cards.values():
            if card.leg is leg and not card.withdrawn and not card.cleared:
                card.cleared = True
                fields = {"card_id": card.card_id, "unit": leg.assigned.unit}
                self.rulings.add(rulings.CardCleared, at, str(card.card_id), fields)
