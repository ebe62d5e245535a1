"""Webhooks to banks: each bank's own queue and retries, so that one that is slow or dead delays no other.

Messages of one loan request leave in order. A failed one is tried again after the waits of Standard Webhooks,
75 hours in all; an answer 410 disables the endpoint, and what waits then waits for a new one.
"""

import asyncio
import random
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text

from services.financing.contract import PushedRequest, RequestWithdrawn
from services.financing.settings import settings_of
from shared.database.errors import DATABASE_ERRORS, is_transient
from shared.service.service import ServiceContext
from shared.telemetry.context import use_span
from shared.telemetry.spans import NUMBER, calling
from shared.web.webhooks import Answered, Caller, headers

POLL_S = 0.2
TOGETHER = 8
LEASE = timedelta(minutes=2)
GONE = 410
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Between the attempts of one message: 75 h 35 min 5 s in all."""
JITTER = 0.1

_BANKS = text(
    """
    select distinct d.bank from bank_deliveries d join bank_endpoints e on e.bank = d.bank
    where d.state in ('waiting', 'sending') and d.next_at <= :at and e.disabled_at is null
    """
)
_TAKE = text(
    """
    with withdrawn as (
      update bank_deliveries d set state = 'stopped', changed_at = :at
      from bank_messages m
      where m.seq = d.seq and d.bank = :bank and d.state = 'waiting' and m.type = :request
        and (m.dropped_at is not null or exists (
          select 1 from bank_messages w where w.leg = m.leg and w.type = :withdrawal))
      returning d.seq
    ), due as (
      select d.seq from bank_deliveries d join bank_endpoints e on e.bank = d.bank
      where d.bank = :bank and d.state in ('waiting', 'sending') and d.next_at <= :at
        and e.disabled_at is null and d.seq not in (select seq from withdrawn)
        and not exists (
          select 1 from bank_deliveries b
          where b.bank = d.bank and b.request = d.request and b.seq < d.seq
            and b.state in ('waiting', 'sending') and b.seq not in (select seq from withdrawn))
      order by d.seq limit :limit for update of d skip locked
    ), taken as (
      update bank_deliveries d set state = 'sending', attempts = d.attempts + 1, next_at = :lease,
        changed_at = :at
      from due where d.seq = due.seq returning d.seq, d.message_id, d.attempts
    ), leaving as (
      update bank_messages m set sent_at = coalesce(m.sent_at, :at) from taken t where m.seq = t.seq
    )
    select t.seq, t.message_id, t.attempts, m.type, m.occurred_at, m.traceparent, m.body, m.leg, e.url,
      array_remove(array[e.secret, case when e.old_until > :at then e.old_secret end], null) as secrets
    from taken t join bank_messages m on m.seq = t.seq join bank_endpoints e on e.bank = m.bank
    order by t.seq
    """
)
_RECORD = text(
    """
    update bank_deliveries d set state = t.state, next_at = coalesce(t.next_at, d.next_at), changed_at = :at,
      status = t.status, reason = t.reason
    from unnest(
      cast(:seqs as bigint[]), cast(:states as text[]), cast(:nexts as timestamptz[]),
      cast(:statuses as int[]), cast(:reasons as text[])
    ) as t (seq, state, next_at, status, reason)
    where d.seq = t.seq and d.state = 'sending'
    """
)
_DISABLE = text(
    "update bank_endpoints set disabled_at = :at where bank = :bank and url = :url and disabled_at is null"
)


class WebhookCall(NamedTuple):
    """One message under way to one bank's endpoint."""

    seq: int
    message_id: UUID
    attempts: int
    type: str
    occurred_at: datetime
    traceparent: str | None
    body: str
    leg: str
    url: str
    secrets: list[str]

    def content(self) -> bytes:
        """The call's body: type, timestamp and data, as Standard Webhooks has them."""
        return orjson.dumps(
            {
                "type": self.type,
                "timestamp": self.occurred_at.isoformat(),
                "data": orjson.Fragment(self.body),
            }
        )


class WebhookAttempt(NamedTuple):
    """What came of one attempt, and when the next one is due."""

    one: WebhookCall
    answered: Answered
    next_at: datetime | None

    @property
    def state(self) -> str:
        if self.answered.taken:
            return "delivered"
        return "failed" if self.next_at is None else "waiting"


def next_try(attempts: int, at: datetime, share: float) -> datetime | None:
    """When to try again after so many attempts, `share` of the jitter later; None where it is given up."""
    if attempts > len(WAITS):
        return None
    return at + WAITS[attempts - 1] * (1 + JITTER * share)


def _told(bank: str, one: WebhookCall) -> dict[str, str]:
    """What the span of a call says."""
    return {"huying.peer": bank, "huying.event_type": one.type, NUMBER: one.leg.partition("/")[0]}


class WebhookSender:
    """Takes webhooks out for all banks of one financing service, each bank in a task of its own."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._caller = Caller(allow_private=settings_of(context).allow_private_webhooks)
        self._random = random.Random()
        self._banks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Take out until cancelled."""
        try:
            while True:
                try:
                    await self._begin()
                except DATABASE_ERRORS as error:
                    self._wait_for(error)
                await asyncio.sleep(POLL_S)
        finally:
            for task in self._banks.values():
                task.cancel()
            await asyncio.gather(*self._banks.values(), return_exceptions=True)
            await self._caller.close()

    def _wait_for(self, error: Exception) -> None:
        if not is_transient(error):
            raise error
        self._context.log.warning("webhooks wait for the database", reason=repr(error))

    async def _begin(self) -> None:
        """Begin with each bank that something is due for and that is not being called."""
        for bank, task in list(self._banks.items()):
            if task.done():
                self._banks.pop(bank).result()
        async with self._context.engine.connect() as conn:
            at = await self._context.clock.stamp(conn)
            due = list((await conn.execute(_BANKS, {"at": at})).scalars())
        for bank in due:
            if bank not in self._banks:
                self._banks[bank] = asyncio.create_task(self._call(bank))

    async def _call(self, bank: str) -> None:
        """Call one bank until nothing is due."""
        try:
            while found := await self._take(bank):
                await self._record(bank, await asyncio.gather(*(self._try(bank, one) for one in found)))
        except DATABASE_ERRORS as error:
            self._wait_for(error)

    async def _take(self, bank: str) -> list[WebhookCall]:
        async with self._context.engine.begin() as conn:
            at = await self._context.clock.stamp(conn)
            values = {
                "bank": bank,
                "at": at,
                "lease": at + LEASE,
                "limit": TOGETHER,
                "request": PushedRequest.type,
                "withdrawal": RequestWithdrawn.type,
            }
            return [WebhookCall(**row) for row in await conn.execute(_TAKE, values)]

    async def _try(self, bank: str, one: WebhookCall) -> WebhookAttempt:
        at, body = self._context.clock.now(), one.content()
        signed = headers(one.secrets, str(one.message_id), int(at.timestamp()), body)
        use_span(one.traceparent)
        with calling("send webhook", _told(bank, one), self._context.telemetry, bank) as span:
            answered = await self._caller.post(one.url, body, signed)
            span.error = None if answered.taken else str(answered.status or "unreachable")
        final = answered.taken or answered.status == GONE
        return WebhookAttempt(
            one, answered, None if final else next_try(one.attempts, at, self._random.random())
        )

    async def _record(self, bank: str, results: list[WebhookAttempt]) -> None:
        async with self._context.engine.begin() as conn:
            at = await self._context.clock.stamp(conn)
            await conn.execute(
                _RECORD,
                {
                    "at": at,
                    "seqs": [result.one.seq for result in results],
                    "states": [result.state for result in results],
                    "nexts": [result.next_at for result in results],
                    "statuses": [result.answered.status for result in results],
                    "reasons": [result.answered.reason for result in results],
                },
            )
            for url in {result.one.url for result in results if result.answered.status == GONE}:
                await conn.execute(_DISABLE, {"at": at, "bank": bank, "url": url})


async def deliver(context: ServiceContext) -> None:
    """The task that calls the banks' webhooks."""
    await WebhookSender(context).run()
