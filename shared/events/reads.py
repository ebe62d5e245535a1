"""Who read personal data: what a service showed to whom, and what it refused. These events are about no case.

They name cases by their ids, accounts by role and code, and fields by their kind. Who it was, from where, and
in which words the reason was given stay at the service.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.events.directory import DirectoryEvent


class ReadEntry(BaseModel):
    """One read, or one refusal. `kinds` of fields and `purpose` are codes; without kinds it was refused.

    `commitment` is the SHA-256 of a random salt, the account, its address and the reason in words, a line
    each, all of which the service keeps.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    read_id: UUID
    read_at: AwareDatetime
    role: str
    code: str | None = None
    cases: tuple[UUID, ...]
    kinds: tuple[str, ...] = ()
    purpose: str | None = None
    commitment: str


class ReadsRecorded(DirectoryEvent):
    """What was read of personal data since the event before, in order; `code` is `reads`."""

    BOOK: ClassVar[str] = "reads"

    entries: tuple[ReadEntry, ...]

    @classmethod
    def recorded(cls, occurred_at: AwareDatetime, entries: Sequence[Mapping[str, Any]]) -> Self:
        """The next event of the service's record."""
        return cls.of(cls.BOOK, occurred_at, entries=entries)


class IntakeReadsRecorded(ReadsRecorded):
    """Reads of personal data at intake."""

    type = "intake.reads_recorded.v1"
    source = "intake"


class DispatchReadsRecorded(ReadsRecorded):
    """Reads of personal data at dispatch."""

    type = "dispatch.reads_recorded.v1"
    source = "dispatch"


class EscalationReadsRecorded(ReadsRecorded):
    """Reads of personal data at escalation."""

    type = "escalation.reads_recorded.v1"
    source = "escalation"


class FinancingReadsRecorded(ReadsRecorded):
    """Reads of personal data at financing."""

    type = "financing.reads_recorded.v1"
    source = "financing"


class NotifyReadsRecorded(ReadsRecorded):
    """Reads of personal data at notify."""

    type = "notify.reads_recorded.v1"
    source = "notify"


class DesksReadsRecorded(ReadsRecorded):
    """Reads of personal data at desks."""

    type = "desks.reads_recorded.v1"
    source = "desks"
