"""What dispatch answers, for its OpenAPI document."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.dispatch.bulk.bodies import RowProblem
from services.dispatch.document import AppealDocument, AppealState, Unit
from shared.states import LegState
from shared.web.sums import ShownSum


class DoneAct(BaseModel):
    """An act on the appeal: when, by which account, and what was sent."""

    occurred_at: datetime
    by: str
    act: dict[str, Any]


class Follower(BaseModel):
    """An appeal that is handled with another one."""

    appeal_id: UUID
    registration_number: str
    title: str
    enterprise: str | None
    state: AppealState


class AppealWithActs(AppealDocument):
    """An appeal with its acts, in order, and the appeals that are handled with it."""

    acts: list[DoneAct]
    followers: list[Follower]


class Instalment(BaseModel):
    """One instalment of a plan. `paid`: what was paid reaches it."""

    due_at: datetime
    sum: ShownSum
    paid: bool


class Debtor(BaseModel):
    """One debtor of a claim, in yuan. `open` is None where neither the debt nor a plan is known.

    `next_sum` is missing of the instalment that is due next. `to_be_confirmed`: what the debtor said and
    neither the creditor nor the office has confirmed.
    """

    leg_id: UUID
    unit: str
    unit_name: str
    kind: str | None
    state: LegState
    sum: ShownSum | None
    paid: ShownSum
    open: ShownSum | None
    settled: bool
    next_due_at: datetime | None
    next_sum: ShownSum | None
    plan: list[Instalment]
    to_be_confirmed: int


class Claim(BaseModel):
    """A claim on the ledger of arrears (清欠台账), with its debtors."""

    appeal_id: UUID
    registration_number: str
    title: str
    enterprise: str | None
    received_at: datetime
    state: AppealState
    debtors: list[Debtor]


class ListedUnit(Unit):
    """A unit of the directory with the version, which is the ETag."""

    version: int


class ImportedOfAppeal(BaseModel):
    """What came of the past acts of one appeal; `already`: they came in earlier. None of refused ones did."""

    appeal_id: UUID
    already: bool = False
    problem: RowProblem | None = None


class ImportedActs(BaseModel):
    """How many past acts were brought in, and with `each` what came of those of each appeal."""

    acts: int
    items: list[ImportedOfAppeal] = []
