"""Recorded Chinese appeals under each city's pack: through services and in memory, case by case the same."""

import csv
import filecmp
from itertools import islice
from pathlib import Path

import pytest
from rich.progress import Progress

from huying import profiles
from huying.fleet import scratch
from huying.replay import Services, replayed
from huying.simulate import simulate
from services import SERVICES
from shared.rules import pack
from tests.packs.histories import SETTINGS
from tests.packs.test_pages import CITIES

ROWS = 150


def first(rows: int, file: Path, out: Path) -> Path:
    """The file's header and first rows, in a file of their own."""
    with (
        file.open(encoding="utf-8-sig", newline="") as lines,
        out.open("w", encoding="utf-8", newline="") as few,
    ):
        csv.writer(few).writerows(islice(csv.reader(lines), rows + 1))
    return out


@pytest.mark.parametrize("pack_id", CITIES)
async def test_services_and_simulation_agree_under_every_pack(
    pack_id: str, real_cases: Path, tmp_path: Path
) -> None:
    file = first(ROWS, real_cases / "appeals_zh_2017_2018.csv", tmp_path / "appeals.csv")
    simulate(file, "appeals-zh", [pack_id], tmp_path / "simulated", SETTINGS)
    rules = pack.load(pack_id, SETTINGS)
    async with scratch(pack=pack_id, pack_settings=SETTINGS, zone=rules.zone, log_level="ERROR") as fleet:
        services = Services({name: fleet.url(name) for name in SERVICES}, fleet.keys["importer"])
        how = profiles.load("appeals-zh")
        with Progress(disable=True) as progress:
            await replayed(file, how, rules, tmp_path / "replayed", services, progress, patience_s=60)
    for name in ("cases.csv", "deadlines.csv", "rejected.csv"):
        assert filecmp.cmp(tmp_path / "simulated" / name, tmp_path / "replayed" / name, shallow=False), name
    with (tmp_path / "replayed" / "cases.csv").open(encoding="utf-8") as cases:
        assert sum(1 for _ in csv.DictReader(cases)) == ROWS
