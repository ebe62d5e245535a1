"""Recorded cases come out the same, case by case: in memory, through services, and through outages."""

import asyncio
import csv
import filecmp
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rich.progress import Progress

from huying.local.cluster import LocalCluster, scratch
from huying.local.program import Program
from huying.replay.replay import DrivenServices, replayed
from huying.simulate import profiles
from huying.simulate.simulate import simulate
from services import SERVICES
from shared.rules.pack import pack_files

PACK = pack_files.load("bozhou-2024")
FILES = ("cases.csv", "deadlines.csv", "rejected.csv")


def invent(file: Path, number: int) -> Path:
    """Appeals over two months, answered within minutes to weeks, and three rows that cannot be read."""
    rng = random.Random(7)
    start = datetime.fromisoformat("2018-01-25T08:00:00")
    with file.open("w", encoding="utf-8", newline="") as target:
        rows = csv.writer(target)
        rows.writerow(["source_id", "author", "title", "received_at", "body", "reply", "replied_at"])
        for i in range(number):
            received = start + timedelta(minutes=rng.randrange(60 * 24 * 60))
            replied = received + timedelta(minutes=int(rng.expovariate(1 / (4 * 24 * 60))))
            rows.writerow(
                [i, f"企业{i}", f"诉求{i}", received.isoformat(), "正文", "已回复", replied.isoformat()]
            )
        rows.writerow(["bad-1", "企业", "诉求", "昨天", "正文", "已回复", start.isoformat()])
        rows.writerow(
            ["bad-2", "企业", "诉求", "2018-02-02T09:00:00", "正文", "已回复", "2018-02-01T09:00:00"]
        )
        rows.writerow(["bad-3", "企业", "", "2018-02-02T09:00:00", "正文", "已回复", "2018-02-03T09:00:00"])
    return file


async def replay(file: Path, folder: Path, *, kill: Sequence[str] = (), step: int = 5_000) -> None:
    """Through services of its own; those in `kill` get SIGKILL one after the other on the way."""
    async with scratch(pack=PACK.id, zone=PACK.zone, log_level="ERROR") as cluster:
        services = DrivenServices({name: cluster.url(name) for name in SERVICES}, cluster.keys["importer"])
        with Progress(disable=True) as progress:
            nemesis = asyncio.create_task(_kill(cluster, kill, progress))
            how = profiles.load("appeals-zh")
            await replayed(file, how, PACK, folder, services, progress, step=step, patience_s=120)
            await asyncio.wait_for(nemesis, 1)


async def _kill(cluster: LocalCluster, victims: Sequence[str], progress: Progress) -> None:
    for number, name in enumerate(victims, 1):
        while not progress.tasks or (
            progress.tasks[0].completed < progress.tasks[0].total * number / (len(victims) + 2)
        ):
            await asyncio.sleep(0.02)
        victim: Program = cluster.broker if name == "broker" else cluster.processes[name]
        await victim.kill()


def differences(first: Path, second: Path) -> list[str]:
    return [name for name in FILES if not filecmp.cmp(first / name, second / name, shallow=False)]


@pytest.mark.parametrize(
    ("number", "kill", "step"),
    [
        pytest.param(150, ["escalation", "broker"], 40, id="some", marks=pytest.mark.slow),
        pytest.param(400, [*SERVICES, "broker"], 60, id="all", marks=pytest.mark.slow),
    ],
)
async def test_services_judge_as_the_simulation_whatever_is_killed(
    tmp_path: Path, number: int, kill: list[str], step: int
) -> None:
    file = invent(tmp_path / "appeals.csv", number)
    simulate(file, "appeals-zh", [PACK.id], tmp_path / "simulated")
    await replay(file, tmp_path / "killed", kill=kill, step=step)
    assert differences(tmp_path / "simulated", tmp_path / "killed") == []
    with (tmp_path / "killed" / "rejected.csv").open(encoding="utf-8") as rejected:
        wrong = [str(number + line) for line in (2, 3, 4)]
        assert [row["line"] for row in csv.DictReader(rejected)] == wrong


@pytest.mark.slow
async def test_services_judge_as_the_simulation_in_one_step(tmp_path: Path) -> None:
    file = invent(tmp_path / "appeals.csv", 400)
    simulate(file, "appeals-zh", [PACK.id], tmp_path / "simulated")
    await replay(file, tmp_path / "replayed")
    assert differences(tmp_path / "simulated", tmp_path / "replayed") == []


@pytest.mark.slow
async def test_real_appeals_come_out_the_same_through_services(tmp_path: Path, real_cases: Path) -> None:
    file = real_cases / "appeals_zh_2017_2018.csv"
    simulate(file, "appeals-zh", [PACK.id], tmp_path / "simulated")
    await replay(file, tmp_path / "killed", kill=["dispatch", "broker", "escalation"], step=300)
    assert differences(tmp_path / "simulated", tmp_path / "killed") == []
    with (tmp_path / "killed" / "cases.csv").open(encoding="utf-8") as cases:
        assert sum(1 for _ in csv.DictReader(cases)) == 1300
