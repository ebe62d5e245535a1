"""When cases are judged: as soon as all that may bear on them is known, and when a deadline comes.

A case is judged up to the watermark of its partition: the least among the topics it depends on and this
service's own horizon. Never beyond: what is still in a backlog is waited for, however long.
"""

import asyncio
import contextlib
from datetime import datetime, timedelta
from uuid import UUID

from services.escalation import store
from services.escalation.domain import take
from services.escalation.store import Ledger
from shared import db, telemetry
from shared.bus import hash_of
from shared.clock import TICK, WallClock
from shared.events import Event
from shared.rules.decide import decide
from shared.runtime import EPOCH, Running

BATCH = 200
LONGEST_REST_S = 1.0  # another replica may have heard what this one waits for
GAP_S = 0.1  # what comes meanwhile is judged together
FIRST_PATIENCE_S = 0.5
LONGEST_PATIENCE_S = 60.0
HEARD = ("intake.events", "dispatch.events")
SETTLED = timedelta(milliseconds=150)  # past a due moment: the horizons of the others have passed it too


class Judge:
    """Judges the cases of one escalation service. Replicas share the work by row locks."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._patience_s = FIRST_PATIENCE_S
        self._asked_at = float("-inf")

    async def run(self) -> None:
        """Judge until cancelled."""
        running = self._running
        while True:
            try:
                running.news.clear()
                await self._judge_all()
                await asyncio.sleep(GAP_S)
                await self._rest()
            except db.DATABASE_ERRORS as error:
                if not db.is_transient(error):
                    raise
                running.log.warning("judgement waits for the database", reason=repr(error))
                await asyncio.sleep(1)

    async def _judge_all(self) -> None:
        running = self._running
        async with running.engine.connect() as conn:
            own = await running.clock.horizon(conn)
            marks = await store.heard(conn, HEARD)
        uptos = {partition: min(mark, own) for partition, mark in marks.items()}
        while await self._turn(uptos) == BATCH:
            pass
        running.relay.limit = await self._judged_up_to(uptos)
        running.relay.poke()

    async def _turn(self, uptos: dict[int, datetime]) -> int:
        """Judge some cases that are due; returns how many."""
        running = self._running
        if not uptos:
            return 0
        async with running.engine.begin() as conn:
            ledger = Ledger(conn, await running.clock.stamp(conn))
            due = await ledger.load_due(uptos, running.settings.partitions, BATCH)
            if due:
                known = await store.histories(conn, due)
                for appeal_id in due:
                    telemetry.follow(telemetry.new_traceparent())
                    self._judge(ledger, appeal_id, known[appeal_id], uptos)
                await ledger.flush()
        return len(due)

    def _judge(
        self, ledger: Ledger, appeal_id: UUID, history: list[Event], uptos: dict[int, datetime]
    ) -> None:
        case = ledger.case(appeal_id)
        assert case.pack is not None
        upto = uptos[hash_of(str(appeal_id)) % self._running.settings.partitions]
        judgement = decide(history, self._running.pack_of(case.pack), self._running.calendar, upto)
        for event in take(case, judgement, upto, self._running.calendar):
            ledger.emit(event)
        ahead = min((event.occurred_at for event in history if event.occurred_at > upto), default=None)
        ledger.judged(case, judgement.next_due_at, ahead)

    async def _judged_up_to(self, uptos: dict[int, datetime]) -> datetime:
        """Nothing this service has yet to say occurred at or before this moment."""
        if len(uptos) < self._running.settings.partitions:
            return EPOCH
        async with self._running.engine.connect() as conn:
            waiting = await store.waiting(conn)
        return min([*uptos.values(), *(moment - TICK for moment in waiting if moment is not None)])

    async def _rest(self) -> None:
        """Until a watermark comes, or a case is due: then the others are asked for theirs."""
        running = self._running
        wait_s = LONGEST_REST_S
        async with running.engine.connect() as conn:
            due_at, _ = await store.waiting(conn)
        if due_at is not None and isinstance(running.clock, WallClock):
            wait_s = (due_at + SETTLED - running.clock.now()).total_seconds()
            if wait_s > 0:
                self._patience_s = FIRST_PATIENCE_S
            else:
                self._ask()
                wait_s = LONGEST_REST_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(wait_s, LONGEST_REST_S)):
                await running.news.wait()

    def _ask(self) -> None:
        """Ask the others how far they are; less and less often where no answer comes."""
        now = asyncio.get_running_loop().time()
        if now >= self._asked_at + self._patience_s:
            self._running.relay.ask()
            self._asked_at = now
            self._patience_s = min(self._patience_s * 2, LONGEST_PATIENCE_S)


async def judge(running: Running) -> None:
    """The task that judges."""
    await Judge(running).run()


async def wait_for_judgement(running: Running) -> None:
    """Say no watermark before the first judgement was made."""
    running.relay.limit = EPOCH
