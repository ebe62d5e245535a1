"""The files of an appeal over HTTP, for its enterprise, which proves itself by the receipt code."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from services.intake.api import opened_appeal
from services.intake.attachments.acts import Removal, RemoveAttachment
from services.intake.attachments.answers import FILE, AttachmentLimits, EnterpriseAttachment
from services.intake.attachments.api import removed
from services.intake.attachments.document import Adder
from services.intake.attachments.domain.adding import attachment_of
from services.intake.attachments.downloading import download
from services.intake.attachments.kinds import TAKEN_EN, TAKEN_ZH
from services.intake.attachments.uploading import Upload, receive
from services.intake.resources import desk_of
from shared.events import ENTERPRISE
from shared.web.answers import Items
from shared.web.request import Acting, Reading, Requested, json
from shared.web.status import CodeHeader, NumberPath
from shared.web.uploads import RAW_BODY, FileNameHeader, Uploading

router = APIRouter(tags=["attachments"])
WHO = Adder(ENTERPRISE)


@router.get(
    "/attachment-limits",
    summary="附件限制 / What files are taken",
    response_model=AttachmentLimits,
)
async def limits(request: Requested) -> Response:
    """Which files are taken, how large and how many, for the page on which they are chosen."""
    settings = desk_of(request.context).settings
    return json(
        {
            "open": settings.attachments is not None,
            "most_bytes": settings.attachment_bytes,
            "of_enterprise": settings.attachments_public,
            "of_staff": settings.attachments_staff,
            "zh": TAKEN_ZH,
            "en": TAKEN_EN,
        }
    )


@router.post(
    "/status/{registration_number}/attachments",
    summary="企业上传附件 / Add an attachment as the enterprise",
    response_model=EnterpriseAttachment,
    status_code=201,
    openapi_extra=RAW_BODY,
)
async def add(
    registration_number: NumberPath,
    receipt_code: CodeHeader,
    http: Request,
    conn: Reading,
    request: Uploading,
    file_name: FileNameHeader = None,
) -> Response:
    """Add a file, which is the body as it is."""
    appeal, _ = await opened_appeal(request, conn, registration_number, receipt_code)
    return await receive(desk_of(request.context), Upload(http, request, appeal, WHO, file_name))


@router.get(
    "/status/{registration_number}/attachments/{attachment_id}",
    summary="企业下载附件 / Download an attachment as the enterprise",
    response_class=StreamingResponse,
    responses=FILE,
)
async def read(
    registration_number: NumberPath,
    receipt_code: CodeHeader,
    attachment_id: UUID,
    conn: Reading,
    request: Requested,
) -> Response:
    """The content of a file, as a download."""
    appeal, _ = await opened_appeal(request, conn, registration_number, receipt_code)
    attachment = attachment_of(appeal, attachment_id, WHO)
    return await download(desk_of(request.context), appeal, attachment, WHO)


@router.post(
    "/status/{registration_number}/attachments/{attachment_id}/removals",
    summary="企业删除附件 / Remove an attachment as the enterprise",
    response_model=Items[EnterpriseAttachment],
)
async def remove(
    registration_number: NumberPath,
    receipt_code: CodeHeader,
    attachment_id: UUID,
    conn: Reading,
    body: Removal,
    request: Acting,
) -> Response:
    """Remove a file that the enterprise added, as long as the appeal stands as it did then."""
    appeal, _ = await opened_appeal(request, conn, registration_number, receipt_code)
    return await removed(request, appeal, RemoveAttachment(attachment_id, WHO, body.reason))
