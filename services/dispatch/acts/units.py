"""What a unit does on its leg."""

from datetime import date
from typing import Literal

from services.dispatch.acts.base import LegAct, Marked
from shared.events import Outcome, Rank
from shared.web.bodies import Line, Moment, Text


class Contact(LegAct, Marked):
    """`text` is what was said; without it the enterprise reads `how` it was reached. `who` was spoken to."""

    act: Literal["contact"] = "contact"
    how: Line
    text: Text | None = None
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


class Promise(LegAct, Marked):
    """The unit's promise of a day that a higher rank must approve; `rank` as for an extension."""

    act: Literal["promise"] = "promise"
    planned_on: date
    reason: Line
    approver: Line
    rank: Rank | None = None


class Refuse(LegAct, Marked):
    act: Literal["refuse"] = "refuse"
    reason: Line


class Object(LegAct):
    act: Literal["object"] = "object"
    reason: Line


class RequestLift(LegAct):
    act: Literal["request_lift"] = "request_lift"
    reason: Line
    signed_by: Line
