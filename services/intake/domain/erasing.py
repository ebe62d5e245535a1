"""Personal data of an appeal are erased: what is left is what was judged, and by what. Pure."""

from collections.abc import Iterator

from services.intake import acts
from services.intake.attachments.document import RemovedAttachment
from services.intake.document import ENDED, AppealDocument
from services.intake.domain.context import ActContext
from shared import events
from shared.encryption.fields import erased
from shared.events import Event
from shared.roles import AccountRole

OFFICE = str(AccountRole.OFFICE)


def erase_persons(appeal: AppealDocument, _: acts.ErasePersons, context: ActContext) -> Iterator[Event]:
    """Take out who asked and what people wrote, and take its files away. The title and the firm's name stay.

    They are in the events, which are chained; so an open appeal is handled to its end first.
    """
    appeal.require(*ENDED)
    files = len(appeal.attachments)
    appeal.removed_attachments = [*appeal.removed_attachments, *_removed(appeal, context)]
    appeal.attachments, appeal.formerly, appeal.contacts = [], [], ()
    without, values = erased(appeal)
    for name in AppealDocument.model_fields:
        setattr(appeal, name, getattr(without, name))
    yield appeal.event(events.AppealPersonsErased, context.at, values=values, files=files)


def _removed(appeal: AppealDocument, context: ActContext) -> Iterator[RemovedAttachment]:
    for attachment in appeal.attachments:
        yield RemovedAttachment(
            attachment_id=attachment.attachment_id,
            kind=attachment.kind,
            sha256=attachment.sha256,
            removed_at=context.at,
            by=OFFICE,
        )
