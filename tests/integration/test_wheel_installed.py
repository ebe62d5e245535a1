"""The wheel is the same wherever it is built, and runs without the checkout."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.integration.test_up import Up, free_port, state

__all__ = ["state"]  # the fixture
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("dist"), 0o022)


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel installed; its dependencies are those of the tests."""
    environment = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    python = environment / "bin" / "python"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    run(*pip, "--disable-pip-version-check", str(wheel))
    (packages,) = (environment / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python


def built(folder: Path, umask: int, **environment: str) -> Path:
    command = [sys.executable, str(ROOT / "deploy" / "wheel.py"), str(folder)]
    subprocess.run(command, check=True, umask=umask, env={**os.environ, **environment}, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def run(*command: str) -> str:
    """What a command prints, run where no checkout is in sight."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    completed = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


def test_two_builds_are_equal_to_the_byte(wheel: Path, tmp_path: Path) -> None:
    """The second one is built in another folder and zone, for nobody else to read."""
    assert built(tmp_path, 0o077, TZ="Asia/Shanghai", TMPDIR=str(tmp_path)).read_bytes() == wheel.read_bytes()


def test_the_installed_wheel_knows_its_release_its_packs_and_its_services(python: Path) -> None:
    huying = str(python.with_name("huying"))
    assert "bozhou-2024 " in run(huying, "--version")
    lines = ["import shared", "from huying.local.services import load_all", "list(load_all())"]
    code = "; ".join([*lines, "print(shared.__file__)"])
    assert run(str(python), "-P", "-c", code).startswith(str(python.parents[1]))
    assert "没有错误" in run(huying, "pack", "check", str(ROOT / "shared/rules/packs/bozhou-2024.yaml"))


@pytest.mark.slow
def test_the_installed_wheel_starts_a_city(python: Path, state: Path) -> None:
    with Up(state, free_port(), "--no-bank-sim", python=python).until_ready() as up:
        appeals = up.ask("/intake/appeals?limit=5", "office")["items"]
        assert len(appeals) == 5
        assert "正常" in run(str(python.with_name("huying")), "doctor", "--state", str(state))
        assert up.stop() == 0
