"""Statements over many rows at once. Each column is named once, with its type, and sent as one array.

    INSERT_LINKS = insert(
        "links", {"number": "bigint", "key": "text", "link": "bytea"}, also={"linked_at": ":at"}
    )
    await INSERT_LINKS.execute(conn, [(1, "a", b"..."), (2, "b", b"...")], at=now)

is `insert into links (number, key, link, linked_at) select number, key, link, :at from unnest(...)`. In any
other statement write `{rows}` where it reads the rows, and refer to them as `t`:

    MARK_SENT = ManyRows(
        "update messages m set state = t.state from {rows} where m.id = t.id", {"id": "uuid", "state": "text"}
    )

The text is made once, where the statement is declared: at module level. `Writes` sends several statements
as one.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text

from shared.database.connection import VALUE, Connection, Result

SEPARATOR = "\x1f"
"""Between the words of one row's array: unnest would take an array of arrays apart."""
_SENT_AS = {"jsonb": "text", "text[]": "text", "bigint[]": "text"}
_READ_AS = {
    "jsonb": "cast({} as jsonb)",
    "text[]": "string_to_array({}, chr(31))",
    "bigint[]": "cast(string_to_array({}, chr(31)) as bigint[])",
}

Rows = Iterable[Mapping[str, Any]] | Iterable[Sequence[Any]]
"""Rows by column name, or their values in the order in which the columns were declared."""


class ManyRows:
    """A statement that reads rows from `{rows}`: a table `t` with `columns`, by name and type.

    A value of a `jsonb` column is JSON as text, and `t` has it as text: `cast(t.x as jsonb)`. A column of
    type `text[]` or `bigint[]` is for `insert` alone. With `numbered`, `t.position` counts the rows from 1.
    """

    def __init__(self, statement: str, columns: Mapping[str, str], *, numbered: bool = False) -> None:
        self._columns = dict(columns)
        self._arrays = [name for name, type_ in columns.items() if type_.endswith("[]")]
        self.statement = text(statement.replace("{rows}", _unnest(columns, numbered=numbered)))

    def values(self, rows: Rows) -> dict[str, list[Any]]:
        """The array of each column. ValueError where a row has more or fewer values than columns."""
        every: list[Any] = list(rows)
        if every and not isinstance(every[0], Mapping):
            columns = zip(*every, strict=True)
            values = dict(zip(self._columns, map(list, columns), strict=True))
        else:
            values = {name: [row[name] for row in every] for name in self._columns}
        for name in self._arrays:
            values[name] = [
                None if words is None else SEPARATOR.join(map(str, words)) for words in values[name]
            ]
        return values

    async def execute(self, conn: Connection, rows: Rows, **values: Any) -> Result:
        """Run the statement over `rows`, with the other named `values` that it mentions."""
        return await conn.execute(self.statement, self.values(rows) | values)


class Writes:
    """Statements over rows that go to the database as one, in one round trip.

    Each writes another table. None sees what another writes, and there is no order among them.
    """

    def __init__(self) -> None:
        self._statements: list[str] = []
        self._values: dict[str, Any] = {}

    def add(self, statement: ManyRows, rows: Rows, **values: Any) -> None:
        """Have `statement` run over `rows`, with the other named `values` that it mentions."""
        place = len(self._statements)
        self._statements.append(statement.statement.text)
        named = statement.values(rows) | values
        self._values |= {_name_at(place, name): value for name, value in named.items()}

    async def execute(self, conn: Connection) -> None:
        """Run what was added."""
        if self._statements:
            await conn.execute(_together(tuple(self._statements)), self._values)
            self._statements, self._values = [], {}


def insert(
    table: str,
    columns: Mapping[str, str],
    *,
    also: Mapping[str, str] | None = None,
    ordered: bool = False,
    then: str = "",
) -> ManyRows:
    """Inserts rows into `table`; `also` gives further columns as SQL, the same for all rows or made of `t`.

    `ordered` numbers them (an identity column) in the order of the rows. `then` is the rest of the statement:
    `on conflict`, `returning`.
    """
    also = also or {}
    names = ", ".join(_quoted(name) for name in (*columns, *also))
    read = ", ".join([*map(_read, columns, columns.values()), *also.values()])
    order = "order by position" if ordered else ""
    statement = f"insert into {table} ({names}) select {read} from {{rows}} {order} {then}"
    return ManyRows(statement, columns, numbered=ordered)


def excluded(*columns: str) -> str:
    """For `on conflict … do update set`: these columns take the values of the row that was to be inserted."""
    return ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in columns)


@lru_cache(maxsize=1024)
def _together(statements: tuple[str, ...]) -> TextClause:
    """Statements as one: the last one, with the others as common table expressions that write."""
    *others, last = [_at(place, statement) for place, statement in enumerate(statements)]
    tables = ", ".join(f"write_{place} as ({statement})" for place, statement in enumerate(others))
    return text(f"with {tables} {last}" if tables else last)


def _at(place: int, statement: str) -> str:
    return VALUE.sub(lambda match: f":{_name_at(place, match[1])}", statement)


def _name_at(place: int, name: str) -> str:
    return f"{name}_{place}"


def _unnest(columns: Mapping[str, str], *, numbered: bool) -> str:
    arrays = ", ".join(f"cast(:{name} as {_SENT_AS.get(type_, type_)}[])" for name, type_ in columns.items())
    names = ", ".join([*map(_quoted, columns), *(["position"] if numbered else [])])
    return f"unnest({arrays}) {'with ordinality ' if numbered else ''}as t ({names})"


def _read(name: str, type_: str) -> str:
    return _READ_AS.get(type_, "{}").format(_quoted(name))


def _quoted(name: str) -> str:
    return f'"{name}"'
