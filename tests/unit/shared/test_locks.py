"""Advisory locks are declared in one place."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
LOCK = re.compile(r"pg_(try_)?advisory_")


def test_no_other_module_names_an_advisory_lock() -> None:
    sources = [path for folder in ("services", "shared", "huying") for path in (ROOT / folder).rglob("*.py")]
    locking = [path.relative_to(ROOT).as_posix() for path in sources if LOCK.search(path.read_text("utf-8"))]
    assert locking == ["shared/database/locks.py"]
