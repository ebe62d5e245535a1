"""What dispatch answers, for its OpenAPI document."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.dispatch.document import AppealDocument, AppealState, Unit


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


class ListedUnit(Unit):
    """A unit of the directory with the version, which is the ETag."""

    version: int


class ImportedActs(BaseModel):
    """How many past acts were brought in."""

    acts: int
