"""Contacts in the database: set by people, learnt from the service that registered a case, forgotten.

An inquiry is the question how the enterprise of one case is reached. It is asked until it is answered.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.notify.addresses import ADDRESS, SECRET, index, stored
from services.notify.deliveries.domain import STALE, ChannelKind
from services.notify.messages.message import Message
from services.notify.messages.words import Language
from shared.database.connection import Connection
from shared.database.locks import wait_for_name
from shared.database.rows import ManyRows, insert

INQUIRY_LEASE = timedelta(minutes=2)
"""How long an inquiry belongs to the process that took it."""
KEPT = timedelta(days=30)
"""How long a learnt contact is kept: a case that goes on asks again with its next message, and so hears of a
new phone. A case that nobody ends keeps no contact for longer.
"""

_ASK = text(
    """
    insert into inquiries (appeal_id, next_at, written_at)
    select id, :at, :at from unnest(cast(:ids as uuid[])) as id
    where not exists (select 1 from contacts where recipient = 'enterprise:' || id)
    on conflict do nothing
    """
)
_LEASE_DUE = text(
    """
    update inquiries i set next_at = :lease, attempts = i.attempts + 1
    from (
      select appeal_id from inquiries where next_at <= :at order by next_at limit :most for update skip locked
    ) as due, appeals a
    where i.appeal_id = due.appeal_id and a.appeal_id = due.appeal_id
    returning i.appeal_id, a.registration_number, i.attempts, i.written_at,
      coalesce(a.file->>'registrar', 'intake') as registrar
    """
)
_LOCK_CASE = text(
    """
    select coalesce((file->>'has_ended')::boolean, false) from appeals where appeal_id = :id for update
    """
)
_ANSWER = text(
    "update inquiries set next_at = null, reason = :reason where appeal_id = :id and next_at is not null"
    " returning appeal_id"
)
_POSTPONE = text("update inquiries set next_at = :next, reason = :reason where appeal_id = :id")
_ADD_LEARNT = ManyRows(
    """
    insert into contacts
      (recipient, channel, address, address_index, urgent_only, changed_by, changed_at, forget_at)
    select :recipient, channel, address, address_index, false, :by, :at, :forget_at from {rows}
    where not exists (select 1 from contacts where recipient = :recipient)
    """,
    {"channel": "text", "address": "text", "address_index": "text"},
)
_PREFER_LEARNT = text(
    """
    insert into preferences (recipient, language, changed_by, changed_at)
    values (:recipient, :language, :by, :at) on conflict do nothing
    """
)
_CASE_ENDED = text(
    """
    update contacts set forget_at = :at
    where recipient = any(cast(:recipients as text[])) and forget_at > :at
    """
)
_FORGET = text(
    """
    with forgotten as (
      delete from contacts c
      where forget_at <= :at and (changed_at <= :oldest or not exists (
        select 1 from deliveries d
        where d.channel = c.channel and d.address_index = c.address_index and d.recipient = c.recipient
          and d.state in ('waiting', 'sending')))
      returning cast(split_part(recipient, ':', 2) as uuid) as appeal_id
    )
    delete from inquiries i using forgotten f where i.appeal_id = f.appeal_id and i.next_at is null
    """
)
_FORGET_LEARNT = text(
    """
    with forgotten as (
      delete from contacts where recipient = any(cast(:recipients as text[])) and forget_at is not null
    )
    delete from inquiries where appeal_id = any(cast(:ids as uuid[])) and next_at is null
    """
)
_ONE_AT_A_TIME = text("select " + wait_for_name("'contacts ' || :recipient"))
"""Before contacts are added: of two that add the same address at once, one would fail."""
_DELETE = text("delete from contacts where recipient = :recipient")
_ADD = insert(
    "contacts",
    {
        "channel": "text",
        "address": "text",
        "address_index": "text",
        "secret": "text",
        "urgent_only": "boolean",
    },
    also={"recipient": ":recipient", "changed_by": ":by", "changed_at": ":at"},
)
_PREFER = text(
    """
    insert into preferences (recipient, language, changed_by, changed_at)
    values (:recipient, :language, :by, :at)
    on conflict (recipient) do update
    set language = excluded.language, changed_by = excluded.changed_by, changed_at = excluded.changed_at
    """
)


class NewContact(NamedTuple):
    """An address that somebody entered."""

    channel: ChannelKind
    address: str
    secret: str | None
    urgent_only: bool


_WITHOUT_INDEX = text(
    """
    select distinct recipient, channel, address from contacts where address_index is null
    union
    select recipient, channel, address from deliveries
    where address_index is null and (state in ('waiting', 'sending') or changed_at > :since)
    """
)
_SAVE_INDEX = ManyRows(
    """
    with of_contacts as (
      update contacts c set address_index = t.address_index from {rows}
      where c.recipient = t.recipient and c.channel = t.channel and c.address = t.address
    )
    update deliveries d set address_index = t.address_index from {rows}
    where d.recipient = t.recipient and d.channel = t.channel and d.address = t.address
      and d.address_index is null
    """,
    {"recipient": "text", "channel": "text", "address": "text", "address_index": "text"},
)


async def index_earlier(conn: Connection, since: datetime) -> None:
    """Index the contacts of an earlier version, and what waits for them or left for them since then."""
    rows = (await conn.execute(_WITHOUT_INDEX, {"since": since})).all()
    if rows:
        indexed = [(row.recipient, row.channel, row.address, _index_of(conn, row)) for row in rows]
        await _SAVE_INDEX.execute(conn, indexed)


def _index_of(conn: Connection, row: Any) -> str:
    return index(conn, row.channel, conn.cell(ADDRESS, row.recipient).decrypt(row.address))


async def ask(conn: Connection, at: datetime, messages: Iterable[Message]) -> None:
    """Insert an inquiry for each message to an enterprise that has no contact."""
    ids = {
        message.appeal_id
        for message in messages
        if message.recipient == f"enterprise:{message.appeal_id}" and message.occurred_at > at - STALE
    }
    if ids:
        await conn.execute(_ASK, {"ids": sorted(ids), "at": at})


async def lease_due_inquiries(conn: Connection, at: datetime, most: int) -> list[Any]:
    """Take the inquiries that are due, for `INQUIRY_LEASE`."""
    values = {"at": at, "lease": at + INQUIRY_LEASE, "most": most}
    return (await conn.execute(_LEASE_DUE, values)).all()


async def lock_case(conn: Connection, appeal_id: UUID) -> bool:
    """Lock a case against new messages; returns whether it has ended."""
    return bool((await conn.execute(_LOCK_CASE, {"id": appeal_id})).scalar())


async def end_inquiry(conn: Connection, appeal_id: UUID, reason: str | None) -> bool:
    """Mark an inquiry as answered, with why nobody is reached, if so; False where it was answered before."""
    return (await conn.execute(_ANSWER, {"id": appeal_id, "reason": reason})).scalar() is not None


async def postpone_inquiry(conn: Connection, appeal_id: UUID, until: datetime | None, reason: str) -> None:
    """Ask again at `until`, or never where it is None."""
    await conn.execute(_POSTPONE, {"id": appeal_id, "next": until, "reason": reason})


async def add_learnt(
    conn: Connection,
    at: datetime,
    recipient: str,
    registrar: str,
    addresses: Sequence[tuple[ChannelKind, str]],
    language: Language | None,
    forget_at: datetime,
) -> None:
    """Save what `registrar` answered. Contacts and a language that somebody entered here stay."""
    values = {"recipient": recipient, "by": registrar, "at": at}
    await conn.execute(_ONE_AT_A_TIME, {"recipient": recipient})
    rows = [(channel, *stored(conn, recipient, channel, address)) for channel, address in addresses]
    await _ADD_LEARNT.execute(conn, rows, **values, forget_at=forget_at)
    if language is not None:
        await conn.execute(_PREFER_LEARNT, values | {"language": language})


async def forget_ended(conn: Connection, at: datetime, ids: Collection[UUID]) -> None:
    """Forget what was learnt for these cases as soon as nothing waits to be sent."""
    if ids:
        await conn.execute(_CASE_ENDED, {"at": at, "recipients": [f"enterprise:{id_}" for id_ in ids]})


async def forget_learnt(conn: Connection, ids: Collection[UUID]) -> None:
    """Forget what was learnt for these cases at once: it is no longer right."""
    if ids:
        values = {"ids": list(ids), "recipients": [f"enterprise:{id_}" for id_ in ids]}
        await conn.execute(_FORGET_LEARNT, values)


async def forget_due(conn: Connection, at: datetime) -> None:
    """Delete learnt contacts whose time has come; after `KEPT` even those that a delivery waits for."""
    await conn.execute(_FORGET, {"at": at, "oldest": at - KEPT})


async def replace(
    conn: Connection, at: datetime, recipient: str, contacts: Iterable[NewContact], by: str
) -> None:
    """Replace all contacts of a recipient."""
    await conn.execute(_ONE_AT_A_TIME, {"recipient": recipient})
    await conn.execute(_DELETE, {"recipient": recipient})
    rows = [_row(conn, recipient, contact) for contact in contacts]
    await _ADD.execute(conn, rows, recipient=recipient, by=by, at=at)


def _row(conn: Connection, recipient: str, contact: NewContact) -> tuple[object, ...]:
    secret = conn.cell(SECRET, recipient).encrypt(contact.secret) if contact.secret else None
    address = stored(conn, recipient, contact.channel, contact.address)
    return contact.channel, *address, secret, contact.urgent_only


async def set_language(conn: Connection, at: datetime, recipient: str, language: Language, by: str) -> None:
    """Set the language that a recipient reads."""
    await conn.execute(_PREFER, {"recipient": recipient, "language": language, "by": by, "at": at})
