"""What a case is made of while the checker judges it: events, deadlines and legs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

DUE_MINUTE = timedelta(minutes=1, microseconds=-1)


class ExpectedEvent(NamedTuple):
    """An event that must be issued. `type` is without version; `round` is 0 where the event has none."""

    type: str
    leg: str | None
    round: int
    deadline: str
    at: datetime
    unit: str | None = None
    leader: str | None = None
    to: str | None = None
    reason: str = "overdue"


@dataclass(eq=False)
class ExpectedLeg:
    """One leg. `open_cards` counts the cards not cleared.

    `pauses` are as `reckoning` takes them; the last ends at `pause_ends_at` unless it is ended before.
    `paused` is what dispatch knows: it does not hear of a pause that ended by itself.
    `paid` is what was paid since `plan`, the instalments of a debt, was agreed; `in_full` is the word that
    all is. `proposed` are the deadlines of the unit's reports, by number, that nobody has decided.
    """

    id: str
    unit: str
    leader: str | None
    index: int
    lead: bool
    assigned_at: datetime
    round: int = 1
    completed: bool = False
    ended: bool = False
    refused: bool = False
    returned: bool = False
    open_cards: int = 0
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    pause_ends_at: datetime | None = None
    paused: bool = False
    paid: Decimal = Decimal(0)
    plan: list["ExpectedDeadline"] = field(default_factory=list)
    in_full: bool = False
    proposed: dict[int, list["ExpectedDeadline"]] = field(default_factory=dict)

    def works(self) -> bool:
        """Whether the unit still works on it."""
        return not (self.completed or self.ended)

    def state(self) -> str:
        """Its state at dispatch."""
        return (
            "ended" if self.ended else "completed" if self.completed else "paused" if self.paused else "open"
        )

    def paid_up(self) -> bool:
        """Whether all is paid that was agreed, or said to be."""
        agreed = sum((instalment.sum or Decimal(0) for instalment in self.plan), Decimal(0))
        return self.in_full or (bool(self.plan) and self.paid >= agreed)

    def forget_debt(self) -> None:
        """Begin a new account."""
        self.paid, self.plan, self.in_full = Decimal(0), [], False

    def end_pause(self, at: datetime) -> bool:
        """End the open pause at a whole minute; returns whether there was one."""
        was_open = bool(self.pauses) and self.pauses[-1][1] is None
        if was_open:
            self.pauses[-1] = self.pauses[-1][0], at
        self.pause_ends_at = None
        return was_open


@dataclass(eq=False)
class ExpectedDeadline:
    """One deadline; `leg` is None for a deadline of the case itself. `started_at` is a whole minute.

    `given_at` is the moment that a promise or a plan gave in place of a limit, `sum` what is due then.
    `due_at` is None while a pause is open.
    `raised` counts how often it was raised, after it passed.
    """

    kind: str
    leg: ExpectedLeg | None
    round: int
    start: str
    started_at: datetime
    limit: dict[str, Any] | None
    of_office: bool
    given_at: datetime | None = None
    sum: Decimal | None = None
    due_at: datetime | None = None
    remind_at: datetime | None = None
    reminded: bool = False
    extended: int = 0
    raised: int = 0
    raises_at: datetime | None = None
    verdict: str = "open"
    met_at: datetime | None = None

    def meet(self, at: datetime) -> None:
        """Note that it was met at a whole minute; what is overdue stays so."""
        self.met_at, self.raises_at = at, None
        self.verdict = "met" if self.verdict == "open" else self.verdict

    def fires_at(self) -> datetime | None:
        """When the open deadline next causes an event: its reminder, or the end of its due minute."""
        return self.remind_at or (self.due_at + DUE_MINUTE if self.due_at else None)

    def row(self) -> tuple[Any, ...]:
        """What is compared with the judge's deadline: leg, kind, round, due, verdict, met."""
        leg = self.leg.id if self.leg else None
        return leg, self.kind, self.round, self.due_at, self.verdict, self.met_at

    def unit(self) -> str | None:
        """Whose it is; None for the office's own."""
        return self.leg.unit if self.leg and not self.of_office else None
