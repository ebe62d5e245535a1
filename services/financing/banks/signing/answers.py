"""What financing answers about the signing of reports, for its OpenAPI document."""

from datetime import datetime

from pydantic import BaseModel


class NewReportSecret(BaseModel):
    """The new secret, shown only here. Until `old_until` the one before is valid too; null for the first."""

    secret: str
    old_until: datetime | None


class SigningEnded(BaseModel):
    """From `ended_at` on the bank's reports need no signature."""

    bank: str
    ended_at: datetime


class Signing(BaseModel):
    """The secret by which reports over HTTP are signed; until `old_until` the one before is valid too."""

    secret_at: datetime
    secret_age_days: int
    old_until: datetime | None
