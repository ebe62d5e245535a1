"""The settings that name the city's tables of appeals, for every service that shows or takes their words."""

from pathlib import Path

from shared.judging.settings import RulesSettings


class AppealTablesSettings(RulesSettings):
    """The files of the city's tables."""

    categories: Path | None = None  # 诉求分类; without it a sample for enterprises' matters
    appeal_channels: Path | None = None  # 渠道; without it those that every version knows
