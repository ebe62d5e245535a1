"""What the house does in one place stands in no other module."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("statement", "places"),
    [
        (r"pg_(try_)?advisory_", ["shared/database/locks.py"]),
        (r"insert into outbox|delete from outbox|\"outbox\",\n    \{", ["shared/messaging/outbox.py"]),
    ],
)
def test_a_statement_stands_in_its_module_alone(statement: str, places: list[str]) -> None:
    sources = [path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.py")]
    paths = [path for path in sources if re.search(statement, path.read_text("utf-8"))]
    assert [path.relative_to(ROOT).as_posix() for path in paths] == places
