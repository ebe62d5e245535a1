"""Calls the banks' webhooks: each bank has its own queue and retries, so that a slow bank delays no other.

Messages of one loan request leave in order. A failed call is tried again after the waits of Standard
Webhooks, 75 hours in all. The answer 410 disables the endpoint, and what waits then waits for a new one.
"""

import asyncio
import random
from datetime import datetime, timedelta

import orjson

from services.financing.banks.webhook import queries
from services.financing.banks.webhook.queries import CallResult, WebhookCall
from services.financing.settings import settings_of
from shared.database.errors import DATABASE_ERRORS, is_transient
from shared.database.retry import keep_running
from shared.service.errors import redacted
from shared.service.service import ServiceContext
from shared.telemetry.context import use_span
from shared.telemetry.spans import NUMBER, call_span
from shared.web.webhooks import Answered, Caller, headers

POLL_S = 0.2
CALLS_AT_ONCE = 8
GONE = 410
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Between the attempts of one message: 75 h 35 min 5 s in all."""
JITTER = 0.1


def content(call: WebhookCall) -> bytes:
    """The body of a call: type, timestamp and data, as Standard Webhooks has them."""
    return orjson.dumps(
        {"type": call.type, "timestamp": call.occurred_at.isoformat(), "data": orjson.Fragment(call.body)}
    )


def next_try(attempts: int, at: datetime, share: float) -> datetime | None:
    """When to try again after so many attempts, `share` of the jitter later; None where it is given up."""
    if attempts > len(WAITS):
        return None
    return at + WAITS[attempts - 1] * (1 + JITTER * share)


def result_of(call: WebhookCall, answer: Answered, at: datetime, share: float) -> CallResult:
    """What came of an attempt made at `at`. A bank that answers 410 is not called again."""
    next_at = None
    if not answer.taken and answer.status != GONE:
        next_at = next_try(call.attempts, at, share)
    state = "delivered" if answer.taken else "failed" if next_at is None else "waiting"
    return CallResult(call.seq, state, next_at, answer.status, answer.reason)


class WebhookSender:
    """Makes the due calls of all banks of one financing service, each bank in a task of its own."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        settings = settings_of(context)
        self._caller = Caller(allow_private=settings.allow_private_webhooks, ports=settings.webhook_ports)
        self._random = random.Random()
        self._banks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Call until cancelled."""
        try:
            await keep_running(
                self._start_due, self._context.log, "webhooks to banks", rest_s=POLL_S, pause_s=POLL_S
            )
        finally:
            for task in self._banks.values():
                task.cancel()
            await asyncio.gather(*self._banks.values(), return_exceptions=True)
            await self._caller.close()

    async def _start_due(self) -> None:
        """Start a task for each bank that a call is due for and that has no task yet.

        A task that failed costs its bank alone: its calls are taken again when their lease has ended.
        """
        for bank, task in list(self._banks.items()):
            if task.done():
                del self._banks[bank]
                if isinstance(error := task.exception(), Exception):
                    self._context.log.error("webhooks of a bank failed", bank=bank, reason=redacted(error))
        async with self._context.engine.connect() as conn:
            due = await queries.banks_with_due_calls(conn, await self._context.clock.stamp(conn))
        for bank in due:
            if bank not in self._banks:
                self._banks[bank] = asyncio.create_task(self._call_bank(bank))

    async def _call_bank(self, bank: str) -> None:
        """Call one bank until nothing is due; the next look goes on where the database is away."""
        try:
            while calls := await self._take(bank):
                results = await asyncio.gather(*(self._call(bank, call) for call in calls))
                await self._record(bank, calls, results)
        except DATABASE_ERRORS as error:
            if not is_transient(error):
                raise
            self._context.log.warning("webhooks wait for the database", bank=bank, reason=repr(error))

    async def _take(self, bank: str) -> list[WebhookCall]:
        async with self._context.engine.begin() as conn:
            at = await self._context.clock.stamp(conn)
            return await queries.take_due(conn, bank, at, CALLS_AT_ONCE)

    async def _call(self, bank: str, call: WebhookCall) -> CallResult:
        body, at = content(call), self._context.clock.now()
        signed = headers(call.secrets, str(call.message_id), body)
        attributes = {"huying.peer": bank, "huying.event_type": call.type, NUMBER: call.leg.partition("/")[0]}
        use_span(call.traceparent)
        with call_span("send webhook", attributes, self._context.telemetry, bank) as span:
            answer = await self._caller.post(call.url, body, signed)
            span.error = None if answer.taken else str(answer.status or "unreachable")
        return result_of(call, answer, at, self._random.random())

    async def _record(self, bank: str, calls: list[WebhookCall], results: list[CallResult]) -> None:
        gone: dict[str, list[int]] = {}
        for call, result in zip(calls, results, strict=True):
            if result.status == GONE:
                gone.setdefault(call.url, []).append(call.seq)
        async with self._context.engine.begin() as conn:
            at = await self._context.clock.stamp(conn)
            await queries.record(conn, results, at)
            await queries.note_call(conn, bank, calls[-1].url, results[-1], at)
            for url, seqs in gone.items():
                if not await queries.disable(conn, bank, url, at):  # it was given a new one meanwhile
                    await queries.call_again(conn, seqs, at)


async def deliver(context: ServiceContext) -> None:
    """The task that calls the banks' webhooks."""
    await WebhookSender(context).run()
