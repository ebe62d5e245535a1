"""What may be done with the files of an appeal: added, released, removed. Pure.

A transition checks first and changes after; it refuses with `Conflict`, `Forbidden`, `Invalid` or `NotFound`.
"""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from services.intake.attachments.acts import (
    AddAttachment,
    AttachmentAct,
    ReleaseAttachment,
    RemoveAttachment,
)
from services.intake.attachments.document import Adder, Attachment, Readers, RemovedAttachment
from services.intake.attachments.domain.reading import sight
from services.intake.attachments.domain.telling import counted, told_of_added
from services.intake.document import AppealDocument
from services.intake.domain.context import ActContext
from services.intake.timeline import entry_of
from shared.appeals.document import not_dispatched_to_unit
from shared.events import ENTERPRISE, AttachmentReleased, AttachmentRemoved, AttachmentStored, Event
from shared.events.attachments import AttachmentEvent
from shared.roles import OFFICE, OPERATOR, UNIT
from shared.rules.judging.state import CaseState
from shared.service.errors import Conflict, Forbidden, Invalid, NotFound

OVER = (CaseState.WITHDRAWN, CaseState.CLOSED, CaseState.APPROVED)
"""The states in which the office alone adds files, for the record."""
MOST_REMOVED = 200
"""Files of one appeal that are taken away again, so that its document stays small."""


def check_may_add(appeal: AppealDocument, who: Adder, most: int, under_way: int = 0) -> None:
    """Refuse a file before it is sent: of a unit without a leg, to an ended appeal, or one too many.

    `most`: files of enterprises, or those of staff. `under_way`: files that are being sent.
    """
    if who.role == UNIT and who.code not in {leg.unit for leg in appeal.live_legs()}:
        raise not_dispatched_to_unit()
    if who.role != OFFICE:
        appeal.require(*(state for state in CaseState if state not in OVER))
    is_public = who.role == ENTERPRISE
    if len(appeal.removed_attachments) >= MOST_REMOVED:
        raise Conflict(
            f"该诉求已删除过 {MOST_REMOVED} 个附件，不能再上传新的附件；"
            "现有附件不受影响，新的情况请以文字补充",
            f"{MOST_REMOVED} attachments of this appeal were taken away: no new one is taken any more; "
            "those that are there stay, and what is new can be added in words",
        )
    count = sum((attachment.by == ENTERPRISE) == is_public for attachment in appeal.attachments)
    if count + under_way >= most:
        raise Conflict(
            f"附件已达上限：最多 {most} 个，请先删除不需要的",
            f"too many attachments: no more than {most} fit, so remove what is not needed",
        )


def add(appeal: AppealDocument, act: AddAttachment, context: ActContext) -> Iterator[Event]:
    """A file that is stored already becomes part of the appeal."""
    check_may_add(appeal, act.who, act.most)
    attachment = Attachment(
        **act.file.model_dump(),
        added_at=context.at,
        by=act.who.role,
        by_code=act.who.code,
        account=act.who.account,
        state=appeal.state,
    )
    appeal.attachments = [*appeal.attachments, attachment]
    fields = told_of_added(appeal, attachment)
    event = _event(appeal, AttachmentStored, attachment, context, **fields)
    if attachment.by == ENTERPRISE or attachment.for_enterprise:
        appeal.add_entry(entry_of(event, act.who.code))
    yield event


def release(appeal: AppealDocument, act: ReleaseAttachment, context: ActContext) -> Iterator[Event]:
    """The enterprise, or the units, may read a file from now on."""
    attachment = attachment_of(appeal, act.attachment_id, act.who)
    _check_may_release(attachment, act.who, act.to)
    if attachment.for_enterprise if act.to == "enterprise" else attachment.for_units:
        raise Conflict("该附件已公开给对方", "it was released to them already", "to")
    released = attachment.model_copy(update={f"for_{act.to}": True})
    appeal.attachments = [released if kept == attachment else kept for kept in appeal.attachments]
    event = _event(appeal, AttachmentReleased, released, context, to=act.to)
    if act.to == "enterprise":
        appeal.add_entry(entry_of(event, act.who.code))
    yield event


def _check_may_release(attachment: Attachment, who: Adder, to: Readers) -> None:
    """The clerks who know who asks release to units; to the enterprise also the unit that added it."""
    if who.role in (OFFICE, OPERATOR) or (to == "enterprise" and _is_own(attachment, who)):
        return
    raise Forbidden(
        "只有营商环境办、受理人员或者上传该附件的单位可以公开它",
        "the office, an operator, or (to the enterprise) the unit that added it may release it",
    )


def remove(appeal: AppealDocument, act: RemoveAttachment, context: ActContext) -> Iterator[Event]:
    """A file is taken away, by who added it as long as the appeal stands as then, or by the office."""
    attachment = attachment_of(appeal, act.attachment_id, act.who)
    _check_may_remove(appeal, attachment, act)
    appeal.attachments = [kept for kept in appeal.attachments if kept != attachment]
    removed = RemovedAttachment(
        attachment_id=attachment.attachment_id,
        kind=attachment.kind,
        sha256=attachment.sha256,
        removed_at=context.at,
        by=act.who.role,
        by_code=act.who.code,
        reason=act.reason,
    )
    appeal.removed_attachments = [*appeal.removed_attachments, removed]
    yield _event(appeal, AttachmentRemoved, attachment, context)


def _check_may_remove(appeal: AppealDocument, attachment: Attachment, act: RemoveAttachment) -> None:
    if act.who.role == OFFICE:
        if act.reason is None:
            raise Invalid("请写明删除原因", "say why it is removed", "reason")
    elif not _is_own(attachment, act.who):
        raise Forbidden(
            "只能删除本人上传的附件；其他附件请营商环境办删除",
            "only who added it may remove it, or the office",
        )
    elif attachment.state != appeal.state:
        raise Conflict(
            "诉求状态已变化，附件已成为办理依据，只能由营商环境办删除",
            "the appeal moved on since it was added: only the office can remove it",
        )


def _is_own(attachment: Attachment, who: Adder) -> bool:
    """Whether `who` added the file: the enterprise, the same unit, or the same account."""
    if attachment.by != who.role:
        return False
    if who.role == UNIT:
        return attachment.by_code == who.code
    return attachment.account == who.account


def attachment_of(appeal: AppealDocument, attachment_id: UUID, who: Adder) -> Attachment:
    """The file that `who` may read; NotFound for any other one."""
    for attachment in appeal.attachments:
        if attachment.attachment_id == attachment_id and sight(appeal, attachment, who).file:
            return attachment
    raise NotFound("没有这个附件", "this appeal has no such attachment", "attachment_id")


def _event(
    appeal: AppealDocument,
    kind: type[AttachmentEvent],
    attachment: Attachment,
    context: ActContext,
    **more: Any,
) -> Event:
    return appeal.event(
        kind,
        context.at,
        attachment_id=attachment.attachment_id,
        sha256=attachment.sha256,
        size=attachment.size,
        media_type=attachment.media_type,
        by=attachment.by,
        count=counted(appeal, attachment),
        **more,
    )


TRANSITIONS: dict[type[AttachmentAct], Callable[[AppealDocument, Any, ActContext], Iterator[Event]]] = {
    AddAttachment: add,
    ReleaseAttachment: release,
    RemoveAttachment: remove,
}


def perform(
    appeal: AppealDocument, act: AttachmentAct, context: ActContext
) -> tuple[AppealDocument, list[Event]]:
    """Do `act`: returns a changed copy of the appeal, and the events of the change."""
    appeal = appeal.model_copy()
    emitted = list(TRANSITIONS[type(act)](appeal, act, context))
    appeal.update_state()
    return appeal, emitted
