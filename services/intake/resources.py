"""What intake has beside its database: the rule packs, and the desk that takes in files."""

from typing import Self

from services.intake.attachments.desk import AttachmentDesk
from services.intake.settings import settings_of
from shared.judging.rulebook import Rulebook
from shared.service.service import ServiceContext


class IntakeResources(Rulebook):
    """The rulebook of intake, and its desk for attachments."""

    desk: AttachmentDesk

    @classmethod
    def load(cls, context: ServiceContext) -> Self:
        """The resources by the settings of a service."""
        settings = settings_of(context)
        resources = cls(settings, context.zone, context.log)
        resources.desk = AttachmentDesk(settings)
        return resources


def desk_of(context: ServiceContext) -> AttachmentDesk:
    """The desk for attachments of a running intake."""
    assert isinstance(context.resources, IntakeResources)
    return context.resources.desk
