"""The settings of desks, beside those that every service has."""

from pathlib import Path

from pydantic import Field

from shared.appeals.settings import AppealTablesSettings


class DesksSettings(AppealTablesSettings):
    """Where texts and phones are searched, and what signs tokens."""

    intake_url: str | None = None  # where texts and phones are searched, under the key; without it not at all
    intake_key: str | None = Field(default=None, repr=False)
    behind_proxy: bool = False  # a proxy ends TLS and writes X-Forwarded-For: cookies need TLS
    token_signer: Path | None = None  # the Ed25519 key (PEM) that signs tokens of people; else none is given
