"""Chooses where files are kept, by the settings."""

from services.intake.attachments.folder import Folder
from services.intake.attachments.object_storage import ObjectStorage
from services.intake.attachments.storage import Storage
from services.intake.settings import IntakeSettings


def storage_of(settings: IntakeSettings) -> Storage | None:
    """Object storage where a bucket is named, else the folder; None where neither is."""
    if settings.attachment_s3_bucket is not None:
        return ObjectStorage(settings)
    return None if settings.attachments is None else Folder(settings.attachments)
