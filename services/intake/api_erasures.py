"""Intake over HTTP for the rights of persons: all that is kept of one's own, and its erasure."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Response

from services.intake import acts
from services.intake.answers import OwnData
from services.intake.api import act_context, opened_appeal
from services.intake.attachments.desk import AttachmentDesk
from services.intake.attachments.document import Adder, StoredFile
from services.intake.attachments.domain.reading import files_shown_to
from services.intake.attachments.uploading import forget
from services.intake.document import AppealDocument
from services.intake.resources import desk_of, hashes_of
from services.intake.work import Work
from shared.appeals.answers import ErasureReceipt
from shared.events import ENTERPRISE
from shared.web.request import Deciding, Reading, Requested, json
from shared.web.status import CodeHeader, NumberPath
from shared.web.writer import Answer

router = APIRouter(tags=["intake"])


@router.post(
    "/appeals/{appeal_id}/erasures",
    summary="删除个人信息 / Erase the personal data of an appeal",
    response_model=ErasureReceipt,
)
async def erase(appeal_id: UUID, body: acts.ErasePersons, request: Deciding) -> Response:
    """Erase who asked and what people wrote of an ended appeal, with its files; other services follow.

    The answer is the receipt: what was erased here. The other services say the same in their events.
    """
    hashes, files = hashes_of(request.context), list[StoredFile]()

    def do(work: Work) -> Answer:
        before = work.appeal(appeal_id)
        request.check(before.version)
        emitted_before = len(work.pending)
        appeal = work.perform(appeal_id, body, act_context(request, work, appeal_id))
        work.index(appeal, hashes)
        files.extend(_files(before))
        return Answer(_receipt(work, emitted_before), 200, str(appeal.version))

    answer = await request.write([appeal_id], do)
    await _forget_all(desk_of(request.context), files)
    return answer


def _receipt(work: Work, emitted_before: int) -> str:
    event = work.pending[emitted_before].event
    fields = event.model_dump(mode="json", include=set(ErasureReceipt.model_fields))
    return orjson.dumps(fields).decode()


def _files(appeal: AppealDocument) -> list[StoredFile]:
    return [
        StoredFile(appeal.appeal_id, attachment.attachment_id, attachment.sha256)
        for attachment in appeal.attachments
    ]


async def _forget_all(desk: AttachmentDesk, files: list[StoredFile]) -> None:
    for file in files:
        await forget(desk, file)


@router.get(
    "/status/{registration_number}/data",
    summary="导出本企业的信息 / All that is kept of one's own",
    response_model=OwnData,
)
async def own_data(
    registration_number: NumberPath, receipt_code: CodeHeader, conn: Reading, request: Requested
) -> Response:
    """What the enterprise said of itself and of its matter, as intake keeps it, for its receipt code."""
    appeal, _ = await opened_appeal(request, conn, registration_number, receipt_code)
    return json(_own(appeal, request.context.zone))


def _own(appeal: AppealDocument, zone: ZoneInfo) -> dict[str, Any]:
    ratings = [rating for rating in (*appeal.earlier_ratings, appeal.rating) if rating and rating.by is None]
    return {
        **appeal.model_dump(mode="json", include=set(OwnData.model_fields)),
        "additions": [addition.text for addition in appeal.additions if addition.by is None],
        "comments": [rating.comment for rating in ratings if rating.comment],
        "attachments": files_shown_to(appeal, Adder(ENTERPRISE), zone),
    }
