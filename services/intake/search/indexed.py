"""What an appeal is found by: hashes of its words, its phones, its enterprise and its whole content."""

import hashlib
from datetime import datetime, timedelta
from typing import NamedTuple, Self
from uuid import UUID

from services.intake import acts
from services.intake.document import AppealDocument
from shared.finding.hashes import Hashes

SAME_WITHIN = timedelta(minutes=10)
INDEXED = 20_000
"""So many characters of a text are indexed."""
COMPARED = 500
"""So many characters of a typed text are compared: what an appeal is about stands at its beginning."""
_NAME, _CODE, _CONTENT = "name", "credit code", "content"
_CONTENT_OF_SENDER = "content of sender"
_MAIL = "mail"


class SameContent(NamedTuple):
    """The hash of all that makes two submissions the same; a key of the unit of work, which looks it up."""

    hash: int

    @classmethod
    def of(cls, body: acts.Register, hashes: Hashes, *sender: str) -> Self:
        """Of what is to be registered: the same from this sender, or from anybody where none is named."""
        name = body.enterprise.name if body.enterprise else ""
        content = (body.channel, body.kind, name, body.title, body.text)
        if not sender:
            return cls(hashes.whole(_CONTENT, *content))
        exactly = hashlib.sha256("\n".join(sender).encode()).hexdigest()  # signs of an address count too
        return cls(hashes.whole(_CONTENT_OF_SENDER, exactly, *content))


class IndexRow(NamedTuple):
    """What is kept of one appeal, in the order of the table's columns."""

    appeal_id: UUID
    received_at: datetime
    key_version: str
    words: list[int]
    tails: list[int]
    wholes: list[int]


def index_row(appeal: AppealDocument, hashes: Hashes, *sent: SameContent) -> IndexRow:
    """The hashes of an appeal; `sent`: of its content, as its sender is told when it sends that again."""
    enterprise = appeal.enterprise
    phones = [enterprise.phone if enterprise else None]
    phones += [phone for contact in appeal.contacts for phone in contact.phones]
    name = enterprise.name if enterprise else ""
    content = hashes.whole(_CONTENT, appeal.channel, appeal.kind, name, appeal.title, appeal.text)
    contents = dict.fromkeys([content, *(same.hash for same in sent)])
    return IndexRow(
        appeal.appeal_id,
        appeal.received_at,
        hashes.version,
        hashes.words(appeal.title, appeal.text[:INDEXED], name),
        hashes.tails(phones),
        [
            *contents,
            *of_enterprise(hashes, name, enterprise.credit_code if enterprise else None),
            *([of_mail(hashes, enterprise.email)] if enterprise and enterprise.email else []),
        ],
    )


def words(hashes: Hashes, title: str, text: str) -> list[int]:
    """The hashes of what an appeal that is being typed is about."""
    return hashes.words(title, text[:COMPARED])


def of_mail(hashes: Hashes, address: str) -> int:
    """The hash by which the appeals with this mail address are found."""
    return hashes.whole(_MAIL, address)


def of_enterprise(hashes: Hashes, name: str | None, credit_code: str | None) -> list[int]:
    """The hashes by which the appeals of an enterprise are found."""
    return [
        *([hashes.whole(_NAME, name)] if name else []),
        *([hashes.whole(_CODE, credit_code)] if credit_code else []),
    ]
