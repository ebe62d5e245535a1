"""What intake has beside its database: the rule packs, the tables of the city, hashes, and files."""

from typing import Self

from services.intake.attachments.desk import AttachmentDesk
from services.intake.city.categories import Categories
from services.intake.city.channels import Channels
from services.intake.city.city_tables import CityTables
from services.intake.city.officers import Officers
from services.intake.settings import settings_of
from shared.finding.hashes import Hashes
from shared.judging.rulebook import Rulebook
from shared.service.service import ServiceContext


class IntakeResources(Rulebook):
    """The rulebook of intake, and what else it loads when it starts."""

    city: CityTables
    hashes: Hashes
    desk: AttachmentDesk

    @classmethod
    def load(cls, context: ServiceContext) -> Self:
        """The resources by the settings of a service. `Mistakes` names each mistake in a table."""
        settings = settings_of(context)
        resources = cls(settings, context.zone, context.log)
        resources.city = CityTables(
            Categories.load(settings.categories),
            Channels.load(settings.appeal_channels),
            Officers.load(settings.officers),
        )
        if settings.search_key is None:
            context.log.warning("HUYING_SEARCH_KEY is not set: hashes of phones and texts are not secret")
        resources.hashes = Hashes(settings.search_key or "")
        resources.desk = AttachmentDesk(settings)
        return resources


def city_tables(context: ServiceContext) -> CityTables:
    """The tables of the city."""
    assert isinstance(context.resources, IntakeResources)
    return context.resources.city


def hashes_of(context: ServiceContext) -> Hashes:
    """What makes the hashes by which appeals are found."""
    assert isinstance(context.resources, IntakeResources)
    return context.resources.hashes


def desk_of(context: ServiceContext) -> AttachmentDesk:
    """The desk for attachments of a running intake."""
    assert isinstance(context.resources, IntakeResources)
    return context.resources.desk
