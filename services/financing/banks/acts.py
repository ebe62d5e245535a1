"""What the office writes about a bank of the directory."""

from typing import Annotated, Literal

from pydantic import Field

from shared.web.bodies import Body

Integration = Literal["kafka", "webhook", "desk"]
"""How a bank is connected to the window."""


class BankBody(Body):
    """A bank of the directory and its integrations, `ways`. A bank that is not `open` gets no requests."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    ways: Annotated[frozenset[Integration], Field(min_length=1)]
    open: bool = True
