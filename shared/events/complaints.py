"""Financing: complaints about banks, which the regulator decides."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.events.base import Words
from shared.events.judgement import Deadline
from shared.events.loans import LoanEvent
from shared.rules.terms import PackWord


class ComplaintEvent(LoanEvent):
    """Something about a complaint about a bank; `complaint` is its number, e.g. RZ-20260213-00042/C1.

    Of a complaint without a loan request `appeal_id` is its own id and `complaint` its registration number.
    Where the institution is none of the directory, `bank` is empty and `institution` its name.
    """

    complaint_id: UUID
    complaint: str
    bank: str
    institution: Words = ""


class LoanComplained(ComplaintEvent):
    """The enterprise complained about a bank's demand; it goes to the regulator (金融监管分局)."""

    type = "loan.complained.v1"
    source = "financing"

    pack: str
    receipt_hash: Words | None = None


class ComplaintDeadlineEvent(ComplaintEvent):
    """Something about a deadline of the regulator."""

    deadline: PackWord
    due_at: AwareDatetime
    title: dict[str, str] = Field(default={})


class ComplaintDueSoon(ComplaintDeadlineEvent):
    """The regulator's result is due soon."""

    type = "complaint.due_soon.v1"
    source = "financing"


class ComplaintOverdue(ComplaintDeadlineEvent):
    """The regulator's result is overdue. Said once per deadline."""

    type = "complaint.overdue.v1"
    source = "financing"


class ComplaintReminded(ComplaintDeadlineEvent):
    """The regulator is reminded of the result it owes the enterprise."""

    type = "complaint.reminded.v1"
    source = "financing"

    clause: str


class ComplaintDeadlineMoved(ComplaintDeadlineEvent):
    """A year's holiday notice came out, and the regulator's deadline ends on another day."""

    type = "complaint.deadline_moved.v1"
    source = "financing"

    was_due_at: AwareDatetime
    calendar: str


class ComplaintJudged(ComplaintEvent):
    """The complaint's deadlines as they now stand."""

    type = "complaint.judged.v1"
    source = "financing"

    deadlines: tuple[Deadline, ...]


class ComplaintDecided(ComplaintEvent):
    """The regulator found the complaint founded or not; the enterprise reads the result."""

    type = "complaint.decided.v1"
    source = "financing"

    founded: bool
