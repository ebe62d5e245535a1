"""Who may read which file of an appeal, and under which name. Pure.

Whether a caller may read the appeal at all is decided before.
"""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from services.intake.attachments.document import Adder, Attachment
from services.intake.document import AppealDocument
from shared.events import ENTERPRISE, Channel, Kind
from shared.roles import UNIT


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader may know of a file."""

    file: bool
    name: bool


_WHOLE, _NOTHING = Sight(file=True, name=True), Sight(file=False, name=False)


NEVER_NAMED = (Kind.REPORT, Kind.CLUE)
"""举报 and 线索: no unit learns who brought them."""
NAMED = "named"
"""The confidentiality (保密) of an appeal whose enterprise units may know; where it has none, so they may."""


def keeps_name_from_units(appeal: AppealDocument) -> bool:
    """Whether units may not know who asks: then they read no paper of the enterprise without leave."""
    is_anonymous = appeal.channel == Channel.ANONYMOUS_LETTER or appeal.kind in NEVER_NAMED
    return is_anonymous or (getattr(appeal, "confidentiality", None) or NAMED) != NAMED


def sight(appeal: AppealDocument, attachment: Attachment, reader: Adder) -> Sight:
    """What `reader` may know of a file: the one place where this is decided.

    The enterprise reads its own files and those released to it. Staff read all; but where the name is kept
    from units, a unit reads what units added, and of the rest what was released, never under its name.
    """
    if reader.role == ENTERPRISE:
        return _WHOLE if attachment.by == ENTERPRISE or attachment.for_enterprise else _NOTHING
    if reader.role != UNIT or attachment.by == UNIT or not keeps_name_from_units(appeal):
        return _WHOLE
    return Sight(file=attachment.for_units, name=False)


def files_shown_to(appeal: AppealDocument, reader: Adder, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The files of an appeal that `reader` may read, in the order in which they came; times in `zone`."""
    seen = [(attachment, sight(appeal, attachment, reader)) for attachment in appeal.attachments]
    return [
        _shown(attachment, by_reader.name, reader, zone) for attachment, by_reader in seen if by_reader.file
    ]


def _shown(attachment: Attachment, with_name: bool, reader: Adder, zone: ZoneInfo) -> dict[str, Any]:
    fields = {
        "attachment_id": attachment.attachment_id,
        "kind": attachment.kind,
        "media_type": attachment.media_type,
        "name": attachment.name if with_name else None,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "added_at": attachment.added_at.astimezone(zone),
        "by": attachment.by,
        "unit": attachment.by_code,
    }
    if reader.role != ENTERPRISE:
        fields |= {"for_enterprise": attachment.for_enterprise, "for_units": attachment.for_units}
    return fields
