"""What may be done to an appeal at dispatch: the bodies of its routes and of its import.

Texts here are evidence and stay in this service; events carry none of them but short reasons.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from shared.events import DeadlineKind, Mark, Outcome, OwnLimit, PackWord, Rank, Role
from shared.rules.time.hours import OfficeHours
from shared.rules.time.limits import Limit
from shared.web.bodies import Body, Code, Line, Moment, PastTime, Text

Amount = Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=2)]
"""In yuan."""
MOST_DATES = 60
MOST_NEW_LEGS = 10
"""Of one dispatch."""


class AppealAct(Body):
    """An act on one appeal."""


class LegAct(AppealAct):
    """An act on one leg of an appeal."""

    leg_id: UUID


class HigherWord(Body):
    """Who approved an act that takes a higher rank; the office records what was decided on paper."""

    approver: Line | None = None
    rank: Rank | None = None


class LegLimit(OwnLimit):
    """A limit of this appeal alone, as the office writes it."""

    due_at: Moment | None = None


class NewLeg(Body):
    """A leg to be added: the unit, its part, and limits of this appeal alone."""

    unit: Code
    role: Role = Role.LEAD
    limits: dict[PackWord, LegLimit] = Field(default_factory=dict, max_length=20)


class Assign(AppealAct):
    """`confirmed`: a limit that looks like a typing mistake is meant as it stands."""

    act: Literal["assign"] = "assign"
    legs: Annotated[tuple[NewLeg, ...], Field(min_length=1, max_length=MOST_NEW_LEGS)]
    marks: frozenset[Mark] = frozenset()
    confirmed: bool = False


class Reassign(LegAct, HigherWord):
    """Take the leg from its unit (改派), and give it to `unit`; without one it is to be dispatched again.

    `role` is the unit's part, by default that of the leg. `confirmed` as for an assignment. `approver` and
    `rank` are given where the appeal was reassigned before: each unit's time begins anew.
    """

    act: Literal["reassign"] = "reassign"
    unit: Code | None = None
    role: Role | None = None
    limits: dict[PackWord, LegLimit] = Field(default_factory=dict, max_length=20)
    reason: Line
    confirmed: bool = False


class AddMarks(AppealAct):
    """Marks that showed only after the dispatch, e.g. that the problem is inherited (历史遗留)."""

    act: Literal["add_marks"] = "add_marks"
    marks: Annotated[frozenset[Mark], Field(min_length=1)]
    reason: Line


class Contact(LegAct):
    act: Literal["contact"] = "contact"
    how: Line
    who: Line | None = None
    contacted_at: Moment | None = None


class Reply(LegAct):
    act: Literal["reply"] = "reply"
    text: Text


class Complete(LegAct):
    """`planned` names its day. `confirmed`: a day that looks like a typing mistake is meant as it stands."""

    act: Literal["complete"] = "complete"
    outcome: Outcome
    text: Text
    planned_on: date | None = None
    confirmed: bool = False


class Promise(LegAct):
    """The unit's promise of a day that a higher rank must approve; `rank` as for an extension."""

    act: Literal["promise"] = "promise"
    planned_on: date
    reason: Line
    approver: Line
    rank: Rank | None = None


class Reach(LegAct):
    """A stage (环节) of the procedure was reached. `amounts` are those due at `dates`, in their order.

    `amount` is what was paid, or what is owed. `in_full`: nothing is owed any more; from a unit this counts
    once the creditor or the office confirmed it. `confirmed`: a date whose limit is over at once is meant.
    """

    act: Literal["reach"] = "reach"
    stage: PackWord
    dates: Annotated[tuple[Moment, ...], Field(max_length=MOST_DATES)] = ()
    text: Text
    amount: Amount | None = None
    amounts: Annotated[tuple[Amount, ...], Field(max_length=MOST_DATES)] = ()
    in_full: bool = False
    confirmed: bool = False


class DecideStage(LegAct):
    """The creditor or the office confirms what the unit said of a stage, or does not. `number`: which of it.

    `by` is whose word it is; `who` gave it, where the office records the creditor's.
    """

    act: Literal["decide_stage"] = "decide_stage"
    number: Annotated[int, Field(ge=1)]
    confirmed: bool
    by: Literal["creditor", "office"]
    who: Line | None = None
    reason: Line | None = None


class Refuse(LegAct):
    act: Literal["refuse"] = "refuse"
    reason: Line


class Object(LegAct):
    act: Literal["object"] = "object"
    reason: Line


class DecideObjection(LegAct):
    """`by` is who decided, where that is not the account that records it."""

    act: Literal["decide_objection"] = "decide_objection"
    upheld: bool
    reason: Line
    by: Line | None = None


class RequestExtension(LegAct):
    """`ground` is one of the pack's, where it names some."""

    act: Literal["request_extension"] = "request_extension"
    deadline: PackWord = DeadlineKind.COMPLETION
    limit: Limit
    ground: PackWord | None = None
    reason: Line


class Extend(LegAct):
    """The unit's head extends in writing itself, where the pack leaves it to that rank."""

    act: Literal["extend"] = "extend"
    deadline: PackWord = DeadlineKind.COMPLETION
    limit: Limit
    ground: PackWord | None = None
    reason: Line
    signed_by: Line


class DecideExtension(LegAct):
    """`rank` is the approver's, where the office records what a higher one decided on paper."""

    act: Literal["decide_extension"] = "decide_extension"
    approved: bool
    approver: Line
    rank: Rank | None = None
    reason: Line


class RequestPause(LegAct):
    """The unit asks that time stop counting. `ground` is one of the pack's, where it names some."""

    act: Literal["request_pause"] = "request_pause"
    reason: Line
    ground: PackWord | None = None


class DecidePause(LegAct):
    """`rank` as for an extension, `runs_on` as for a pause."""

    act: Literal["decide_pause"] = "decide_pause"
    approved: bool
    approver: Line
    rank: Rank | None = None
    reason: Line
    runs_on: Annotated[tuple[PackWord, ...], Field(max_length=20)] = ()


class Pause(LegAct):
    """`ground` is one of the pack's, where it names some; `rank` as for an extension.

    A limit given as a moment moves by what is paused; `runs_on` names those that this pause does not move.
    """

    act: Literal["pause"] = "pause"
    reason: Line
    ground: PackWord | None = None
    runs_on: Annotated[tuple[PackWord, ...], Field(max_length=20)] = ()
    approver: Line
    rank: Rank | None = None


class Resume(LegAct):
    act: Literal["resume"] = "resume"


class RequestLift(LegAct):
    act: Literal["request_lift"] = "request_lift"
    reason: Line
    signed_by: Line


class Find(AppealAct):
    """The appeal was found reasonable, or not (合理性认定).

    `understanding`: whether the enterprise accepted what was explained to it.
    """

    act: Literal["find"] = "find"
    reasonable: bool
    by: Line
    reason: Line
    understanding: bool | None = None


class Refer(AppealAct, HigherWord):
    """`approver` and `rank` are given for a lifted appeal whose leader has not signed it off."""

    act: Literal["refer"] = "refer"
    to: Line
    reason: Line


class DecideComplaint(AppealAct):
    """The office answers the enterprise's complaint to it. `justified`: the enterprise was right.

    `reason` is what the enterprise reads.
    """

    act: Literal["decide_complaint"] = "decide_complaint"
    justified: bool
    reason: Line


class ReceiveElsewhere(AppealAct):
    """The body to which the enterprise was guided received the matter; `receiver`: its desk or number."""

    act: Literal["receive_elsewhere"] = "receive_elsewhere"
    receiver: Line
    text: Text | None = None


class TakeBack(AppealAct):
    """The office takes a referred appeal back; `objected`: because the enterprise objected, with reason."""

    act: Literal["take_back"] = "take_back"
    objected: bool
    reason: Line


class Close(AppealAct, HigherWord):
    """`reason`, `approver` and `rank` are given where the pack asks for a higher word."""

    act: Literal["close"] = "close"
    reason: Line | None = None


AnyAct = Annotated[
    Assign
    | Reassign
    | AddMarks
    | Contact
    | Reply
    | Complete
    | Promise
    | Reach
    | DecideStage
    | Refuse
    | Object
    | DecideObjection
    | RequestExtension
    | Extend
    | DecideExtension
    | RequestPause
    | DecidePause
    | Pause
    | Resume
    | RequestLift
    | Find
    | Refer
    | DecideComplaint
    | ReceiveElsewhere
    | TakeBack
    | Close,
    Field(discriminator="act"),
]


class PastAct(Body):
    """A past act with its own time. Leg n of an appeal, from 0, has the id that `leg.leg_id` gives."""

    appeal_id: UUID
    occurred_at: PastTime
    act: AnyAct


class Import(Body):
    """Past acts, in the order in which they happened."""

    acts: Annotated[list[PastAct], Field(min_length=1, max_length=20_000)]


def _check_office_hours(spans: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    OfficeHours.parse(spans)
    return spans


class UnitBody(Body):
    """A unit of the directory. `leader` is the post in charge of it, or a leader by code."""

    name: Line
    kind: Literal["locality", "department", "office", "state_firm", "large_firm"]
    parent: Code | None = None
    head: Line | None = None
    leader: Code | None = None
    office_hours: Annotated[tuple[tuple[str, str], ...], AfterValidator(_check_office_hours)] | None = None
