"""Recorded loan requests come out the same in memory and through financing, and right by arithmetic."""

import csv
import filecmp
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.progress import Progress

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from huying.replay.replay import DrivenServices, replayed
from huying.simulate import profiles
from huying.simulate.simulate import simulate
from shared.rules.pack import pack_files
from tests.city import FINANCING
from tests.served import in_process, in_processes

PACK = pack_files.load("bozhou-2024-financing")
EARLIER = "bozhou-2024-financing@2"
"""In which any report of a bank met the limits before it."""
FILES = ("cases.csv", "deadlines.csv", "rejected.csv")
HEADER = [
    *("case_id", "amount_req", "submitted", "preaccepted", "accepted", "finalized", "offer_sent"),
    *("offer_sent_back", "approved", "declined", "cancelled", "last_event", "outcome"),
]
MEETS = {
    "bank_contact": ("preaccepted", "accepted", "declined", "cancelled"),
    "bank_status": ("accepted", "declined", "cancelled"),
    "bank_decision": ("approved", "declined"),
}
"""The columns of a recorded loan that meet each deadline."""
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def invent(file: Path, number: int) -> Path:
    """Requests over three months that end in every way, or not at all, and rows that cannot be read."""
    rng = random.Random(11)
    with file.open("w", encoding="utf-8", newline="") as target:
        rows = csv.DictWriter(target, HEADER, restval="")
        rows.writeheader()
        for i in range(number):
            rows.writerow({"case_id": i, "amount_req": rng.randrange(1, 90_000), **_milestones(rng)})
        rows.writerow({"case_id": "bad-1", "amount_req": "-5", **_milestones(rng)})
        rows.writerow({"case_id": "bad-2", "amount_req": "5", "submitted": "yesterday"})
        early = {"submitted": "2012-02-02T09:00:00+01:00", "declined": "2012-02-01T09:00:00+01:00"}
        rows.writerow({"case_id": "bad-3", "amount_req": "5", **early})
    return file


def _milestones(rng: random.Random) -> dict[str, str]:
    at = datetime(2011, 10, 15, tzinfo=AMSTERDAM) + timedelta(minutes=rng.randrange(90 * 24 * 60))
    milestones = {"submitted": at}
    for name in ("preaccepted", "accepted", rng.choice(["approved", "declined", "cancelled", "nothing"])):
        at += timedelta(minutes=rng.choice([0, 5, 600, 3_000, 30_000]))
        if name != "nothing" and rng.random() < 0.8:
            milestones[name] = at
    if "approved" in milestones and rng.random() < 0.3:
        milestones["cancelled"] = at + timedelta(days=3)
    return {name: moment.isoformat() for name, moment in milestones.items()}


async def replay(services: DrivenServices, file: Path, folder: Path, step: int) -> None:
    with Progress(disable=True) as progress:
        how = profiles.load("loans-2012")
        await replayed(file, how, PACK, folder, services, progress, step=step, patience_s=120)


def same(first: Path, second: Path) -> list[str]:
    """The files that differ."""
    _, wrong, missing = filecmp.cmpfiles(first, second, FILES, shallow=False)
    return wrong + missing


async def test_invented_loans_come_out_the_same_in_memory_and_through_financing(
    tmp_path: Path, postgres: EmbeddedPostgres, broker: EmbeddedBroker
) -> None:
    file = invent(tmp_path / "loans.csv", 300)
    simulate(file, "loans-2012", [PACK.id], tmp_path / "simulated")
    async with in_process(postgres, broker, (FINANCING,), zone=PACK.zone) as (services, _):
        await replay(services, file, tmp_path / "replayed", 100)
    assert same(tmp_path / "simulated", tmp_path / "replayed") == []
    rejected = (tmp_path / "simulated" / "rejected.csv").read_text("utf-8").splitlines()[1:]
    assert [line.partition(",")[2].strip('"')[:9] for line in rejected] == [
        "amount_re",
        "submitted",
        "declined：",
    ]


@pytest.mark.slow
async def test_real_loans_come_out_the_same_in_memory_and_through_financing(
    real_cases: Path, tmp_path: Path, postgres: EmbeddedPostgres, broker: EmbeddedBroker
) -> None:
    lines = (real_cases / "loans_2012_part.csv").read_text("utf-8").splitlines(keepends=True)
    file = tmp_path / "loans.csv"
    file.write_text("".join(lines[:1001]), "utf-8")
    simulate(file, "loans-2012", [PACK.id], tmp_path / "simulated")
    async with in_process(postgres, broker, (FINANCING,), zone=PACK.zone) as (services, _):
        await replay(services, file, tmp_path / "replayed", 1_000)
    assert same(tmp_path / "simulated", tmp_path / "replayed") == []


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_all_real_loans_come_out_the_same_in_memory_and_through_financing(
    real_cases: Path, tmp_path: Path
) -> None:
    file = real_cases / "loans_2012_part.csv"
    simulate(file, "loans-2012", [PACK.id], tmp_path / "simulated")
    async with in_processes(zone=PACK.zone) as (services, _):
        await replay(services, file, tmp_path / "replayed", 2_000)
    assert same(tmp_path / "simulated", tmp_path / "replayed") == []


def test_every_verdict_of_a_real_loan_is_what_its_milestones_say(real_cases: Path, tmp_path: Path) -> None:
    file = real_cases / "loans_2012_part.csv"
    simulate(file, "loans-2012", [EARLIER], tmp_path / "out", at_once=1)
    rows = {row["case_id"]: row for row in _read(file)}
    lines = _read(tmp_path / "out" / "deadlines.csv")
    assert len(lines) == 3 * len(rows)
    for line in lines:
        row, deadline = rows[line["source_id"]], line["deadline"]
        expected = _expected(row, line["due_at"], MEETS[deadline])
        assert (line["verdict"], line["met_at"] != "") == expected, line


def test_every_verdict_is_what_the_milestones_say(tmp_path: Path) -> None:
    file = invent(tmp_path / "loans.csv", 400)
    simulate(file, "loans-2012", [EARLIER], tmp_path / "out", at_once=1)
    rows = {row["case_id"]: row for row in _read(file)}
    seen = set()
    for line in _read(tmp_path / "out" / "deadlines.csv"):
        shown = (*MEETS[line["deadline"]], "approved")  # a decision shows that the enterprise was reached
        expected = _expected(rows[line["source_id"]], line["due_at"], shown)
        assert (line["verdict"], line["met_at"] != "") == expected, line
        seen.add((line["deadline"], line["verdict"]))
    assert len(seen) >= 7


def _read(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text("utf-8").splitlines()))


def _expected(row: dict[str, str], due: str, shown: Sequence[str]) -> tuple[str, bool]:
    """Verdict, and whether anything met it, straight from the columns. Nothing is open after the run."""
    due_at, moment = datetime.fromisoformat(due), datetime.fromisoformat
    met = min((moment(row[name]) for name in shown if row[name]), default=None)
    ended = moment(row["cancelled"]) if row["cancelled"] else None
    if met is not None and ended is not None and met > ended:
        met = None
    if met is not None:
        return ("met" if met <= due_at else "overdue"), True
    return ("void" if ended is not None and ended <= due_at else "overdue"), False
