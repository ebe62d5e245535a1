"""What a case is made of while it is judged: legs, deadlines, cards, and the state they add up to."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from shared.named import Named
from shared.rules.arrears import Account
from shared.rules.judging.acts import AssignedLeg
from shared.rules.pack.ladder import Step
from shared.rules.pack.triggers import Start
from shared.rules.terms import Verdict
from shared.rules.time.calendar import Calendar
from shared.rules.time.hours import OfficeHours
from shared.rules.time.limits import Limit
from shared.rules.time.pauses import Pause

NEVER = datetime.max.replace(tzinfo=UTC)


def in_utc(moment: datetime) -> datetime:
    """An aware moment in UTC."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first or the last day a datetime can hold
        return moment


class CaseState(Named):
    """How a case stands. Completed: every leg that did not end is completed. From `REFERRED` on it has ended.

    Approved: the time to decide passed, and what was asked for counts as approved.
    """

    REGISTERED = "registered", "已登记"
    DISPATCHED = "dispatched", "办理中", "已交办"
    LIFTED = "lifted", "提级办理"
    COMPLETED = "completed", "已办结"
    REFERRED = "referred", "已引导"
    WITHDRAWN = "withdrawn", "已撤回"
    CLOSED = "closed", "已销号"
    APPROVED = "approved", "视为同意"


ANSWERABLE = (CaseState.CLOSED, CaseState.REFERRED)
"""The ends after which the office still answers for what it did."""
OUTLIVES = frozenset({Start.COMPLAINED})
"""What starts a deadline that such an end does not end: a complaint is answered after closure too."""


@dataclass(slots=True, eq=False)
class Deadline:
    """One deadline with what it was reckoned from.

    `key` names it within its case. `unit` is None for the office's own deadlines. `limit` is None where the
    moment itself was given. `due_at` is None while a pause is open, and for a limit that ends beyond the
    calendar. `fires_at` is when its timer fires: for a reminder if `reminds`, else because it passes.
    `in_turn`: of several deadlines of this kind, the earliest is met first. `calendar` is the one it was last
    reckoned by. `given_at` is the moment that was given, where pauses move it; the pauses in `ran_on` do not.
    Where `whole_minutes` count, it passes when its due minute is over, and with
    `pauses_at_due` a pause in that minute stops it. `sum` is what is due with it, in yuan.
    `raised` is how many steps up it went, last at `raised_at`; it goes up again when `raises_at` passes.
    `withheld`: the contact of an enterprise whose name the unit does not learn, which is the office's.
    """

    key: str
    leg_id: UUID | None
    unit: str | None
    round: int
    kind: str
    start: str
    started_at: datetime
    clause: str
    hours: OfficeHours
    calendar: Calendar
    limit: Limit | None
    due_at: datetime | None = None
    provisional: bool = False
    pauses: tuple[Pause, ...] = ()
    met_at: datetime | None = None
    verdict: Verdict = Verdict.OPEN
    fires_at: datetime = NEVER
    reminds: bool = False
    reminded: bool = False
    in_turn: bool = False
    extended: int = 0
    given_at: datetime | None = None
    ran_on: tuple[Pause, ...] = ()
    whole_minutes: bool = False
    pauses_at_due: bool = False
    sum: Decimal | None = None
    title: dict[str, str] = field(default_factory=dict)
    raised: int = 0
    raised_at: datetime | None = None
    raises_at: datetime = NEVER
    withheld: bool = False

    def close(self, verdict: Verdict) -> None:
        """Settle the deadline: its timer no longer fires."""
        self.verdict = verdict
        self.fires_at = NEVER


@dataclass(slots=True, eq=False)
class Leg:
    """One unit's share of a case. An ended leg is the unit's no more; a completed one can be reopened.

    `relieved`: it ended because the office took it from its unit. `runs_on`: by the start of each pause, the
    deadlines that it does not move. `decision` is what became of its part of an approval. `account` is what
    it owes, `plan` are the deadlines of the instalments, in order. `promised_in`: the last
    round in which a promise met something. `proposed` are the clocks of what waits to be
    confirmed, by its number.
    """

    assigned: AssignedLeg
    key: str
    index: int
    hours: OfficeHours
    round: int = 1
    completed: bool = False
    ended: bool = False
    relieved: bool = False
    refused: bool = False
    returned: bool = False
    assigned_at: datetime = NEVER
    promised_in: int = 0
    deadlines: list[Deadline] = field(default_factory=list)
    pauses: tuple[Pause, ...] = ()
    pause_cap: Limit | None = None
    pause_ends_at: datetime = NEVER
    runs_on: dict[datetime, tuple[str, ...]] = field(default_factory=dict)
    decision: str | None = None
    account: Account | None = None
    plan: list[Deadline] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    proposed: dict[int | None, list[Deadline]] = field(default_factory=dict)

    @property
    def handles(self) -> bool:
        """Whether its unit handles the case, and does not watch others do so."""
        return self.assigned.role.handles

    def pauses_of(self, deadline: str, since: datetime) -> tuple[tuple[Pause, ...], tuple[Pause, ...]]:
        """The pauses since a moment that move the given moment of `deadline`, and those that do not."""
        moving: list[Pause] = []
        ran_on: list[Pause] = []
        for pause in self.pauses:
            if pause.end is None or pause.end > since:
                on = ran_on if deadline in self.runs_on.get(pause.start, ()) else moving
                on.append(Pause(max(pause.start, since), pause.end))
        return tuple(moving), tuple(ran_on)


@dataclass(slots=True, eq=False)
class Card:
    """A card that was issued, and what became of it."""

    card_id: UUID
    leg: Leg
    withdrawn: bool = False
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class WaitingLift:
    """A lift that waits for what the office gathers: by which step, over which leg."""

    step: Step
    leg: Leg | None
    again: bool


def void(deadlines: list[Deadline]) -> None:
    """Make the open ones of these deadlines void; those that passed are raised no further."""
    for deadline in deadlines:
        deadline.raises_at = NEVER
        if deadline.verdict is Verdict.OPEN:
            deadline.close(Verdict.VOID)
