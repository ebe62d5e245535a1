"""Registration: an appeal comes in and gets its document. Pure: no I/O, no clock."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from services.intake import acts, timeline
from services.intake.city.city_tables import CityTables
from services.intake.city.units import NOBODY_KNOWN, Units
from services.intake.document import AppealDocument, EnterpriseRecord
from services.intake.domain.withholding import shown_title
from services.intake.fields import AppealFields
from services.intake.registered import NEVER_NAMED, withholds
from shared import events
from shared.appeals.channels import ChannelRow
from shared.events import Confidentiality, Urgency
from shared.service.errors import Invalid

IMPORTED = UUID("0b7c1f54-9a43-5d0f-8c59-6f2f1c0ad2e3")
"""The namespace of the ids of imported appeals."""
OF_EVENT = ("category", "urgency", "complained_of", "confidentiality", "answer_wanted", "wished_on")
"""The fields that the event carries as they are; of the place it has the administrative code."""


def imported_id(source: str, source_id: str) -> UUID:
    """The id of an appeal that `source` (a code, without blanks) knows as `source_id`."""
    return uuid5(IMPORTED, f"{source} {source_id}")


def registration_number(prefix: str, day: date, n: int) -> str:
    """The public number of the n-th appeal of a local day, e.g. BZ-20260213-00042."""
    return f"{prefix}-{day.year}{day.month:02}{day.day:02}-{n:05d}"


def resolved(
    body: acts.Register, city: CityTables, today: date | None = None, units: Units = NOBODY_KNOWN
) -> acts.Register:
    """The body with the codes of what was written by name, and with the confidentiality that follows.

    `today` is None for a past appeal: its wished date may be over, and it was as confidential as it says.
    `units` are those of the city; of a past appeal any code is taken, since the unit may be no more.
    Raises `Invalid` for what the tables of the city do not have or what does not go together.
    """
    channel = city.channels.named(body.channel)
    category = city.categories.named(body.category).code if body.category else None
    _check_enterprise(body, channel)
    check_fields(body, today)
    confidentiality = _confidentiality(body) if today is not None else body.confidentiality
    known = {"channel": channel.code, "category": category, "confidentiality": confidentiality}
    units = units if today is not None else units._replace(is_whole=False)
    named = {"complained_of": body.complained_of, "locality": body.locality}
    known |= {field: units.named(unit, field) for field, unit in named.items() if unit is not None}
    return body.model_copy(update=known)


def receive(
    body: acts.Register,
    appeal_id: UUID,
    number: str,
    pack: str,
    at: datetime,
    receipt_hash: str | None = None,
    source_id: str | None = None,
    first_asked: str | None = None,
) -> tuple[AppealDocument, events.AppealReceived]:
    """Register a resolved appeal at `at` under the pack with the ref `pack`."""
    enterprise = body.enterprise
    codes = {name: getattr(body, name) for name in OF_EVENT}
    same: dict[str, Any] = {
        "appeal_id": appeal_id,
        "registration_number": number,
        "channel": body.channel,
        "kind": body.kind,
        "locality": body.locality,
        "pack": pack,
        "source_id": source_id,
        "receipt_hash": receipt_hash,
        "first_asked": first_asked,
        **codes,
    }
    written = body.model_dump(include={"urgency_reason", "place", "contacts", "remarks"})
    record = enterprise and EnterpriseRecord(**enterprise.model_dump())
    appeal = AppealDocument(
        received_at=at, title=body.title, text=body.text, enterprise=record, **same, **written
    )
    event = events.AppealReceived(
        occurred_at=at,
        division=body.place and body.place.division,
        language=enterprise and enterprise.language,
        **same,
        **told_who(appeal),
    )
    appeal.add_entry(timeline.entry_of(event))
    return appeal, event


def told_who(appeal: AppealDocument) -> dict[str, str | None]:
    """The title, and the name and credit code of the enterprise, as events carry them."""
    if not withholds(appeal.kind, appeal.confidentiality):
        enterprise = appeal.enterprise
        name, code = (enterprise.name, enterprise.credit_code) if enterprise else (None, None)
        return {"title": appeal.title, "enterprise": name, "credit_code": code}
    persons = appeal.model_dump(mode="json", include={"enterprise", "contacts", "formerly"})
    return {"title": shown_title(appeal.title, persons), "enterprise": None}


def check_fields(fields: AppealFields, today: date | None) -> None:
    """Raise `Invalid` where the fields of an appeal do not go together."""
    if fields.urgency not in (None, Urgency.NORMAL) and fields.urgency_reason is None:
        raise Invalid("紧急或特急须写明理由", "say why it is urgent", "urgency_reason")
    if today is not None and fields.wished_on is not None and fields.wished_on < today:
        raise Invalid("期望办结日期已过", "the wished date lies in the past", "wished_on")


def _confidentiality(body: acts.Register) -> Confidentiality | None:
    if body.enterprise is None or body.confidentiality is not None:
        return body.confidentiality
    return Confidentiality.WITHHELD if body.kind in NEVER_NAMED or body.complained_of else None


def _check_enterprise(body: acts.Register, channel: ChannelRow) -> None:
    if channel.names == "never" and (body.enterprise is not None or body.contacts):
        raise Invalid(
            f"“{channel.zh}”不得填写企业信息",
            f"{channel.en} names no enterprise: leave it out, or choose another channel",
            "enterprise",
        )
    anonymous = body.confidentiality == Confidentiality.ANONYMOUS
    if channel.names == "required" and body.enterprise is None and not anonymous:
        raise Invalid("请填写企业名称", "say which enterprise asks, by its name", "enterprise.name")
    check_confidentiality(body.kind, body.confidentiality, is_named=body.enterprise is not None)


def check_confidentiality(
    kind: events.Kind, confidentiality: Confidentiality | None, *, is_named: bool
) -> None:
    """Raise `Invalid` for a confidentiality that the appeal cannot have."""
    if confidentiality == Confidentiality.ANONYMOUS and is_named:
        raise Invalid(
            "匿名诉求不填写企业；企业不愿向承办单位公开的，请选对承办单位保密（withheld）",
            "an anonymous appeal names no enterprise: leave it out, or choose withheld",
            "confidentiality",
        )
    if confidentiality == Confidentiality.NAMED and kind in NEVER_NAMED:
        raise Invalid(
            "举报和线索不向承办单位公开企业，请删去此项",
            "who brings a report or a clue is never shown to units: leave this out",
            "confidentiality",
        )
