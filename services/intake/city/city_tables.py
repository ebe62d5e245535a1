"""The tables that are data of the city, together."""

from typing import NamedTuple

from services.intake.city.officers import Officers
from shared.appeals.categories import Categories
from shared.appeals.channels import Channels


class CityTables(NamedTuple):
    """Categories, channels and officers as the city's files have them."""

    categories: Categories
    channels: Channels
    officers: Officers
