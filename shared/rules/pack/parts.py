"""The rules a pack is made of, each with its ground: a `clause`, or a `choice` with the reason for it."""

import re
from datetime import date
from enum import StrEnum
from math import inf
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from shared.rules.terms import DeadlineKind, Kind, PackWord
from shared.rules.time.hours import Change, OfficeHours, Spans
from shared.rules.time.limits import Limit, LimitUnit
from shared.rules.wording import words


class Meeting(StrEnum):
    """What may meet a deadline, beside the stages a pack names. `all_completed`: every leg is completed."""

    ASSIGNED = "assigned"
    CONTACTED = "contacted"
    RESPONDED = "responded"
    COMPLETED = "completed"
    OBJECTION_DECIDED = "objection_decided"
    REFERRED = "referred"
    CLOSED = "closed"
    SIGNED_OFF = "signed_off"
    ALL_COMPLETED = "all_completed"
    RATED = "rated"
    FOLLOWED_UP = "followed_up"
    FOUND = "found"
    EXTENSION_DECIDED = "extension_decided"
    PAUSE_DECIDED = "pause_decided"
    COMPLAINT_DECIDED = "complaint_decided"
    RECEIVED_ELSEWHERE = "received_elsewhere"
    GATHERED = "gathered"
    PLANNED = "planned"
    STAGE_DECIDED = "stage_decided"


class Start(StrEnum):
    """What may start a deadline, beside the stages a pack names.

    `round`: a dispatch, also a later one. `upheld`: a unit gave its part back, or was relieved of it.
    `heard`: every leg is completed and the enterprise was heard, where the closure needs that.
    `to_be_lifted`: a lift waits for what the office gathers. `planned`: a unit promised a day.
    `returned`: every leg reached a stage with `returns`, so nobody has the case.
    `paid_up`: nothing is owed any more. `proposed`: a unit said of a stage what somebody has to confirm.
    """

    RECEIVED = "received"
    LIFTED = "lifted"
    ALL_COMPLETED = "all_completed"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"
    ROUND = "round"
    OBJECTED = "objected"
    CONTACTED = "contacted"
    RESPONDED = "responded"
    UPHELD = "upheld"
    EXTENSION_ASKED = "extension_asked"
    PAUSE_ASKED = "pause_asked"
    COMPLAINED = "complained"
    HEARD = "heard"
    REFERRED = "referred"
    TO_BE_LIFTED = "to_be_lifted"
    PAID_UP = "paid_up"
    PLANNED = "planned"
    PROPOSED = "proposed"


OF_THE_CASE = frozenset(
    {
        Start.RECEIVED,
        Start.LIFTED,
        Start.ALL_COMPLETED,
        Start.HANDED_OVER,
        Start.UPHELD,
        Start.COMPLAINED,
        Start.HEARD,
        Start.REFERRED,
        Start.TO_BE_LIFTED,
        Start.RETURNED,
    }
)
"""What starts a deadline of the whole case; everything else, stages too, starts one of a leg."""
MEETS_CASE = frozenset(
    {
        Meeting.ASSIGNED,
        Meeting.REFERRED,
        Meeting.CLOSED,
        Meeting.SIGNED_OFF,
        Meeting.ALL_COMPLETED,
        Meeting.RATED,
        Meeting.FOLLOWED_UP,
        Meeting.FOUND,
        Meeting.COMPLAINT_DECIDED,
        Meeting.RECEIVED_ELSEWHERE,
        Meeting.GATHERED,
    }
)
USUAL_START: dict[str, str] = {
    DeadlineKind.DISPATCH: Start.RECEIVED,
    DeadlineKind.LIFTED: Start.LIFTED,
    DeadlineKind.OBJECTION: Start.OBJECTED,
    DeadlineKind.FOLLOW_UP: Start.ALL_COMPLETED,
    DeadlineKind.DISPATCH_AGAIN: Start.UPHELD,
    DeadlineKind.EXTENSION: Start.EXTENSION_ASKED,
    DeadlineKind.PAUSE: Start.PAUSE_ASKED,
    DeadlineKind.COMPLAINT: Start.COMPLAINED,
    DeadlineKind.CLOSURE: Start.HEARD,
    DeadlineKind.REFERRAL: Start.REFERRED,
    DeadlineKind.GATHERING: Start.TO_BE_LIFTED,
    DeadlineKind.PROMISE: Start.PLANNED,
    DeadlineKind.STAGE_DECISION: Start.PROPOSED,
}
BRINGS_ITS_END = frozenset({Start.TO_BE_LIFTED, Start.PLANNED})
"""What starts a deadline and says when it ends: `gather` of the step that lifts, and the day promised."""


class Owner(StrEnum):
    """Whose a leg's deadline is: the unit's, or the office's, which then bears what follows."""

    UNIT = "unit"
    OFFICE = "office"


class Strict(BaseModel):
    """Nothing but what is named here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Setting(Strict):
    """A limit whose number the text leaves open: the jurisdiction's settings give it under this name.

    Where they do not, the `default` holds; a setting without one needs them.
    """

    setting: PackWord
    default: Limit | None = None


def _length_or_setting(value: object) -> str:
    names_setting = isinstance(value, Setting) or (isinstance(value, dict) and "setting" in value)
    return "named" if names_setting else "length"


LimitOrSetting = Annotated[
    Annotated[Limit, Tag("length")] | Annotated[Setting, Tag("named")], Discriminator(_length_or_setting)
]
IN_DAYS = frozenset({LimitUnit.NATURAL_DAYS, LimitUnit.WORKING_DAYS})


ROUNDS = r"^[1-9][0-9]?\+?$"


def _rounds(text: str) -> str:
    if not re.fullmatch(ROUNDS, text):
        raise ValueError(f"'{text}' are no rounds: write 2 for the second, 2+ for it and all later ones")
    return text


def _in_days(limit: LimitOrSetting) -> LimitOrSetting:
    length = limit.default if isinstance(limit, Setting) else limit
    if length and length.unit not in IN_DAYS:
        raise ValueError("a pause is capped in natural_days or working_days")
    return limit


InDays = Annotated[LimitOrSetting, AfterValidator(_in_days)]
Rounds = Annotated[
    str,
    AfterValidator(_rounds),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": ROUNDS}, {"type": "integer", "minimum": 1, "maximum": 99}]}
    ),
]
EVERY_ROUND = "1+"


def first_and_last(rounds: str) -> tuple[int, float]:
    """Of `2`: 2 and 2. Of `2+`: 2 and infinity."""
    first = int(rounds.rstrip("+"))
    return first, inf if rounds.endswith("+") else first


def within(number: int, rounds: str) -> bool:
    """Whether round `number` is one of `rounds`."""
    first, last = first_and_last(rounds)
    return first <= number <= last


def overlap(rounds: str, other: str) -> bool:
    """Whether a round is in both."""
    return within(first_and_last(rounds)[0], other) or within(first_and_last(other)[0], rounds)


class Title(Strict):
    """A name, or a reason, in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


def _in_both(text: object) -> object:
    return {"zh": text, "en": text} if isinstance(text, str) else text


Reason = Annotated[Title, BeforeValidator(_in_both, json_schema_input_type=Title | str)]
"""Why it is so. A draft may give one text, which is then shown in both languages."""


class Rule(Strict):
    """What the pack says and on what ground: a clause of the text, or the reason for a choice."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["clause"]}, {"required": ["choice"]}]}
    )

    clause: str | None = None
    choice: Reason | None = None

    @model_validator(mode="after")
    def founded(self) -> Self:
        """ValueError for a rule without ground."""
        if not self.clause and not self.choice:
            raise ValueError("give the `clause` it stands in, or as `choice` why it is so")
        return self

    @property
    def ground(self) -> str:
        """The clause; `choice` for what the text does not say. It is what events carry."""
        return self.clause or words.CHOICE

    @property
    def basis(self) -> words.Bilingual:
        """The ground for people: the clause, or the reason for the choice."""
        if self.clause or self.choice is None:
            return words.ground(self.ground)
        zh, en = self.choice.zh.rstrip("。"), self.choice.en.rstrip(".")
        return words.Bilingual(f"取定：{zh}", f"a choice: {en}")


class Source(Strict):
    """The text the pack was made from. `text` names the list of its clauses, in the folder `texts`."""

    title: str
    text: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")] | None = None
    number: str | None = None
    dated: date | None = None
    issuer: str | None = None


class HoursChange(Strict):
    """Other office hours from the day `since` on; where `yearly`, from that day of each later year too."""

    since: date
    yearly: bool = False
    spans: Spans


class OfficeHoursRule(Rule):
    """Office hours of units that have none of their own, as local times; a span may run past midnight.

    `changes` are other hours from a day on. With `after_hours`, what is received after hours or on a day off
    counts as received on the next working day.
    """

    spans: tuple[tuple[str, str], ...]
    changes: tuple[HoursChange, ...] = ()
    after_hours: Literal["next_working_day"] | None = None

    @model_validator(mode="after")
    def readable(self) -> Self:
        """ValueError for what makes no office hours."""
        self.hours()
        return self

    def hours(self, own: Spans | None = None) -> OfficeHours:
        """The hours; with `own` those of a unit that has its own, under what the pack says of after hours."""
        next_day = self.after_hours is not None
        if own:
            return OfficeHours.parse(own, next_day=next_day)
        changes = [Change(change.since, change.spans, change.yearly) for change in self.changes]
        return OfficeHours.parse(self.spans, changes, next_day=next_day)


class LimitRule(Rule):
    """One deadline's limit, in the rounds and for the kinds of appeal named; all kinds where none is.

    `starts` is an act or a stage; left out, what usually starts it. Without `limit` the stage that starts
    it brings the dates, one deadline each, and what meets them meets one at a time, the earliest first; a
    promise brings its day, and the step of a lift the time to gather.
    With `outlasts` a leg's completion does not end it: it runs until it is met or passes.
    """

    deadline: PackWord
    title: Title | None = None
    starts: PackWord | None = None
    of: Owner = Owner.UNIT
    rounds: Rounds = EVERY_ROUND
    kinds: frozenset[Kind] = frozenset()
    limit: LimitOrSetting | None = None
    outlasts: bool = False

    @property
    def start(self) -> str:
        """What starts it."""
        return self.starts or USUAL_START.get(self.deadline, Start.ROUND)

    @property
    def of_the_case(self) -> bool:
        """Whether it is of the whole case, not of a leg."""
        return self.start in OF_THE_CASE

    @model_validator(mode="after")
    def of_a_piece(self) -> Self:
        """ValueError for what does not go together."""
        if self.of_the_case and self.rounds != EVERY_ROUND:
            raise ValueError(f"'{self.deadline}' is of the whole case and has no rounds: leave `rounds` out")
        if self.outlasts and self.of_the_case:
            raise ValueError(
                f"'{self.deadline}' is of the whole case, no completion ends it: leave `outlasts` out"
            )
        if self.title is None and self.deadline not in list(DeadlineKind):
            raise ValueError(f"'{self.deadline}' is no usual deadline: give it a `title`, zh and en")
        return self


class OwnLimits(Rule):
    """Deadlines for which a leg may bring its own limit at dispatch; it wins over the pack's."""

    deadlines: tuple[PackWord, ...]


class Reminder(Rule):
    """A reminder when `percent` of the time between start and due moment has elapsed."""

    percent: int = Field(ge=1, le=99)
    deadlines: tuple[PackWord, ...]
