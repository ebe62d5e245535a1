"""Recorded Chinese appeals under each city's pack: through services and in memory, case by case the same."""

import csv
import filecmp
from pathlib import Path

import pytest
from rich.progress import Progress

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from huying.replay.replay import replayed
from huying.simulate import profiles
from huying.simulate.simulate import simulate
from shared.rules.pack import pack_files
from tests.city import APPEALS
from tests.packs.histories import SETTINGS
from tests.packs.test_pages import CITIES
from tests.served import served

A_FEW, ALL = 24, 1


def thinned(file: Path, every: int, target: Path) -> int:
    """Writes the file's header and each `every`th row into `target`, so from both years; returns how many."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        header, *rows = csv.reader(lines)
    with target.open("w", encoding="utf-8", newline="") as few:
        csv.writer(few).writerows([header, *rows[::every]])
    return len(rows[::every])


@pytest.mark.parametrize("every", [A_FEW, pytest.param(ALL, marks=pytest.mark.slow)])
@pytest.mark.parametrize("pack_id", CITIES)
async def test_services_and_simulation_agree_under_every_pack(
    pack_id: str,
    every: int,
    real_cases: Path,
    tmp_path: Path,
    postgres: EmbeddedPostgres,
    broker: EmbeddedBroker,
) -> None:
    file = tmp_path / "appeals.csv"
    rows = thinned(real_cases / "appeals_zh_2017_2018.csv", every, file)
    simulate(file, "appeals-zh", [pack_id], tmp_path / "simulated", SETTINGS)
    rules = pack_files.load(pack_id, SETTINGS)
    settings = {"pack": pack_id, "pack_settings": SETTINGS, "zone": rules.zone}
    async with served(every == ALL, postgres, broker, APPEALS, **settings) as (services, _):
        how = profiles.load("appeals-zh")
        with Progress(disable=True) as progress:
            await replayed(file, how, rules, tmp_path / "replayed", services, progress, patience_s=120)
    for name in ("cases.csv", "deadlines.csv", "rejected.csv"):
        assert filecmp.cmp(tmp_path / "simulated" / name, tmp_path / "replayed" / name, shallow=False), name
    with (tmp_path / "replayed" / "cases.csv").open(encoding="utf-8") as cases:
        assert sum(1 for _ in csv.DictReader(cases)) == rows
