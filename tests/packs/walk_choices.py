"""What the services let happen to a case as it stands: the choices of a random walk."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from shared.rules.judging import acts, arrears
from shared.rules.judging.acts import Act, AssignedLeg
from shared.rules.judging.case import Case
from shared.rules.judging.state import CaseState, Leg
from shared.rules.pack.desks import By, Need, Stage
from shared.rules.pack.pack import Pack
from shared.rules.terms import Kind, Mark, Role, UnitKind, Verdict
from shared.rules.time.calendar import Calendars
from tests.packs.histories import CALENDAR, CASE, working_days

Choice = tuple[type[Act], dict[str, object]]
MOST_LEGS = 4
OVER = (CaseState.WITHDRAWN, CaseState.APPROVED)
HANDLED = (CaseState.COMPLETED, CaseState.REFERRED, CaseState.CLOSED)
MARKS = ((), (), (Mark.CROSS_LEVEL, Mark.CROSS_DEPARTMENT), (Mark.LITIGATION,))


@dataclass
class Asked:
    """What waits for the word of the office on one leg."""

    objection: bool = False
    extension: bool = False
    pause: bool = False
    stages: dict[int, dict[str, object]] = field(default_factory=dict)
    number: int = 0
    round: int = 1

    def waiting(self) -> Iterator[str]:
        """What started the clocks that must run."""
        yield from ["objected"] * self.objection + ["extension_asked"] * self.extension
        yield from ["pause_asked"] * self.pause + ["proposed"] * bool(self.stages)


class Standing:
    """One case under one pack as it stands, with what the services keep beside what is judged of it."""

    def __init__(self, rules: Pack, kind: Kind, now: datetime, random: Random) -> None:
        self.rules, self.kind, self.now, self.random = rules, kind, now, random
        self.case = Case(CASE, rules, Calendars(CALENDAR).since(now))
        self.asked: dict[UUID, Asked] = {}
        self.rated = self.heard = self.complained = self.found = self.signed = False

    def choices(self) -> Iterator[Choice]:
        if self._at_the_regulator:
            yield from self._of_the_regulator()
        elif self._of_banks:
            yield from self._of_a_request()
        else:
            yield from self._of_the_case()
            for leg in self.case.legs.values():
                yield from self._of_a_leg(leg)

    @property
    def _of_banks(self) -> bool:
        return self.rules.prefix == "RZ"

    def _of_the_regulator(self) -> Iterator[Choice]:
        for leg in self.case.legs.values():
            if not leg.completed:
                yield acts.Completed, {"leg_id": leg.assigned.leg_id}

    def _of_a_request(self) -> Iterator[Choice]:
        case, legs = self.case, self.case.legs
        if case.end:
            return
        if len(legs) < MOST_LEGS:
            new = AssignedLeg(UUID(int=11 + len(legs)), f"bank {len(legs)}", Role.ASSIST)
            yield acts.Assigned, {"legs": (new,)}
        for leg in legs.values():
            yield from self._of_a_bank(leg)
        if any(leg.completed or leg.ended or "approved" in leg.reached for leg in legs.values()):
            yield acts.Rated, {}
            yield acts.FollowedUp, {"reached": self.random.random() < 0.7}
        if self.heard and not any(asked.objection for asked in self.asked.values()):
            yield acts.Closed, {}

    def _of_a_bank(self, leg: Leg) -> Iterator[Choice]:
        by, asked = {"leg_id": leg.assigned.leg_id}, self.asked[leg.assigned.leg_id]
        if leg.ended or leg.completed:
            return
        yield acts.Contacted, by
        allowed = {"documents_needed", "under_review", "approved", "declined"}
        allowed = {"disbursed"} if "approved" in leg.reached else allowed
        yield from ((acts.Reached, by | {"stage": stage}) for stage in sorted(allowed))
        if asked.objection:
            yield acts.ObjectionDecided, by | {"upheld": False}
        else:
            yield acts.Objected, by
        yield acts.ObjectionDecided, by | {"upheld": True}

    def _of_the_case(self) -> Iterator[Choice]:
        if self.case.state() in OVER:
            return
        yield from self._by_the_enterprise(self.case.state())
        if self.case.referred_at and not self.case.end:
            yield from ((acts.ReferralReceived, {}), (acts.ReferralReturned, {}), (acts.Found, {}))
        elif not self.case.end:
            yield from self._by_the_office()
            yield from self._dispatches()

    def _by_the_enterprise(self, state: CaseState) -> Iterator[Choice]:
        yield (acts.ComplaintDecided, {}) if self.complained else (acts.Complained, {})
        if state in HANDLED:
            yield acts.FollowedUp, {"reached": self.random.random() < 0.7}
        if state in HANDLED and not self.rated:
            yield acts.Rated, {}
        if self.rated and (state is CaseState.COMPLETED or self._may_reopen_closed()):
            yield acts.Reopened, {}
        if not self.case.end and self.random.random() < 0.05:
            yield acts.Withdrawn, {}

    def _by_the_office(self) -> Iterator[Choice]:
        yield acts.Found, {}
        if self.rules.referral and self.random.random() < 0.2:
            yield acts.Referred, {}
        if self.case.waiting_lift:
            yield acts.Gathered, {}
        if self.case.lifted_at and not self.signed:
            yield acts.SignedOff, {}
            yield acts.Instructed, {"limit": self.random.choice((None, working_days(5)))}
        if self._may_close():
            yield acts.Closed, {}

    def _may_reopen_closed(self) -> bool:
        rule = self.rules.reopening
        return rule is not None and rule.after_closure and self.case.end is CaseState.CLOSED

    def _may_close(self) -> bool:
        rule, case = self.rules.closure, self.case
        if not any(leg.handles and not leg.ended for leg in case.legs.values()):
            return self.found and rule is not None and rule.before_dispatch is not None
        needs = rule.needs if rule else {Need.SIGNED_OFF}
        lacks = (
            (Need.FINDING in needs and not self.found)
            or (Need.SIGNED_OFF in needs and case.lifted_at and not self.signed)
            or (Need.HEARD in needs and not self.heard)
        )
        return case.all_completed() and not lacks

    def _dispatches(self) -> Iterator[Choice]:
        case = self.case
        live = [leg for leg in case.legs.values() if not leg.ended]
        if len(case.legs) >= MOST_LEGS:
            return
        leads = any(leg.assigned.role is Role.LEAD for leg in live)
        role = self.random.choice((Role.ASSIST, Role.SUPERVISE)) if leads else Role.LEAD
        index = len(case.legs)
        kind = self.random.choice([None, *UnitKind])
        new = AssignedLeg(UUID(int=11 + index), f"unit {index}", role, "leader", unit_kind=kind)
        marks = frozenset(self.random.choice(MARKS))
        yield acts.Assigned, {"legs": (new,), "marks": marks}
        if live:
            yield acts.Marked, {"marks": frozenset({Mark.CROSS_LEVEL, Mark.CROSS_DEPARTMENT})}

    def _of_a_leg(self, leg: Leg) -> Iterator[Choice]:
        case, asked, by = self.case, self.asked[leg.assigned.leg_id], {"leg_id": leg.assigned.leg_id}
        if case.end or case.referred_at or leg.ended:
            return
        if leg.handles:
            yield acts.Contacted, by
        if leg.completed:
            return
        yield acts.Relieved, by
        if asked.objection:
            yield acts.ObjectionDecided, by | {"upheld": self.random.random() < 0.5}
        else:
            yield acts.Objected, by
        if leg.handles:
            yield from self._handling(leg, asked, by)

    def _handling(self, leg: Leg, asked: Asked, by: dict[str, object]) -> Iterator[Choice]:
        yield acts.Responded, by
        if not leg.refused:
            yield acts.Refused, by
        if any(step.when.requested for step in self.rules.ladder):
            yield acts.LiftRequested, by
        if self._may_complete(leg):
            yield acts.Completed, by
        yield from self._more_time(leg, asked, by)
        for stage in self.rules.stages:
            yield from self._stage(leg, asked, stage, by)
        for number, report in asked.stages.items():
            yield acts.Reached, report | {"number": number}
            yield acts.StageDeclined, by | {"number": number}

    def _may_complete(self, leg: Leg) -> bool:
        if self.rules.approval and self.rules.approval.each_leg:
            return False
        return self.case.table.complete_after <= leg.reached and not arrears.waits(self.case, leg)

    def _more_time(self, leg: Leg, asked: Asked, by: dict[str, object]) -> Iterator[Choice]:
        rules = self.rules
        if rules.promises:
            days = self.random.choice((0, 5, 25))
            yield acts.Promised, by | {"planned_on": (self.now + timedelta(days=days)).date()}
        running = [
            d for d in leg.deadlines if d.verdict is Verdict.OPEN and d.kind in self.case.table.extended
        ]
        if running and not asked.extension:
            yield acts.ExtensionAsked, by
        if running:
            yield acts.Extended, by | {"deadline": running[0].kind, "limit": working_days(20)}
        if asked.extension:
            yield acts.ExtensionDenied, by
        if rules.pauses and leg in self.case.paused:
            yield acts.Resumed, by
        elif rules.pauses:
            yield (acts.PauseDenied if asked.pause else acts.PauseRequested), by
            yield acts.Paused, by

    def _stage(self, leg: Leg, asked: Asked, stage: Stage, by: dict[str, object]) -> Iterator[Choice]:
        report = by | {"stage": stage.stage}
        in_full = stage.pays and self.random.random() < 0.3
        if stage.dated:
            report["dates"] = (self.now - timedelta(days=self.random.choice((0, 1, 60))),)
        if stage.dates:
            report["dates"] = tuple(self.now + timedelta(days=30 * n) for n in (1, 2))
        if stage.sums:
            still = leg.account.open() if leg.account else None
            part = max(still or Decimal(200), Decimal(2)) / 2
            report["sums"] = (part,) * len(report.get("dates", (1,)))  # type: ignore[arg-type]
        if stage.pays:
            report |= {"in_full": in_full} if in_full else {"paid": Decimal(self.random.choice((1, 50, 200)))}
        yield acts.Reached, report
        if (stage.by is By.BOTH or in_full) and len(asked.stages) < 2:
            yield acts.StageProposed, by | {"report": report}

    @property
    def _at_the_regulator(self) -> bool:
        return self._of_banks and self.kind is Kind.COMPLAINT
