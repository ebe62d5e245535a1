"""What replicas are told of changes, and who waits for them."""

import asyncio
from uuid import UUID, uuid4

from services.desks.changes import LONGEST, Change, Changes

ONE, OTHER = UUID(int=1), UUID(int=2)


def test_a_change_arrives_as_it_was_sent() -> None:
    change = Change.of([ONE], ["roads"])
    assert Change.read(change.payload()) == change


def test_what_does_not_fit_into_a_notification_may_be_anything() -> None:
    change = Change.of([uuid4() for _ in range(500)], ["roads"])
    assert len(Change.of([ONE], ["roads"]).payload()) < LONGEST
    assert Change.read(change.payload()).concerns([], ["water"])


def test_a_unit_is_told_of_its_legs_and_of_the_cases_that_it_sees() -> None:
    change = Change.of([ONE], ["roads"])
    assert change.concerns([], None)
    assert change.concerns([], ["roads"])
    assert change.concerns([str(ONE)], ["water"])
    assert not change.concerns([str(OTHER)], ["water"])


async def test_who_acted_waits_until_the_change_was_heard() -> None:
    changes = Changes()
    changes.hear(Change.of([ONE], []).payload())
    before = changes.number
    assert not await changes.until([str(ONE)], before, 0.01)
    waiting = asyncio.create_task(changes.until([str(ONE)], before, 5))
    await asyncio.sleep(0)
    changes.hear(Change.of([OTHER], []).payload())
    await asyncio.sleep(0)
    assert not waiting.done()
    changes.hear(Change.of([ONE], []).payload())
    assert await waiting
    assert await changes.until([str(ONE)], before, 0), "it was heard before somebody waited"


async def test_anything_may_have_changed_after_the_database_was_away() -> None:
    changes = Changes()
    changes.hear("")
    assert await changes.until([str(ONE)], 0, 0.01)
