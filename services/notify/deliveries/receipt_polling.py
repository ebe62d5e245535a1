"""Receipts that did not come by themselves: the SMS gateway is asked what became of its messages.

A message is asked about later and later; one that is too old counts as sent, with an attempt that says that
no receipt came. A receipt that comes after all, or twice, changes a delivery once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import text

from services.notify.channels.base import ChannelDown, SmsSettings, load
from services.notify.channels.sms import MOST_ASKED, ON_THE_WAY, Sms
from services.notify.deliveries import receipts
from services.notify.polling_loop import run_polling_loop
from services.notify.settings import settings_of
from shared.service.service import ServiceContext

POLL_S = 1.0
LONGEST = timedelta(hours=12)
NO_RECEIPT = "NO_RECEIPT"
_TAKE = text(
    """
    with due as (
      select id, provider_id from deliveries where poll_at <= :at order by poll_at limit :most
      for update skip locked
    ), asked as (
      update deliveries d set polls = d.polls + 1,
        poll_at = cast(:at as timestamptz)
          + least(cast(:first as interval) * power(2, least(d.polls + 1, 20)), cast(:longest as interval))
      from due where d.id = due.id returning d.id, d.provider_id, d.changed_at
    )
    select provider_id, min(changed_at) as sent_at from asked group by provider_id
    """
)
_GIVE_UP = text(
    """
    with given as (
      update deliveries set poll_at = null
      where channel = 'sms' and provider_id = any(cast(:ids as text[])) and poll_at is not null returning id
    )
    insert into attempts (delivery_id, at, outcome, code, reason)
    select id, :at, 'temporary_failure', :code, 'the gateway has not said what became of it' from given
    """
)


def first_poll(setup: SmsSettings | None, at: datetime) -> datetime | None:
    """When to ask for the receipt of what was sent at `at`; None where the gateway cannot be asked."""
    return at + setup.poll_after if setup is not None and setup.status_url is not None else None


class ReceiptPoller:
    """Asks one SMS gateway for one notify service."""

    def __init__(self, context: ServiceContext, setup: SmsSettings) -> None:
        self._context = context
        self._setup = setup
        self._sms = Sms(setup)

    async def close(self) -> None:
        """Let connections go."""
        await self._sms.close()

    async def turn(self) -> int:
        """Ask for what is due; returns for how many messages."""
        async with self._context.engine.begin() as conn:
            at = await self._context.clock.stamp(conn)
            values = {"at": at, "most": MOST_ASKED, "first": self._setup.poll_after, "longest": LONGEST}
            sent = {row.provider_id: row.sent_at for row in await conn.execute(_TAKE, values)}
        if sent:
            try:
                said = await self._sms.ask(list(sent), at)
            except ChannelDown as error:
                self._context.log.warning("receipts wait for the gateway", reason=str(error))
                said = {}
            await self._record(sent, said)
        return len(sent)

    async def _record(self, sent: Mapping[str, datetime], said: Mapping[str, str]) -> None:
        context = self._context
        async with context.engine.begin() as conn:
            at = await context.clock.stamp(conn)
            for id_, status in said.items():
                if status not in ON_THE_WAY:
                    await receipts.keep(conn, at, id_, status)
            open_ = [id_ for id_ in sent if said.get(id_, "PENDING") in ON_THE_WAY]
            old = [id_ for id_ in open_ if sent[id_] + self._setup.poll_until <= at]
            await conn.execute(_GIVE_UP, {"ids": old, "at": at, "code": NO_RECEIPT})
        context.relay.poke()


async def poll(context: ServiceContext) -> None:
    """The task that asks for receipts; where the gateway cannot be asked there is nothing to do."""
    setup = load(settings_of(context).channels)
    if setup.dry_run or setup.sms is None or setup.sms.status_url is None:
        return
    poller = ReceiptPoller(context, setup.sms)
    try:
        await run_polling_loop(context, poller.turn, POLL_S, "receipts")
    finally:
        await poller.close()
