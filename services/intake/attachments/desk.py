"""Takes files in: how many at once, what is looked at, and where they are kept."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

from services.intake.attachments.document import Kind, NewFile, StoredFile
from services.intake.attachments.domain.names import cleaned
from services.intake.attachments.kinds import OFFICE
from services.intake.attachments.pictures import without_metadata
from services.intake.attachments.properties import without_properties
from services.intake.attachments.recognising import recognise
from services.intake.attachments.scanning import scan
from services.intake.attachments.spool import ANEW, Arrived, measured
from services.intake.attachments.storage import Storage, away
from services.intake.attachments.storages import storage_of
from services.intake.settings import IntakeSettings
from shared.service.errors import TooLarge, Unavailable
from shared.web.streamed import Bounds


class AttachmentDesk:
    """Takes in the files of one process. A file waits on the disk until its turn, however slowly it came."""

    def __init__(self, settings: IntakeSettings) -> None:
        self.settings = settings
        self.bounds = Bounds(settings.attachment_bytes, settings.attachment_least_rate)
        self._storage = storage_of(settings)
        self._turns = asyncio.Semaphore(settings.attachments_handled)
        self._arriving: Counter[UUID] = Counter()

    @property
    def folder(self) -> Path:
        """The folder in which files arrive. Unavailable where attachments are not set up."""
        if self.settings.attachments is None:
            raise _not_set_up()
        return self.settings.attachments

    @property
    def storage(self) -> Storage:
        """Where files are kept. Unavailable where attachments are not set up."""
        if self._storage is None:
            raise _not_set_up()
        return self._storage

    def arriving(self, appeal_id: UUID) -> int:
        """How many files of an appeal are on their way in."""
        return self._arriving[appeal_id]

    @contextmanager
    def place(self, appeal_id: UUID) -> Iterator[None]:
        """A place for a file of the appeal on its way in. Unavailable where all are taken."""
        if self._arriving.total() >= self.settings.attachments_arriving:
            raise Unavailable(
                "上传的人太多，请稍后再试", "too many files arrive at once: try again in a minute"
            )
        self._arriving[appeal_id] += 1
        try:
            yield
        finally:
            self._arriving[appeal_id] -= 1
            if not self._arriving[appeal_id]:
                del self._arriving[appeal_id]

    async def keep(
        self, appeal_id: UUID, file: Arrived, name: str | None, *, for_enterprise: bool
    ) -> NewFile:
        """Check an arrived file and store it. Nothing is stored of a file that is refused."""
        async with self._turns:
            kind = await asyncio.to_thread(recognise, file.path)
            if self.settings.clamd is not None:
                await scan(self.settings.clamd, file.path)
            if kind.kind is Kind.PHOTO:
                file = await self._without_metadata(file, kind.media_type)
            elif kind in OFFICE:
                file = await self._without_properties(file)
            stored = StoredFile(appeal_id, uuid4(), file.sha256)
            await self.storage.put(stored, file.path)
        return NewFile(
            attachment_id=stored.attachment_id,
            kind=kind.kind,
            media_type="image/jpeg" if kind.media_type == "image/heic" else kind.media_type,
            name=cleaned(name, kind.ending),
            size=file.size,
            sha256=file.sha256,
            for_enterprise=for_enterprise,
        )

    async def _without_metadata(self, file: Arrived, media_type: str) -> Arrived:
        target = file.path.with_suffix(ANEW)
        await without_metadata(file.path, target, media_type, self.settings.attachment_pixels)
        picture = await asyncio.to_thread(measured, target)
        if picture.size > self.settings.attachment_bytes:
            raise TooLarge("图片过大，请缩小后再上传", "the picture is too large: make it smaller", "body")
        return picture

    async def _without_properties(self, file: Arrived) -> Arrived:
        target = file.path.with_suffix(ANEW)
        try:
            if not await asyncio.to_thread(without_properties, file.path, target):
                return file
            document = await asyncio.to_thread(measured, target)
        except OSError as error:
            raise away() from error
        if document.size > self.settings.attachment_bytes:
            raise TooLarge("文件过大，请缩小后再上传", "the file is too large: make it smaller", "body")
        return document


def _not_set_up() -> Unavailable:
    return Unavailable(
        "本系统未开通附件功能，请联系运维",
        "attachments are not set up here: HUYING_ATTACHMENTS names their folder",
    )
