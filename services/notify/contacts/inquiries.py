"""How enterprises are reached: the service that registered a case is asked when a message must reach its
enterprise and no contact is known.

Events carry no names and phones. The answer is kept among the contacts, as changed by that service; contacts
that somebody entered here go before it. While the service is away the messages wait. What was learnt is
forgotten when the case has ended and nothing waits to be sent, at the latest after `KEPT`; a later message
asks anew.
"""

import asyncio
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notify.channels.base import load
from services.notify.contacts.clients import EnterpriseContact, RegistrarClient, RegistrarUnavailable
from services.notify.deliveries import work as deliveries
from services.notify.deliveries.domain import STALE, ChannelKind
from services.notify.domain import FINANCING, INTAKE
from services.notify.messages.routing import Message
from services.notify.polling_loop import run_polling_loop
from services.notify.settings import NotifySettings, settings_of
from shared.cases import CASE
from shared.database.connection import Connection
from shared.service.service import ServiceContext
from shared.telemetry.context import use_span
from shared.telemetry.spans import NUMBER, calling

POLL_S = 0.5
TOGETHER = 8
LEASE = timedelta(minutes=2)
FIRST, LONGEST = timedelta(seconds=30), timedelta(minutes=30)
KEPT = timedelta(days=30)
"""A case that goes on asks again at its next message and so hears of a new phone; one that nobody ends keeps
none here.
"""
_MOBILE = re.compile(r"\+[0-9]{7,15}|1[0-9]{10}")
"""What an SMS can go to: a mobile phone of China, or a number with its country."""

_WRITE = text(
    """
    insert into inquiries (appeal_id, next_at, written_at)
    select id, :at, :at from unnest(cast(:ids as uuid[])) as id
    where not exists (select 1 from contacts where recipient = 'enterprise:' || id)
    on conflict do nothing
    """
)
_TAKE = text(
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
_LOCK = text(
    """
    select coalesce((file->>'has_ended')::boolean, false) from appeals where appeal_id = :id for update
    """
)
_ANSWERED = text(
    "update inquiries set next_at = null, reason = null where appeal_id = :id and next_at is not null"
    " returning appeal_id"
)
_KEEP = text(
    """
    insert into contacts (recipient, channel, address, urgent_only, changed_by, changed_at, forget_at)
    select :recipient, channel, address, false, :by, :at, :forget_at
    from unnest(cast(:channels as text[]), cast(:addresses as text[])) as t (channel, address)
    where not exists (select 1 from contacts where recipient = :recipient)
    """
)
_PREFER = text(
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
        where d.channel = c.channel and d.address = c.address and d.recipient = c.recipient
          and d.state in ('waiting', 'sending')))
      returning cast(split_part(recipient, ':', 2) as uuid) as appeal_id
    )
    delete from inquiries i using forgotten f where i.appeal_id = f.appeal_id and i.next_at is null
    """
)
_LATER = text("update inquiries set next_at = :next, reason = :reason where appeal_id = :id")


async def write(conn: Connection, at: datetime, told: Iterable[Message]) -> None:
    """With the messages themselves: ask how their enterprises are reached, where nobody knows."""
    ids = {
        one.appeal_id
        for one in told
        if one.recipient == f"enterprise:{one.appeal_id}" and one.occurred_at > at - STALE
    }
    if ids:
        await conn.execute(_WRITE, {"ids": sorted(ids), "at": at})


async def case_ended(conn: Connection, at: datetime, ids: Collection[UUID]) -> None:
    """What was learnt for these cases is forgotten as soon as nothing waits to be sent."""
    if ids:
        await conn.execute(_CASE_ENDED, {"at": at, "recipients": [f"enterprise:{id_}" for id_ in ids]})


def addresses(reach: EnterpriseContact, channels: Sequence[ChannelKind]) -> list[tuple[ChannelKind, str]]:
    """Where messages to an enterprise go: one address, its e-mail before its mobile phone."""
    if reach.email and ChannelKind.MAIL in channels:
        return [(ChannelKind.MAIL, reach.email)]
    phone = re.sub("[ -]", "", reach.phone or "")
    return [(ChannelKind.SMS, phone)] if _MOBILE.fullmatch(phone) and ChannelKind.SMS in channels else []


def wait(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling from 30 seconds to half an hour."""
    return min(FIRST * (1 << min(attempts - 1, 20)), LONGEST)


def registrars(settings: NotifySettings) -> dict[str, str]:
    """The services that can be asked, with their addresses; none without a key."""
    urls = {INTAKE: settings.intake_url, FINANCING: settings.financing_url}
    return {name: url for name, url in urls.items() if url is not None and settings.intake_key is not None}


class Inquirer:
    """Asks for one notify service, and forgets."""

    def __init__(self, context: ServiceContext, asked: Mapping[str, RegistrarClient]) -> None:
        self._context = context
        self._asked = asked
        self._channels = load(settings_of(context).channels).channels()

    async def turn(self) -> int:
        """Forget and ask what is due; returns how many questions."""
        async with self._context.engine.begin() as conn:
            at = await self._context.clock.stamp(conn)
            await conn.execute(_FORGET, {"at": at, "oldest": at - KEPT})
            due = (await conn.execute(_TAKE, {"at": at, "lease": at + LEASE, "most": TOGETHER})).all()
        await asyncio.gather(*(self._ask(row) for row in due))
        return len(due)

    async def _ask(self, row: Any) -> None:
        try:
            if row.registrar not in self._asked:
                raise RegistrarUnavailable(f"the address of {row.registrar} is not set")
            use_span(None)
            case = {CASE: str(row.appeal_id), NUMBER: row.registration_number}
            told = {"http.request.method": "GET", **case}
            with calling("GET", told, self._context.telemetry, row.registrar):
                reach = await self._asked[row.registrar].reach(row.appeal_id)
        except RegistrarUnavailable as error:
            self._context.log.warning("nobody says how to reach an enterprise", reason=str(error))
            next_at = self._context.clock.now() + wait(row.attempts)
            values = {"id": row.appeal_id, "reason": str(error), "next": next_at}
            if next_at > row.written_at + STALE:
                values["next"] = None
            async with self._context.engine.begin() as conn:
                await conn.execute(_LATER, values)
        else:
            await self._keep(row.appeal_id, row.registrar, reach)

    async def _keep(self, appeal_id: UUID, registrar: str, reach: EnterpriseContact) -> None:
        """Keep the answer and let what waited for it leave; the case's lock keeps messages from between."""
        recipient = f"enterprise:{appeal_id}"
        async with self._context.engine.begin() as conn:
            at = await self._context.clock.stamp(conn)
            has_ended = (await conn.execute(_LOCK, {"id": appeal_id})).scalar()
            if (await conn.execute(_ANSWERED, {"id": appeal_id})).scalar() is None:
                return
            found = addresses(reach, self._channels)
            values = {"recipient": recipient, "by": registrar, "at": at}
            channels, places = [one[0] for one in found], [one[1] for one in found]
            forget_at = at if has_ended else at + KEPT
            learnt = {"channels": channels, "addresses": places, "forget_at": forget_at}
            await conn.execute(_KEEP, values | learnt)
            if reach.language is not None:
                await conn.execute(_PREFER, values | {"language": reach.language})
            await deliveries.intend_earlier(conn, at, recipient, self._channels)


async def inquire(context: ServiceContext) -> None:
    """The task that asks; without addresses and a key it only forgets."""
    key = settings_of(context).intake_key or ""
    asked = {name: RegistrarClient(name, url, key) for name, url in registrars(settings_of(context)).items()}
    try:
        await run_polling_loop(context, Inquirer(context, asked).turn, POLL_S, "contacts of enterprises")
    finally:
        for registrar in asked.values():
            await registrar.close()
