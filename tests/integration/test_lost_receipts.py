"""Receipts that the gateway lost are asked for, and each counts once however it came."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from huying.local.embedded import EmbeddedPostgres
from services.notify.channels.settings import load
from services.notify.receipts import work as receipts
from services.notify.receipts.polling import ReceiptPoller
from tests.gateway import SECRET, Gateway
from tests.office import MINUTE, Office, opened, overdue

CHANNELS = """
sms:
  url: '{url}'
  key_id: huying
  secret: '{secret}'
  sign: 呼应
  status_url: '{status_url}'
  poll_after: PT10M
  poll_until: P1D
"""
HOUR = 60 * MINUTE


@pytest.fixture
async def office(postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Office]:
    async with Gateway().serving() as gateway:
        channels = CHANNELS.format(url=gateway.url, status_url=gateway.status_url, secret=SECRET)
        async with opened(postgres, gateway, tmp_path, channels) as opened_office:
            yield opened_office


async def poll(office: Office, by: timedelta, step: timedelta = 5 * MINUTE) -> None:
    """Let time pass in steps, and ask at each for the receipts that are due."""
    sms = load(office.context.settings.channels).sms
    assert sms is not None
    poller = ReceiptPoller(office.context, sms)
    for _ in range(by // step):
        office.move(step)
        while await poller.turn():
            pass
    await poller.close()


async def sent(office: Office, number: int) -> None:
    """Messages to so many units, all taken by the gateway."""
    for unit in range(number):
        await office.reach(f"unit:u{unit}", f"1390000{unit:04}")
    await office.tell(*(overdue(unit, f"u{unit}") for unit in range(number)))
    await office.deliver(MINUTE)
    assert await office.states() == {"sent": number}


async def receipt(office: Office, id_: str, status: str = "DELIVERED") -> int:
    """The gateway says it by itself."""
    async with office.context.engine.begin() as conn:
        return await receipts.save(conn, office.clock.now(), id_, status)


async def delivered(office: Office) -> Counter[str]:
    """How many receipts each delivery has."""
    query = "select cast(delivery_id as text) from attempts where outcome = 'delivered'"
    return Counter(await office.rows(query))


async def test_receipts_that_were_lost_are_found_by_asking_each_once(office: Office) -> None:
    await sent(office, 150)
    ids = [f"sms-{reference}" for reference in office.gateway.taken]
    for id_ in ids[::3]:
        await receipt(office, id_)
        await receipt(office, id_)
    await poll(office, HOUR)
    assert await office.states() == {"delivered": 150}
    assert Counter((await delivered(office)).values()) == {1: 150}
    assert sum(office.gateway.polled.values()) == 100  # those that came by themselves are not asked for
    assert [await receipt(office, id_) for id_ in ids] == [0] * 150


async def test_nothing_is_asked_before_its_time_and_less_and_less_often_after(office: Office) -> None:
    await sent(office, 1)
    (id_,) = (f"sms-{reference}" for reference in office.gateway.taken)
    office.gateway.status[id_] = "PENDING"
    await poll(office, 8 * MINUTE, MINUTE)  # and one since it was sent
    assert office.gateway.polled[id_] == 0
    await poll(office, 5 * HOUR)
    assert office.gateway.polled[id_] == 4  # in minutes: 14, and 20, 40 and 80 later
    office.gateway.status[id_] = "REJECTED"
    await poll(office, 12 * HOUR)
    assert await office.states() == {"failed": 1}
    failed = await office.rows("select body::json from outbox where type = 'notice.failed.v1'")
    assert [event["reason"] for event in failed] == ["the gateway's receipt says REJECTED"]
    assert await receipt(office, id_, "REJECTED") == 0
    assert await office.rows("select count(*) from attempts where code = 'REJECTED'") == [1]
    assert await office.rows("select count(*) from outbox where type = 'notice.failed.v1'") == [1]


async def test_what_the_gateway_never_knows_stays_sent_with_a_word_in_its_evidence(office: Office) -> None:
    await sent(office, 3)
    for reference in office.gateway.taken:
        office.gateway.status[f"sms-{reference}"] = "UNKNOWN"
    await poll(office, timedelta(days=3), HOUR)
    assert await office.states() == {"sent": 3}
    asked = sum(office.gateway.polled.values())
    await poll(office, timedelta(days=3), HOUR)
    assert sum(office.gateway.polled.values()) == asked
    attempts = await office.rows("select outcome || ' ' || code from attempts where code is not null")
    assert attempts == ["temporary_failure NO_RECEIPT"] * 3
    (first, *_) = office.gateway.taken
    assert await receipt(office, f"sms-{first}") == 1  # late, and still believed


async def test_a_gateway_that_does_not_answer_is_asked_again(office: Office) -> None:
    await sent(office, 2)
    office.gateway.is_silent = True
    await poll(office, HOUR)
    assert await office.states() == {"sent": 2}
    office.gateway.is_silent = False
    await poll(office, 3 * HOUR)
    assert await office.states() == {"delivered": 2}


async def test_a_digest_has_one_receipt_for_all_it_holds(office: Office) -> None:
    await office.reach("unit:roads", "13900000001")
    await office.tell(*(overdue(number) for number in range(10)))
    await office.deliver(MINUTE)
    assert len(office.gateway.taken) == 1
    await poll(office, HOUR)
    assert await office.states() == {"delivered": 10}
    assert sum(office.gateway.polled.values()) == 1
    assert Counter((await delivered(office)).values()) == {1: 10}
