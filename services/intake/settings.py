"""The settings of intake: those of attachments and of the index, beside what every service with rule packs has."""

from pathlib import Path
from typing import Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from shared.finding.hashes import Hashes
from shared.judging.settings import RulesSettings
from shared.service.service import ServiceContext


class IntakeSettings(RulesSettings):
    """Where attachments are kept, how many and how large they may be, what looks at them; how texts are indexed.

    ValueError for settings that do not fit together.
    """

    attachments: Path | None = None  # the folder; without it no file is taken
    attachment_bytes: int = Field(default=20 * 2**20, ge=1)  # of one file
    attachments_public: int = Field(default=5, ge=0)  # of one appeal, by its enterprise
    attachments_staff: int = Field(default=20, ge=0)  # of one appeal, by staff
    attachments_arriving: PositiveInt = 64  # at once in one process
    attachments_handled: PositiveInt = 2  # checked and stored at once in one process
    attachment_least_rate: PositiveInt = 16 * 1024  # bytes a second that a sender keeps up on the average
    attachment_pixels: int = Field(default=150_000_000, ge=1, le=178_000_000)  # of one JPEG
    attachment_sweep_s: PositiveFloat = 3600.0  # how often files that belong to no appeal are looked for
    attachment_orphan_s: PositiveFloat = 3600.0  # how old such a file is before it is removed
    clamd: str | None = None  # ClamAV's socket: a path, or host:port
    attachment_s3_bucket: str | None = None  # with it files are kept in object storage
    attachment_s3_endpoint: str | None = None
    attachment_s3_region: str = "us-east-1"
    attachment_s3_key: str | None = None
    attachment_s3_secret: str | None = Field(default=None, repr=False)

    finding_key: str | None = Field(default=None, min_length=16, repr=False)
    """Hashes the index of texts and phones; without it nothing is indexed."""

    @model_validator(mode="after")
    def _storage_is_whole(self) -> Self:
        parts = (self.attachment_s3_endpoint, self.attachment_s3_key, self.attachment_s3_secret)
        if self.attachment_s3_bucket is not None and (None in parts or self.attachments is None):
            raise ValueError(
                "HUYING_ATTACHMENT_S3_BUCKET needs HUYING_ATTACHMENT_S3_ENDPOINT, _KEY and _SECRET, and"
                " HUYING_ATTACHMENTS, the folder in which files arrive / 对象存储的设置不全"
            )
        return self


def settings_of(context: ServiceContext) -> IntakeSettings:
    """The settings of a running intake."""
    assert isinstance(context.settings, IntakeSettings)
    return context.settings


def hashes_of(context: ServiceContext) -> Hashes | None:
    """The hashes that texts and phones are found by; None where no key is set."""
    settings = settings_of(context)
    return Hashes(settings.finding_key) if settings.finding_key else None
