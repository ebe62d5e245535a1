"""A case while it is judged: how its deadlines start, run and are met. `timers` holds how they pass."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from shared.rules.judging import arrears, consequences, rulings
from shared.rules.judging.acts import LegAct, OwnLimit
from shared.rules.judging.rulings import BEGINNING, Rulings
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
from shared.rules.pack.table import StartedLimit
from shared.rules.pack.triggers import Start
from shared.rules.terms import DeadlineKind, Kind, Mark, Role, Verdict
from shared.rules.time import limits
from shared.rules.time.calendar import Calendar, Calendars
from shared.rules.time.hours import OfficeHours
from shared.rules.time.limits import Due, Limit, Pause

NO_SUMS: Mapping[datetime, Decimal] = {}
BEYOND_CALENDAR = Due(None, None, True)
ONCE_A_ROUND = frozenset(
    {
        Start.RECEIVED,
        Start.LIFTED,
        Start.ALL_COMPLETED,
        Start.HANDED_OVER,
        Start.CONTACTED,
        Start.RESPONDED,
    }
)
"""Starts that count once a round. All others, stages too, count again once the last one is met."""


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

    def lead(self) -> Leg | None:
        """The leg that leads, else the first leg; None before dispatch. A relieved unit leads no more."""
        legs = [leg for leg in self.legs.values() if not leg.relieved] or list(self.legs.values())
        return next((leg for leg in legs if leg.assigned.role is Role.LEAD), legs[0] if legs else None)

    def leg_of(self, deadline: Deadline) -> Leg | None:
        """The leg of a deadline; None for a deadline of the whole case."""
        return self.legs[deadline.leg_id] if deadline.leg_id else None

    def begin_round(self, leg: Leg, at: datetime) -> None:
        """Start the limits of the leg's round, where its unit handles the case.

        One whose own moment lies before `at` is overdue at once.
        """
        if not leg.handles:
            return
        for rule in self.table.starts[Start.ROUND, min(leg.round, self.table.top)]:
            own = leg.assigned.limits.get(rule.deadline) if rule.own_clause else None
            if (
                own
                and rule.own_clause
                and own.due_at
                and (leg.round == 1 or self._lies_ahead(own, rule, leg, at))
            ):
                self._start(rule, leg, at, rule.own_clause, due_at=own.due_at)
            elif own and rule.own_clause and own.limit and not own.due_at:
                self._start(rule, leg, at, rule.own_clause, own.limit)
            elif rule.limit:
                self._start(rule, leg, at, rule.clause, rule.limit)
        consequences.let_missed_pass(self, leg.deadlines, at)

    def _lies_ahead(self, own: OwnLimit, rule: StartedLimit, leg: Leg, at: datetime) -> bool:
        assert own.due_at
        due_at: datetime | None = self.counted_from(own.due_at)
        if due_at and self.counting.pauses_move_given_moments:
            due_at = self.moved(due_at, leg.pauses_of(rule.deadline, BEGINNING)[0])
        return due_at is None or due_at > at

    def begin(
        self,
        start: str,
        leg: Leg | None,
        at: datetime,
        dates: tuple[datetime, ...] = (),
        sums: Mapping[datetime, Decimal] = NO_SUMS,
    ) -> None:
        """Start the limits that an act or stage starts, of `leg` or of the case.

        A limit is not started while its deadline runs or has passed unmet. Limits without a length take their
        moments from `dates`, which replace those still open; `sums` are due at them.
        """
        running = leg.deadlines if leg else self.own
        for rule in self.table.starts.get((start, min(leg.round, self.table.top) if leg else 1), ()):
            if rule.limit:
                if not any(self._bars(deadline, rule, leg) for deadline in running):
                    self._start(rule, leg, at, rule.clause, rule.limit)
            elif dates:
                void([deadline for deadline in running if deadline.kind == rule.deadline])
                for date in sorted(set(dates)):
                    self._start(rule, leg, at, rule.clause, due_at=date)
                    running[-1].sum = sums.get(date)
                if leg and sums:
                    arrears.agree(leg, sums, running[-len(sums) :])
                consequences.let_missed_pass(self, running, at)

    def _bars(self, deadline: Deadline, rule: StartedLimit, leg: Leg | None) -> bool:
        each_its_own = rule.start == Start.PROPOSED
        if deadline.kind != rule.deadline or deadline.verdict is Verdict.VOID or each_its_own:
            return False
        if deadline.verdict is Verdict.OPEN:
            return True
        this_round = deadline.round == (leg.round if leg else self.rounds())
        if rule.start == Start.ALL_COMPLETED and deadline.met_at and (Start.HEARD, 1) in self.table.starts:
            return this_round and self.heard  # rounds do not count here: the unit of the highest may be gone
        return this_round and (not deadline.met_at or rule.start in ONCE_A_ROUND)

    def begin_lifted(self, at: datetime, instructed: Limit | None = None) -> None:
        """Start the limits of lifted handling anew; the one `instructed` replaces the limit of `lifted`."""
        for rule in self.table.starts.get((Start.LIFTED, 1), ()):
            if instructed is None or rule.deadline == DeadlineKind.LIFTED:
                void([deadline for deadline in self.own if deadline.kind == rule.deadline])
                self._start(rule, None, at, rule.clause, instructed or rule.limit)

    def begin_waiting(self, limit: Limit, at: datetime) -> datetime | None:
        """Start what the office has to gather for a lift, within `limit`; returns when that ends."""
        for rule in self.table.starts.get((Start.TO_BE_LIFTED, 1), ()):
            self._start(rule, None, at, rule.clause, limit)
            return self.own[-1].due_at
        return None

    def live(self, act: LegAct) -> Leg | None:
        """The leg of an act, unless it has ended or is completed."""
        leg = self.legs.get(act.leg_id)
        return None if leg is None or leg.ended or leg.completed else leg

    def _start(
        self,
        rule: StartedLimit,
        leg: Leg | None,
        at: datetime,
        clause: str,
        limit: Limit | None = None,
        due_at: datetime | None = None,
    ) -> None:
        """Start a deadline of a leg, or of the case, by its length or by the moment it ends."""
        if self.end and rule.start not in OUTLIVES:
            return
        due_at = due_at and self.counted_from(due_at)
        number, siblings = (leg.round, leg.deadlines) if leg else (self.rounds(), self.own)
        deadline = Deadline(
            key=_key(rule, leg, number, at, due_at, siblings),
            leg_id=leg.assigned.leg_id if leg else None,
            unit=leg.assigned.unit if leg and not rule.of_office else None,
            round=number,
            kind=rule.deadline,
            start=rule.start,
            started_at=at,
            clause=clause,
            hours=leg.hours if leg else self.table.hours,
            calendar=self.calendar,
            limit=limit,
            due_at=due_at,
            in_turn=rule.limit is None and rule.start in self.table.stages,
            whole_minutes=self.counting.whole_minutes,
            pauses_at_due=self.counting.pauses_in_due_minute,
            title=rule.title,
        )
        self.deadlines.append(deadline)
        siblings.append(deadline)
        if limit:
            self.reckon(deadline, self.pauses_of(leg, deadline), at)
        elif leg and due_at and self.counting.pauses_move_given_moments:
            deadline.given_at = due_at
            self._move_given(deadline, leg, at)
        else:
            self.arm(deadline, at)

    def _move_given(self, deadline: Deadline, leg: Leg, at: datetime) -> None:
        """Move a given moment by what was paused; the dates of a stage by what was paused since."""
        assert deadline.given_at
        since = BEGINNING if deadline.start == Start.ROUND else deadline.started_at
        deadline.pauses, deadline.ran_on = leg.pauses_of(deadline.kind, since)
        deadline.due_at = self.moved(deadline.given_at, deadline.pauses)
        self.arm(deadline, at)

    def pauses_of(self, leg: Leg | None, deadline: Deadline) -> tuple[Pause, ...]:
        """The pauses that count for a deadline; where only units pause, none for one of the office."""
        runs_on = deadline.unit is None and self.table.office_runs_on
        return () if leg is None or runs_on else leg.pauses

    def reckon(self, deadline: Deadline, pauses: tuple[Pause, ...], at: datetime) -> None:
        """Reckon anew when an open deadline that has a length ends, as of `at`."""
        assert deadline.limit
        due = self.due(deadline.limit, deadline.started_at, deadline.hours, pauses, deadline.calendar)
        deadline.pauses = pauses
        deadline.provisional = due.provisional
        deadline.due_at = due.due_at
        self.arm(deadline, at)

    def due(
        self,
        limit: Limit,
        started_at: datetime,
        hours: OfficeHours,
        pauses: tuple[Pause, ...] = (),
        calendar: Calendar | None = None,
    ) -> Due:
        """When `limit` ends; `BEYOND_CALENDAR` where the calendar does not reach so far."""
        try:
            return limits.due(
                limit,
                started_at,
                calendar or self.calendar,
                hours,
                pauses,
                whole_minutes=self.counting.whole_minutes,
                pauses_at_due=self.counting.pauses_in_due_minute,
            )
        except (ValueError, OverflowError):
            return BEYOND_CALENDAR

    def moved(self, given_at: datetime, pauses: tuple[Pause, ...]) -> datetime | None:
        """When a given moment is reached, later by what was paused."""
        return limits.moved(given_at, pauses, pauses_at_due=self.counting.pauses_in_due_minute)

    def arm(self, deadline: Deadline, at: datetime) -> None:
        """Set the timer of a deadline, as of `at`: for its reminder, or for the moment it passes."""
        due_at = deadline.due_at
        deadline.reminds = False
        deadline.fires_at = self.counting.last_in_time(due_at) if due_at else NEVER
        percent = self.table.percent.get(deadline.kind)
        if percent and due_at and not deadline.reminded:
            remind_at = max(self._remind_at(deadline, due_at, percent), at, self.rulings.now)
            if remind_at < due_at:
                deadline.reminds = True
                deadline.fires_at = remind_at

    def _remind_at(self, deadline: Deadline, due_at: datetime, percent: int) -> datetime:
        if not self.counting.reminders_by_counted_time:
            return deadline.started_at + (due_at - deadline.started_at) * percent / 100
        return limits.part_over_at(
            percent,
            deadline.limit,
            (deadline.started_at, due_at),
            deadline.calendar,
            deadline.hours,
            deadline.pauses,
        )

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
            leg.pause_ends_at = self.due(cap, at, leg.hours.plain).due_at or NEVER
            self._reckon_all(leg, at)

    def resume(self, leg: Leg, at: datetime) -> None:
        """End the leg's pause, if one is open; its deadlines run on."""
        if leg in self.paused:
            self.paused.remove(leg)
            leg.pauses = (*leg.pauses[:-1], Pause(leg.pauses[-1].start, at))
            self._reckon_all(leg, at)

    def _reckon_all(self, leg: Leg, at: datetime) -> None:
        for deadline in leg.deadlines:
            if deadline.verdict is Verdict.OPEN and deadline.limit:
                self.reckon(deadline, self.pauses_of(leg, deadline), at)
            elif deadline.verdict is Verdict.OPEN and deadline.given_at:
                self._move_given(deadline, leg, at)

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


def _key(
    rule: StartedLimit,
    leg: Leg | None,
    number: int,
    at: datetime,
    due_at: datetime | None,
    siblings: list[Deadline],
) -> str:
    """The name of a deadline within its case. What may start again in a round is named by its start too."""
    if leg and rule.start == Start.ROUND:
        return f"{leg.key} {number} {rule.deadline}"
    own = f"{leg.key} {due_at.timestamp() if due_at else ''} " if leg else ""
    key = f"{own}{at.timestamp()} {number} {rule.deadline}"
    same = sum(deadline.key.partition("#")[0] == key for deadline in siblings)
    return f"{key}#{same}" if same else key
