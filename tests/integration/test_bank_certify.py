"""`huying bank certify`: a client that does what it is asked for passes, one that does not is told where."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from huying.certify import page
from huying.certify.cases import CASES
from huying.certify.texts import texts
from huying.local.bank_connection import BROKER
from huying.local.embedded import free_port
from tests.certified_bank import PLAN, REQUEST, Plan, at_a_desk, on_kafka, on_webhooks
from tests.integration.test_up import Up

NAME = "示例村镇银行"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A sandbox with a bank of each integration and a hasty one; the sample banks do not answer."""
    state = tmp_path_factory.mktemp("sandbox")
    for folder in (state, *list(state.parents)[:2]):
        folder.chmod(0o755)  # PostgreSQL runs as another account
    with Up(state / "state", free_port(), "--sandbox", "--no-bank-sim").until_ready() as city:
        for code, integration in (
            ("desk", "desk"),
            ("hook", "webhook"),
            ("kafka", "kafka"),
            ("hasty", "desk"),
        ):
            run = huying(city, "bank", "new", code, "--name", NAME, "--way", integration)
            assert run.returncode == 0, run.stderr
        yield city


def huying(city: Up, *command: str) -> subprocess.CompletedProcess[str]:
    """What a `huying` command at the city prints."""
    argv = [sys.executable, "-m", "huying", *command, "--state", str(city.state)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=500)


def certify(
    city: Up, bank: str, sheet: Path, *cases: str, wait: int = 60
) -> subprocess.CompletedProcess[str]:
    only = [word for case in cases for word in ("--only", case)]
    return huying(city, "bank", "certify", bank, "--out", str(sheet), "--wait", str(wait), *only)


def verdicts(sheet: Path) -> dict[str, str]:
    """What came of each case, by its code, from the rows of a sheet."""
    rows = [line.split(" | ") for line in sheet.read_text("utf-8").splitlines() if line.startswith("| `")]
    return {row[0].split("`")[1]: row[3].split("<br>")[0] for row in rows}


@pytest.mark.slow
def test_a_client_at_a_desk_passes_all_cases(sandbox: Up, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.md"
    with at_a_desk(f"{sandbox.url}/financing", sandbox.key("desk"), "desk", PLAN):
        run = certify(sandbox, "desk", sheet)
    assert run.returncode == 0, run.stdout + run.stderr
    assert verdicts(sheet) == dict.fromkeys(CASES, "通过 passed") | {"rotation": "不适用 not applicable"}
    assert "**通过 / passed**" in sheet.read_text("utf-8")


@pytest.mark.slow
def test_a_client_on_kafka_passes_all_cases(sandbox: Up, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.md"
    bootstrap = yaml.safe_load((sandbox.state / BROKER).read_text("utf-8"))["bootstrap"]
    with on_kafka(bootstrap, "kafka", PLAN):
        run = certify(sandbox, "kafka", sheet)
    assert run.returncode == 0, run.stdout + run.stderr
    of_http = dict.fromkeys(("rotation", "report-rotation"), "不适用 not applicable")
    assert verdicts(sheet) == dict.fromkeys(CASES, "通过 passed") | of_http


@pytest.mark.slow
def test_a_client_on_webhooks_passes_all_cases(sandbox: Up, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.md"
    with on_webhooks(f"{sandbox.url}/financing", sandbox.key("hook"), "hook", PLAN):
        run = certify(sandbox, "hook", sheet)
    assert run.returncode == 0, run.stdout + run.stderr
    assert verdicts(sheet) == dict.fromkeys(CASES, "通过 passed")


@pytest.mark.slow
def test_a_client_that_does_not_do_what_a_case_asks_fails_it_and_passes_others(
    sandbox: Up, tmp_path: Path
) -> None:
    failed, passed = tmp_path / "failed.md", tmp_path / "passed.md"
    plan: Plan = PLAN | {("duplicate", REQUEST): [("contacted", {})]}
    with at_a_desk(f"{sandbox.url}/financing", sandbox.key("hasty"), "hasty", plan):
        run = certify(sandbox, "hasty", failed, "duplicate", wait=2)
        assert (run.returncode, verdicts(failed)) == (1, {"duplicate": "未通过 failed"})
        assert "未见 / not seen: accepted、repeated" in failed.read_text("utf-8")
        run = certify(sandbox, "hasty", passed, "garbage", "late")
    assert run.returncode == 0, run.stdout + run.stderr
    assert verdicts(passed) == dict.fromkeys(("garbage", "late"), "通过 passed")
    assert "**未通过 / not passed**" in passed.read_text("utf-8")  # the other cases were not played


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bank", "case", "sentence"),
    [("nobody", "late", "takes no requests here"), ("desk", "lat", "没有用例 lat")],
)
def test_what_cannot_be_certified_is_said_in_a_sentence(
    sandbox: Up, tmp_path: Path, bank: str, case: str, sentence: str
) -> None:
    run = certify(sandbox, bank, tmp_path / "sheet.md", case)
    assert (run.returncode, run.stderr.count("\n")) == (1, 1)
    assert sentence in run.stderr


def test_where_no_sandbox_runs_the_command_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "huying", "bank", "certify", "desk", "--state", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert "no sandbox runs on the state folder" in run.stderr


def test_every_case_has_its_texts_its_row_in_the_docs_and_a_client_that_plays_it() -> None:
    assert list(texts()) == list(CASES)
    assert {case for case, _ in PLAN} - {"outage-2"} == set(CASES)
    assert page.FILE.read_text("utf-8") == page.page(), "write it anew: python -m huying.certify.page"
