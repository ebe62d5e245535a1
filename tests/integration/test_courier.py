"""Messages leave once, in order and at decent hours, against a gateway that fails in every way."""

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from huying.embedded import EmbeddedPostgres
from services.notify.app import SERVICE
from services.notify.channels import load
from services.notify.courier import Courier
from services.notify.delivery import LEASE
from services.notify.handlers import HANDLERS
from services.notify.store import Mailroom
from shared import events
from shared.clock import DrivenClock
from shared.events import Event
from shared.runtime import Running
from shared.settings import Settings
from tests.city import empty, local
from tests.gateway import SECRET, Gateway

MORNING = "2026-11-10 10:00"  # a Tuesday
MINUTE = timedelta(minutes=1)
CHANNELS = """
sms: {{url: '{url}', key_id: huying, secret: '{secret}', sign: 呼应}}
cap: {{together: 3, per_hour: {per_hour}}}
"""


class Office:
    """Notify without a broker: events are told to it by hand, and its courier is sent by hand."""

    def __init__(self, running: Running, gateway: Gateway) -> None:
        self.running = running
        self.gateway = gateway
        self.courier = self.fresh_courier()

    def fresh_courier(self) -> Courier:
        """The courier of a process that was just started."""
        return Courier(self.running, load(self.running.settings.channels))

    @property
    def clock(self) -> DrivenClock:
        assert isinstance(self.running.clock, DrivenClock)
        return self.running.clock

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.clock.advance(self.clock.now() + by)

    async def tell(self, *told: Event) -> None:
        """Hear these events in one transaction."""
        async with self.running.engine.begin() as conn:
            room = Mailroom(conn, self.clock.now())
            await room.load({event.appeal_id for event in told})
            for event in told:
                HANDLERS[type(event)](room, event)
            await room.flush()

    async def reach(self, recipient: str, *addresses: str, urgent_only: bool = False) -> None:
        """Give a recipient phone numbers."""
        async with self.running.engine.begin() as conn:
            for address in addresses:
                await conn.execute(
                    sa.text(
                        "insert into contacts values"
                        " (:recipient, 'sms', :address, null, :urgent, 'test', now())"
                    ),
                    {"recipient": recipient, "address": address, "urgent": urgent_only},
                )

    async def deliver(self, by: timedelta, step: timedelta = 10 * MINUTE) -> None:
        """Let time pass in steps, with the courier sent out at each until nothing is due."""
        until = self.clock.now() + by
        while True:
            while await self.courier.turn():
                pass
            if self.clock.now() >= until:
                return
            self.move(min(step, until - self.clock.now()))

    async def die_while_sending(self) -> None:
        """The process ends when the gateway has heard it and before it answered; another one starts."""
        self.gateway.arrived.clear()
        going = asyncio.create_task(self.courier.turn())
        await self.gateway.arrived.wait()
        going.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going
        await self.courier.close()
        self.courier = self.fresh_courier()

    async def states(self) -> Counter[str]:
        """How many deliveries stand how."""
        return Counter(await self.rows("select state from deliveries"))

    async def rows(self, query: str) -> list[Any]:
        """The first column of what a query finds."""
        async with self.running.engine.connect() as conn:
            return list((await conn.execute(sa.text(query))).scalars())


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway().serving() as found:
        yield found


@pytest.fixture
async def office(
    postgres: EmbeddedPostgres, gateway: Gateway, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Office]:
    """Notify on an empty database, on a Tuesday morning."""
    file = tmp_path / "channels.yaml"
    per_hour = getattr(request, "param", 100_000)
    file.write_text(CHANNELS.format(url=gateway.url, secret=SECRET, per_hour=per_hour), "utf-8")
    await empty(postgres, "notify")
    settings = Settings(database=postgres.dsn("notify", "notify"), clock="driven", channels=file)
    running = Running(SERVICE, settings)
    await running.start()
    found = Office(running, gateway)
    found.clock.advance(local(MORNING))
    yield found
    await found.courier.close()
    await running.engine.dispose()


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


async def test_every_message_arrives_once_though_the_gateway_is_down_for_days_and_we_die_twice(
    office: Office,
) -> None:
    units = [f"u{number}" for number in range(12)]
    for number, unit in enumerate(units):
        await office.reach(f"unit:{unit}", f"1390000{number:04}")
    gateway = office.gateway
    gateway.is_down = True
    sent = 0
    for day in range(3):
        for number, unit in enumerate(units):
            await office.tell(overdue(1000 * day + number, unit, occurred_at=office.clock.now()))
            sent += 1
        if day < 2:
            await office.deliver(timedelta(days=1), 60 * MINUTE)
    assert gateway.taken == {}
    gateway.is_down = False
    gateway.lost_answers = 5
    gateway.delay_s = 0.05
    office.move(20 * MINUTE)
    for _ in range(2):
        await office.die_while_sending()
        office.move(LEASE)
    await office.deliver(timedelta(hours=3))
    told = Counter(number for _, text in gateway.taken.values() for number in _numbers(text))
    assert len(told) == sent == 36
    assert set(told.values()) == {1}
    assert await office.states() == {"sent": sent}
    assert max(gateway.asked.values()) > 1


async def test_what_comes_after_a_death_is_not_taken_for_part_of_what_went_before(office: Office) -> None:
    await office.reach("unit:roads", "13900000001")
    await office.tell(*(overdue(number) for number in range(4)))
    office.gateway.delay_s = 0.1
    await office.die_while_sending()
    await until(lambda: office.gateway.taken)
    await office.tell(*(overdue(number) for number in range(4, 8)))
    office.move(LEASE)
    await office.deliver(timedelta(hours=1))
    told = [sorted(_numbers(text)) for _, text in office.gateway.taken.values()]
    numbers = [f"BZ-20261110-{number:05}" for number in range(8)]
    assert told == [numbers[:4], numbers[4:]]


async def until(found: Callable[[], object]) -> None:
    """Wait until `found` gives something."""
    async with asyncio.timeout(10):
        while not found():
            await asyncio.sleep(0.01)


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"BZ-20261110-[0-9]{5}", text))


async def test_what_is_urgent_goes_before_what_may_wait(office: Office) -> None:
    for number in range(40):
        await office.reach(f"unit:u{number}", f"1390000{number:04}")
        await office.tell(overdue(number, f"u{number}"))
    for number in range(20, 40):
        await office.tell(card(100 + number, f"u{number}"))
    await office.deliver(MINUTE)
    order = ["黄牌提醒" in text for _, text in office.gateway.taken.values()]
    assert len(order) == 60
    assert order[:16] == [True] * 16  # what goes together may cross on the way
    assert not any(order[28:])


async def test_at_night_only_what_is_urgent_leaves(office: Office) -> None:
    await office.reach("unit:roads", "13900000001")
    office.clock.advance(local("2026-11-10 21:00"))
    await office.tell(overdue(1), card(2))
    await office.deliver(timedelta(hours=10))
    assert ["黄牌提醒" in text for _, text in office.gateway.taken.values()] == [True]
    await office.deliver(timedelta(hours=1))
    assert ["黄牌提醒" in text for _, text in office.gateway.taken.values()] == [True, False]


async def test_a_thousand_appeals_overdue_in_one_minute_give_each_head_one_message(office: Office) -> None:
    for number, unit in enumerate(("roads", "water")):
        await office.reach(f"head:{unit}", f"1390000000{number}")
        await office.reach(f"unit:{unit}", "13900009999", urgent_only=True)
    for first in range(0, 1000, 100):
        numbers = range(first, first + 100)
        units = {number: "roads" if number % 2 else "water" for number in numbers}
        await office.tell(*(overdue(number, unit) for number, unit in units.items()))
        await office.tell(*(card(number, unit) for number, unit in units.items()))
        await office.courier.turn()
    await office.deliver(5 * MINUTE, MINUTE)
    assert [text for to, text in office.gateway.taken.values() if to != "13900009999"] == [
        "【呼应】1000 件诉求事项提醒"
    ] * 2
    assert await office.states() == {"sent": 3000}
    assert len(await office.rows("select id from attempts")) == 3000


@pytest.mark.parametrize("office", [5], indirect=True)
async def test_more_than_the_hours_cap_waits_and_comes_as_one(office: Office) -> None:
    await office.reach("unit:roads", "13900000001")
    for number in range(12):
        await office.tell(overdue(number, occurred_at=office.clock.now()))
        await office.deliver(MINUTE, MINUTE)
    assert len(office.gateway.taken) == 5
    await office.deliver(timedelta(hours=2))
    assert len(office.gateway.taken) == 6
    assert await office.states() == {"sent": 12}


async def test_a_number_that_does_not_exist_fails_once_is_said_and_can_be_sent_again(office: Office) -> None:
    await office.reach("unit:roads", "13900000404")
    await office.tell(overdue(1))
    await office.deliver(timedelta(days=2))
    assert await office.states() == {"failed": 1}
    (failed,) = await office.rows("select body::json from outbox where type = 'notice.failed.v1'")
    assert (failed["channel"], failed["outcome"]) == ("sms", "permanent_failure")
    assert await office.rows("select code from attempts") == ["INVALID_NUMBER"]


async def test_while_a_channel_is_out_of_order_it_is_seldom_tried_and_nothing_is_given_up(
    office: Office,
) -> None:
    for number in range(60):
        await office.reach(f"unit:u{number}", f"1390000{number:04}")
    office.gateway.is_down = True
    await office.tell(*(overdue(number, f"u{number}") for number in range(60)))
    await office.deliver(timedelta(hours=3), 5 * MINUTE)
    assert sum(office.gateway.asked.values()) <= 8 + 8 * 3 * 6  # a handful each ten minutes
    assert await office.states() == {"waiting": 60}


async def test_what_occurred_long_ago_is_told_in_the_inbox_alone(office: Office) -> None:
    await office.reach("unit:roads", "13900000001")
    await office.tell(overdue(1, occurred_at=local(MORNING) - timedelta(days=30)), overdue(2))
    await office.deliver(timedelta(hours=1))
    assert len(office.gateway.taken) == 1
    assert len(await office.rows("select id from messages where recipient = 'unit:roads'")) == 2


async def test_an_event_heard_again_sends_nothing_again(office: Office) -> None:
    await office.reach("unit:roads", "13900000001")
    event = overdue(1)
    for _ in range(3):
        await office.tell(event)
        await office.deliver(timedelta(hours=1))
    assert list(office.gateway.asked.values()) == [1]
