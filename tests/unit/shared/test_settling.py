"""Batches of records: what holds one, what breaks one up, and when a record is given up."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
from structlog.testing import capture_logs

from shared.database.connection import Database
from shared.messaging.settling import settle
from shared.service.standing import Place, Stand
from shared.telemetry.logs import log

LOG = log("settling")


def stand() -> Stand[str]:
    """A stand whose database is away."""
    return Stand(
        "work", lambda record: Place("topic", 0, ord(record[0])), Database("postgresql://127.0.0.1:1/x")
    )


class Transactions:
    """Fails as often as written for each record; remembers what was tried. A record in capitals is bare."""

    def __init__(self, unparked: str = "", **errors: list[Exception]) -> None:
        self._errors = errors
        self._unparked = unparked
        self.tried: list[tuple[str, str | None]] = []

    async def __call__(self, records: Sequence[str], reason: str | None) -> str:
        together = "".join(records)
        self.tried.append((together, reason))
        if reason is None:
            for record in records:
                if errors := self._errors.get(record):
                    raise errors.pop(0)
        elif together and together in self._unparked:
            raise ValueError("cannot be parked")
        return together


async def test_a_batch_is_one_transaction() -> None:
    assert await settle("abc", transact := Transactions(), str.upper, LOG, stand(), pause_s=0.0) == ["abc"]
    assert transact.tried == [("abc", None)]


async def test_what_passes_by_itself_holds_the_whole_batch() -> None:
    transact = Transactions(b=[ConnectionError()] * 5)
    assert await settle("abc", transact, str.upper, LOG, stand(), pause_s=0.0) == ["abc"]
    assert transact.tried == [("abc", None)] * 6


async def test_a_defect_breaks_the_batch_up_and_costs_its_own_record_alone() -> None:
    transact = Transactions(b=[ValueError(n) for n in range(4)])
    with capture_logs() as logs:
        assert await settle("abc", transact, str.upper, LOG, stand(), pause_s=0.0) == ["a", "b", "c"]
    *tried, parked, last = transact.tried
    assert tried == [("abc", None), ("a", None), ("b", None), ("b", None)]
    assert parked[0] == "b"
    assert parked[1].startswith("failed 3 times: ")
    assert last == ("c", None)
    assert [entry["records"] for entry in logs] == [3, 1, 1]


async def test_a_defect_in_a_large_batch_costs_few_transactions_and_no_order() -> None:
    records = [f"{number}" for number in range(1_000)]
    transact = Transactions(**{"137": [ValueError(n) for n in range(4)]})
    results = await settle(records, transact, str.upper, LOG, stand(), pause_s=60.0)
    assert "".join(results) == "".join(records)
    assert len(transact.tried) < 60


async def test_what_does_not_pass_by_waiting_is_not_waited_for() -> None:
    records = [f"{number}" for number in range(1_000)]
    transact = Transactions(**{record: [ValueError(n) for n in range(9)] for record in records})
    async with asyncio.timeout(5):  # 600 seconds with two pauses for each record
        assert await settle(records, transact, str.upper, LOG, stand()) == records
    assert sum(reason is not None for _, reason in transact.tried) == 1_000
    assert len(transact.tried) < 3_300  # two failures alone and the parking, 1 + 33 + 231 failures of parts


@pytest.mark.parametrize(("records", "failures"), [("a", 2), ("ab", 2), ("abcdefghijkl", 3)])
async def test_a_failure_that_a_second_try_alone_mends_is_mended(records: str, failures: int) -> None:
    transact = Transactions(a=[ValueError(n) for n in range(failures)])
    results = await settle(records, transact, str.upper, LOG, stand(), pause_s=0.0)
    assert "".join(results) == records
    assert all(reason is None for _, reason in transact.tried)


async def test_a_record_that_came_alone_is_tried_three_times() -> None:
    transact = Transactions(a=[ValueError(n) for n in range(9)])
    await settle("a", transact, str.upper, LOG, stand(), pause_s=0.0)
    assert [reason is None for _, reason in transact.tried] == [True, True, True, False]


async def test_waiting_for_what_passes_does_not_count_as_failing() -> None:
    transact = Transactions(a=[ValueError(), ConnectionError(), ConnectionError(), ValueError()])
    assert await settle("a", transact, str.upper, LOG, stand(), pause_s=0.0) == ["a"]
    assert transact.tried == [("a", None)] * 5


async def test_what_is_passed_on_is_raised_at_once() -> None:
    transact = Transactions(b=[KeyError("elsewhere")])
    with pytest.raises(KeyError):
        await settle("abc", transact, str.upper, LOG, stand(), pause_s=0.0, passed_on=(KeyError,))
    assert transact.tried == [("abc", None)]


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.CharacterNotInRepertoireError("a null character"),
        asyncpg.UntranslatableCharacterError("a null character in JSON"),
        asyncpg.ProgramLimitExceededError("an index entry too long"),
        OverflowError("date value out of range"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    ],
)
async def test_what_a_record_contains_is_given_up_at_once(error: Exception) -> None:
    transact = Transactions(a=[error] * 2)
    async with asyncio.timeout(5):
        assert await settle("ab", transact, str.upper, LOG, stand(), pause_s=60.0) == ["a", "b"]
    together, alone, parked, last = transact.tried
    assert (together, alone, last) == (("ab", None), ("a", None), ("b", None))
    assert parked[0] == "a"
    assert parked[1].startswith("the content cannot be stored: ")


async def test_a_record_that_cannot_even_be_parked_is_parked_without_its_content() -> None:
    transact = Transactions("a", a=[ValueError(n) for n in range(4)])
    assert await settle("ab", transact, str.upper, LOG, stand(), pause_s=0.0) == ["A", "b"]
    *_, with_content, without, last = transact.tried
    assert (with_content[0], without[0], last) == ("a", "A", ("b", None))
    assert with_content[1] == without[1] is not None
