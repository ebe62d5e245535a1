"""`huying up` as a newcomer runs it: ready, filled once, stopped without a trace, refused in one sentence."""

import contextlib
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
import yaml

from huying.local.samples import appeals
from tests.lending import wish

READY = "Huying is ready"
README = Path(__file__).parents[2] / "README.md"
START_S, STOP_S = 120, 20


class Up:
    """One `huying up` in a process group of its own."""

    def __init__(self, state: Path, port: int, *more: str, python: str | Path = sys.executable) -> None:
        self.state = state
        self.url = f"http://127.0.0.1:{port}"
        self._log = state.with_suffix(".log")
        command = [str(python), "-P", "-m", "huying", "up", "--state", str(state), "--port", str(port), *more]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in [self.process.pid, *below(self.state)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def log_text(self) -> str:
        return self._log.read_text("utf-8")

    def until(self, holds: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert self.process.poll() is None, self.log_text()
            assert time.monotonic() < end, self.log_text()
            time.sleep(0.1)

    def until_ready(self) -> Self:
        self.until(lambda: READY in self.log_text(), START_S)
        return self

    def stop(self) -> int:
        """What Ctrl-C in a terminal does: SIGINT to the whole group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(STOP_S)

    def key(self, account: str) -> dict[str, str]:
        keys = yaml.safe_load((self.state / "keys.yaml").read_text("utf-8"))
        return {"Authorization": f"Bearer {keys[account]}"}

    def ask(self, path: str, account: str) -> Any:
        answer = httpx.get(self.url + path, headers=self.key(account), timeout=30)
        assert answer.is_success, answer.text
        return answer.json()


def below(state: Path) -> list[int]:
    """The processes that name the state folder in their command, environment or working folder."""
    processes = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            named = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            named += os.readlink(process / "cwd").encode()
            if str(state).encode() in named and int(process.name) != os.getpid():
                processes.append(int(process.name))
    return processes


@contextlib.contextmanager
def state_folder() -> Iterator[Path]:
    """A folder that is not there yet, in one that every account can reach."""
    with tempfile.TemporaryDirectory(prefix="huying-test-", ignore_cleanup_errors=True) as path:
        Path(path).chmod(0o755)
        yield Path(path) / "state"


@pytest.fixture
def state() -> Iterator[Path]:
    with state_folder() as folder:
        yield folder


def readme_commands() -> list[str]:
    """The two commands of the README that speak to a running city."""
    return re.findall(r"^curl .+?(?=\n```)", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def shell(command: str) -> Any:
    completed_process = subprocess.run(shlex.split(command), capture_output=True, check=True, timeout=30)
    return json.loads(completed_process.stdout)


def numbers(up: Up) -> set[str]:
    return {item["registration_number"] for item in up.ask("/intake/appeals?limit=500", "office")["items"]}


def is_seen(console: str, up: Up, number: str) -> bool:
    """Whether the console has a trace of this case."""
    page = httpx.get(f"{console}/ops/traces", params={"number": number}, headers=up.key("ops"))
    return page.is_success and "data-trace" in page.text


def verified(state: Path) -> str:
    """What the README's `huying verify` says of the city that runs on `state`."""
    (line,) = re.findall(r"^\.venv/bin/huying (verify)\b", README.read_text("utf-8"), re.MULTILINE)
    command = [sys.executable, "-m", "huying", line, "--state", str(state)]
    completed_process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert completed_process.returncode == 0, completed_process.stdout + completed_process.stderr
    return " ".join(completed_process.stdout.split())


def examined(state: Path) -> str:
    """What `huying doctor` says last of the city that runs on `state`."""
    command = [sys.executable, "-m", "huying", "doctor", "--state", str(state)]
    completed_process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert completed_process.returncode == 0, completed_process.stdout + completed_process.stderr
    return completed_process.stdout.splitlines()[-1]


def map_page(console: str, up: Up) -> str:
    """The first page of the console, with the alerts that hold."""
    return httpx.get(f"{console}/ops/", headers=up.key("ops"), follow_redirects=True, timeout=30).text


def new_bank(state: Path) -> str:
    """The key of a bank of one's own, as `huying bank new` prints it."""
    command = [
        sys.executable,
        "-m",
        "huying",
        "bank",
        "new",
        "qs",
        "--name",
        "青山示例银行",
        "--way",
        "kafka",
    ]
    run = subprocess.run([*command, "--state", str(state)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return re.findall(r"API key: (\S+)", run.stdout)[0]


def states_of_legs(up: Up, loan_id: str) -> dict[str, str]:
    """The state of each bank's leg of a loan request."""
    loan = up.ask(f"/financing/requests/{loan_id}", "office")
    return {leg["bank"]: leg["state"] for leg in loan["legs"]}


def test_a_newcomer_s_first_and_second_start(state: Path) -> None:
    register, read = readme_commands()
    with Up(state, free_port(), "--bank-faults", "").until_ready() as up:
        samples = numbers(up)
        assert len(samples) == len(appeals())
        here = ("http://127.0.0.1:8000", up.url)
        mine = shell(register.replace(*here))
        read = read.replace("REGISTRATION_NUMBER", mine["registration_number"])
        read = read.replace("RECEIPT_CODE", mine["receipt_code"])
        status = shell(read.replace(*here))
        assert (status["state"], status["answers_complete"]) == ("registered", True)
        assert (state / "keys.yaml").stat().st_mode & 0o077 == 0
        assert str(state) in refused(state, "--port", str(free_port()))
        assert healthy(f"{up.url}/intake")
        up.until(lambda: is_seen(up.url, up, mine["registration_number"]), 30)
        assert "exactly what was issued" in verified(state)
        up.until(lambda: "当前没有告警" in map_page(up.url, up), 30)
        assert "0 wrong" in examined(state)
        key = new_bank(state)
        wanted = wish(banks=["qs", "state-one"])
        loan = httpx.post(f"{up.url}/financing/requests", json=wanted, headers=up.key("operator")).json()
        up.until(lambda: states_of_legs(up, loan["loan_id"])["state-one"] != "pushed", 60)
        assert states_of_legs(up, loan["loan_id"])["qs"] == "pushed"  # it answers for itself
        assert up.stop() == 0
        assert below(state) == []
        assert "Traceback" not in up.log_text()
        (broker,) = re.findall(r"broker +(\S+) ", up.log_text())

    with Up(state, free_port()).until_ready() as up:
        assert numbers(up) == samples | {mine["registration_number"]}
        assert shell(read.replace("http://127.0.0.1:8000", up.url))["title"] == "厂区门口道路破损"
        own = httpx.get(f"{up.url}/financing/bank/requests", headers={"Authorization": f"Bearer {key}"})
        assert own.status_code == 200
        assert broker in up.log_text()
        os.kill(up.process.pid, signal.SIGTERM)
        assert up.process.wait(STOP_S) == 0
        assert below(state) == []


@pytest.mark.slow
def test_each_service_as_a_process_that_comes_back_when_killed(state: Path) -> None:
    port = free_port(7)
    with Up(state, port, "--processes").until_ready() as up:
        intake = next(process for process in below(state) if b"serve\0intake" in command(process))
        os.kill(intake, signal.SIGKILL)
        up.until(lambda: healthy(f"{up.url}/intake"), 60)
        (again,) = [process for process in below(state) if b"serve\0intake" in command(process)]
        assert again != intake
        assert len(numbers(up)) == len(appeals())
        console = f"http://127.0.0.1:{port + 6}"
        up.until(lambda: is_seen(console, up, min(numbers(up))), 30)
        body = {
            "channel": "web",
            "kind": "help",
            "title": "停水",
            "text": "停水。",
            "enterprise": {"name": "甲"},
        }
        appeal = httpx.post(f"{up.url}/intake/appeals", json=body, timeout=30).json()
        dispatch = f"http://127.0.0.1:{port + 1}/dispatch/appeals/{appeal['appeal_id']}"
        up.until(lambda: httpx.get(dispatch, headers=up.key("office")).is_success, 30)
        assert up.stop() == 0
        assert below(state) == []


@pytest.mark.slow
def test_a_city_does_without_desks_and_takes_it_on_later(state: Path) -> None:
    sentence = refused(state, "--port", str(free_port()), "--without", "intake")
    assert "only desks can be left out" in sentence
    with Up(state, free_port(), "--no-bank-sim", "--without", "desks").until_ready() as up:
        assert numbers(up)
        assert httpx.get(f"{up.url}/desks/health").status_code == 404
        assert "/desks" not in up.log_text()
        assert "exactly what was issued" in verified(state)
        up.until(lambda: "当前没有告警" in map_page(up.url, up), 30)
        before = numbers(up)
        assert up.stop() == 0
        assert "Traceback" not in up.log_text()
    with Up(state, free_port(), "--no-bank-sim").until_ready() as up:
        up.until(lambda: listed(up) == before, 60)
        assert up.stop() == 0


def listed(up: Up) -> set[str]:
    """The numbers of the cases that desks knows."""
    return {item["registration_number"] for item in up.ask("/desks/cases?limit=500", "office")["items"]}


def command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def healthy(url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{url}/health").status_code == 200
    return False


def free_port(length: int = 1) -> int:
    """The first of some ports in a row that nobody listens on, below those that clients are given."""
    for first in range(20_000 + os.getpid() % 5_000, 32_000, length):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for port in range(first, first + length):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    raise AssertionError("no free port was found")


def refused(state: Path, *more: str) -> str:
    """What a start says that is refused: one sentence or two, in one line."""
    command = [sys.executable, "-m", "huying", "up", "--state", str(state), *more]
    completed_process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert completed_process.returncode not in (0, -signal.SIGKILL)
    assert completed_process.stdout == ""
    assert completed_process.stderr.startswith("huying: ")
    assert completed_process.stderr.count("\n") == 1, completed_process.stderr
    return completed_process.stderr


def test_a_port_in_use_is_refused_in_a_sentence(state: Path) -> None:
    first = free_port(7)
    with socket.create_server(("127.0.0.1", first + 2)):
        sentence = refused(state, "--port", str(first + 2))
        assert f"Port {first + 2} cannot be used" in sentence
        assert "--port" in sentence
        assert f"Port {first + 2} cannot" in refused(state, "--processes", "--port", str(first))
    assert not state.exists()
    assert below(state) == []


@pytest.mark.slow
def test_a_state_folder_that_cannot_be_one_is_refused_in_a_sentence(state: Path) -> None:
    state.write_text("a file")
    for wrong in (state / "below" / "a" / "file", Path("/proc/huying")):
        sentence = refused(wrong, "--port", str(free_port()))
        assert str(wrong) in sentence
        assert "--state" in sentence
    assert state.read_text() == "a file"
