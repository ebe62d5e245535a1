"""The red and black list: what is proposed, answered and decided."""

from datetime import date
from uuid import UUID

from shared.events.base import Event, KeptWords
from shared.events.judgement import DeadlineEvent


class PublicationProposed(DeadlineEvent):
    """To be published on the red and black list, after review and the unit's answer."""

    type = "publication.proposed.v1"
    source = "escalation"

    publication_id: UUID
    clause: str


class PublicationEvent(Event):
    """Something happened to a proposed publication."""

    publication_id: UUID
    unit: str | None


class PublicationAnswered(PublicationEvent):
    """The unit answered what is to be published."""

    type = "publication.answered.v1"
    source = "escalation"


class PublicationDecided(PublicationEvent):
    """The review ended: published until `expires_on`, or not at all."""

    type = "publication.decided.v1"
    source = "escalation"

    published: bool
    expires_on: date | None = None
    reason: KeptWords = ""
