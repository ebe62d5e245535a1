"""Seeded random walks under every pack in force: no matter lies without a clock or somebody named."""

import pytest

from shared.rules.pack import pack_files
from shared.rules.terms import Kind
from tests.packs.histories import SETTINGS
from tests.packs.test_no_state_without_a_clock import IN_FORCE
from tests.packs.walks import Walk

FINANCING = "bozhou-2024-financing"
BEFORE_ITS_MONTH = f"{FINANCING}@3"
WALKED = [
    *IN_FORCE,
    (FINANCING, "complaint"),
    (BEFORE_ITS_MONTH, "help"),
    (BEFORE_ITS_MONTH, "complaint"),
]


def neglected(name: str, kind: str, walks: int, steps: int) -> dict[str, str]:
    """The matters that lay, each with the shortest way there: right after an act, or after a long silence."""
    rules = pack_files.load(name, SETTINGS if "@2" in name else None)
    shortest: dict[str, str] = {}
    for seed in range(walks):
        walk, lay = Walk(rules, Kind(kind), seed), set[str]()
        for _ in range(steps):
            lay |= {*walk.neglected()}
            if not walk.step():
                break
        walk.rest()
        lay |= {*walk.neglected()}
        for matter in lay:
            shortest[matter] = min(shortest.get(matter, walk.summary), walk.summary, key=len)
    return shortest


@pytest.mark.parametrize(("name", "kind"), WALKED)
def test_no_matter_lies_without_a_clock_or_a_name(name: str, kind: str):
    assert neglected(name, kind, 70, 30) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), WALKED)
def test_nor_in_many_long_walks(name: str, kind: str):
    assert neglected(name, kind, 2000, 60) == {}


@pytest.mark.parametrize(
    ("name", "kind", "matters"),
    [
        ("qingyang-2023@2", "help", {"all is done", "a complaint waits", "unit 0 objected"}),
        ("xx-city-2022@2", "help", {"nobody has it", "all is done", "a complaint waits"}),
        ("xx-city-2022-clues@2", "clue", {"all is done", "unit 0 at work"}),
        ("bozhou-2024-financing@2", "complaint", {"regulator at work"}),
    ],
)
def test_under_the_versions_before_they_lay(name: str, kind: str, matters: set[str]):
    assert matters <= neglected(name, kind, 60, 30).keys()
