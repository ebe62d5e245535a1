"""Settings of the services that go by rule packs and holiday notices."""

from pathlib import Path

from shared.service.settings import Settings


class JudgingSettings(Settings):
    """What packs and working days are reckoned by."""

    pack_settings: Path | None = None  # the jurisdiction's settings: numbers that packs leave open
    calendar: Path | None = None


class RulesSettings(JudgingSettings):
    """Which packs appeals are registered under."""

    pack: str = "bozhou-2024"
    procedures: tuple[str, ...] = ()  # further packs that appeals may be registered under
