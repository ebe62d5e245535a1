"""What the window writes about an enterprise."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from services.financing.contract_fields import Line, ShortCode
from shared.web.bodies import Body


class SizeClass(StrEnum):
    """How large an enterprise is, as statistics class them (划型)."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class EnterpriseBody(Body):
    """What the window knows of an enterprise. `industry` is a code of GB/T 4754, e.g. C35 or I651."""

    name: Line
    size_class: SizeClass | None = None
    industry: Annotated[str, Field(pattern=r"^[A-T][0-9]{0,4}$")] | None = None
    locality: ShortCode | None = None
