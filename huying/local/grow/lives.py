"""The lives of invented cases, driven through the units of work of all services.

Each act is one that its service takes at that moment, and the judge is the services' own: nothing is written
that the city could not have done.
"""

import random
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from huying.local.grow.invented import PLACES, UNITS, invented_body, unit_code
from huying.local.grow.works import Works
from services.dispatch.acts.assignment import Assign, NewLeg
from services.dispatch.acts.base import AppealAct
from services.dispatch.acts.office import Close, Find
from services.dispatch.acts.units import Complete, Contact, Reply
from services.dispatch.document import Unit
from services.dispatch.domain.context import ActContext
from services.dispatch.leg import LegDocument
from services.escalation import engine
from services.escalation.acts import Act as EscalationAct
from services.escalation.acts import Gather, SignOff
from services.escalation.domain import ActContext as EscalationContext
from services.escalation.domain import perform
from services.escalation.judgement import take
from services.escalation.leaders.directory import Directory
from services.intake.acts import Rate, Withdraw
from services.intake.domain.context import ActContext as IntakeContext
from shared.directory.leaders import TOP
from shared.events import Mark, Outcome, Rating, Role
from shared.finding.hashes import Hashes
from shared.roles import AccountRole
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendar, Calendars
from shared.service.accounts import ANYONE, Caller
from shared.service.clock import TICK

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONGEST = 45 * DAY
"""So long after its registration a case that ends has ended."""
OPERATOR = Caller("operator", AccountRole.OPERATOR)
OFFICE = Caller("office", AccountRole.OFFICE)
MAYOR = Caller("mayor", AccountRole.LEADER, TOP)
MARKS = (Mark.INHERITED, Mark.CROSS_DEPARTMENT)
SATISFIED = (Rating.VERY_SATISFIED, Rating.SATISFIED, Rating.BASICALLY_SATISFIED)


class Ending(StrEnum):
    """How far a case has come."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    CONTACTED = "contacted"
    REPLIED = "replied"
    COMPLETED = "completed"
    CLOSED = "closed"
    CLOSED_LATE = "closed after a card, in the second round"
    WITHDRAWN = "withdrawn"


OPEN = {
    Ending.RECEIVED: 4,
    Ending.ASSIGNED: 22,
    Ending.CONTACTED: 30,
    Ending.REPLIED: 32,
    Ending.COMPLETED: 12,
}
"""Of a hundred open cases."""
ENDED = {Ending.CLOSED: 80, Ending.CLOSED_LATE: 14, Ending.WITHDRAWN: 6}
"""Of a hundred cases that have ended."""


class CityRules(NamedTuple):
    """What the cases of a city are judged by, and when its past ends."""

    pack: Pack
    calendar: Calendar
    units: Mapping[str, Unit]
    directory: Directory
    until: datetime


class Lives:
    """Lets cases live, each from its registration to the end it has come to by the end of the past."""

    def __init__(self, rules: CityRules, hashes: Hashes, seed: int) -> None:
        self._rules = rules
        self._calendars = Calendars(rules.calendar)
        self._hashes = hashes
        self._chance = random.Random(seed)

    def live(self, works: Works, at: datetime, ending: Ending) -> None:
        """Register a case at `at`, let it come to `ending`, and judge it up to the end of the past."""
        _Life(self._rules, self._calendars, self._chance, works).live(at, ending, self._hashes)


class _Life:
    def __init__(self, rules: CityRules, calendars: Calendars, chance: random.Random, works: Works) -> None:
        self._rules = rules
        self._calendars = calendars
        self._chance = chance
        self._works = works
        self._id = UUID(int=chance.getrandbits(128), version=4)
        self._at = rules.until

    def live(self, at: datetime, ending: Ending, hashes: Hashes) -> None:
        self._at = at
        self._register(hashes)
        if ending is Ending.WITHDRAWN:
            self._after(HOUR, 20 * HOUR)
            self._in_intake(Withdraw(reason="已自行解决"))
        elif ending is not Ending.RECEIVED:
            self._assign()
            self._handle(ending)
        self._judge(self._rules.until)

    def _handle(self, ending: Ending) -> None:
        if ending is Ending.ASSIGNED:
            return
        if ending is Ending.CLOSED_LATE:
            self._let_first_round_pass()
        self._by_each_unit(lambda leg: Contact(leg_id=leg.leg_id, how="电话"), HOUR, 18 * HOUR)
        if ending is Ending.CONTACTED:
            return
        self._by_each_unit(lambda leg: Reply(leg_id=leg.leg_id, text="已现场勘查，正在办理。"), HOUR, DAY)
        if ending is Ending.REPLIED:
            return
        solved = partial(Complete, outcome=Outcome.SOLVED, text="已办结。")
        self._judge(self._at)
        self._by_each_unit(lambda leg: solved(leg_id=leg.leg_id), HOUR, 3 * DAY)
        if ending is not Ending.COMPLETED:
            self._close()

    def _close(self) -> None:
        self._after(HOUR, DAY)
        self._in_dispatch(OFFICE, Find(reasonable=True, by="营商环境办", reason="诉求合理"))
        self._sign_off_where_lifted()
        self._after(HOUR, 2 * DAY)
        self._in_intake(Rate(rating=self._chance.choice(SATISFIED)))
        self._after(HOUR, DAY)
        self._in_dispatch(OFFICE, Close())

    def _sign_off_where_lifted(self) -> None:
        self._judge(self._at)
        case = self._works.escalation.case(self._id)
        if case.waits_for_gathering():
            self._in_escalation(OFFICE, Gather(summary="已汇总各单位办理情况"))
        if case.lift is not None and case.lift.signed_off_at is None:
            self._in_escalation(MAYOR, SignOff())

    def _register(self, hashes: Hashes) -> None:
        works, rules = self._works, self._rules
        receipt = sha256(self._chance.randbytes(10)).hexdigest()
        works.intake.by = OPERATOR
        zone = rules.calendar.zone
        body = invented_body(self._chance)
        appeal = works.intake.register(body, self._id, rules.pack, self._at, zone, receipt)
        works.intake.index(appeal, hashes)
        works.spread()

    def _assign(self) -> None:
        locality = self._works.dispatch.appeal(self._id).locality or unit_code(0)
        department = unit_code(self._chance.randrange(len(PLACES), UNITS))
        legs = [NewLeg(unit=locality), NewLeg(unit=department, role=Role.ASSIST)]
        marks = self._chance.sample(MARKS, self._chance.choices([0, 1], [95, 5])[0])
        self._after(HOUR / 6, 2 * HOUR)
        assign = Assign(legs=tuple(legs[: self._chance.choice([1, 2])]), marks=frozenset(marks))
        self._in_dispatch(OFFICE, assign)

    def _let_first_round_pass(self) -> None:
        """Judge the case whenever it is due, until each leg is in its second round."""
        self._judge(self._at)
        while any(leg.round == 1 for leg in self._legs()):
            due_at = self._works.escalation.next_due[self._id]
            assert due_at is not None
            self._judge(due_at)
            self._at = due_at.astimezone(UTC) + TICK

    def _by_each_unit(
        self, act_on: Callable[[LegDocument], AppealAct], least: timedelta, most: timedelta
    ) -> None:
        for leg in self._legs():
            self._after(least / 2, most / 2)
            self._in_dispatch(Caller(leg.unit, AccountRole.UNIT, leg.unit), act_on(leg))

    def _legs(self) -> Collection[LegDocument]:
        return self._works.dispatch.appeal(self._id).handling_legs()

    def _after(self, least: timedelta, most: timedelta) -> None:
        """Let time pass. What would lie beyond the end of the past is crowded before it."""
        passed = least + (most - least) * self._chance.random()
        self._at = min(self._at + passed, self._at + (self._rules.until - self._at) / 2)

    def _in_dispatch(self, by: Caller, act: AppealAct) -> None:
        rules = self._rules
        context = ActContext(self._at, by, rules.pack, rules.calendar, rules.units)
        self._works.dispatch.by = by
        self._works.dispatch.perform(self._id, act, context)
        self._works.spread()

    def _in_escalation(self, by: Caller, act: EscalationAct) -> None:
        self._after(HOUR, DAY)
        work, today = self._works.escalation, self._at.astimezone(self._rules.calendar.zone).date()
        case, work.by = work.case(self._id), by
        for event in perform(case, act, EscalationContext(self._at, by, today, self._rules.directory)):
            emitted = work.emit(event)
            if type(emitted) in engine.ACTS:
                work.remember(emitted)
        self._judge(self._at)

    def _in_intake(self, act: Rate | Withdraw) -> None:
        rules = self._rules
        context = IntakeContext(self._at, ANYONE.name, rules.pack, rules.calendar, by_staff=False)
        self._works.intake.by = ANYONE
        self._works.intake.perform(self._id, act, context)
        self._works.spread()

    def _judge(self, upto: datetime) -> None:
        work, rules = self._works.escalation, self._rules
        case, work.by = work.case(self._id), None
        judgement = engine.judge(self._id, work.history_of(self._id), rules.pack, self._calendars, upto)
        today = upto.astimezone(rules.calendar.zone).date()
        for event in take(case, judgement, upto, lambda event: rules.directory.completed(event, today)):
            work.emit(event)
        work.judged(self._id, judgement.next_due_at, None)
        self._works.spread()
