"""Files of recorded cases, read by a profile.

A row that cannot be read, or that the services would refuse, becomes a `RejectedRow` with its reason. A
file whose columns do not fit the profile is refused as a whole, and so is a file with a quote that swallows
rows. Every row that is not blank is a case or rejected.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from huying.simulate.profiles import Profile
from huying.simulate.recorded_case import RecordedCase, RecordedCases, RejectedRow
from huying.simulate.row_reader import BadRow, RowReader


class FileRefused(ValueError):
    """A file of cases cannot be used at all. The message names the file and what to do."""


class UnpairedQuotes(ValueError):
    """Rows cannot be told apart: a row starts in `line`, and its bad quote in `opens`, if that is known."""

    def __init__(self, line: int, opens: int | None = None) -> None:
        super().__init__(line, opens)
        self.line = line
        self.opens = opens


def read_all(file: Path, profile: Profile) -> RecordedCases:
    """The cases and rejected rows of a whole file. FileRefused as in `read`."""
    recorded = RecordedCases()
    for row in read(file, profile):
        if isinstance(row, RecordedCase):
            recorded.cases.append(row)
        else:
            recorded.rejected.append(row)
    recorded.cases.sort(key=lambda case: case.received_at)
    return recorded


def read(file: Path, profile: Profile) -> Iterator[RecordedCase | RejectedRow]:
    """The rows of a CSV file in UTF-8, plain or gzipped, in their order.

    FileRefused if it cannot be read, or if a column is missing, given twice, or neither mapped nor ignored.
    """
    with opened(file) as raw:
        lines = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
        rows = csv.reader(lines, strict=True)
        with quotes_paired(file):
            reader = RowReader(profile, checked_header(file, next(rows, []), profile))
            seen: dict[str, int] = {}
            accounted = 0
            for row in cases(rows, reader):
                accounted += 1
                if isinstance(row, RecordedCase):
                    first = seen.setdefault(row.source_id, row.line)
                    yield row if first == row.line else repeated(profile, row.source_id, row.line, first)
                else:
                    yield row
            check_all_rows(file, reader.rows, accounted)


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked. FileRefused where they cannot be read."""
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as raw:
            yield cast("BinaryIO", raw)
    except (OSError, EOFError, zlib.error) as error:
        raise FileRefused(f"{file}: cannot be read ({error}): give a CSV file, plain or gzipped") from error


def checked_header(file: Path, header: list[str], profile: Profile) -> list[str]:
    """`header` unchanged. FileRefused if its columns do not fit the profile."""
    columns = set(header)
    mistakes = [
        ("has no column", profile.mapped - columns, "map another one in the profile"),
        ("has an unknown column", columns - profile.mapped - profile.ignored, "map or ignore it"),
        ("has two columns", {name for name in columns if header.count(name) > 1}, "rename one"),
    ]
    for mistake, names, remedy in mistakes:
        if names:
            named = ", ".join(f"'{name}'" for name in sorted(names))
            named = named.encode("utf-8", "backslashreplace").decode()
            raise FileRefused(f"{file}, line 1: {mistake} {named}: {remedy} (profile '{profile.id}')")
    return header


def cases(rows: Any, reader: RowReader, *, plain: bool = False) -> Iterator[RecordedCase | RejectedRow]:
    """A case or a rejection for each row of a strict CSV reader, without a look for repeated cases.

    `plain` as in `RowReader`. UnpairedQuotes where a quote does not end with its field, or holds other rows.
    """
    while True:
        line = rows.line_num + 1
        try:
            if cells := next(rows):
                reader.rows += 1
                if rows.line_num > line and (opens := reader.line_that_swallows(cells)) is not None:
                    raise UnpairedQuotes(line, line + opens)
                yield reader.case(line, cells, plain)
        except StopIteration:
            return
        except csv.Error as error:
            if rows.line_num > line or "field limit" not in str(error):
                raise UnpairedQuotes(line) from error
            reader.rows += 1
            yield RejectedRow(line, str(error))
        except BadRow as error:
            yield RejectedRow(line, str(error))


@contextmanager
def quotes_paired(file: Path) -> Iterator[None]:
    """Turns UnpairedQuotes of a file that is read from its beginning into FileRefused."""
    try:
        yield
    except UnpairedQuotes as error:
        opens = error.opens or _opening_line(file, error.line)
    except csv.Error:
        opens = _opening_line(file, 1)
    else:
        return
    raise FileRefused(
        f"{file}, line {opens}: the quote that opens here is not closed where its field ends, so that it may"
        ' swallow rows: close it, and write a quote within a quoted field twice ("")'
    )


def _opening_line(file: Path, first: int) -> int:
    """The line of the quote that a strict CSV reader stumbles over in the row that starts in line `first`."""
    state, opens = "start", first
    with opened(file) as raw:
        lines = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
        for number, line in islice(enumerate(lines, 1), first - 1, None):
            for character in line:
                if state == "quoted":
                    state = "closed" if character == '"' else state
                elif character in ",\r\n":
                    state = "start"
                elif state == "closed" and character != '"':
                    return opens
                elif character == '"' and state != "plain":
                    opens = number if state == "start" else opens
                    state = "quoted"
                else:
                    state = "plain"
    return opens


def check_all_rows(file: Path, rows: int, accounted: int) -> None:
    """ValueError unless the rows of a file are those that became a case or were rejected."""
    if rows != accounted:
        raise ValueError(f"{file}: of {rows:,} rows {accounted:,} are accounted for: report this as a defect")


def repeated(profile: Profile, source_id: str, line: int, first: int) -> RejectedRow:
    """The rejection of a row whose case stands in line `first` already."""
    return RejectedRow(line, f"{profile.source_id}: '{source_id}' stands in line {first} already")
