"""Hands out a file: as a download that no browser opens as a page of this site."""

from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from services.intake.attachments.desk import AttachmentDesk
from services.intake.attachments.document import Adder, Attachment, StoredFile
from services.intake.attachments.domain.names import disposition
from services.intake.attachments.domain.reading import sight
from services.intake.document import AppealDocument

SAFE = {
    "cache-control": "private, no-store",
    "content-security-policy": "default-src 'none'; sandbox; base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


async def download(
    desk: AttachmentDesk, appeal: AppealDocument, attachment: Attachment, reader: Adder
) -> StreamingResponse:
    """The content of a file, under the name that the reader may know. Missing where it is not kept."""
    parts = desk.storage.read(StoredFile(appeal.appeal_id, attachment.attachment_id, attachment.sha256))
    first = await anext(parts, b"")
    headers = {"content-disposition": disposition(_name(appeal, attachment, reader))}
    headers |= {**SAFE, "content-length": str(attachment.size)}
    return StreamingResponse(_after(first, parts), headers=headers, media_type="application/octet-stream")


def _name(appeal: AppealDocument, attachment: Attachment, reader: Adder) -> str:
    if sight(appeal, attachment, reader).name:
        return attachment.name
    return f"attachment-{str(attachment.attachment_id)[:8]}.{attachment.name.rpartition('.')[2]}"


async def _after(first: bytes, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in parts:
        yield part
