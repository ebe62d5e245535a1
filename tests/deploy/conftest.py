"""Where the deployment tests keep what they start."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that PostgreSQL's own account may go through."""
    tmp_path.chmod(0o755)
    return tmp_path
