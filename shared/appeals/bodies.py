"""Types of fields that requests of several services have."""

from typing import Annotated

from shared.web.bodies import Shape

PackRef = Annotated[
    str,
    Shape(
        r"^[a-z0-9-]{1,80}(@[0-9]{1,9}(\.[0-9]{1,9})?)?$",
        "规则包写作代码，或者代码@版本，如 bozhou-2024@3",
        "a pack is named by its id, or by id@version, like bozhou-2024@3",
    ),
]
