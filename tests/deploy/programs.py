"""What the deployment tests run beside the services: programs of the operating system, on free ports."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def program(name: str, package: str) -> str:
    """Where a program is; a test that needs one that lacks is not run, and says so."""
    beside = Path(sys.executable).parent / name
    program = str(beside) if beside.exists() else shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if program is None:
        pytest.skip(f"NOT RUN: {name} is not on this machine ({package})")
    return program


@contextlib.contextmanager
def running(command: list[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[Any]:
    """A program that ends with the block, and whatever it started with it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
                try:
                    process.wait(40)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def until(true: Callable[[], bool], seconds: float, failure: object) -> None:
    """Wait. Fails with `failure`, as it is then, after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, str(failure)
        time.sleep(0.5)
