"""What desks loads when it starts: rule packs, tables of the city, and the client that asks intake."""

from typing import Self

from services.desks.changes import Changes
from services.desks.finding.client import IntakeClient
from services.desks.people.keys import PeopleKeys
from services.desks.people.provider.provider import Provider
from services.desks.settings import DesksSettings
from shared.appeals.categories import Categories
from shared.appeals.channels import Channels
from shared.judging.rulebook import Rulebook
from shared.service.service import ServiceContext


class Resources(Rulebook):
    """The rulebook, the tables of the city, and who searches texts and phones.

    `intake` is None where the settings name nobody.
    """

    channels: Channels
    categories: Categories
    intake: IntakeClient | None = None
    people: PeopleKeys
    provider: Provider | None = None
    changes: Changes

    @classmethod
    def load(cls, context: ServiceContext) -> Self:
        """The resources by the settings of a service. `Mistakes` names each mistake in a table."""
        settings = context.settings
        assert isinstance(settings, DesksSettings)
        resources = cls(settings, context.zone, context.log)
        resources.channels = Channels.load(settings.appeal_channels)
        resources.categories = Categories.load(settings.categories)
        resources.changes = Changes()
        resources.people = PeopleKeys.load(settings.token_signer, settings.token_keys)
        if settings.identity_provider is not None:
            resources.provider = Provider(settings.identity_provider, context.telemetry)
        if settings.intake_url and settings.intake_key:
            resources.intake = IntakeClient(settings.intake_url, settings.intake_key)
        return resources


def resources_of(context: ServiceContext) -> Resources:
    """What a running desks service has loaded."""
    assert isinstance(context.resources, Resources)
    return context.resources


def people_keys(context: ServiceContext) -> PeopleKeys:
    """The keys by which a running desks service signs tokens and cookies."""
    assert isinstance(context.resources, Resources)
    return context.resources.people


def provider_of(context: ServiceContext) -> Provider | None:
    """The identity provider of a running desks service; None where the settings name none."""
    assert isinstance(context.resources, Resources)
    return context.resources.provider
