"""Transfer (转接): a matter is handed over to 110, 119, 120 or another hotline, beside what the city does."""

from typing import Annotated, Literal

from pydantic import Field

from services.dispatch.acts.base import AppealAct
from shared.web.bodies import Body, Line, Moment

Hotline = Annotated[str, Field(pattern=r"^[1-9][0-9]{2,7}$")]
"""The number that one dials: 110, 119, 120, 12315, 12366, …"""


class Receipt(Body):
    """Who took the matter there: their name or seat, their number of it, and when, where that was not now."""

    receiver: Line
    reference: Line | None = None
    received_at: Moment | None = None


class Transfer(AppealAct):
    """`receipt` is given where it was taken on the line; otherwise it is recorded later."""

    act: Literal["transfer"] = "transfer"
    to: Hotline
    reason: Line
    receipt: Receipt | None = None


class ReceiveTransfer(AppealAct):
    """The receipt of an earlier transfer. `number`: which of the appeal, counted from 1."""

    act: Literal["receive_transfer"] = "receive_transfer"
    number: Annotated[int, Field(ge=1, le=1_000)]
    receipt: Receipt
