"""The delivery worker: leases deliveries, calls providers outside any transaction, and saves the results.

Killed at any point, it repeats at most the calls under way, under the same ids. A channel that fails is
paused, longer each time; the deliveries that wait for it keep their order, and the pause costs no attempt.
"""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid5

import httpx

from services.notify.channels.base import (
    Accepted,
    AddressGone,
    ChannelDown,
    Letter,
    Refused,
    Retryable,
    Undelivered,
)
from services.notify.channels.settings import ChannelSettings, load
from services.notify.channels.table import open_channels
from services.notify.deliveries import work as deliveries
from services.notify.deliveries.answers import ANSWER_WAIT, ParcelAnswers
from services.notify.deliveries.breaker import Breaker
from services.notify.deliveries.domain import AttemptResult, ChannelKind, Delivery, DeliveryOutcome
from services.notify.deliveries.parcels import Parcel, next_try_at, parcels_of, subject_and_body, within_cap
from services.notify.gauges import NOTICES
from services.notify.messages.answering import with_text
from services.notify.receipts.polling import first_poll_at
from services.notify.settings import settings_of
from shared.appeals.asking import AnswersUnavailable
from shared.cases import CASE
from shared.database.retry import keep_running
from shared.events import Event, NoticeFailed, NoticeSent
from shared.judging.rulebook import rulebook
from shared.messaging.outbox import Pending, publish
from shared.service.errors import redacted
from shared.service.service import ServiceContext
from shared.telemetry.context import use_span
from shared.telemetry.spans import CASES, NUMBER, call_span

POLL_S = 0.5
MOST_LEASED = 2_000
MOST_CALLS = 200
"""Calls of one turn: few enough that the slowest provider answers all of them before the lease ends."""
TOGETHER = 8
"""How many calls are made at once."""
HOUR = timedelta(hours=1)
OVER_CAP_WAIT = timedelta(minutes=10)


class DeliveryWorker:
    """Delivers the messages of one notify service."""

    def __init__(self, context: ServiceContext, settings: ChannelSettings) -> None:
        self._context = context
        self._settings = settings
        own = settings_of(context)
        self._channels = open_channels(
            settings, allow_private=own.allow_private_webhooks, ports=own.webhook_ports
        )
        self._breakers = {kind: Breaker() for kind in self._channels}
        self._answers = ParcelAnswers(context)

    async def run(self) -> None:
        """Deliver until cancelled; ends at once where no channel is set up."""
        try:
            if self._channels:
                await keep_running(self.turn, self._context.log, "messages", rest_s=POLL_S)
        finally:
            await self.close()

    async def close(self) -> None:
        """Close the connections."""
        for channel in self._channels.values():
            await channel.close()

    async def turn(self) -> int:
        """Deliver what is due; returns how many calls it made."""
        parcels = await self._lease()
        for first in range(0, len(parcels), TOGETHER):
            tried = await asyncio.gather(*(self._try(parcel) for parcel in parcels[first : first + TOGETHER]))
            await self._save([result for results in tried for result in results])
        return len(parcels)

    async def _lease(self) -> list[Parcel]:
        """Lease what is due and decide what goes together; put back what must wait."""
        context, cap = self._context, self._settings.cap
        async with context.engine.begin() as conn:
            at = await context.clock.stamp(conn)
            channels = [kind for kind, breaker in self._breakers.items() if not breaker.is_open(at)]
            wakes_until = self._settings.quiet.wakes_until(at, rulebook(context).calendar, context.zone)
            leased = await deliveries.lease_due(conn, at, channels, MOST_LEASED, wakes_until=wakes_until)
            if not leased:
                return []
            parcels = parcels_of(leased, cap)
            calls = await deliveries.calls_since(conn, at - HOUR, [parcel.target for parcel in parcels])
            now, over_cap = within_cap(parcels, calls, cap)
            await deliveries.save_parcels(conn, now[:MOST_CALLS])
            await deliveries.put_back(conn, _parts(now[MOST_CALLS:]), at)
            await deliveries.put_back(conn, _parts(over_cap), at + OVER_CAP_WAIT)
        return now[:MOST_CALLS]

    async def _try(self, parcel: Parcel) -> list[AttemptResult]:
        """Make one call; no results where the channel was paused meanwhile."""
        kind, at = parcel.target.channel, self._context.clock.now()
        breaker = self._breakers[kind]
        if breaker.is_open(at):
            assert breaker.until is not None
            await self._put_back(parcel, breaker.until)
            return []
        use_span(parcel.parts[0].traceparent)
        try:
            text = await self._answers.text_of(parcel, at)
        except AnswersUnavailable:
            await self._put_back(parcel, at + ANSWER_WAIT)
            return []
        try:
            with call_span(f"send {kind}", _span_attributes(parcel), self._context.telemetry, kind):
                accepted = await self._send(kind, _letter(parcel, at, text))
        except ChannelDown as error:
            breaker.failed(at, error.wait)
            return _failed(parcel, error, at)
        except Undelivered as error:
            breaker.succeeded()
            return _failed(parcel, error, at)
        breaker.succeeded()
        return self._sent(parcel, accepted, at)

    async def _send(self, kind: ChannelKind, letter: Letter) -> Accepted:
        """Hand a letter to its channel; one that the channel cannot encode is refused.

        An error that the channel does not know costs this letter alone: it is tried again later.
        """
        try:
            return await self._channels[kind].send(letter)
        except Undelivered:
            raise
        except (ValueError, httpx.InvalidURL) as error:
            raise Refused(
                type(error).__name__, "the message or its address cannot be written down"
            ) from error
        except Exception as error:
            self._context.log.error("a channel failed", channel=kind, reason=redacted(error))
            raise Retryable(type(error).__name__, "the channel does not know this error") from error

    def _sent(self, parcel: Parcel, accepted: Accepted, at: datetime) -> list[AttemptResult]:
        has_receipt = parcel.target.channel == ChannelKind.SMS and accepted.provider_id
        poll_at = first_poll_at(self._settings.sms, at) if has_receipt else None
        return [
            AttemptResult(
                part,
                parcel.id,
                DeliveryOutcome.SENT,
                provider_id=accepted.provider_id,
                segments=accepted.segments if part is parcel.parts[0] else None,
                poll_at=poll_at,
            )
            for part in parcel.parts
        ]

    async def _put_back(self, parcel: Parcel, until: datetime) -> None:
        async with self._context.engine.begin() as conn:
            await deliveries.put_back(conn, parcel.parts, until)

    async def _save(self, results: list[AttemptResult]) -> None:
        if not results:
            return
        context = self._context
        for result in results:
            context.telemetry.metrics.count(NOTICES, result.delivery.channel, result.outcome)
        async with context.engine.begin() as conn:
            at = await context.clock.stamp(conn)
            await deliveries.save_results(conn, at, results)
            messages = [
                Pending(event, result.delivery.traceparent).row("notify")
                for result in results
                if (event := _event(result, at)) is not None
            ]
            await publish(conn, messages)
        context.relay.poke()


def _failed(parcel: Parcel, error: Undelivered, at: datetime) -> list[AttemptResult]:
    next_at = next_try_at(error.outcome, parcel, at)
    held_until = at + error.wait if error.wait is not None and next_at is not None else None
    return [
        AttemptResult(
            part,
            parcel.id,
            error.outcome,
            next_at,
            error.code,
            error.reason,
            held_until=held_until,
            is_gone=isinstance(error, AddressGone),
        )
        for part in parcel.parts
    ]


def _span_attributes(parcel: Parcel) -> dict[str, str | int]:
    """The channel, the first of the cases, and how many cases there are if there are several."""
    first, cases = parcel.parts[0], len({part.appeal_id for part in parcel.parts})
    attributes: dict[str, str | int] = {CASE: str(first.appeal_id), NUMBER: first.registration_number}
    return {"huying.channel": first.channel, **attributes, **({CASES: cases} if cases > 1 else {})}


def _parts(parcels: list[Parcel]) -> list[Delivery]:
    return [part for parcel in parcels for part in parcel.parts]


def _letter(parcel: Parcel, at: datetime, text: str | None) -> Letter:
    first = parcel.parts[0]
    subject, body = subject_and_body(parcel)
    body = with_text(body, text, first.channel, parcel.language)
    numbers = tuple(part.registration_number for part in parcel.parts)
    return Letter(str(parcel.id), first.address, first.secret, subject, body, numbers, at, parcel.language)


def _event(result: AttemptResult, at: datetime) -> Event | None:
    """The event of a delivery that was sent, or that failed for good; None for one that is tried again."""
    delivery = result.delivery
    fields = {
        "id": uuid5(delivery.id, f"{result.parcel} {result.state} {delivery.attempts}"),
        "occurred_at": at,
        "appeal_id": delivery.appeal_id,
        "registration_number": delivery.registration_number,
        "message_id": delivery.message_id,
        "recipient": delivery.recipient,
        "channel": delivery.channel,
        "template": delivery.template,
    }
    if result.outcome == DeliveryOutcome.SENT:
        return NoticeSent.model_validate(fields)
    if result.next_at is None:
        return NoticeFailed.model_validate(fields | {"outcome": result.outcome, "reason": result.reason})
    return None


async def deliver(context: ServiceContext) -> None:
    """Deliver messages until cancelled."""
    await DeliveryWorker(context, load(settings_of(context).channels)).run()
