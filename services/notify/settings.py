"""The settings of notify, beside those that every service has, and what it loads by them."""

from pathlib import Path

from pydantic import Field

from shared.appeals.asking import AskingRulebook
from shared.judging.rulebook import Rulebook
from shared.judging.settings import RulesSettings
from shared.service.service import ServiceContext
from shared.web.webhooks import PORTS


class NotifySettings(RulesSettings):
    """How people are reached."""

    channels: Path | None = None  # how people are reached; without it messages stay in the inboxes
    intake_url: str | None = None  # where notify asks how an enterprise is reached, under the key
    financing_url: str | None = None  # the same for loan requests, under the same key
    dispatch_url: str | None = None  # the same for what units and the office answered
    intake_key: str | None = Field(default=None, repr=False)
    allow_private_webhooks: bool = (
        False  # webhooks to addresses that are not public, without TLS, at any port
    )
    webhook_ports: frozenset[int] = PORTS  # where webhooks are called


def settings_of(context: ServiceContext) -> NotifySettings:
    """The settings of a running notify."""
    assert isinstance(context.settings, NotifySettings)
    return context.settings


def load_rulebook(context: ServiceContext) -> Rulebook:
    """The rulebook, with the client of dispatch."""
    settings = settings_of(context)
    rules = AskingRulebook(settings, context.zone, context.log)
    rules.ask(settings.dispatch_url, settings.intake_key, context)
    return rules
