"""Files are added to an appeal. Neither a file's name nor its content travels in an event.

`sha256` is the hash of the file as it is stored: by the chain of the events, the file is proven.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Event
from shared.events.intake import left_out

Count = Annotated[int, Field(ge=1)]


def is_false(value: bool) -> bool:
    """Whether a flag that earlier versions do not know is left out."""
    return not value


class AttachmentEvent(Event):
    """What happens to one file. `by` is the role of who added it: an enterprise, an operator, a unit, …

    `count`: how many files of enterprises, or of staff, the appeal has: of staff those for the same readers,
    and where a file was released to units, those alone that units may read.
    """

    source = "intake"

    attachment_id: UUID
    sha256: str
    size: int
    media_type: str
    by: str
    count: Count | None = Field(default=None, exclude_if=left_out)


class AttachmentStored(AttachmentEvent):
    """A file was added to an appeal, and is stored.

    `for_enterprise`: staff added it for the enterprise. `for_units`: an enterprise added it, and the units
    may read it. `more_at_once`: it is not the first that this side added within some minutes.
    """

    type = "attachment.stored.v1"

    for_enterprise: bool = Field(default=False, exclude_if=is_false)
    for_units: bool = Field(default=False, exclude_if=is_false)
    more_at_once: bool = Field(default=False, exclude_if=is_false)


class AttachmentReleased(AttachmentEvent):
    """The enterprise, or the units, may read a file from now on that they might not read before."""

    type = "attachment.released.v1"

    to: Literal["enterprise", "units"]


class AttachmentRemoved(AttachmentEvent):
    """A file was taken away again. It is stored no more."""

    type = "attachment.removed.v1"
