"""No outage may cause a wrongful card or swallow a rightful one."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import sqlalchemy as sa

from services.escalation.app import SERVICE as ESCALATION
from shared.messaging.relay import TRY_LOCK
from shared.service.clock import DrivenClock
from shared.service.service import ServiceContext
from shared.service.start import running
from tests.city import City, PastCase, local

LONG_ENOUGH_TO_BE_WRONG_S = 2


@contextlib.asynccontextmanager
async def stopped_relay(service: ServiceContext) -> AsyncIterator[None]:
    """The service's relay is dead and cannot come back; whoever writes still writes to the outbox."""
    end = sa.text(
        """
        select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and pid <> pg_backend_pid()
          and database = (select oid from pg_database where datname = current_database())
        """
    )
    async with service.engine.connect() as conn:
        while not (await conn.execute(TRY_LOCK)).scalar_one():
            await conn.execute(end)
        yield
        await conn.invalidate()


async def test_a_timely_reply_in_the_outbox_of_a_stopped_producer_saves_the_unit(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal)
    await city.drained()

    async with stopped_relay(city.services["dispatch"]):
        city.set_clocks("2026-11-12 16:00")  # in time: the reply is due at the end of this day
        await city.act("roads", appeal, "replies", leg_id=leg, text="已回复")
        city.set_clocks("2026-11-19 09:00")  # completion is due at the end of this day
        await asyncio.sleep(LONG_ENOUGH_TO_BE_WRONG_S)
        assert await city.published("escalation", "card.issued.v1") == []

    await city.drained()
    assert await city.published("escalation", "card.issued.v1") == []
    (reply,) = [d for d in (await city.case(appeal))["deadlines"] if d["deadline"] == "reply"]
    assert reply["verdict"] == "met"


async def test_a_late_reply_in_the_outbox_of_a_stopped_producer_gets_exactly_one_card(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal)
    await city.drained()

    async with stopped_relay(city.services["dispatch"]):
        city.set_clocks("2026-11-13 00:01")  # a minute too late
        await city.act("roads", appeal, "replies", leg_id=leg, text="已回复")
        city.set_clocks("2026-11-14 09:00")
        await asyncio.sleep(LONG_ENOUGH_TO_BE_WRONG_S)
        assert await city.published("escalation", "card.issued.v1") == []

    await city.drained()
    await city.move_to("2026-11-20 09:00")
    (card,) = await city.published("escalation", "card.issued.v1")
    assert (card["unit"], card["deadline"], card["round"]) == ("roads", "reply", 1)
    assert (await city.case(appeal))["lift"] is None  # the late reply is the second round's, and timely there


async def test_two_replicas_share_the_partitions_and_judge_every_case_once(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    cases = [PastCase(f"late-{i}", "2026-11-09 10:00") for i in range(60)]
    cases += [PastCase(f"timely-{i}", "2026-11-09 10:00", "2026-11-10 11:00") for i in range(60)]
    async with running([ESCALATION], city.settings) as (replica,):
        assert isinstance(replica.clock, DrivenClock)
        async with asyncio.timeout(60):
            while not (replica.consumer.partitions() and city.services["escalation"].consumer.partitions()):
                await asyncio.sleep(0.1)
        shared = replica.consumer.partitions() & city.services["escalation"].consumer.partitions()
        assert shared == set()

        await city.import_cases(cases)
        replica.clock.advance(local("2026-11-20 09:00"))
        replica.wake()
        await city.move_to("2026-11-20 09:00")

    carded = Counter(card["appeal_id"] for card in await city.published("escalation", "card.issued.v1"))
    lifted = Counter(lift["appeal_id"] for lift in await city.published("escalation", "appeal.lifted.v1"))
    assert len(carded) == len(lifted) == 60
    assert set(carded.values()) == set(lifted.values()) == {1}


async def test_a_replica_that_dies_leaves_nothing_unjudged(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    cases = [PastCase(f"late-{i}", "2026-11-09 10:00") for i in range(60)]
    with contextlib.suppress(BaseExceptionGroup):
        async with running([ESCALATION], city.settings) as (replica,):
            async with asyncio.timeout(60):
                while not replica.consumer.partitions():
                    await asyncio.sleep(0.1)
            await city.import_cases(cases)
            raise RuntimeError("the replica dies here")
    await city.move_to("2026-11-20 09:00")
    carded = Counter(card["appeal_id"] for card in await city.published("escalation", "card.issued.v1"))
    assert len(carded) == 60
    assert set(carded.values()) == {1}
