"""Notify without a broker, for tests: events are handed to it, and its workers run by hand."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from huying.local.data_keys import made_ring
from huying.local.embedded import EmbeddedPostgres
from services.notify.acknowledgements import escalation
from services.notify.addresses import stored
from services.notify.app import SERVICE
from services.notify.channels.settings import load
from services.notify.deliveries.domain import ChannelKind
from services.notify.deliveries.worker import DeliveryWorker
from services.notify.handlers import HANDLERS
from services.notify.settings import NotifySettings
from shared import events
from shared.events import Event
from shared.service.clock import DrivenClock
from shared.service.service import ServiceContext
from tests.city import empty, local
from tests.gateway import Gateway

MORNING = "2026-11-10 10:00"  # a Tuesday
MINUTE = timedelta(minutes=1)


class Office:
    """One notify service, its SMS gateway, and what may be done to both."""

    def __init__(self, context: ServiceContext, gateway: Gateway) -> None:
        self.context = context
        self.gateway = gateway
        self.worker = self.fresh_worker()

    def fresh_worker(self) -> DeliveryWorker:
        """The delivery worker of a process that was just started."""
        return DeliveryWorker(self.context, load(self.context.settings.channels))

    @property
    def clock(self) -> DrivenClock:
        assert isinstance(self.context.clock, DrivenClock)
        return self.context.clock

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.clock.advance(self.clock.now() + by)

    async def tell(self, *events_heard: Event) -> None:
        """Hear these events in one transaction."""
        async with self.context.engine.begin() as conn:
            work = self.context.work(conn, self.clock.now())
            await work.load({event.appeal_id for event in events_heard})
            for event in events_heard:
                HANDLERS[type(event)](work, event)
            await work.flush()

    async def reach(
        self,
        recipient: str,
        *addresses: str,
        channel: str = "sms",
        secret: str | None = None,
        urgent_only: bool = False,
    ) -> None:
        """Give a recipient addresses, phone numbers unless `channel` says otherwise."""
        async with self.context.engine.begin() as conn:
            for address in addresses:
                kept = stored(conn, recipient, ChannelKind(channel), address)
                await conn.execute(
                    sa.text(
                        "insert into contacts (recipient, channel, address, address_index, secret,"
                        " urgent_only, changed_by, changed_at) values"
                        " (:recipient, :channel, :address, :address_index, :secret, :urgent, 'test', now())"
                    ),
                    {
                        "recipient": recipient,
                        "channel": channel,
                        **kept._asdict(),
                        "secret": secret,
                        "urgent": urgent_only,
                    },
                )

    async def deliver(self, by: timedelta, step: timedelta = 10 * MINUTE) -> None:
        """Let time pass in steps, and deliver at each step until nothing is due."""
        until = self.clock.now() + by
        while True:
            while await self.worker.turn():
                pass
            if self.clock.now() >= until:
                return
            self.move(min(step, until - self.clock.now()))

    async def die_while_sending(self) -> None:
        """The process ends when the gateway has heard it and before it answered; another one starts."""
        self.gateway.arrived.clear()
        going = asyncio.create_task(self.worker.turn())
        await self.gateway.arrived.wait()
        going.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going
        await self.worker.close()
        self.worker = self.fresh_worker()

    async def hear_up_to_now(self) -> None:
        """Everything that escalation published up to now was heard."""
        async with self.context.engine.begin() as conn:
            for partition in range(self.context.settings.partitions):
                await conn.execute(
                    sa.text(
                        "insert into heard (topic, partition, cluster, watermark)"
                        " values ('escalation.events', :partition, 'test', :at)"
                        " on conflict (topic, partition) do update set watermark = excluded.watermark"
                    ),
                    {"partition": partition, "at": self.clock.now()},
                )

    async def escalate(self, moment: str) -> None:
        """It is `moment`, all before it was heard, and what nobody acknowledged is escalated."""
        self.clock.advance(local(moment))
        await self.hear_up_to_now()
        while await escalation.escalate_due(self.context):
            pass

    async def states(self) -> Counter[str]:
        """How many deliveries stand how."""
        return Counter(await self.rows("select state from deliveries"))

    async def rows(self, query: str) -> list[Any]:
        """The first column of what a query finds."""
        async with self.context.engine.connect() as conn:
            return list((await conn.execute(sa.text(query))).scalars())


@contextlib.asynccontextmanager
async def opened(
    postgres: EmbeddedPostgres, gateway: Gateway, tmp_path: Path, channels: str, **settings: Any
) -> AsyncIterator[Office]:
    """Notify on an empty database, on a Tuesday morning, with these channels."""
    file = tmp_path / "channels.yaml"
    file.write_text(channels, "utf-8")
    await empty(postgres, "notify")
    wanted = {"clock": "driven", "channels": file, "data_keys": made_ring(tmp_path, "notify"), **settings}
    context = ServiceContext(SERVICE, NotifySettings(database=postgres.dsn("notify", "notify"), **wanted))
    await context.start()
    office = Office(context, gateway)
    office.clock.advance(local(MORNING))
    try:
        yield office
    finally:
        await office.worker.close()
        await context.engine.dispose()


def overdue(number: int, unit: str = "roads", **fields: Any) -> events.AppealOverdue:
    """A completion that passed, one appeal each."""
    known = {
        "occurred_at": local(MORNING),
        "appeal_id": UUID(int=number),
        "registration_number": f"BZ-20261110-{number:05}",
        "leg_id": uuid4(),
        "unit": unit,
        "round": 1,
        "deadline": "completion",
        "due_at": local(MORNING),
    }
    return events.AppealOverdue.model_validate(known | fields)


def card(number: int, unit: str = "roads") -> events.CardIssued:
    """A card, which is urgent."""
    fields = overdue(number, unit).model_dump(exclude={"id", "title"})
    return events.CardIssued.model_validate({**fields, "card_id": uuid4(), "card": "yellow", "clause": "§3"})
