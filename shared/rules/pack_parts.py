"""The rules a pack is made of, each with its ground: a `clause`, or a `choice` with the reason for it."""

import re
from datetime import date
from enum import StrEnum
from math import inf
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.events import DeadlineKind, LiftReason, Mark
from shared.rules.calendar import OfficeHours
from shared.rules.limits import Limit, LimitUnit

OF_THE_CASE = (DeadlineKind.DISPATCH, DeadlineKind.LIFTED)
LEG_KINDS = tuple(kind for kind in DeadlineKind if kind not in OF_THE_CASE)


class Act(StrEnum):
    """What a step of the ladder does."""

    CARD = "card"
    REDISPATCH = "redispatch"
    LIFT = "lift"
    SUPERVISE = "supervise"


class Meeting(StrEnum):
    """What may meet a deadline. `all_completed`: every leg of the case is completed."""

    ASSIGNED = "assigned"
    CONTACTED = "contacted"
    RESPONDED = "responded"
    COMPLETED = "completed"
    REFERRED = "referred"
    CLOSED = "closed"
    SIGNED_OFF = "signed_off"
    ALL_COMPLETED = "all_completed"


_OF_A_LEG = {Meeting.CONTACTED, Meeting.RESPONDED, Meeting.COMPLETED}
MAY_MEET = {
    DeadlineKind.DISPATCH: {Meeting.ASSIGNED, Meeting.REFERRED, Meeting.CLOSED},
    DeadlineKind.CONTACT: _OF_A_LEG,
    DeadlineKind.REPLY: _OF_A_LEG,
    DeadlineKind.COMPLETION: _OF_A_LEG,
    DeadlineKind.LIFTED: {Meeting.SIGNED_OFF, Meeting.ALL_COMPLETED},
}


class LeaderChoice(StrEnum):
    """To whom a lifted appeal goes: the leader in charge of the leg's unit, or the mayor."""

    IN_CHARGE = "in_charge"
    MAYOR = "mayor"


class Strict(BaseModel):
    """Nothing but what is named here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _leg_kind(kind: DeadlineKind) -> DeadlineKind:
    if kind in OF_THE_CASE:
        raise ValueError(f"'{kind}' is a deadline of the whole case, here only those of a leg can stand")
    return kind


def _rounds(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d?\+?", text):
        raise ValueError(f"'{text}' are no rounds: write 2 for the second, 2+ for it and all later ones")
    return text


def _in_days(limit: Limit) -> Limit:
    if limit.unit not in (LimitUnit.NATURAL_DAYS, LimitUnit.WORKING_DAYS):
        raise ValueError("a pause is capped in natural_days or working_days")
    return limit


LegKind = Annotated[DeadlineKind, AfterValidator(_leg_kind)]
Rounds = Annotated[str, AfterValidator(_rounds)]
EVERY_ROUND = "1+"


def first_and_last(rounds: str) -> tuple[int, float]:
    """Of `2`: 2 and 2. Of `2+`: 2 and infinity."""
    first = int(rounds.rstrip("+"))
    return first, inf if rounds.endswith("+") else first


def within(number: int, rounds: str) -> bool:
    """Whether round `number` is one of `rounds`."""
    first, last = first_and_last(rounds)
    return first <= number <= last


def overlap(one: str, other: str) -> bool:
    """Whether a round is in both."""
    return within(first_and_last(one)[0], other) or within(first_and_last(other)[0], one)


class Rule(Strict):
    """What the pack says and on what ground: a clause of the text, or the reason for a choice."""

    clause: str | None = None
    choice: str | None = None

    @model_validator(mode="after")
    def founded(self) -> Self:
        """ValueError for a rule without ground."""
        if not self.clause and not self.choice:
            raise ValueError("give the `clause` it stands in, or as `choice` why it is so")
        return self

    @property
    def ground(self) -> str:
        """The clause; `choice` for what the text does not say."""
        return self.clause or "choice"


class Title(Strict):
    """A name in both languages."""

    zh: str
    en: str


class Source(Strict):
    """The text the pack was made from."""

    title: str
    number: str | None = None
    dated: date | None = None
    issuer: str | None = None


class OfficeHoursRule(Rule):
    """Office hours of units that have none of their own, as local times."""

    spans: tuple[tuple[str, str], ...]

    @model_validator(mode="after")
    def readable(self) -> Self:
        """ValueError for spans that are no office hours."""
        OfficeHours.parse(self.spans)
        return self


class LimitRule(Rule):
    """One deadline's limit, in the rounds named."""

    deadline: DeadlineKind
    rounds: Rounds = EVERY_ROUND
    limit: Limit

    @model_validator(mode="after")
    def rounds_of_a_leg(self) -> Self:
        """ValueError for rounds of a deadline of the whole case."""
        if self.deadline in OF_THE_CASE and self.rounds != EVERY_ROUND:
            raise ValueError(f"'{self.deadline}' is of the whole case and has no rounds: leave `rounds` out")
        return self


class OwnLimits(Rule):
    """Deadlines for which a leg may bring its own limit at dispatch; it wins over the pack's."""

    deadlines: tuple[LegKind, ...]


class Reminder(Rule):
    """A reminder when `percent` of the time between start and due moment has elapsed."""

    percent: int = Field(ge=1, le=99)
    deadlines: tuple[DeadlineKind, ...]


class When(Strict):
    """What brings a step about: exactly one of an overdue deadline, a mark, a refusal, a request."""

    overdue: tuple[DeadlineKind, ...] = ()
    rounds: Rounds = EVERY_ROUND
    marks: frozenset[Mark] = frozenset()
    refused: bool = False
    requested: bool = False

    @model_validator(mode="after")
    def one_cause(self) -> Self:
        """ValueError for none or several causes, or for rounds where there are none."""
        if [bool(self.overdue), bool(self.marks), self.refused, self.requested].count(True) != 1:
            raise ValueError("give exactly one of overdue, marks, refused and requested")
        if self.rounds != EVERY_ROUND and (not self.overdue or set(self.overdue) & set(OF_THE_CASE)):
            raise ValueError("`rounds` goes with overdue deadlines of a leg only: leave it out")
        return self


class Step(Rule):
    """One step of the ladder: when, and what is done."""

    step: str
    when: When
    do: tuple[Act, ...] = Field(min_length=1)
    card: str | None = None
    reason: LiftReason | None = None
    leader: LeaderChoice | None = None

    @model_validator(mode="after")
    def complete(self) -> Self:
        """ValueError for an act that lacks what it needs, or that its cause does not allow."""
        if (Act.CARD in self.do) != (self.card is not None):
            raise ValueError("`card` names the card of the act card: give both or neither")
        if not (Act.LIFT in self.do) == (self.reason is not None) == (self.leader is not None):
            raise ValueError("`reason` and `leader` belong to the act lift: give all three or none")
        if not self.when.overdue and self.do != (Act.LIFT,):
            raise ValueError("marks, refusals and requests can only lift")
        on_case = set(self.when.overdue) & set(OF_THE_CASE)
        if on_case and set(self.do) & {Act.CARD, Act.REDISPATCH}:
            raise ValueError(f"'{min(on_case)}' is of no leg: no card and no redispatch can follow it")
        if DeadlineKind.LIFTED in on_case and Act.LIFT in self.do:
            raise ValueError("a case is lifted once: 'lifted' overdue cannot lift it again")
        return self


class NeverLifted(Rule):
    """Marks of matters that stay where they are."""

    marks: frozenset[Mark] = Field(min_length=1)


class Extension(Rule):
    """Deadlines that may be extended, and the longest limit they may get, from the round's start."""

    deadlines: tuple[LegKind, ...]
    cap: Limit


class Pauses(Rule):
    """A pause ends by itself after `cap`."""

    cap: Annotated[Limit, AfterValidator(_in_days)]
