"""The settings of intake, beside what every service with rule packs has."""

from pathlib import Path
from typing import Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from shared.appeals.settings import AppealTablesSettings
from shared.service.service import ServiceContext


class IntakeSettings(AppealTablesSettings):
    """Whom intake asks, what one may do how often, the tables of the city, hashes, and attachments.

    ValueError for settings that do not fit together.
    """

    officers: Path | None = None  # 为企服务专员; without it none
    search_key: str | None = Field(default=None, min_length=32, repr=False)  # `openssl rand -hex 32`
    dispatch_url: str | None = None  # where intake asks what units and the office answered, under its key
    notify_url: str | None = None  # where intake has codes sent to enterprises, under its key
    service_key: str | None = Field(default=None, repr=False)  # of intake's own account at other services
    registrations_of_address: int = Field(default=60, ge=1)  # an hour, by anybody from one network address
    registrations_of_enterprise: int = Field(default=10, ge=1)  # an hour, by anybody under one credit code
    registrations_of_phone: int = Field(default=10, ge=1)  # an hour, by anybody with one phone
    urgings_a_day: int = Field(default=1, ge=1)  # how often one may ask for haste, for each working day
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
