"""Seeded random walks of one case over the acts that the services let happen, judged act by act.

What somebody has to do next is a matter. After each act and each silence `Walk.neglected` says which matters
nobody need act on: no clock runs for them, and nothing that passed unmet names somebody.
"""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from uuid import UUID, uuid5

from shared.rules.judging import acts, rulings, timers
from shared.rules.judging.acts import Act, AssignedLeg
from shared.rules.judging.fold import fold
from shared.rules.judging.state import NEVER, Deadline, Leg
from shared.rules.pack.pack import Pack
from shared.rules.terms import Kind, Role, Verdict
from tests.packs.histories import CASE, at
from tests.packs.walk_choices import OVER, Asked, Standing

START = at("03-02 09:00")
LAST = START + timedelta(days=900)
"""No act after this: what the calendar does not reach is no pack's mistake."""
LONG = timedelta(days=4000)
LATER = (timedelta(minutes=1), timedelta(hours=3), timedelta(days=2), timedelta(days=20))
NAMING = {
    rulings.Supervised,
    rulings.CardIssued,
    rulings.HandedOver,
    rulings.PublicationProposed,
    rulings.Raised,
    rulings.Lifted,
}
"""What names somebody who must act."""


class Walk(Standing):
    """One case under one pack, from its registration on."""

    def __init__(self, rules: Pack, kind: Kind, seed: int) -> None:
        super().__init__(rules, kind, START, Random(f"{rules.ref} {kind} {seed}"))
        self.happened: list[str] = []
        self._do(acts.Opened, {"kind": kind})

    @property
    def summary(self) -> str:
        """What happened so far, in short."""
        return " > ".join(self.happened)

    def neglected(self) -> list[str]:
        """The matters that nobody need act on."""
        matters = [matter for matter, deadlines in self._matters() if not any(map(self._names, deadlines))]
        missed = [d for d in self.case.deadlines if d.verdict is Verdict.OVERDUE and d.unit is None]
        return matters + [
            f"{d.kind} passed, nobody was told" for d in missed if not (d.met_at or self._names(d))
        ]

    def step(self) -> bool:
        """Do an act that may be done now, or let time pass. False where nothing can happen any more."""
        if self.now >= LAST:
            return False
        choices = [*self.choices()]
        if not choices:
            return False
        if self.random.random() < 0.3:
            self._wait()
            return True
        self._do(*self.random.choice(choices))
        return True

    def rest(self) -> None:
        """Let so much time pass that no clock runs any more."""
        self.happened.append("silence")
        self.now += LONG
        timers.run(self.case, self.now)
        self._drop_waiting()

    def _wait(self) -> None:
        """Let time pass: a while, or until a clock runs out and a while more."""
        coming = timers.next_at(self.case)
        if coming < LAST and self.random.random() < 0.7:
            self.now = max(self.now, coming)
        self.now += self.random.choice(LATER)
        self.happened.append(f"{self.now:%m-%d %H:%M}")
        timers.run(self.case, self.now)
        self._drop_waiting()

    def _do(self, act_type: type[Act], fields: dict[str, object]) -> None:
        """Let one act happen now, and remember what the services remember of it."""
        if act_type is acts.StageProposed:
            fields = self._numbered(fields)
        word = fields.get("stage") or fields.get("upheld") or ""
        self.happened.append(f"{act_type.__name__} {word}".strip())
        act = act_type(id=uuid5(CASE, f"{len(self.happened)}"), occurred_at=self.now, **fields)
        fold(self.case, act)
        for same in self._same_fact(act):
            fold(self.case, same)
        timers.run(self.case, self.now)
        self._remember(act)
        self._drop_waiting()
        self.now += self.random.choice(LATER[:2])

    def _same_fact(self, act: Act) -> Iterator[Act]:
        """What a service makes of the same fact: a bank's last word, and the leg of the regulator."""
        if not self._of_banks:
            return
        if isinstance(act, acts.Reached) and act.stage in ("declined", "disbursed"):
            yield acts.Completed(uuid5(act.id, "completed"), act.occurred_at, act.leg_id)
        if isinstance(act, acts.Opened) and act.kind is Kind.COMPLAINT:
            legs = (AssignedLeg(UUID(int=11), "regulator", Role.LEAD),)
            assigned = acts.Assigned(uuid5(act.id, "assigned"), act.occurred_at, legs)
            self._remember(assigned)
            yield assigned

    def _numbered(self, fields: dict[str, object]) -> dict[str, object]:
        report = fields["report"]
        asked = self.asked[report["leg_id"]]  # type: ignore[index]
        asked.number += 1
        asked.stages[asked.number] = report  # type: ignore[assignment]
        return {"leg_id": fields["leg_id"], "number": asked.number}

    def _remember(self, act: Act) -> None:
        """Keep what the services keep of an act beside what is judged of it."""
        if isinstance(act, acts.Assigned):
            self.asked |= {leg.leg_id: Asked() for leg in act.legs}
        elif isinstance(act, acts.LegAct):
            self._remember_asked(act, self.asked[act.leg_id])
        self.complained = _last(self.complained, act, acts.Complained, acts.ComplaintDecided)
        self.found = _last(self.found, act, acts.Found)
        self.signed = _last(self.signed, act, acts.SignedOff)
        self.rated = _last(self.rated, act, acts.Rated, acts.Reopened)
        self.heard = _last(self.heard, act, acts.Rated, acts.Reopened)
        if isinstance(act, acts.FollowedUp) and act.reached:
            self.heard = True

    def _remember_asked(self, act: acts.LegAct, asked: Asked) -> None:
        asked.objection = _last(asked.objection, act, acts.Objected, acts.ObjectionDecided)
        asked.extension = _last(
            asked.extension, act, acts.ExtensionAsked, acts.Extended, acts.ExtensionDenied
        )
        asked.pause = _last(asked.pause, act, acts.PauseRequested, acts.Paused, acts.PauseDenied)
        if isinstance(act, acts.StageDeclined | acts.Reached) and act.number:
            asked.stages.pop(act.number)

    def _drop_waiting(self) -> None:
        """What a unit asked for waits no more once its leg is done, nor a longer limit in the next round."""
        for leg in self.case.legs.values():
            asked = self.asked[leg.assigned.leg_id]
            asked.extension = asked.extension and leg.round == asked.round
            asked.round = leg.round
            if leg.completed or leg.ended or self.case.referred_at:
                self.asked[leg.assigned.leg_id] = Asked(number=asked.number, round=leg.round)

    def _matters(self) -> Iterator[tuple[str, list[Deadline]]]:
        """Whatever somebody must do next, with the deadlines of which one must run or have named somebody."""
        case = self.case
        if self.complained and case.state() not in OVER:
            yield "a complaint waits", started(case.own, "complained")
        if case.referred_at and not case.end:
            yield "received elsewhere", started(case.own, "referred")
        elif not case.end and not (self._at_the_regulator and case.all_completed()):
            yield from self._of_handling([leg for leg in case.legs.values() if leg.handles and not leg.ended])

    def _of_handling(self, at_work: list[Leg]) -> Iterator[tuple[str, list[Deadline]]]:
        own = self.case.own
        lifted, awaited = started(own, "lifted"), started(own, "to_be_lifted", "handed_over")
        if self._at_the_regulator:
            awaited += started(own, "received")
        if not at_work:
            yield "nobody has it", started(own, "received", "upheld", "returned", "handed_over")
        elif self.case.all_completed():
            yield "all is done", [*started(own, "all_completed", "heard", "returned", "handed_over"), *lifted]
        for leg in [leg for leg in at_work if not leg.completed]:
            yield f"{leg.assigned.unit} at work", [*of_this_round(leg), *lifted, *awaited]
            for start in self.asked[leg.assigned.leg_id].waiting():
                yield f"{leg.assigned.unit} {start}", started(leg.deadlines, start)

    def _names(self, deadline: Deadline) -> bool:
        if deadline.verdict is Verdict.OPEN:
            return deadline.fires_at < NEVER or bool(deadline.leg_id and self.case.paused)
        if deadline.verdict is not Verdict.OVERDUE or deadline.met_at:
            return False
        return (deadline.kind, deadline.due_at) in self._named() or (
            deadline.kind == "lifted" and self.case.lifted_at is not None
        )

    def _named(self) -> set[tuple[object, object]]:
        return {
            (fields["deadline"], fields["due_at"])
            for ruling, _, _, fields in self.case.rulings._collected
            if ruling in NAMING and "deadline" in fields
        }


def _last(before: bool, act: Act, begins: type[Act], *ends: type[Act]) -> bool:
    """Whether it holds after the act: `begins` lets it hold, `ends` ends it."""
    return isinstance(act, begins) or (before and not isinstance(act, ends))


def started(deadlines: list[Deadline], *starts: str) -> list[Deadline]:
    """Those of the deadlines that one of these started."""
    return [deadline for deadline in deadlines if deadline.start in starts]


def of_this_round(leg: Leg) -> list[Deadline]:
    """A leg's deadlines, without those of its earlier rounds: they speak of a handling that is over."""
    return [d for d in leg.deadlines if d.round == leg.round or d.unit is None or d.sum is not None]
