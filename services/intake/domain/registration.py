"""Registration: an appeal comes in and gets its document. Pure: no I/O, no clock."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from services.intake import acts, timeline
from services.intake.document import AppealDocument, EnterpriseRecord
from shared import events
from shared.events import Channel
from shared.service.errors import Invalid

IMPORTED = UUID("0b7c1f54-9a43-5d0f-8c59-6f2f1c0ad2e3")
"""The namespace of the ids of imported appeals."""
WITHOUT_NAME = (Channel.ANONYMOUS_LETTER, Channel.SUPERVISION_CODE)
"""The channels on which an enterprise need not say who it is."""


def imported_id(source: str, source_id: str) -> UUID:
    """The id of an appeal that `source` (a code, without blanks) knows as `source_id`."""
    return uuid5(IMPORTED, f"{source} {source_id}")


def registration_number(prefix: str, day: date, n: int) -> str:
    """The public number of the n-th appeal of a local day, e.g. BZ-20260213-00042."""
    return f"{prefix}-{day.year}{day.month:02}{day.day:02}-{n:05d}"


def receive(
    body: acts.Register,
    appeal_id: UUID,
    number: str,
    pack: str,
    at: datetime,
    receipt_hash: str | None = None,
    source_id: str | None = None,
) -> tuple[AppealDocument, events.AppealReceived]:
    """Register an appeal at `at` under the pack with the ref `pack`.

    Raises `Invalid` where the channel and what is said of the enterprise do not go together.
    """
    _check_enterprise(body)
    enterprise = body.enterprise
    fields: dict[str, Any] = {
        "appeal_id": appeal_id,
        "registration_number": number,
        "channel": body.channel,
        "kind": body.kind,
        "title": body.title,
        "locality": body.locality,
        "pack": pack,
        "source_id": source_id,
        "receipt_hash": receipt_hash,
    }
    event = events.AppealReceived(
        occurred_at=at,
        enterprise=enterprise and enterprise.name,
        credit_code=enterprise and enterprise.credit_code,
        language=enterprise and enterprise.language,
        **fields,
    )
    record = enterprise and EnterpriseRecord(**enterprise.model_dump())
    appeal = AppealDocument(received_at=at, text=body.text, enterprise=record, **fields)
    appeal.add_entry(timeline.entry_of(event))
    return appeal, event


def _check_enterprise(body: acts.Register) -> None:
    if body.channel == Channel.ANONYMOUS_LETTER and body.enterprise is not None:
        raise Invalid(
            "无署名意见书不得填写企业信息",
            "an anonymous letter names no enterprise: leave it out, or choose another channel",
            "enterprise",
        )
    if body.channel not in WITHOUT_NAME and body.enterprise is None:
        raise Invalid("请填写企业名称", "say which enterprise asks, by its name", "enterprise.name")
