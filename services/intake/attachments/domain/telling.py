"""What is told of a file that was added or released: to whom, and how many there are. Pure."""

from datetime import datetime, timedelta
from typing import Any

from services.intake.attachments.document import Attachment
from services.intake.attachments.domain.reading import keeps_name_from_units
from services.intake.document import AppealDocument
from shared.events import ENTERPRISE

AT_ONCE = timedelta(minutes=10)
"""Of several files that one side adds within so long, a message tells of the first."""


def told_of_added(appeal: AppealDocument, added: Attachment) -> dict[str, Any]:
    """What the event says of who may read the file `added`, which the appeal has already."""
    is_public = added.by == ENTERPRISE
    earlier = [file.added_at for file in _alike(appeal, added) if file != added]
    return {
        "for_enterprise": not is_public and added.for_enterprise,
        "for_units": is_public and not keeps_name_from_units(appeal),
        "more_at_once": _was_just_told(earlier, added.added_at),
    }


def counted(appeal: AppealDocument, attachment: Attachment) -> int | None:
    """How many files of this side, and for these readers, the appeal has."""
    alike = _alike(appeal, attachment)
    return len([file for file in alike if file.for_units or not attachment.for_units]) or None


def _alike(appeal: AppealDocument, attachment: Attachment) -> list[Attachment]:
    """The files of the enterprise, or those of staff that are for the same readers."""
    is_public = attachment.by == ENTERPRISE
    side = [file for file in appeal.attachments if (file.by == ENTERPRISE) == is_public]
    return side if is_public else [file for file in side if file.for_enterprise == attachment.for_enterprise]


def _was_just_told(earlier: list[datetime], at: datetime) -> bool:
    """Whether a message told of one of the files that came before, in order, less than `AT_ONCE` ago."""
    told_at: datetime | None = None
    for added_at in earlier:
        if told_at is None or added_at - told_at >= AT_ONCE:
            told_at = added_at
    return told_at is not None and at - told_at < AT_ONCE
