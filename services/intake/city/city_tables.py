"""The tables that are data of the city, together."""

from typing import NamedTuple

from services.intake.city.categories import Categories
from services.intake.city.channels import Channels
from services.intake.city.officers import Officers


class CityTables(NamedTuple):
    """Categories, channels and officers as the city's files have them."""

    categories: Categories
    channels: Channels
    officers: Officers
