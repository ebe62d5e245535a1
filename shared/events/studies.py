"""Joint study (会商): units give their opinion within a limit. What they write stays at dispatch."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.events.base import Event

StudyNumber = Annotated[int, Field(ge=1)]
"""Which study of the appeal, counted from 1."""
Count = Annotated[int, Field(ge=0)]


class InvitedUnit(BaseModel):
    """A unit that is invited to a study, and until when its opinion is in time."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    unit: str
    unit_name: str = ""
    due_at: AwareDatetime


class StudyEvent(Event):
    """Something about one study. `asked_by` is the unit that asked for it; None for the office."""

    number: StudyNumber
    asked_by: str | None = None


class StudyAsked(StudyEvent):
    """Units were invited to a joint study (会商). They read the case from now on."""

    type = "study.asked.v1"
    source = "dispatch"

    invited: tuple[InvitedUnit, ...]


class OpinionEvent(StudyEvent):
    """Something about the opinion of one invited unit."""

    unit: str
    unit_name: str = ""


class StudyAnswered(OpinionEvent):
    """An invited unit gave its opinion. `late`: after its limit. `missing`: how many are still to come."""

    type = "study.answered.v1"
    source = "dispatch"

    late: bool = False
    missing: Count


class StudyDueSoon(OpinionEvent):
    """Three quarters of the time for an opinion are over, and it is not there."""

    type = "study.due_soon.v1"
    source = "dispatch"

    due_at: AwareDatetime


class StudyOverdue(OpinionEvent):
    """The time for an opinion passed, and it is not there. Said once; no card follows."""

    type = "study.overdue.v1"
    source = "dispatch"

    due_at: AwareDatetime


class StudyClosed(StudyEvent):
    """Who asked for the study ended it. `answered` opinions came, `late` of them after their limit."""

    type = "study.closed.v1"
    source = "dispatch"

    invited: tuple[InvitedUnit, ...]
    answered: Count
    late: Count
