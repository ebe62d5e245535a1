"""How enterprises are reached: intake is asked once a case, when a message must first reach its enterprise.

Events carry no names and phones. What intake answers is kept among the contacts, as changed by intake;
contacts that somebody entered here go before it. While intake is away the messages wait.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from services.notify import outgoing
from services.notify.channels import load
from services.notify.clients import Intake, Reach, Unreachable
from services.notify.delivery import STALE, Channel
from services.notify.rounds import rounds
from services.notify.routing import Message
from shared.database import Connection
from shared.runtime import Running

POLL_S = 0.5
TOGETHER = 8
LEASE = timedelta(minutes=2)
FIRST, LONGEST = timedelta(seconds=30), timedelta(minutes=30)
INTAKE = "intake"
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
    ) as due
    where i.appeal_id = due.appeal_id returning i.appeal_id, i.attempts, i.written_at
    """
)
_LOCK = text("select 1 from appeals where appeal_id = :id for update")
_ANSWERED = text(
    "update inquiries set next_at = null, reason = null where appeal_id = :id and next_at is not null"
    " returning appeal_id"
)
_KEEP = text(
    """
    insert into contacts (recipient, channel, address, urgent_only, changed_by, changed_at)
    select :recipient, channel, address, false, :by, :at
    from unnest(cast(:channels as text[]), cast(:addresses as text[])) as t (channel, address)
    where not exists (select 1 from contacts where recipient = :recipient)
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


def addresses(reach: Reach, channels: Sequence[Channel]) -> list[tuple[Channel, str]]:
    """Where messages to an enterprise go: one address, its e-mail before its mobile phone."""
    if reach.email and Channel.MAIL in channels:
        return [(Channel.MAIL, reach.email)]
    phone = re.sub("[ -]", "", reach.phone or "")
    return [(Channel.SMS, phone)] if _MOBILE.fullmatch(phone) and Channel.SMS in channels else []


def wait(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling from 30 seconds to half an hour."""
    return min(FIRST * (1 << min(attempts - 1, 20)), LONGEST)


class Inquirer:
    """Asks intake for one notify service."""

    def __init__(self, running: Running, intake: Intake) -> None:
        self._running = running
        self._intake = intake
        self._channels = load(running.settings.channels).channels()

    async def turn(self) -> int:
        """Ask what is due; returns how many questions."""
        async with self._running.engine.begin() as conn:
            at = await self._running.clock.stamp(conn)
            due = (await conn.execute(_TAKE, {"at": at, "lease": at + LEASE, "most": TOGETHER})).all()
        await asyncio.gather(*(self._ask(row.appeal_id, row.attempts, row.written_at) for row in due))
        return len(due)

    async def _ask(self, appeal_id: UUID, attempts: int, written_at: datetime) -> None:
        try:
            reach = await self._intake.reach(appeal_id)
        except Unreachable as error:
            self._running.log.warning("intake does not say how to reach an enterprise", reason=str(error))
            next_at = self._running.clock.now() + wait(attempts)
            values = {"id": appeal_id, "reason": str(error), "next": next_at}
            if next_at > written_at + STALE:
                values["next"] = None
            async with self._running.engine.begin() as conn:
                await conn.execute(_LATER, values)
        else:
            await self._keep(appeal_id, addresses(reach, self._channels))

    async def _keep(self, appeal_id: UUID, found: list[tuple[Channel, str]]) -> None:
        """Keep the answer and let what waited for it leave; the case's lock keeps messages from between."""
        recipient = f"enterprise:{appeal_id}"
        async with self._running.engine.begin() as conn:
            at = await self._running.clock.stamp(conn)
            await conn.execute(_LOCK, {"id": appeal_id})
            if (await conn.execute(_ANSWERED, {"id": appeal_id})).scalar() is None:
                return
            values = {"recipient": recipient, "by": INTAKE, "at": at}
            channels, places = [one[0] for one in found], [one[1] for one in found]
            await conn.execute(_KEEP, values | {"channels": channels, "addresses": places})
            await outgoing.intend_earlier(conn, at, recipient, self._channels)


async def inquire(running: Running) -> None:
    """The task that asks intake; without its address and a key nothing is asked."""
    settings = running.settings
    if settings.intake_url is None or settings.intake_key is None:
        return
    intake = Intake(settings.intake_url, settings.intake_key)
    inquirer = Inquirer(running, intake)
    try:
        await rounds(running, inquirer.turn, POLL_S, "contacts of enterprises")
    finally:
        await intake.close()
