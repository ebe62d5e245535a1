"""What intake has beside its database: packs, tables of the city, hashes, files, services that it asks."""

import asyncio
from typing import Any, NamedTuple, Self

from services.intake.attachments.desk import AttachmentDesk
from services.intake.city.city_tables import CityTables
from services.intake.city.officers import Officers
from services.intake.codes.client import CodeClient
from services.intake.settings import settings_of
from shared.appeals.asking import AskingRulebook
from shared.appeals.categories import Categories
from shared.appeals.channels import Channels
from shared.finding.hashes import Hashes
from shared.service.service import ServiceContext

MOST_ORDERS = 1_000
"""Codes that wait to be sent; more are refused."""


class CodeDesk(NamedTuple):
    """Where codes are ordered that enterprises are to be sent, and the client that has them sent."""

    client: CodeClient
    orders: asyncio.Queue[Any]


class IntakeResources(AskingRulebook):
    """The rulebook of intake, and what else it loads when it starts.

    `codes` is None where the settings name no notify.
    """

    city: CityTables
    hashes: Hashes
    desk: AttachmentDesk
    codes: CodeDesk | None = None

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
        resources.ask(settings.dispatch_url, settings.service_key, context)
        if settings.notify_url and settings.service_key:
            client = CodeClient(settings.notify_url, settings.service_key, context.telemetry)
            resources.codes = CodeDesk(client, asyncio.Queue(MOST_ORDERS))
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


def code_desk(context: ServiceContext) -> CodeDesk | None:
    """Where codes are ordered; None where the settings name no notify."""
    assert isinstance(context.resources, IntakeResources)
    return context.resources.codes
