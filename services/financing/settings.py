"""Settings of financing, beside those that every service has."""

from pathlib import Path

from pydantic import Field, PositiveInt

from shared.judging.settings import JudgingSettings
from shared.service.service import ServiceContext
from shared.web.webhooks import PORTS


class FinancingSettings(JudgingSettings):
    """By what loan requests are judged and which banks are asked."""

    financing_pack: str = "bozhou-2024-financing"  # judges loan requests
    routing: Path | None = None  # which banks are asked; without it the rules that financing brings
    topics_kept_days: dict[str, PositiveInt] = Field(default_factory=lambda: {"banks.*.requests": 30})
    allow_private_webhooks: bool = (
        False  # webhooks to addresses that are not public, without TLS, at any port
    )
    webhook_ports: frozenset[int] = PORTS  # where webhooks are called


def settings_of(context: ServiceContext) -> FinancingSettings:
    """The settings of a running financing service."""
    assert isinstance(context.settings, FinancingSettings)
    return context.settings
