"""What an act on a case is: where it goes, who may do it and when, what is typed, and what it stops."""

from enum import StrEnum
from typing import NamedTuple

from services.desks.rows.states import WaitingKind
from shared.named import Coded
from shared.roles import Roles
from shared.rules.judging.state import CaseState
from shared.states import LegState

Option = tuple[str, str, str]
"""A value, and its words in Chinese and English."""


class About(StrEnum):
    """What an act is about. Each but the case has an id, `<about>_id` in the body of the request."""

    CASE = "case"
    LEG = "leg"  # a leg of the person's unit; for the office any leg
    CARD = "card"
    PUBLICATION = "publication"


class Kind(StrEnum):
    """How a field is typed."""

    LINE = "line"
    AREA = "area"
    CHOICE = "choice"
    BOXES = "boxes"
    YES_NO = "yes_no"
    DAY = "day"
    LIMIT = "limit"  # a number and what it counts: the fields `<name>_number` and `<name>_unit`
    MEANT = "meant"  # a box that is shown once a service finds that something looks like a mistake


class Source(StrEnum):
    """Where the options of a field come from, where they are not the same for every case."""

    UNITS = "units"
    LEADERS = "leaders"
    PAUSE_GROUNDS = "pause_grounds"
    EXTENSION_GROUNDS = "extension_grounds"
    STAGES = "stages"
    DESTINATIONS = "destinations"
    REPORTED_STAGES = "reported_stages"
    OPEN_STUDIES = "open_studies"
    OPEN_TRANSFERS = "open_transfers"


class Field(NamedTuple):
    """A field of an act: its name in the request, its words, and how it is typed.

    A name with a point, such as `receipt.receiver`, is a field of a part of the request. `preset` is what is
    chosen where nobody chooses. A field with a `source` that has no options for a case is not shown.
    """

    name: str
    zh: str
    en: str
    kind: Kind = Kind.LINE
    optional: bool = False
    options: tuple[Option, ...] = ()
    source: Source | None = None
    hint_zh: str = ""
    hint_en: str = ""
    preset: str = ""

    @property
    def input(self) -> str:
        """The name of the field in the form."""
        return self.name.replace(".", "_")


LIVE = frozenset({CaseState.REGISTERED, CaseState.DISPATCHED, CaseState.LIFTED, CaseState.COMPLETED})
"""The states of a case on which somebody still works."""
EVERY_STATE = frozenset(CaseState)
UNHANDLED = LIVE - {CaseState.COMPLETED}
COMPLETED = frozenset({CaseState.COMPLETED})


class Situation(StrEnum):
    """What may be so in a case, beside what waits for a word."""

    REOPENING = "reopening"  # the enterprise asked that it be handled again
    GATHERING = "gathering"  # a lift waits for what the office gathers
    LIFTED = "lifted"  # a leader has it
    STUDY = "study"  # a joint study is open
    TRANSFER = "transfer"  # a transfer has no receipt
    STAGES = "stages"  # its pack has stages
    PROMISES = "promises"  # its pack knows promises
    REFERRAL = "referral_places"  # its pack names where an enterprise may be guided


Need = WaitingKind | Situation
"""What an act may need to be offered."""


class Act(NamedTuple):
    """An act, and when it is offered.

    `effect` says what it stops or starts. It is offered on a case in one of `cases`, on a leg or a card in
    one of `states`, and with `needs` only where that waits for a word, or is so. `is_first`: it stands before
    the others, as a button of its own. `shows`: the template of the answer, of an act done to read something.
    """

    key: str
    zh: str
    en: str
    service: str
    path: str
    roles: Roles
    about: About
    fields: tuple[Field, ...]
    effect_zh: str
    effect_en: str
    cases: frozenset[CaseState] = LIVE
    states: frozenset[str] = frozenset({LegState.OPEN, LegState.PAUSED})
    needs: Need | None = None
    is_first: bool = False
    shows: str = ""


def options(codes: type[Coded]) -> tuple[Option, ...]:
    """The codes as options; the English words are the codes."""
    return tuple((member.value, member.zh, member.value.replace("_", " ")) for member in codes)
