"""What the window writes about an enterprise."""

from typing import Annotated

from services.financing.contract_fields import Line, ShortCode
from shared.named import Named
from shared.web.bodies import Body, Shape

Industry = Annotated[
    str,
    Shape(
        r"^[A-T][0-9]{0,4}$",
        "行业代码按 GB/T 4754，如 C35、I651",
        "an industry is a code of GB/T 4754, like C35 or I651",
    ),
]


class SizeClass(Named):
    """How large an enterprise is, as statistics class them (划型)."""

    MICRO = "micro", "微型", "微型企业"
    SMALL = "small", "小型", "小型企业"
    MEDIUM = "medium", "中型", "中型企业"
    LARGE = "large", "大型", "大型企业"


class EnterpriseBody(Body):
    """What the window knows of an enterprise. `industry` is a code of GB/T 4754, e.g. C35 or I651."""

    name: Line
    size_class: SizeClass | None = None
    industry: Industry | None = None
    locality: ShortCode | None = None
