"""To whom the office gives an appeal: dispatch (交办), another unit (改派), marks."""

from typing import Annotated, Literal

from pydantic import Field

from services.dispatch.acts.base import AppealAct, HigherWord, LegAct, Remarks
from shared.events import Mark, OwnLimit, PackWord, Role
from shared.web.bodies import Body, Code, Line, Moment

MOST_NEW_LEGS = 10
"""Of one dispatch."""


class LegLimit(OwnLimit):
    """A limit of this appeal alone, as the office writes it."""

    due_at: Moment | None = None


class NewLeg(Body):
    """A leg to be added: the unit, its part, and limits of this appeal alone."""

    unit: Code
    role: Role = Role.LEAD
    limits: dict[PackWord, LegLimit] = Field(default_factory=dict, max_length=20)


class Assign(AppealAct):
    """`confirmed`: a limit that looks like a typing mistake is meant as it stands.

    `remarks` (交办意见) are for the units, which read them in the case.
    """

    act: Literal["assign"] = "assign"
    legs: Annotated[tuple[NewLeg, ...], Field(min_length=1, max_length=MOST_NEW_LEGS)]
    marks: frozenset[Mark] = frozenset()
    remarks: Remarks | None = None
    confirmed: bool = False


class Reassign(LegAct, HigherWord):
    """Take the leg from its unit (改派), and give it to `unit`; without one it is to be dispatched again.

    `role` is the unit's part, by default that of the leg. `confirmed` and `remarks` as for an assignment.
    `approver` and `rank` are given where the appeal was reassigned before: each unit's time begins anew.
    """

    act: Literal["reassign"] = "reassign"
    unit: Code | None = None
    role: Role | None = None
    limits: dict[PackWord, LegLimit] = Field(default_factory=dict, max_length=20)
    reason: Line
    remarks: Remarks | None = None
    confirmed: bool = False


class AddMarks(AppealAct):
    """Marks that showed only after the dispatch, e.g. that the problem is inherited (历史遗留)."""

    act: Literal["add_marks"] = "add_marks"
    marks: Annotated[frozenset[Mark], Field(min_length=1)]
    reason: Line
