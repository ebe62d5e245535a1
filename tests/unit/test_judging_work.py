"""When a case is judged next, as the unit of work of a judging service keeps it."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from shared.judging.work import JudgingWork
from shared.service.clock import TICK

CASE, OTHER = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Marks:
    """Stands for the table: notes which cases were parked and unparked."""

    def __init__(self) -> None:
        self.marked: list[tuple[dict[UUID, str], set[UUID]]] = []

    async def mark_stuck(self, _conn: Any, stuck: dict[UUID, str], mended: set[UUID]) -> None:
        self.marked.append((stuck, mended))


@pytest.fixture
def work() -> JudgingWork[str]:
    class Work(JudgingWork[str]):
        service = "escalation"
        table: Any = Marks()

    return Work(SimpleNamespace(), NOW)  # type: ignore[arg-type]


def test_a_case_is_judged_as_soon_as_something_new_may_be_judged(work: JudgingWork[str]) -> None:
    work.loaded(CASE, "case", NOW + HOUR, None, stuck=False)
    work.judge_by(CASE, NOW - HOUR)
    assert work.next_due[CASE] == NOW - TICK  # what lies in the past waits for the next watermark
    assert work.unjudged_from[CASE] == NOW - HOUR
    work.judge_by(CASE, NOW - 2 * HOUR)
    work.judge_by(CASE, NOW + HOUR)
    assert (work.next_due[CASE], work.unjudged_from[CASE]) == (NOW - TICK, NOW - 2 * HOUR)


def test_a_judged_case_is_due_again_at_its_next_deadline_or_its_next_act(work: JudgingWork[str]) -> None:
    work.loaded(CASE, "case", NOW, NOW, stuck=False)
    work.judged(CASE, NOW + 2 * HOUR, NOW + HOUR)
    assert (work.next_due[CASE], work.unjudged_from[CASE]) == (NOW + HOUR, NOW + HOUR)
    work.judged(CASE, NOW + 2 * HOUR, None)
    assert (work.next_due[CASE], work.unjudged_from[CASE]) == (NOW + 2 * HOUR, None)
    assert work.changed() == ["case"]


async def test_a_case_that_cannot_be_judged_is_parked_and_not_written(work: JudgingWork[str]) -> None:
    for case_id in (CASE, OTHER):
        work.loaded(case_id, f"case {case_id.int}", NOW, None, stuck=True)
    work.judged(OTHER, None, None)
    work.write(CASE, "case 1")
    work.park(CASE, "its pack is gone")
    assert work.changed() == ["case 2"]
    await work.flush()
    assert work.table.marked == [({CASE: "its pack is gone"}, {OTHER})]  # type: ignore[attr-defined]


async def test_a_parked_case_stays_parked_until_it_is_written(work: JudgingWork[str]) -> None:
    work.loaded(CASE, "case", NOW, None, stuck=True)
    await work.flush()
    assert work.table.marked == []  # type: ignore[attr-defined]
