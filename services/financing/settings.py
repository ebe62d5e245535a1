"""Settings of financing, beside those that every service has."""

from pathlib import Path

from shared.judging.settings import JudgingSettings
from shared.service.service import ServiceContext


class FinancingSettings(JudgingSettings):
    """By what loan requests are judged and which banks are asked."""

    financing_pack: str = "bozhou-2024-financing"  # judges loan requests
    routing: Path | None = None  # which banks are asked; without it the rules that financing brings
    allow_private_webhooks: bool = False  # webhooks to addresses that are not public, and without TLS


def settings_of(context: ServiceContext) -> FinancingSettings:
    """The settings of a running financing service."""
    assert isinstance(context.settings, FinancingSettings)
    return context.settings
