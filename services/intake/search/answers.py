"""What the routes that find appeals answer, for the OpenAPI document."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from shared.events import Kind
from shared.rules.judging.state import CaseState


class FoundAppeal(BaseModel):
    """An appeal that was found."""

    registration_number: str
    appeal_id: UUID
    state: CaseState
    received_at: datetime
    title: str
    kind: Kind
    enterprise: str | None


class AlikeAppeal(FoundAppeal):
    """An appeal that is like what is being typed. `shared`: so many words of two characters are the same."""

    same_enterprise: bool
    shared: int


class OfficerShown(BaseModel):
    """An officer (为企服务专员) who stands by the enterprise."""

    name: str
    phone: str | None
    unit: str | None


class EnterpriseFile(BaseModel):
    """What the city has of one enterprise. `loans` is the route of financing that reads its loan requests."""

    credit_code: str
    names: list[str]
    officers: list[OfficerShown]
    loans: str
    appeals: list[FoundAppeal]
    next: str | None
