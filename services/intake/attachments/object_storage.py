"""Files kept in S3-compatible object storage, each as one object of a bucket."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from services.intake.attachments.document import StoredFile
from services.intake.attachments.storage import PART_BYTES, Listed, away, file_of, key_of, missing
from services.intake.settings import IntakeSettings

TIMEOUT = timedelta(seconds=60)
PARTS_AT_ONCE = 1
"""Parts of one file that are sent at once, so that memory stays small."""


class ObjectStorage:
    """Keeps files in the bucket of the settings. An object is there as a whole or not at all."""

    def __init__(self, settings: IntakeSettings) -> None:
        endpoint = settings.attachment_s3_endpoint or ""
        self._store = S3Store(
            settings.attachment_s3_bucket or "",
            endpoint=endpoint,
            region=settings.attachment_s3_region,
            access_key_id=settings.attachment_s3_key,
            secret_access_key=settings.attachment_s3_secret,
            virtual_hosted_style_request=False,
            client_options={"allow_http": endpoint.startswith("http:"), "timeout": TIMEOUT},
            retry_config={"max_retries": 2, "retry_timeout": TIMEOUT},
        )

    async def put(self, file: StoredFile, source: Path) -> None:
        try:
            await obstore.put_async(self._store, key_of(file), source, max_concurrency=PARTS_AT_ONCE)
        except BaseError as error:
            raise away() from error

    async def read(self, file: StoredFile) -> AsyncIterator[bytes]:
        try:
            answer = await obstore.get_async(self._store, key_of(file))
            async for part in answer.stream(min_chunk_size=PART_BYTES):
                yield bytes(part)
        except (NotFoundError, FileNotFoundError) as error:
            raise missing(file) from error
        except BaseError as error:
            raise away() from error

    async def has(self, file: StoredFile) -> bool:
        try:
            await obstore.head_async(self._store, key_of(file))
        except (NotFoundError, FileNotFoundError):
            return False
        except BaseError as error:
            raise away() from error
        return True

    async def remove(self, file: StoredFile) -> None:
        try:
            await obstore.delete_async(self._store, key_of(file))
        except (NotFoundError, FileNotFoundError):
            return
        except BaseError as error:
            raise away() from error

    async def listed(self) -> AsyncIterator[Sequence[Listed]]:
        try:
            async for objects in obstore.list(self._store):
                named = [(file_of(meta["path"]), meta["last_modified"]) for meta in objects]
                yield [Listed(file, at.timestamp()) for file, at in named if file is not None]
        except BaseError as error:
            raise away() from error
