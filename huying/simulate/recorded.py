"""Files of recorded cases, read by a profile.

A row that cannot be read, or that the services would refuse, becomes a `RejectedRow` with its reason. A
file whose columns do not fit the profile is refused as a whole, and so is a file with a quote that swallows
rows. Every row that is not blank is a case or rejected.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from huying.simulate.cells import BadRow
from huying.simulate.layout import layout, lines, opened
from huying.simulate.profiles import Profile
from huying.simulate.recorded_case import RecordedCase, RecordedCases, RejectedRow
from huying.simulate.rejections import check_count
from huying.simulate.row_reader import RowReader
from shared.files.bounded import FileRefused


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
            check_count(file, len(recorded.rejected), row.reason)
    recorded.cases.sort(key=lambda case: case.received_at)
    return recorded


def read(file: Path, profile: Profile) -> Iterator[RecordedCase | RejectedRow]:
    """The rows of a CSV file, plain or gzipped, in their order.

    FileRefused if it cannot be read, or if a column is missing, given twice, or neither mapped nor ignored.
    """
    with quotes_paired(file, profile):
        file_layout = layout(file, profile)
        with opened(file, profile) as raw:
            rows = csv.reader(lines(file, raw), delimiter=file_layout.delimiter, strict=True)
            reader = RowReader(profile, file_layout)
            for _ in zip(range(file_layout.rows_above), rows, strict=False):
                pass
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


def cases(rows: Any, reader: RowReader, *, plain: bool = False) -> Iterator[RecordedCase | RejectedRow]:
    """A case or a rejection for each row of a strict CSV reader that is not blank; repeated cases stay.

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
            most = f"{csv.field_size_limit():,}"
            yield RejectedRow(line, f"有字段超过 {most} 个字符 / a field is longer than {most} characters")
        except BadRow as error:
            if any(cell.strip() for cell in cells):
                yield RejectedRow(line, str(error))
            else:
                reader.rows -= 1


@contextmanager
def quotes_paired(file: Path, profile: Profile) -> Iterator[None]:
    """Turns UnpairedQuotes of a file that is read from its beginning into FileRefused."""
    try:
        yield
    except UnpairedQuotes as error:
        opens = error.opens or _opening_line(file, profile, error.line)
    except csv.Error:
        opens = _opening_line(file, profile, 1)
    else:
        return
    raise FileRefused(
        f"{file}, line {opens}: the quote that opens here is not closed where its field ends, so that it may"
        ' swallow rows: close it, and write a quote within a quoted field twice ("")'
    )


def _opening_line(file: Path, profile: Profile, first: int) -> int:
    """The line of the quote that a strict CSV reader stumbles over in the row that starts in line `first`."""
    state, opens = "start", first
    ends = f"{layout(file, profile).delimiter if first > 1 else ','}\r\n"
    with opened(file, profile) as raw:
        for number, line in islice(enumerate(lines(file, raw), 1), first - 1, None):
            for character in line:
                if state == "quoted":
                    state = "closed" if character == '"' else state
                elif character in ends:
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
    column = profile.source_id
    return RejectedRow(
        line,
        f"{column}：'{source_id}' 已见于第 {first} 行"
        f" / {column}: '{source_id}' stands in line {first} already",
    )
