"""The bank that answers by itself: the same seed, the same bank."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from huying.local.bank_sim import BUILT_IN, FAULTS, BankPlan, Delays, read_delays, read_faults
from huying.local.up import FAULTS as FAULTS_OF_UP
from huying.local.up import up

REQUEST = {"leg": "RZ-20260213-00042/1", "amount": "500000.00", "term_months": 12}
HEAD = "case_id,submitted,preaccepted,accepted,approved,declined\n"


def requests(number: int) -> list[dict[str, object]]:
    return [{**REQUEST, "leg": f"RZ-20260213-{index:05d}/1"} for index in range(number)]


def test_the_same_seed_gives_the_same_answers_and_another_seed_others() -> None:
    faults = {"silence": 0.5}
    first, again, other = (
        [list(BankPlan("abc", faults=faults, seed=seed).reports(request)) for request in requests(50)]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("delays", BUILT_IN)
def test_every_report_comes_after_the_one_before_and_has_an_id_of_its_own(delays: Delays) -> None:
    steps = list(BankPlan("abc", (delays,)).reports(REQUEST))
    assert steps[0].report["state"] == "received"
    assert [step.after_s for step in steps] == sorted(step.after_s for step in steps)
    assert len({step.report["report_id"] for step in steps}) == len(steps)


def test_faults_come_about_as_often_as_asked() -> None:
    plan = BankPlan("abc", faults={"silence": 0.25})
    silent = sum(not list(plan.reports(request)) for request in requests(1000))
    assert 200 < silent < 300


def test_a_slow_bank_takes_ten_times_as_long() -> None:
    fast, slow = (
        list(BankPlan("abc", BUILT_IN[:1], faults).reports(REQUEST)) for faults in ({}, {"slow": 1.0})
    )
    assert slow[-1].after_s == 10 * fast[-1].after_s > 0


def test_delays_are_read_from_real_loans(tmp_path: Path) -> None:
    file = tmp_path / "loans.csv"
    row = "1,2011-10-01T00:00:00+02:00,2011-10-01T01:00:00+02:00,,,2011-10-02T00:00:00+02:00\n"
    file.write_text(HEAD + row, "utf-8")
    assert read_delays(file) == (Delays(3_600, None, 86_400, "declined"),)


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", HEAD + "1,soon,,,,\n", HEAD])
def test_a_file_without_loans_is_refused_by_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "loans.csv"
    file.write_text(content, "utf-8")
    with pytest.raises(ValueError, match=r"loans\.csv.*columns submitted"):
        read_delays(file)


def test_the_recorded_loans_can_be_drawn_from(real_cases: Path) -> None:
    assert len(read_delays(real_cases / "loans_2012_part.csv")) > 1000


def test_faults_are_read_as_chances() -> None:
    assert read_faults(",".join(f"{name}=0.5" for name in FAULTS)) == dict.fromkeys(FAULTS, 0.5)
    assert read_faults("") == {}


@pytest.mark.parametrize("faults", ["death=1", "slow", "slow=2", "slow=-1", "slow=nan", "slow=x"])
def test_a_fault_that_is_none_is_refused(faults: str) -> None:
    with pytest.raises(ValueError, match=faults):
        read_faults(faults)


def test_the_bank_knows_nothing_of_the_services() -> None:
    code = (
        "import sys, huying.local.bank_sim, huying.local.bank_sim_webhooks; "
        "sys.exit(any(name.split('.')[0] in ('services', 'shared') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_banks_of_a_fresh_city_send_nothing_that_raises_an_alert() -> None:
    assert FAULTS_OF_UP
    assert read_faults(FAULTS_OF_UP).keys() <= {"silence", "duplicate", "slow"}


@pytest.mark.parametrize("faults", ["garbage", "rubbish=0.1", "garbage=2", "slow=0.1,garbage=x"])
def test_a_city_is_refused_at_once_where_its_banks_faults_cannot_be_read(tmp_path: Path, faults: str) -> None:
    with pytest.raises(ValueError, match="write one of silence, duplicate, garbage, slow and a chance"):
        asyncio.run(up(tmp_path, 1, processes=False, bank_faults=faults))
    assert list(tmp_path.iterdir()) == []
