"""The house as it stood at an earlier commit, for tests in which two versions work side by side."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]


def house_at(commit: str, folder: Path) -> Path:
    """A folder with the code of a commit; skips the test where this clone's history does not reach to it."""
    command = ["git", "-C", str(HOUSE), "archive", commit, "huying", "services", "shared"]
    completed_process = subprocess.run(command, capture_output=True)
    if completed_process.returncode:
        pytest.skip(f"NOT RUN: the history of this clone does not reach to {commit[:7]}")
    with tarfile.open(fileobj=io.BytesIO(completed_process.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder
