"""What desks loads when it starts: the rule packs, and the client that asks intake."""

from typing import Self

from services.desks.finding.client import IntakeClient
from services.desks.settings import DesksSettings
from shared.judging.rulebook import Rulebook
from shared.service.service import ServiceContext


class Resources(Rulebook):
    """The rulebook, and who searches texts and phones; None where the settings name nobody."""

    intake: IntakeClient | None = None

    @classmethod
    def load(cls, context: ServiceContext) -> Self:
        settings = context.settings
        assert isinstance(settings, DesksSettings)
        resources = cls(settings, context.zone, context.log)
        if settings.intake_url and settings.intake_key:
            resources.intake = IntakeClient(settings.intake_url, settings.intake_key)
        return resources


def intake_of(context: ServiceContext) -> IntakeClient | None:
    """The client of a running desks service."""
    assert isinstance(context.resources, Resources)
    return context.resources.intake
