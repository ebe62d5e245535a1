"""The timer that asks the SMS gateway for receipts that did not come by themselves.

It asks about a message less and less often. A message that is too old stays sent, with an attempt which
records that no receipt came. A receipt that comes after all, or twice, changes a delivery once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.notify.channels.base import ChannelDown
from services.notify.channels.settings import SmsSettings, load
from services.notify.channels.sms import MOST_ASKED, ON_THE_WAY, Sms
from services.notify.receipts import work as receipts
from services.notify.settings import settings_of
from shared.database.retry import keep_running
from shared.service.service import ServiceContext

POLL_S = 1.0
LONGEST_WAIT = timedelta(hours=12)


def first_poll_at(settings: SmsSettings | None, sent_at: datetime) -> datetime | None:
    """When to ask for the receipt of what was sent at `sent_at`; None where the gateway cannot be asked."""
    return sent_at + settings.poll_after if settings and settings.status_url is not None else None


class ReceiptPoller:
    """Asks one SMS gateway for one notify service."""

    def __init__(self, context: ServiceContext, settings: SmsSettings) -> None:
        self._context = context
        self._settings = settings
        self._sms = Sms(settings)

    async def close(self) -> None:
        """Close the connections."""
        await self._sms.close()

    async def turn(self) -> int:
        """Ask for the receipts that are due; returns how many messages it asked about."""
        async with self._context.engine.begin() as conn:
            at = await self._context.clock.stamp(conn)
            sent = await receipts.lease_due(conn, at, MOST_ASKED, self._settings.poll_after, LONGEST_WAIT)
        if sent:
            await self._save(sent, await self._ask(list(sent)))
        return len(sent)

    async def _ask(self, provider_ids: list[str]) -> dict[str, str]:
        try:
            return await self._sms.ask(provider_ids)
        except ChannelDown as error:
            self._context.log.warning("receipts wait for the gateway", reason=str(error))
            return {}

    async def _save(self, sent: Mapping[str, datetime], statuses: Mapping[str, str]) -> None:
        context = self._context
        async with context.engine.begin() as conn:
            at = await context.clock.stamp(conn)
            for provider_id, status in statuses.items():
                await receipts.save(conn, at, provider_id, status)
            unknown = [id_ for id_ in sent if statuses.get(id_, "PENDING") in ON_THE_WAY]
            too_old = [id_ for id_ in unknown if sent[id_] + self._settings.poll_until <= at]
            await receipts.give_up(conn, at, too_old)
        context.relay.poke()


async def poll_receipts(context: ServiceContext) -> None:
    """Ask for receipts until cancelled; ends at once where the gateway cannot be asked."""
    settings = load(settings_of(context).channels)
    if settings.dry_run or settings.sms is None or settings.sms.status_url is None:
        return
    poller = ReceiptPoller(context, settings.sms)
    try:
        await keep_running(poller.turn, context.log, "receipts", rest_s=POLL_S)
    finally:
        await poller.close()
