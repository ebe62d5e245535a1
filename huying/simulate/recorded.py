"""Files of recorded cases, read by a profile.

A row that cannot be read, or that the services would refuse, becomes a `RejectedRow` with its reason. A
file whose columns do not fit the profile is refused as a whole.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from huying.simulate.profiles import Profile
from huying.simulate.recorded_case import RecordedCase, RecordedCases, RejectedRow
from huying.simulate.row_reader import BadRow, RowReader

FIRST = datetime(2000, 1, 2, tzinfo=UTC)  # a driven clock starts one day before
LAST = datetime(2099, 1, 1, tzinfo=UTC)  # the working calendar ends with that year
SHOWN = 40  # characters of a bad cell in a reason


class FileRefused(ValueError):
    """A file of cases cannot be used at all. The message names the file and what to do."""


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
        rows = csv.reader(lines)
        reader = RowReader(profile, checked_header(file, next(rows, []), profile))
        seen: dict[str, int] = {}
        for row in cases(rows, reader):
            if isinstance(row, RecordedCase):
                first = seen.setdefault(row.source_id, row.line)
                yield row if first == row.line else repeated(profile, row.source_id, row.line, first)
            else:
                yield row


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
    """A case or a rejection for each row of a CSV reader, without a look for repeated cases.

    `plain` as in `RowReader`.
    """
    while True:
        line = rows.line_num + 1
        try:
            if cells := next(rows):
                yield reader.case(line, cells, plain)
        except StopIteration:
            return
        except (BadRow, csv.Error) as error:
            yield RejectedRow(line, str(error))


def repeated(profile: Profile, source_id: str, line: int, first: int) -> RejectedRow:
    """The rejection of a row whose case stands in line `first` already."""
    return RejectedRow(line, f"{profile.source_id}: '{source_id}' stands in line {first} already")
