"""Cells of lists as tables: what a program reads becomes what people read, and nothing runs."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from shared.named import Coded
from shared.web.tables import Column
from tests.integration.test_lists_as_tables import LISTS, columns


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("05581234567", "05581234567"),
        ("13800000000", "13800000000"),
        ("913416000000000000", "913416000000000000"),
        ("0042", "0042"),
        ("1234.50", "1234.50"),
        ("+8613800000000", "+8613800000000"),
        ("+8613800000000=1", "'+8613800000000=1"),
        (7, 7),
        (0, 0),
        (True, "是"),
        (False, "否"),
        (None, ""),
        ([], ""),
        (["a", None, "b"], "a；；b"),
        ([3], 3),
        ({"zh": "回复时限", "en": "reply"}, "回复时限"),
        ("2026-11-09T09:00:00+08:00", "2026-11-09T09:00:00+08:00"),
        ("=1+1", "'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-1+1", "'-1+1"),
        ("\t=1", "'\t=1"),
        (["=1+1", "2"], "'=1+1；2"),
    ],
)
def test_a_value_becomes_a_cell(value: Any, cell: Any) -> None:
    column = Column("标题", ("field",), {})
    assert column.cell({"field": value}) == cell
    assert type(column.cell({"field": value})) is type(cell)


def test_a_code_is_shown_by_its_name_and_an_unknown_one_as_it_is() -> None:
    column = Column("状态", ("legs", "state"), {"open": "办理中"})
    assert column.cell({"legs": [{"state": "open"}, {"state": "later"}, {}]}) == "办理中；later；"


CODED = [(path, column) for path in LISTS for column in columns(path) if column.names]


def declared(model: Any, path: tuple[str, ...]) -> Iterator[type[Enum]]:
    """The classes of codes that a field is declared with."""
    if isinstance(model, type) and issubclass(model, BaseModel) and path:
        yield from declared(model.model_fields[path[0]].annotation, path[1:])
    elif isinstance(model, type) and issubclass(model, Enum):
        yield model
    for part in get_args(model):
        yield from declared(part, path)


@pytest.mark.parametrize(("path", "column"), CODED, ids=lambda part: getattr(part, "title", part))
def test_the_names_of_a_column_are_those_of_the_codes_of_its_field(path: str, column: Column) -> None:
    classes = set(declared(LISTS[path][1].response_model, ("items", *column.path)))
    if not classes:
        return  # a code of a table of the city
    (codes,) = classes
    assert issubclass(codes, Coded)
    assert column.names == {member.value: member.zh for member in codes}
