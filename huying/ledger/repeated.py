"""The numbers of the rows of a ledger, kept in a file while it is read: memory does not grow with them."""

import sqlite3
from types import TracebackType
from typing import Self

_KEPT_KIB = 4096
"""Of the numbers in memory; the others are in a file without a name, which ends with the process."""


class NumbersRead:
    """Tells numbers that come a second time."""

    def __init__(self) -> None:
        # rows are read in a thread, never in two at once
        self._file = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        for setting in (f"cache_size = -{_KEPT_KIB}", "journal_mode = off", "synchronous = off"):
            self._file.execute(f"pragma {setting}")
        self._file.execute("create table numbers (number text primary key, row int) without rowid")
        self._file.execute("begin")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def first_row(self, number: str, row: int) -> int:
        """The first row that has this number; `row` where none had it before."""
        added = self._file.execute("insert or ignore into numbers values (?, ?)", (number, row))
        if added.rowcount:
            return row
        (first,) = self._file.execute("select row from numbers where number = ?", (number,)).fetchone()
        return int(first)
