"""The settings of notify, beside those that every service has."""

from pathlib import Path

from pydantic import Field

from shared.judging.settings import RulesSettings
from shared.service.service import ServiceContext


class NotifySettings(RulesSettings):
    """How people are reached."""

    channels: Path | None = None  # how people are reached; without it messages stay in the inboxes
    intake_url: str | None = None  # where notify asks how an enterprise is reached, under the key
    financing_url: str | None = None  # the same for loan requests, under the same key
    intake_key: str | None = Field(default=None, repr=False)
    allow_private_webhooks: bool = False  # webhooks to addresses that are not public, and without TLS


def settings_of(context: ServiceContext) -> NotifySettings:
    """The settings of a running notify."""
    assert isinstance(context.settings, NotifySettings)
    return context.settings
