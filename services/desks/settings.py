"""The settings of desks, beside those that every service has."""

from pathlib import Path

from pydantic import Field

from shared.appeals.settings import AppealTablesSettings
from shared.roles import AccountRole


class DesksSettings(AppealTablesSettings):
    """Where texts and phones are searched, and what signs tokens."""

    # Where the services answer that pages ask as the person who looks; intake also where texts are searched.
    dispatch_url: str | None = None
    escalation_url: str | None = None
    financing_url: str | None = None
    notify_url: str | None = None
    intake_url: str | None = None  # where texts and phones are searched, under the key; without it not at all
    intake_key: str | None = Field(default=None, repr=False)
    identity_provider: Path | None = None  # a YAML file of who signs people in besides (OpenID Connect)
    second_factor_besides: tuple[AccountRole, ...] = ()  # roles that need one-time codes beside office,
    # leaders and administrators; a JSON list, such as ["unit", "operator"]
    token_signer: Path | None = None  # the Ed25519 key (PEM) that signs tokens of people; else none is given
