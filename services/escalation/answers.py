"""What escalation answers, for its OpenAPI document."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.escalation.document import CaseDocument, Missed
from shared.appeals.answers import StatedReason
from shared.web.answers import Shown


class JudgedCase(Shown, CaseDocument):
    """A case as last judged, with its cards and lifts."""

    hidden = frozenset({"said"})


class ReadCase(JudgedCase):
    """A case as it is read. `cards_counted`: those that were not withdrawn; `lifted_at`: the first time.

    `missed_by_office`: what the office let pass itself, since when, and to whom it was raised.
    `reasons`: what people wrote with their acts, each by the type of its event.
    """

    cards_counted: int
    lifted_at: datetime | None
    missed_by_office: list[Missed]
    reasons: list[StatedReason]


class UnitRecord(BaseModel):
    """What is counted of one unit. `cards`: those that were not withdrawn.

    `promised`: the days that it promised (说到做到) and that no other day, act or end made void; the rest of
    `promised`, beside `kept` and `broken`, still runs. One that was kept late is broken.
    """

    unit: str
    cards: int
    promised: int
    kept: int
    broken: int


class Leader(BaseModel):
    """A leader (牵头领导) to whom appeals may be lifted: post (职务), days, deputy, post above."""

    code: str
    name: str
    title: str
    post: str
    holds_from: date | None = None
    holds_until: date | None = None
    deputy: str | None = None
    above: str | None = None


class ListedLeader(Leader):
    """A leader of the directory with the version, which is the ETag."""

    version: int


class ListedPublication(BaseModel):
    """An entry of the red and black list. Only staff see the case, the round and the review."""

    id: int
    publication_id: UUID
    unit: str | None
    unit_name: str
    deadline: str
    title: dict[str, str]
    due_at: datetime
    clause: str
    answer: str | None
    reason: str | None
    decided_at: datetime | None
    expires_on: date | None
    leg_id: UUID | None = None
    round: int = 1
    proposed_at: datetime | None = None
    answered_at: datetime | None = None
    published: bool | None = None
    heard: bool = False
    appeal_id: UUID | None = None
    registration_number: str | None = None


class History(BaseModel):
    """A case with its acts and what was issued: all that is needed to judge it anew."""

    appeal_id: UUID
    registration_number: str
    pack: str | None
    judged_upto: datetime | None
    waits: bool
    stuck: str | None
    events: list[dict[str, Any]]
    late: list[str]
    issued: list[dict[str, Any]]
    said: list[str]
