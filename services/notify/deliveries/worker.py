"""What takes messages out: leased from the database, handed over outside any transaction, recorded after.

Killed at any point it repeats at most the calls under way, under the same ids. A channel out of order is
left alone for a while, longer each time; what waits for it meanwhile keeps its order and costs no attempt.
"""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid5

from services.notify.channels.base import (
    Accepted,
    AddressGone,
    ChannelDown,
    ChannelSettings,
    DeliveryChannel,
    DryRun,
    Letter,
    Refused,
    Undelivered,
    load,
)
from services.notify.channels.mail import Mail
from services.notify.channels.sms import Sms
from services.notify.channels.webhooks import DINGTALK_CODES, WECOM_CODES, Robot, Webhook
from services.notify.deliveries import work as deliveries
from services.notify.deliveries.domain import (
    ChannelKind,
    Delivery,
    DeliveryOutcome,
    Parcel,
    letter,
    next_try,
    parcels,
    within,
)
from services.notify.deliveries.receipt_polling import first_poll
from services.notify.deliveries.work import AttemptResult
from services.notify.gauges import NOTICES
from services.notify.polling_loop import run_polling_loop
from services.notify.settings import settings_of
from shared.cases import CASE
from shared.events import Event, NoticeFailed, NoticeSent
from shared.judging.rulebook import rulebook
from shared.messaging.outbox import Pending, publish
from shared.service.service import ServiceContext
from shared.telemetry.context import use_span
from shared.telemetry.spans import CASES, NUMBER, calling
from shared.web.webhooks import Caller

POLL_S = 0.5
LIMIT = 2_000
CALLS = 200
"""Calls of one turn: fewer than the lease has time for, however slow the provider."""
TOGETHER = 8
HOUR = timedelta(hours=1)
OVER_CAP = timedelta(minutes=10)


class Breaker:
    """Lets a channel alone after three failures of the way itself: 30 seconds, doubling to 10 minutes."""

    def __init__(self) -> None:
        self._failures = 0
        self.until: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        """Whether the channel is left alone."""
        return self.until is not None and at < self.until

    def note(self, at: datetime, *, in_order: bool, wait: timedelta | None = None) -> None:
        """An attempt told whether the way is in order; with `wait` it asks to be let alone so long."""
        self._failures = 0 if in_order else self._failures + 1
        rest = min(timedelta(seconds=30) * 2 ** min(self._failures - 3, 10), timedelta(minutes=10))
        self.until = at + rest if self._failures >= 3 else None
        if not in_order and wait is not None:
            self.until = max(self.until or at, at + wait)


def ways(setup: ChannelSettings, *, allow_private: bool = False) -> dict[ChannelKind, DeliveryChannel]:
    """The channels that are set up; webhooks and robots at addresses that are not public if so allowed."""
    if setup.dry_run:
        return {channel: DryRun() for channel in ChannelKind}
    found: dict[ChannelKind, DeliveryChannel] = {}
    if setup.mail is not None:
        found[ChannelKind.MAIL] = Mail(setup.mail)
    if setup.sms is not None:
        found[ChannelKind.SMS] = Sms(setup.sms)
    if setup.webhook is not None:
        found[ChannelKind.WEBHOOK] = Webhook(setup.webhook, Caller(allow_private=allow_private))
    if setup.wecom is not None:
        found[ChannelKind.WECOM] = Robot(setup.wecom, WECOM_CODES, Caller(allow_private=allow_private))
    if setup.dingtalk is not None:
        found[ChannelKind.DINGTALK] = Robot(
            setup.dingtalk, DINGTALK_CODES, Caller(allow_private=allow_private)
        )
    return found


class DeliveryWorker:
    """Takes out the messages of one notify service."""

    def __init__(self, context: ServiceContext, setup: ChannelSettings) -> None:
        self._context = context
        self._setup = setup
        self._ways = ways(setup, allow_private=settings_of(context).allow_private_webhooks)
        self._breakers = {channel: Breaker() for channel in self._ways}

    async def run(self) -> None:
        """Take out until cancelled; without channels there is nothing to do."""
        try:
            if self._ways:
                await run_polling_loop(self._context, self.turn, POLL_S, "messages")
        finally:
            await self.close()

    async def close(self) -> None:
        """Let connections go."""
        for way in self._ways.values():
            await way.close()

    async def turn(self) -> int:
        """Take out what is due; returns how many calls were made."""
        found = await self._take()
        for first in range(0, len(found), TOGETHER):
            chunk = found[first : first + TOGETHER]
            tried = await asyncio.gather(*(self._try(parcel) for parcel in chunk))
            await self._record([result for results in tried for result in results])
        return len(found)

    async def _take(self) -> list[Parcel]:
        """Lease what is due and decide what goes together; what must wait is given back."""
        context, cap = self._context, self._setup.cap
        async with context.engine.begin() as conn:
            at = await context.clock.stamp(conn)
            channels = [channel for channel, breaker in self._breakers.items() if not breaker.is_open(at)]
            quiet = self._setup.quiet.covers(at, rulebook(context).calendar, context.zone)
            taken = await deliveries.take(conn, at, channels, LIMIT, quiet=quiet)
            if not taken:
                return []
            found = parcels(taken, cap)
            calls = await deliveries.calls(conn, at - HOUR, [parcel.place for parcel in found])
            now, later = within(found, calls, cap)
            await deliveries.pack(conn, now[:CALLS])
            await deliveries.put_back(conn, _parts(now[CALLS:]), at)
            await deliveries.put_back(conn, _parts(later), at + OVER_CAP)
        return now[:CALLS]

    async def _try(self, parcel: Parcel) -> list[AttemptResult]:
        """Make one call; no results where the channel went out of order meanwhile."""
        channel = parcel.place.channel
        breaker, at = self._breakers[channel], self._context.clock.now()
        if breaker.is_open(at):
            await self._wait_for(breaker, parcel)
            return []
        use_span(parcel.parts[0].traceparent)
        try:
            with calling(f"send {channel}", _told(parcel), self._context.telemetry, channel):
                taken = await self._send(channel, _letter(parcel, at))
        except Undelivered as error:
            breaker.note(at, in_order=not isinstance(error, ChannelDown), wait=error.wait)
            return self._failed(parcel, error, at)
        breaker.note(at, in_order=True)
        poll_at = (
            first_poll(self._setup.sms, at) if channel == ChannelKind.SMS and taken.provider_id else None
        )
        return [
            AttemptResult(
                part,
                parcel.id,
                DeliveryOutcome.SENT,
                provider_id=taken.provider_id,
                segments=taken.segments if part is parcel.parts[0] else None,
                poll_at=poll_at,
            )
            for part in parcel.parts
        ]

    def _failed(self, parcel: Parcel, error: Undelivered, at: datetime) -> list[AttemptResult]:
        next_at = next_try(error.outcome, parcel, at)
        until = at + error.wait if error.wait is not None and next_at is not None else None
        return [
            AttemptResult(
                part,
                parcel.id,
                error.outcome,
                next_at,
                error.code,
                error.reason,
                held_until=until,
                is_gone=isinstance(error, AddressGone),
            )
            for part in parcel.parts
        ]

    async def _send(self, channel: ChannelKind, sent: Letter) -> Accepted:
        """Hand a letter over; one that cannot be written down for its channel is refused."""
        try:
            return await self._ways[channel].send(sent)
        except ValueError as error:
            raise Refused(
                type(error).__name__, "the message or its address cannot be written down"
            ) from error

    async def _wait_for(self, breaker: Breaker, parcel: Parcel) -> None:
        assert breaker.until is not None
        async with self._context.engine.begin() as conn:
            await deliveries.put_back(conn, parcel.parts, breaker.until)

    async def _record(self, results: list[AttemptResult]) -> None:
        if not results:
            return
        for one in results:
            self._context.telemetry.metrics.count(NOTICES, one.delivery.channel, one.outcome)
        context = self._context
        async with context.engine.begin() as conn:
            at = await context.clock.stamp(conn)
            await deliveries.record(conn, at, results)
            await deliveries.hold(conn, at, results)
            said = [Pending(event, one.delivery.traceparent) for one in results for event in _said(one, at)]
            await publish(conn, [pending.message("notify") for pending in said])
        context.relay.poke()


def _told(parcel: Parcel) -> dict[str, str | int]:
    """What the span of a call says: the first of the cases, and of how many it is about."""
    first, cases = parcel.parts[0], len({part.appeal_id for part in parcel.parts})
    named: dict[str, str | int] = {CASE: str(first.appeal_id), NUMBER: first.registration_number}
    return {"huying.channel": first.channel, **named, **({CASES: cases} if cases > 1 else {})}


def _parts(found: list[Parcel]) -> list[Delivery]:
    return [part for parcel in found for part in parcel.parts]


def _letter(parcel: Parcel, at: datetime) -> Letter:
    first = parcel.parts[0]
    subject, body = letter(parcel)
    numbers = tuple(part.registration_number for part in parcel.parts)
    return Letter(str(parcel.id), first.address, first.secret, subject, body, numbers, at, parcel.language)


def _said(result: AttemptResult, at: datetime) -> list[Event]:
    """What is said of a delivery that left, or that failed for good."""
    one = result.delivery
    fields = {
        "id": uuid5(one.id, f"{result.parcel} {result.state} {one.attempts}"),
        "occurred_at": at,
        "appeal_id": one.appeal_id,
        "registration_number": one.registration_number,
        "message_id": one.message_id,
        "recipient": one.recipient,
        "channel": one.channel,
        "template": one.template,
    }
    if result.outcome == DeliveryOutcome.SENT:
        return [NoticeSent.model_validate(fields)]
    if result.next_at is None:
        return [NoticeFailed.model_validate(fields | {"outcome": result.outcome, "reason": result.reason})]
    return []


async def take_out(context: ServiceContext) -> None:
    """The task that takes messages out."""
    await DeliveryWorker(context, load(settings_of(context).channels)).run()
