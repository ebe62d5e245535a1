"""The table of ASVS 5.0.0: each number of levels 1 and 2 once, with a word, and what it names is there."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/asvs.md").read_text("utf-8")
NUMBERS = """
1.1: 1-2, 1.2: 1-9, 1.3: 1-11, 1.4: 1-3, 1.5: 1-2
2.1: 1-3, 2.2: 1-3, 2.3: 1-4, 2.4: 1-1
3.2: 1-2, 3.3: 1-4, 3.4: 1-6, 3.5: 1-5, 3.7: 1-2
4.1: 1-3, 4.2: 1-1, 4.3: 1-2, 4.4: 1-4
5.1: 1-1, 5.2: 1-3, 5.3: 1-2, 5.4: 1-3
6.1: 1-3, 6.2: 1-12, 6.3: 1-4, 6.4: 1-4, 6.5: 1-5, 6.6: 1-3, 6.8: 1-4
7.1: 1-3, 7.2: 1-4, 7.3: 1-2, 7.4: 1-5, 7.5: 1-2, 7.6: 1-2
8.1: 1-2, 8.2: 1-3, 8.3: 1-1, 8.4: 1-1
9.1: 1-3, 9.2: 1-4
10.1: 1-2, 10.2: 1-2, 10.3: 1-4, 10.4: 1-11, 10.5: 1-5, 10.6: 1-2, 10.7: 1-3
11.1: 1-2, 11.2: 1-3, 11.3: 1-3, 11.4: 1-4, 11.5: 1-1, 11.6: 1-1
12.1: 1-3, 12.2: 1-2, 12.3: 1-4
13.1: 1-1, 13.2: 1-5, 13.3: 1-2, 13.4: 1-5
14.1: 1-2, 14.2: 1-4, 14.3: 1-3
15.1: 1-3, 15.2: 1-3, 15.3: 1-7
16.1: 1-1, 16.2: 1-5, 16.3: 1-4, 16.4: 1-3, 16.5: 1-3
17.1: 1-1, 17.2: 1-4, 17.3: 1-2
"""
"""The requirements of levels 1 and 2 by section: the first ones, since those of level 3 stand behind."""
SECTION = re.compile(r"(\d+\.\d+): (\d+)-(\d+)")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
NAME = re.compile(r"`([\w./{}-]+\.[a-z]+|NOTICE)(?:::(\w+))?`")
MET, NOT_MET, DOES_NOT_APPLY = "met", "not met", "does not apply"
LONGEST = 12
"""Words in which a row says what is asked."""


class Row(NamedTuple):
    """One requirement: its number, what it asks, whether it is met, and by what or why not."""

    number: str
    asks: str
    word: str
    why: str

    def named(self) -> list[tuple[str, str]]:
        """The files that the row names, each with a test of it or an empty text."""
        return NAME.findall(self.why)


ROWS = [Row(*found) for found in ROW.findall(PAGE)]


@cache
def functions(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))


def mistakes(row: Row) -> list[str]:
    """What is wrong with a row."""
    wrong = [file for file, _ in row.named() if not (ROOT / file).is_file()]
    tests = [(file, test) for file, test in row.named() if test and file not in wrong]
    wrong += [f"{file}::{test}" for file, test in tests if test not in functions(ROOT / file)]
    if row.word not in (MET, NOT_MET, DOES_NOT_APPLY):
        wrong.append(f"the word {row.word}")
    if row.word == MET and not row.named():
        wrong.append("it is met by nothing")
    if (row.word == NOT_MET) != ("Lacks: " in row.why):
        wrong.append("what lacks")
    if len(row.asks.split()) > LONGEST:
        wrong.append("too many words")
    return wrong


def test_every_requirement_stands_there_once_in_its_order() -> None:
    wanted = [
        f"{section}.{number}"
        for section, first, last in SECTION.findall(NUMBERS)
        for number in range(int(first), int(last) + 1)
    ]
    assert len(wanted) == 253, "70 of level 1 and 183 of level 2"
    assert [row.number for row in ROWS] == wanted
    assert len(ROWS) == len(re.findall(r"^\| \d", PAGE, re.MULTILINE)), "a row cannot be read"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_a_row_names_what_is_there(row: Row) -> None:
    assert mistakes(row) == []


@pytest.mark.parametrize(
    "row",
    [
        Row("1.1.1", "asks", MET, "`shared/web/nothing.py`"),
        Row("1.1.1", "asks", MET, "`tests/unit/test_asvs.py::test_nothing`"),
        Row("1.1.1", "asks", MET, "somehow"),
        Row("1.1.1", "asks", MET, "`shared/web/front.py`. Lacks: much"),
        Row("1.1.1", "asks", NOT_MET, "`shared/web/front.py`"),
        Row("1.1.1", "asks", "nearly met", "`shared/web/front.py`"),
        Row("1.1.1", "word " * 13, DOES_NOT_APPLY, "no such thing"),
    ],
)
def test_a_mistaken_row_is_noticed(row: Row) -> None:
    assert len(mistakes(row)) == 1


def test_the_page_counts_its_rows() -> None:
    counts = Counter(row.word for row in ROWS)
    applying = counts[MET] + counts[NOT_MET]
    assert (
        f"Of {len(ROWS)} requirements {applying} apply, {counts[MET]} are met and {counts[NOT_MET]} are not."
        in PAGE
    )
