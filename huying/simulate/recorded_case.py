"""A recorded case: what a row of a file says of one appeal or loan request."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from huying.simulate.profiles import ProfileAct
from services.dispatch.document import Unit


class RecordedAct(NamedTuple):
    """An act that happened, as the profile defines it, and the text that came with it."""

    definition: ProfileAct
    occurred_at: datetime
    text: str


class RecordedCase(NamedTuple):
    """One recorded case: registered and dispatched at `received_at`, then `acts` in order. Times in UTC.

    `line` is where its row starts in the file; `due_at` is the case's own limit for completion; `amount`, of
    a loan request, is in yuan.
    """

    line: int
    source_id: str
    received_at: datetime
    title: str
    text: str
    enterprise: str | None
    locality: str | None
    unit: Unit
    due_at: datetime | None
    acts: tuple[RecordedAct, ...]
    amount: str | None = None

    @property
    def ends_at(self) -> datetime:
        """When the last act happened."""
        return self.acts[-1].occurred_at if self.acts else self.received_at


class RejectedRow(NamedTuple):
    """A row that is left out; it starts at `line` of the file."""

    line: int
    reason: str


@dataclass(slots=True)
class RecordedCases:
    """A file's cases in the order of their registration (time, then line), and the rows left out."""

    cases: list[RecordedCase] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)

    def ends_at(self) -> datetime:
        """The time of the last act of all cases. There must be a case."""
        return max(case.ends_at for case in self.cases)
