"""Files are added to an appeal. Neither a file's name nor its content travels in an event.

`sha256` is the hash of the file as it is stored: by the chain of the events, the file is proven.
"""

from typing import Literal
from uuid import UUID

from shared.events.base import Event


class AttachmentEvent(Event):
    """What happens to one file. `by` is the role of who added it: an enterprise, an operator, a unit, …"""

    source = "intake"

    attachment_id: UUID
    sha256: str
    size: int
    media_type: str
    by: str


class AttachmentStored(AttachmentEvent):
    """A file was added to an appeal, and is stored."""

    type = "attachment.stored.v1"


class AttachmentReleased(AttachmentEvent):
    """The enterprise, or the units, may read a file from now on that they might not read before."""

    type = "attachment.released.v1"

    to: Literal["enterprise", "units"]


class AttachmentRemoved(AttachmentEvent):
    """A file was taken away again. It is stored no more."""

    type = "attachment.removed.v1"
