"""What the routes of attachments answer, for the OpenAPI document."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.intake.attachments.document import Kind


class EnterpriseAttachment(BaseModel):
    """A file that the enterprise may read. `by`: the role of who added it; `unit`: its code, of a unit."""

    attachment_id: UUID
    kind: Kind
    media_type: str
    name: str | None
    size: int
    sha256: str
    added_at: datetime
    by: str
    unit: str | None


class StaffAttachment(EnterpriseAttachment):
    """A file that staff may read; `name` is null where a unit may not know it.

    `for_enterprise`: the enterprise reads it too. `for_units`: so do units that may not know who asks.
    """

    for_enterprise: bool
    for_units: bool


class AttachmentLimits(BaseModel):
    """What is taken: the most bytes of a file, and the most files of an appeal, of enterprise and staff.

    `open`: files are taken at all. `zh` and `en` name the kinds.
    """

    open: bool
    most_bytes: int
    of_enterprise: int
    of_staff: int
    zh: str
    en: str


FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, as a download.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""What a route declares that answers a file (`responses`)."""
