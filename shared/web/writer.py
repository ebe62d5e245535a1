"""Writes requests that arrive together in one transaction with one commit, and answers each.

An act runs on rows that are loaded and locked. A refusal (`HuyingError`) concerns its own request. Any other
error makes the writer try the acts one by one, so that one request never fails another. With an idempotency
key the answer is stored, encrypted, in the same transaction, and given again when the key comes again.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from shared.database.connection import Connection, Database
from shared.database.errors import is_transient
from shared.database.locks import wait_for_name
from shared.database.rows import ManyRows, insert
from shared.messaging.encrypted import kept_answer
from shared.messaging.outbox import UnitOfWork, WorkFactory
from shared.service.accounts import Caller
from shared.service.clock import Clock
from shared.service.errors import Conflict, HuyingError, Unavailable
from shared.telemetry import spans
from shared.telemetry.context import current, use_span
from shared.telemetry.metrics import Metrics
from shared.telemetry.spans import Span

MOST = 200
GAP_S = 0.02  # a transaction costs about as much for one act as for ten


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a write: JSON, the status, and the version of the case as ETag."""

    body: str
    status: int = 200
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key with its caller and the fingerprint of the request."""

    caller: str
    key: str
    fingerprint: str


@dataclass(slots=True)
class _Act:
    keys: Collection[Any]
    do: Callable[[Any], Answer]
    once: Once | None
    by: Caller | None
    trace: Span | str
    answer: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


_NAME = "caller || ' ' || key"
_KEYS = {"caller": "text", "key": "text"}
_ONE_AT_A_TIME = (
    ManyRows(  # of two replicas with the same key the second waits, then finds the first's answer
        f"select {wait_for_name(_NAME)} from {{rows}} order by caller, key", _KEYS
    )
)
_STORED = ManyRows(
    """
    select caller, key, fingerprint, status, etag, body from idempotency
    where (caller, key) in (select * from {rows})
    """,
    _KEYS,
)
_STORE = insert(
    "idempotency",
    {**_KEYS, "fingerprint": "text", "status": "int", "etag": "text", "body": "text"},
)
_FORGET = text("delete from idempotency where created_at < now() - interval '1 day'")


class Writer:
    """Writes one service's acts. It calls `after` when a transaction has committed."""

    def __init__(
        self,
        engine: Database,
        clock: Clock,
        work: WorkFactory,
        after: Callable[[], None],
        metrics: Metrics,
    ) -> None:
        self._engine = engine
        self._metrics = metrics
        self._clock = clock
        self._work = work
        self._after = after
        self._waiting: asyncio.Queue[_Act] = asyncio.Queue(maxsize=10_000)
        self._ended = False

    async def write(
        self,
        keys: Collection[Any],
        do: Callable[[Any], Answer],
        once: Once | None = None,
        by: Caller | None = None,
    ) -> Answer:
        """Run `do`, an act of `by`, on a unit of work with the cases `keys` loaded; return after the commit.

        Raises what `do` refuses, and `Unavailable` where the database stays away or the service stops: then
        the act may or may not have been written.
        """
        if self._ended:
            raise _stopping()
        act = _Act(keys, do, once, by, current())
        try:
            self._waiting.put_nowait(act)
        except asyncio.QueueFull:
            raise Unavailable(
                "系统繁忙，请稍后再试", "too many requests are waiting: try again later"
            ) from None
        return await act.answer

    async def forget(self) -> None:
        """Drop the answers kept for idempotency keys that were given more than a day ago."""
        async with self._engine.begin() as conn:
            await conn.execute(_FORGET)

    async def run(self) -> None:
        """Write until cancelled. Requests that still wait then are refused (`Unavailable`)."""
        acts: list[_Act] = []
        try:
            while True:
                acts = [await self._waiting.get()]
                until = _seconds() + GAP_S
                while len(acts) < MOST and not self._waiting.empty():
                    acts.append(self._waiting.get_nowait())
                await self._settle(acts)
                if len(acts) > 1:
                    await self._rest(until, len(acts))
        finally:
            self._ended = True
            while not self._waiting.empty():
                acts.append(self._waiting.get_nowait())
            for act in acts:
                _give(act, _stopping())

    async def _rest(self, until: float, as_many: int) -> None:
        """Where several acts came together, wait until `until` for as many to gather again."""
        while _seconds() < until and self._waiting.qsize() < as_many:  # noqa: ASYNC110 - a queue has no such event
            await asyncio.sleep(0.002)

    async def _settle(self, acts: list[_Act]) -> None:
        try:
            answers = await self._transact(acts)
        except Exception as error:
            await self._one_by_one(acts, error)
            return
        for act, answer in zip(acts, answers, strict=True):
            _give(act, answer)
        self._after()

    async def _one_by_one(self, acts: list[_Act], error: Exception) -> None:
        if len(acts) > 1:
            for act in acts:
                await self._settle([act])
        elif is_transient(error):
            _give(acts[0], Unavailable("数据库暂不可用，请稍后再试", "the database is away: try again later"))
        else:
            _give(acts[0], error)

    async def _transact(self, acts: Sequence[_Act]) -> list[Answer | Exception]:
        with spans.shared_by(act.trace for act in acts):
            async with self._engine.begin() as conn:
                work = self._work(conn, await self._clock.stamp(conn))
                keys = await _Keys.load(conn, [act.once for act in acts if act.once])
                await work.load({key for act in acts for key in act.keys})
                answers = [_perform(work, act, keys) for act in acts]
                await work.flush()
                await keys.flush(conn)
        self._metrics.count_said(work.published)
        return answers


def _stopping() -> Unavailable:
    return Unavailable("服务正在停止，请稍后再试", "the service is stopping: try again later")


def _seconds() -> float:
    return asyncio.get_running_loop().time()


class _Keys:
    """The idempotency keys of one transaction: answers given before, and new ones."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], tuple[Once, Answer]] = {}
        self.new: list[tuple[Once, Answer]] = []

    @classmethod
    async def load(cls, conn: Connection, sent: Sequence[Once]) -> "_Keys":
        keys = cls()
        if sent:
            rows = [(once.caller, once.key) for once in sent]
            await _ONE_AT_A_TIME.execute(conn, rows)
            for row in await _STORED.execute(conn, rows):
                once = Once(row.caller, row.key, row.fingerprint)
                body = kept_answer(conn, once.caller, once.key).decrypt(row.body)
                keys.answers[once.caller, once.key] = (once, Answer(body, row.status, row.etag))
        return keys

    def add(self, once: Once, answer: Answer) -> None:
        self.answers[once.caller, once.key] = (once, answer)
        self.new.append((once, answer))

    async def flush(self, conn: Connection) -> None:
        if self.new:
            rows = [
                (
                    once.caller,
                    once.key,
                    once.fingerprint,
                    answer.status,
                    answer.etag,
                    kept_answer(conn, once.caller, once.key).encrypt(answer.body),
                )
                for once, answer in self.new
            ]
            await _STORE.execute(conn, rows)


def _perform(work: UnitOfWork, act: _Act, keys: _Keys) -> Answer | Exception:
    use_span(act.trace)
    once = act.once
    if once is not None and (known := keys.answers.get((once.caller, once.key))) is not None:
        before, answer = known
        if before.fingerprint == once.fingerprint:
            return answer
        return Conflict(
            "该幂等键已用于另一请求", "this Idempotency-Key was used for another request", "Idempotency-Key"
        )
    already, work.by = len(work.pending), act.by
    try:
        answer = act.do(work)
    except HuyingError as refusal:
        if len(work.pending) > already:
            raise  # refused halfway: the transaction must not keep the first half
        return refusal
    if once is not None:
        keys.add(once, answer)
    return answer


def _give(act: _Act, answer: Answer | Exception) -> None:
    if act.answer.done():
        return
    if isinstance(answer, Exception):
        act.answer.set_exception(answer)
    else:
        act.answer.set_result(answer)
