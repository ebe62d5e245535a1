"""What an enterprise does about its appeal beside rating it: it adds, urges, corrects, asks once more."""

from typing import Annotated, Literal

from pydantic import Field

from shared.events.base import Event, Words

Count = Annotated[int, Field(ge=1)]


class AppealAddedTo(Event):
    """Facts were added to the appeal (补充), by the enterprise or by a clerk to whom it told them.

    `count`: how many additions there are now. What was added is read at intake.
    """

    type = "appeal.added_to.v1"
    source = "intake"

    by: Literal["enterprise", "staff"]
    count: Count


class AppealUrged(Event):
    """Somebody asked for haste (催办). `count`: how many times that was so far."""

    type = "appeal.urged.v1"
    source = "intake"

    by: Literal["enterprise", "office"]
    count: Count


class ContactChanged(Event):
    """The enterprise corrected how it is reached: whoever learnt that before asks again."""

    type = "appeal.contact_changed.v1"
    source = "intake"


class ReceiptCodeRenewed(Event):
    """A new receipt code was used for the first time: it opens the appeal now, the old one no more."""

    type = "receipt_code.renewed.v1"
    source = "intake"

    receipt_hash: Words


class ReopeningAsked(Event):
    """The enterprise asked that its appeal be handled again; the office decides."""

    type = "reopening.asked.v1"
    source = "intake"

    count: Count


class ReopeningDeclined(Event):
    """The office does not handle the appeal again; the enterprise reads the reason at intake."""

    type = "reopening.declined.v1"
    source = "intake"
