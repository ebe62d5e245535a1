"""A text that a unit or the office wrote for an enterprise, and the receipt of an erasure. Pure.

The texts live at dispatch and never travel in events. A service that shows one asks when it shows it.
"""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.encryption.fields import PERSONAL
from shared.events import Outcome


class PublicAnswer(BaseModel):
    """A text that the enterprise may read. `occurred_at` and `type` are those of the event of the act.

    `unit` wrote it; None for the office. `planned_on`: the day that it plans or promises.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    occurred_at: AwareDatetime
    type: str
    unit: str | None = None
    unit_name: str | None = None
    text: str
    outcome: Outcome | None = None
    planned_on: date | None = None


class StatedReason(BaseModel):
    """Why somebody did something, in words: by the type and the moment of its event, which has none."""

    type: str
    stated_at: AwareDatetime
    reason: Annotated[str, PERSONAL]


class ErasureReceipt(BaseModel):
    """The receipt of an erasure: the id of its event in the hash chain, and what was erased, in numbers.

    `values`: personal values, `files`: attachments.
    """

    id: UUID
    occurred_at: AwareDatetime
    appeal_id: UUID
    registration_number: str
    values: int
    files: int = 0
