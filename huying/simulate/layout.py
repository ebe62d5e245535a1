"""How a file of recorded cases is laid out: packing, encoding, the character between cells, the header.

Files come as people have them: from Excel, from databases, in the encodings of the place. What cannot be told
for certain is refused with one sentence that says what to do.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from huying.simulate.table_profile import TableProfile
from shared.files import bounded
from shared.files.bounded import CHUNK, UNPACKING_ERRORS, FileRefused
from shared.files.encodings import other_encoding

MOST_BYTES = 2 * 1024**3
LONGEST_LINE = 4 * 1024 * 1024  # characters
_BOM = codecs.BOM_UTF8
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
_DELIMITERS = (",", ";", "\t")
_LOOKED_AT = 20  # rows in which the names of columns are looked for
_SEP_LINE = re.compile(r'"?sep=([^\w\s"]|\t)"?\1*', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a file, "" for one without a name, and its rows before the first case."""

    columns: list[str]
    delimiter: str = ","
    rows_above: int = 1


@contextmanager
def opened(file: Path, profile: TableProfile) -> Iterator[BinaryIO]:
    """A file in UTF-8, unpacked, without byte order marks. FileRefused where it cannot be read."""
    try:
        with bounded.opened(file, most=MOST_BYTES, packed=file.suffix == ".gz" or None) as content:
            if profile.encoding:
                content = io.BufferedReader(_InUtf8(content, profile.encoding), CHUNK)
            start = cast("Any", content)
            while start.peek(len(_BOM))[: len(_BOM)] == _BOM:
                start.read(len(_BOM))
            yield content
    except UnicodeError as error:
        raise FileRefused(f"{file}: is not written in {profile.encoding} ({error})") from error
    except (OSError, *UNPACKING_ERRORS) as error:
        raise FileRefused(f"{file}: cannot be read ({error}): give a CSV file, plain or gzipped") from error


class _InUtf8(io.RawIOBase):
    """A text in another encoding as UTF-8; bytes outside its encoding remain as they are."""

    def __init__(self, raw: BinaryIO, encoding: str) -> None:
        self._raw = raw
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        ended = False
        while not self._rest and not ended:
            chunk = self._raw.read(CHUNK)
            ended = not chunk
            self._rest = self._decoder.decode(chunk, ended).encode("utf-8", "surrogateescape")
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def lines(file: Path, raw: BinaryIO) -> Iterator[str]:
    """The lines of an opened file. FileRefused for a line without end."""
    text = io.TextIOWrapper(raw, encoding="utf-8", errors="surrogateescape", newline="")
    number = 0
    try:
        while line := text.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise FileRefused(f"{file}, line {number}: is longer than {LONGEST_LINE:,} characters")
            yield line
    finally:
        if not text.closed:
            text.detach()


def layout(file: Path, profile: TableProfile) -> Layout:
    """How a file is laid out. FileRefused where its encoding or its columns do not fit the profile.

    A line `sep=;` above the header is obeyed; without it the delimiter is that by which the header fits best.
    csv.Error where a quote in the header is not closed.
    """
    seps, skipped = _separators(file, profile)
    known = profile.mapped | profile.ignored
    fits: list[tuple[int, int, Layout]] = []
    errors: list[csv.Error] = []
    for delimiter in seps:
        with opened(file, profile) as raw:
            rows = csv.reader(lines(file, raw), delimiter=delimiter, strict=True)
            try:
                header, above = _header(rows, skipped)
            except csv.Error as error:
                errors.append(error)
                continue
        columns = [name if name in known else cleaned(name) for name in header]
        fits.append((len(known.intersection(columns)), rows.line_num, Layout(columns, delimiter, above)))
    if not fits:
        raise errors[0]
    _, line, best = max(fits, key=lambda fit: fit[0])
    _check_columns(file, max(line, 1), best.columns, profile)
    return best


def _separators(file: Path, profile: TableProfile) -> tuple[Sequence[str], int]:
    """The characters that may part cells, and how many lines say so. FileRefused for the encoding."""
    with opened(file, profile) as raw:
        head = raw.read(CHUNK)
        while file.suffix == ".gz" and raw.read(CHUNK):
            pass  # a file that holds too much is refused here, before its rows are read
    if not profile.encoding:
        _check_encoding(file, head)
    with opened(file, profile) as raw:
        first = next(lines(file, raw), "")
    sep = _SEP_LINE.fullmatch(first.strip("\r\n"))
    return (sep[1], 1) if sep else (_DELIMITERS, 0)


def delimiter_of(file: Path, profile: TableProfile) -> tuple[str, int]:
    """The character between cells, by which the first rows name most columns, and how many lines say so."""
    seps, skipped = _separators(file, profile)
    known = profile.mapped | profile.ignored
    named: dict[str, int] = {}
    for delimiter in seps:
        with opened(file, profile) as raw:
            rows = csv.reader(lines(file, raw), delimiter=delimiter)
            first = list(islice(rows, skipped, skipped + _LOOKED_AT))
        named[delimiter] = max((len(known.intersection(map(cleaned, row))) for row in first), default=0)
    return max(named, key=lambda delimiter: named[delimiter]), skipped


def cleaned(name: str) -> str:
    """A column's name without space and invisible characters around it."""
    return name.strip().strip(_INVISIBLE).strip()


def _header(rows: Iterator[list[str]], skip: int) -> tuple[list[str], int]:
    """The first row that is not blank after `skip` rows, and the number of rows up to it."""
    for above, row in enumerate(rows, 1):
        if above > skip and any(cleaned(cell) for cell in row):
            return row, above
    return [], 0


def _check_columns(file: Path, line: int, columns: Sequence[str], profile: TableProfile) -> None:
    names = set(columns) - {""}
    mistakes = [
        ("has no column", profile.mapped - names, "map another one in the profile"),
        ("has an unknown column", names - profile.mapped - profile.ignored, "map or ignore it"),
        ("has two columns", {name for name in names if columns.count(name) > 1}, "rename one"),
    ]
    for mistake, wrong, remedy in mistakes:
        if wrong:
            named = ", ".join(f"'{name}'" for name in sorted(wrong))
            named = named.encode("utf-8", "backslashreplace").decode()
            raise FileRefused(f"{file}, line {line}: {mistake} {named}: {remedy} (profile '{profile.id}')")


def _check_encoding(file: Path, head: bytes) -> None:
    """FileRefused, naming the encoding, where a file begins in UTF-16, or as a whole in GB18030 (GBK)."""
    if name := other_encoding(head):
        raise FileRefused(
            f"{file}: is written in {name}, not in UTF-8: save it as UTF-8, or give its `encoding: {name}`"
            " in the profile"
        )
