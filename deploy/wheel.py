"""Build the wheel of Huying into a folder: the same commit gives the same bytes, on every machine.

    python deploy/wheel.py dist

What git knows is copied with equal modes, and every file of the wheel has the time of the last commit.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("huying", "services", "shared", "requirements", "pyproject.toml", "README.md", "LICENSE", "NOTICE")


def build(folder: Path, root: Path = ROOT) -> Path:
    """Build the wheel into `folder` and return its file. CalledProcessError where git or pip fails."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="huying-wheel-") as work:
        copied, built = Path(work) / "source", Path(work) / "built"
        for name in _git(root, "ls-files", "-z", *PARTS).split("\0"):
            if name:
                _copy(root / name, copied / name)
        environment = {**os.environ, "SOURCE_DATE_EPOCH": _git(root, "log", "-1", "--format=%ct").strip()}
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
        pip = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(built), str(copied)]
        subprocess.run(pip, env=environment, check=True, umask=0o022)
        (wheel,) = built.glob("*.whl")
        shutil.copyfile(wheel, folder / wheel.name)
        return folder / wheel.name


def _git(root: Path, *words: str) -> str:
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _copy(file: Path, to: Path) -> None:
    to.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    shutil.copyfile(file, to)
    to.chmod(0o644)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(build(Path(sys.argv[1])))  # noqa: T201 - the file's name is the answer
