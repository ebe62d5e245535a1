"""What notify answers, for its OpenAPI document."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.notify.acknowledgements.domain import AcknowledgementState
from services.notify.deliveries.domain import ChannelKind, DeliveryOutcome, DeliveryState
from services.notify.messages.words import Language
from shared.web.answers import PageOf


class ToldMessage(BaseModel):
    """A message to the enterprise."""

    id: UUID
    registration_number: str
    subject: str
    body: str
    occurred_at: datetime
    created_at: datetime


class EnterpriseMessage(ToldMessage):
    """A message to the enterprise, with the text of the answer that it tells of."""

    answer: str | None


class EnterpriseMessages(PageOf[EnterpriseMessage]):
    """What the enterprise was told. `answers_complete`: false while the texts cannot be had."""

    answers_complete: bool


class AskedAcknowledgement(BaseModel):
    """Whether the message was acknowledged, and by when it must be."""

    state: AcknowledgementState
    due_at: datetime | None
    ended_at: datetime | None


class InboxMessage(ToldMessage):
    """A message of an inbox; `acknowledgement` is null where none is asked for."""

    appeal_id: UUID
    template: str
    read_at: datetime | None
    acknowledgement: AskedAcknowledgement | None


class CaseMessage(ToldMessage):
    """A message about a case, whomever it is for."""

    appeal_id: UUID
    recipient: str
    template: str
    read_at: datetime | None
    traceparent: str | None


class ReadMessage(BaseModel):
    """When a message was first read."""

    id: UUID
    read_at: datetime


class Acknowledged(BaseModel):
    """How the acknowledgement stands, and who ended it."""

    id: UUID
    state: AcknowledgementState
    ended_at: datetime | None
    by: str | None


class TimelineLine(BaseModel):
    """What happened to a message: `what` is written, read, the outcome of an attempt, or how it was ended."""

    at: datetime
    what: str
    recipient: str
    channel: str
    template: str
    subject: str
    code: str | None
    by: str | None
    message_id: UUID


class Attempt(BaseModel):
    """One attempt to deliver a message."""

    at: datetime
    outcome: DeliveryOutcome
    code: str | None
    reason: str | None
    provider_id: str | None
    segments: int | None


class Delivery(BaseModel):
    """A message on its way to one address, with every attempt. `address` is null where it is kept back."""

    id: UUID
    message_id: UUID
    registration_number: str
    appeal_id: UUID
    template: str
    subject: str
    recipient: str
    channel: ChannelKind
    address: str | None
    urgent: bool
    state: DeliveryState
    attempts: int
    outcome: DeliveryOutcome | None
    code: str | None
    reason: str | None
    provider_id: str | None
    parcel: UUID | None
    next_at: datetime | None
    written_at: datetime
    changed_at: datetime
    tried: list[Attempt]


class Acknowledgement(BaseModel):
    """What must be acknowledged: by whom, how far it was escalated, and how it ended."""

    id: UUID
    message_id: UUID
    card_id: UUID | None
    template: str
    recipient: str
    asked: str
    level: int
    state: AcknowledgementState
    asked_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None


class Evidence(BaseModel):
    """The deliveries of one case; `unreached`: why nothing leaves for the enterprise."""

    items: list[Delivery]
    acknowledgements: list[Acknowledgement]
    unreached: str | None


class Resent(BaseModel):
    """A delivery that waits again."""

    id: UUID
    state: DeliveryState
    next_at: datetime


class KnownAddress(BaseModel):
    """An address; `signed`: it has a secret. `gone_at`: since when its provider knows it no more."""

    channel: ChannelKind
    address: str
    signed: bool
    urgent_only: bool
    changed_by: str
    changed_at: datetime
    gone_at: datetime | None


class KnownContacts(BaseModel):
    """A recipient's language and addresses."""

    language: Language
    items: list[KnownAddress]


class Recorded(BaseModel):
    """How many deliveries the receipt changed."""

    changed: int


class SentCode(BaseModel):
    """By which delivery channel a code was sent."""

    channel: ChannelKind
