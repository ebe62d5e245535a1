"""Statements over many rows: the text is made of the columns, the values of rows or of mappings."""

import pytest

from shared.database.rows import ManyRows, Writes, excluded, insert


def test_an_insert_names_each_column_and_casts_each_array() -> None:
    statement = insert(
        "links",
        {"number": "bigint", "key": "text"},
        also={"linked_at": ":at"},
        then=f"on conflict (number) do update set {excluded('key')}",
    ).statement.text
    assert statement == (
        'insert into links ("number", "key", "linked_at") select "number", "key", :at'
        ' from unnest(cast(:number as bigint[]), cast(:key as text[])) as t ("number", "key")'
        '  on conflict (number) do update set "key" = excluded."key"'
    )


def test_json_and_lists_of_words_travel_as_text() -> None:
    statement = insert("cases", {"file": "jsonb", "units": "text[]"}, ordered=True)
    assert 'select cast("file" as jsonb), string_to_array("units", chr(31)) from' in statement.statement.text
    assert "cast(:file as text[]), cast(:units as text[])" in statement.statement.text
    assert "with ordinality" in statement.statement.text
    assert "order by position" in statement.statement.text
    assert statement.values([("{}", ["a", "b c"]), ("[]", []), ("1", None)]) == {
        "file": ["{}", "[]", "1"],
        "units": ["a\x1fb c", "", None],
    }


ROWS = ManyRows("update t set a = t.a from {rows}", {"id": "int", "a": "text"})


@pytest.mark.parametrize("rows", [[(1, "x"), (2, "y")], [{"a": "x", "id": 1}, {"id": 2, "a": "y"}]])
def test_rows_are_tuples_in_the_declared_order_or_mappings(rows) -> None:
    assert ROWS.values(rows) == {"id": [1, 2], "a": ["x", "y"]}


def test_no_rows_are_empty_arrays() -> None:
    assert ROWS.values([]) == {"id": [], "a": []}


@pytest.mark.parametrize("rows", [[(1,)], [(1, "x", 2)], [(1, "x"), (2,)]])
def test_a_row_with_a_value_too_few_or_too_many_is_refused(rows) -> None:
    with pytest.raises(ValueError, match=r"zip\(\)"):
        ROWS.values(rows)


class Recorded:
    """A connection that notes what it is to run."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, dict[str, object]]] = []

    async def execute(self, statement, values) -> None:
        self.ran.append((statement.text, values))


async def test_writes_are_one_statement_and_their_values_stay_apart() -> None:
    conn, writes = Recorded(), Writes()
    writes.add(ManyRows("insert into a select x, :at from {rows}", {"x": "int"}), [(1,)], at="then")
    writes.add(ManyRows("insert into b select x::text from {rows}", {"x": "int"}), [(2,), (3,)])
    await writes.execute(conn)
    await writes.execute(conn)
    assert conn.ran == [
        (
            'with write_0 as (insert into a select x, :at_0 from unnest(cast(:x_0 as int[])) as t ("x"))'
            ' insert into b select x::text from unnest(cast(:x_1 as int[])) as t ("x")',
            {"x_0": [1], "at_0": "then", "x_1": [2, 3]},
        )
    ]
