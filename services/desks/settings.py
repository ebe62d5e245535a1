"""The settings of desks, beside those that every service has."""

from pydantic import Field

from shared.appeals.settings import AppealTablesSettings


class DesksSettings(AppealTablesSettings):
    """Where texts and phones are searched."""

    intake_url: str | None = None  # where texts and phones are searched, under the key; without it not at all
    intake_key: str | None = Field(default=None, repr=False)
