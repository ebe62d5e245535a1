"""A joint study (会商) as dispatch keeps it: who was invited until when, and who answered. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import BaseModel

MINUTE = timedelta(minutes=1)


class Invitation(BaseModel):
    """One unit's invitation. What is written in the minute of `due_at` is in time.

    `reminded_at`, `overdue_at`: when the unit was reminded, and when it was said to be late.
    """

    unit: str
    unit_name: str = ""
    due_at: datetime
    remind_at: datetime
    reminded_at: datetime | None = None
    overdue_at: datetime | None = None
    answered_at: datetime | None = None

    def is_late(self, at: datetime) -> bool:
        """Whether the limit is over at `at`."""
        return at >= self.due_at + MINUTE

    def next_at(self) -> datetime | None:
        """When something is next to be said of the missing opinion; None where nothing is."""
        if self.answered_at is not None or self.overdue_at is not None:
            return None
        return self.due_at + MINUTE if self.reminded_at is not None else self.remind_at


class StudyRecord(BaseModel):
    """One joint study. `asked_by` is the unit that asked, None for the office; `number` counts from 1."""

    number: int
    asked_by: str | None = None
    asked_at: datetime
    invited: list[Invitation]
    closed_at: datetime | None = None

    def invitation_of(self, unit: str | None) -> Invitation | None:
        """The invitation of a unit; None for one that was not invited."""
        return next((invitation for invitation in self.invited if invitation.unit == unit), None)

    def missing(self) -> list[Invitation]:
        """The invitations that were not answered."""
        return [invitation for invitation in self.invited if invitation.answered_at is None]

    def moments(self) -> Iterator[datetime]:
        """When something is next to be said of each missing opinion; nothing once the study is closed."""
        if self.closed_at is None:
            yield from (moment for invitation in self.invited if (moment := invitation.next_at()))
