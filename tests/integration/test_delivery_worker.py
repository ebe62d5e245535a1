"""Messages leave once, in order and at decent hours, against a gateway that fails in every way."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedPostgres
from services.notify.deliveries.domain import LEASE
from shared import events
from tests.city import local
from tests.gateway import SECRET, Gateway
from tests.office import MINUTE, MORNING, Office, card, opened, overdue

CHANNELS = """
sms: {{url: '{url}', key_id: huying, secret: '{secret}', sign: 呼应}}
cap: {{together: 3, per_hour: {per_hour}}}
"""


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway().serving() as gateway:
        yield gateway


@pytest.fixture
async def office(
    postgres: EmbeddedPostgres, gateway: Gateway, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Office]:
    channels = CHANNELS.format(url=gateway.url, secret=SECRET, per_hour=getattr(request, "param", 100_000))
    async with opened(postgres, gateway, tmp_path, channels) as opened_office:
        yield opened_office


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
    arrivals = Counter(number for _, text in gateway.taken.values() for number in _numbers(text))
    assert len(arrivals) == sent == 36
    assert set(arrivals.values()) == {1}
    assert await office.states() == {"sent": sent}
    assert max(gateway.asked.values()) > 1


async def test_a_digest_is_in_the_language_that_its_recipient_chose(office: Office) -> None:
    await office.reach("unit:roads", "13900000001")
    async with office.context.engine.begin() as conn:
        await conn.execute(sa.text("insert into preferences values ('unit:roads', 'en', 'test', now())"))
    await office.tell(*(overdue(number) for number in range(4)))
    await office.deliver(10 * MINUTE)
    ((_, text),) = office.gateway.taken.values()
    assert text.startswith("【呼应】Please see to these 4 matters")


async def test_what_comes_after_a_death_is_not_taken_for_part_of_what_went_before(office: Office) -> None:
    await office.reach("unit:roads", "13900000001")
    await office.tell(*(overdue(number) for number in range(4)))
    office.gateway.delay_s = 0.1
    await office.die_while_sending()
    await until(lambda: office.gateway.taken)
    await office.tell(*(overdue(number) for number in range(4, 8)))
    office.move(LEASE)
    await office.deliver(timedelta(hours=1))
    texts = [sorted(_numbers(text)) for _, text in office.gateway.taken.values()]
    numbers = [f"BZ-20261110-{number:05}" for number in range(8)]
    assert texts == [numbers[:4], numbers[4:]]


async def until(condition: Callable[[], object]) -> None:
    """Wait until `condition` gives something."""
    async with asyncio.timeout(10):
        while not condition():
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


async def test_at_night_nobody_is_woken_for_what_is_due_long_after_it(office: Office) -> None:
    await office.reach("unit:roads", "13900000001")
    office.clock.advance(local("2026-11-10 21:00"))
    in_time = {1: "2026-11-11 10:00", 2: "2026-11-11 10:01", 3: "2026-11-11 23:59"}
    fields = {"occurred_at": local("2026-11-10 21:00")}
    warned = [overdue(number, **fields, due_at=local(due)) for number, due in in_time.items()]
    await office.tell(*(events.AppealDueSoon.model_validate(event.model_dump()) for event in warned))
    await office.deliver(timedelta(hours=10))
    assert [_numbers(text) for _, text in office.gateway.taken.values()] == [{"BZ-20261110-00001"}]
    await office.deliver(timedelta(hours=1))
    arrived = [_numbers(text) for _, text in office.gateway.taken.values()]
    assert set().union(*arrived[1:]) == {"BZ-20261110-00002", "BZ-20261110-00003"}


async def test_a_thousand_appeals_overdue_in_one_minute_give_each_head_one_message(office: Office) -> None:
    for number, unit in enumerate(("roads", "water")):
        await office.reach(f"head:{unit}", f"1390000000{number}")
        await office.reach(f"unit:{unit}", "13900009999", urgent_only=True)
    for first in range(0, 1000, 100):
        numbers = range(first, first + 100)
        units = {number: "roads" if number % 2 else "water" for number in numbers}
        await office.tell(*(overdue(number, unit) for number, unit in units.items()))
        await office.tell(*(card(number, unit) for number, unit in units.items()))
        await office.worker.turn()
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


async def test_a_gateway_that_asks_to_wait_is_let_alone_so_long(office: Office) -> None:
    await office.reach("unit:roads", "13900000001")
    await office.reach("unit:water", "13900000002")
    office.gateway.too_often, office.gateway.retry_after = 1, "3600"
    await office.tell(overdue(1))
    await office.deliver(MINUTE, MINUTE)
    await office.tell(overdue(2, "water"))
    await office.deliver(58 * MINUTE, MINUTE)
    assert sum(office.gateway.asked.values()) == 1
    await office.deliver(30 * MINUTE, MINUTE)
    assert sorted(office.gateway.asked.values()) == [1, 2]
    assert await office.states() == {"sent": 2}
