"""The settings of intake: the tables of the city, and the key of its hashes."""

from pathlib import Path

from pydantic import Field

from shared.judging.settings import RulesSettings
from shared.service.service import ServiceContext


class IntakeSettings(RulesSettings):
    """Where the tables of the city stand, and the key of what is found by hashes."""

    categories: Path | None = None  # 诉求分类; without it a sample for enterprises' matters
    appeal_channels: Path | None = None  # 渠道; without it those that every version knows
    officers: Path | None = None  # 为企服务专员; without it none
    search_key: str | None = Field(default=None, min_length=32, repr=False)  # `openssl rand -hex 32`


def settings_of(context: ServiceContext) -> IntakeSettings:
    """The settings of a running intake."""
    assert isinstance(context.settings, IntakeSettings)
    return context.settings
