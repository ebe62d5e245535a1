"""Whatever is killed, paused, cut or filled: every case comes out as the journal says it must."""

from pathlib import Path

import pytest

from tests.faults.nemesis import WEIGHTS
from tests.faults.report import RunPlan
from tests.faults.run import fault_run

SEED = 20260214
SHORT = RunPlan(0.6, SEED, rate=3.0, tick_s=0.7, every_s=2.4)
LONG = RunPlan(5.0, SEED, rate=3.0, every_s=9.0)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("plan", "cases", "faults"),
    [
        pytest.param(SHORT, 80, len(WEIGHTS) - 1, id="short", marks=pytest.mark.slow),
        pytest.param(LONG, 500, 20, id="long", marks=pytest.mark.slow),
    ],
)
async def test_no_fault_loses_doubles_or_misjudges_anything(
    plan: RunPlan, cases: int, faults: int, tmp_path: Path
) -> None:
    report = await fault_run(plan, tmp_path / "report.json")
    assert report.differences == []
    assert report.cases > cases
    assert sum(report.faults.values()) >= faults
    assert set(report.faults) >= set(WEIGHTS) - ({"disk full"} if report.skipped else set())
    assert (tmp_path / "report.json").exists()
