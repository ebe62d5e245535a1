"""What staff do beside handling: notes, urging, transfers to hotlines. What they write stays at dispatch."""

from typing import Annotated

from pydantic import Field

from shared.events.base import Event
from shared.events.dispatch import LegEvent

Count = Annotated[int, Field(ge=1)]


class AppealNoted(Event):
    """Staff noted something on the appeal (内部备注). `number` counts the appeal's notes."""

    type = "appeal.noted.v1"
    source = "dispatch"

    number: Count


class LegUrged(LegEvent):
    """The office urged the leg's unit (催办), for the `count`th time. No clock changes by it."""

    type = "leg.urged.v1"
    source = "dispatch"

    count: Count


class TransferEvent(Event):
    """Something about one transfer. `number` counts the appeal's transfers, `to` is the hotline's number."""

    number: Count
    to: str


class AppealTransferred(TransferEvent):
    """The matter was handed over to another hotline (转接), such as 110; the appeal goes on here.

    `received`: somebody there took it at once.
    """

    type = "appeal.transferred.v1"
    source = "dispatch"

    received: bool = False


class TransferReceived(TransferEvent):
    """The other hotline has the matter: its receipt was recorded later than the transfer."""

    type = "transfer.received.v1"
    source = "dispatch"
