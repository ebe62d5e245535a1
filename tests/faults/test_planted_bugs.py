"""A test of the test: bugs planted into the services are found, each by the check that is meant to."""

import pytest

from tests.faults.report import RunPlan
from tests.faults.run import fault_run

USUAL = ("kill service", "pause service", "cut", "delay")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("plant", "kinds", "complaint"),
    [
        ("commit-before-transaction", ("kill service",), "inbox"),
        (
            "inbox-skipped",
            ("kill broker", "kill service"),
            "file",
        ),  # a broker that is empty is told all again
        ("past-watermark", USUAL, "judgement"),
        ("relay-skips", USUAL, "relay"),
        ("pause-counted-twice", USUAL, "deadline"),
        ("promise-forgotten", USUAL, "deadline"),
    ],
)
async def test_a_planted_bug_is_found(plant: str, kinds: tuple[str, ...], complaint: str) -> None:
    plan = RunPlan(1.5, 11, plant=plant, rate=3.0, tick_s=0.7, every_s=5.0, kinds=kinds)
    report = await fault_run(plan)
    assert complaint in {difference.kind for difference in report.differences}
