"""Whatever is killed, paused, cut or filled: every case comes out as the journal says it must."""

from pathlib import Path

import pytest

from tests.faults.report import RunPlan
from tests.faults.run import fault_run

MINUTES = 5.0
SEED = 20260214
RATE = 3.0
EVERY_S = 9.0


@pytest.mark.timeout(900)
async def test_no_fault_loses_doubles_or_misjudges_anything(tmp_path: Path) -> None:
    report = await fault_run(RunPlan(MINUTES, SEED, rate=RATE, every_s=EVERY_S), tmp_path / "report.json")
    assert report.differences == []
    assert report.cases > 500
    assert sum(report.faults.values()) >= 20
    assert (tmp_path / "report.json").exists()
