"""A file of recorded cases in partitions: each process reads every n-th block of whole rows.

A block ends at the end of a line, outside quotes. Where quotes do not stand in pairs that is uncertain: the
reader of such a block raises `UnpairedQuotes`, and the file is read as one partition, which finds the quote.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

from huying.simulate.layout import Layout, lines, opened
from huying.simulate.profiles import Profile
from huying.simulate.recorded import UnpairedQuotes, cases, quotes_paired
from huying.simulate.recorded_case import RecordedCase
from huying.simulate.rejections import Rejections
from huying.simulate.row_reader import RowReader

BLOCK = 64 * 1024  # bytes
LONGEST_BLOCK = 16 * 1024 * 1024
LONGEST_FIELD = csv.field_size_limit()  # characters
END = "\x1f"
_CONTROLS = bytes({*range(32), 127} - {9, 10, 13})
_C1_CONTROLS = re.compile(rb"\xc2[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class Block:
    """The content of one block. `number` is its index in the file; lines count from its first line, 1."""

    number: int
    lines: int
    rows: int
    cases: list[RecordedCase]


@dataclass(frozen=True, slots=True)
class Partition:
    """One of `of` partitions of a file: every `of`-th block from the `index`-th on; or the `whole` file."""

    file: Path
    profile: Profile
    layout: Layout
    index: int = 0
    of: int = 1
    whole: bool = False

    def blocks(self, rejections: Rejections) -> Iterator[Block]:
        """The partition's blocks, with brief cases; rejected rows go to `rejections`.

        FileRefused; UnpairedQuotes unless `whole`.
        """
        reader = RowReader(self.profile, self.layout, brief=True)
        with opened(self.file, self.profile) as raw:
            if self.whole:
                rows = csv.reader(lines(self.file, raw), delimiter=self.layout.delimiter, strict=True)
                with quotes_paired(self.file, self.profile):
                    yield _block(0, rows, reader, rejections)
                return
            for number, content in enumerate(_contents(raw)):
                if number % self.of == self.index:
                    yield _checked_block(number, content, reader, rejections)


def _contents(raw: BinaryIO) -> Iterator[bytes]:
    """The file in pieces that end where a line ends and all quotes so far are paired."""
    rest, odd = b"", 0
    while chunk := raw.read(BLOCK):
        if end := _end(chunk, odd):
            yield rest + chunk[:end]
            rest, odd = chunk[end:], chunk.count(b'"', end) & 1
        elif len(rest) < LONGEST_BLOCK:
            rest, odd = rest + chunk, (odd + chunk.count(b'"')) & 1
        else:
            raise UnpairedQuotes(1)
    if rest:
        yield rest


def _end(chunk: bytes, odd: int) -> int:
    """The end of the last line that ends outside quotes; 0 for none. `odd`: a quote is open before."""
    end = chunk.rfind(b"\n") + 1
    odd ^= chunk.count(b'"', 0, end) & 1
    while end and odd:
        before = chunk.rfind(b"\n", 0, end - 1) + 1
        odd ^= chunk.count(b'"', before, end) & 1
        end = before
    return end


def _checked_block(number: int, content: bytes, reader: RowReader, rejections: Rejections) -> Block:
    plain = len(content.translate(None, _CONTROLS)) == len(content) and not _C1_CONTROLS.search(content)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text, plain = content.decode("utf-8", "surrogateescape"), False
    return _block(number, _RowParser(text, reader.layout.delimiter), reader, rejections, plain=plain)


def _block(
    number: int, rows: Any, reader: RowReader, rejections: Rejections, *, plain: bool = False
) -> Block:
    if number == 0:
        for _ in range(reader.layout.rows_above):
            next(rows, None)
    recorded: list[RecordedCase] = []
    rows_before = reader.rows
    for row in cases(rows, reader, plain=plain):
        if isinstance(row, RecordedCase):
            recorded.append(row)
        else:
            rejections.add(number, row.line, row.reason)
    return Block(number, rows.line_num, reader.rows - rows_before, recorded)


class _RowParser:
    """The rows of whole lines, as csv.reader gives them; a line without a quote is split at `delimiter`.

    UnpairedQuotes where a quoted field does not end in the line that closes its quotes.
    """

    def __init__(self, text: str, delimiter: str) -> None:
        self._delimiter = delimiter
        self._before = 0
        self._parsed: Any = None
        if text.count("\r") == text.count("\r\n"):
            self._lines = iter(text.removesuffix("\n").split("\n"))
        else:
            self._lines = iter(())
            self._parse(io.StringIO(text, newline=""))

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        if self._parsed:
            cells = next(self._parsed, None)
            if cells is None:
                raise UnpairedQuotes(self.line_num)
            if cells != [END]:
                return cast("list[str]", cells)
            self._before += self._parsed.line_num - 1
            self._parsed = None
        line = next(self._lines)
        if '"' in line or len(line) > LONGEST_FIELD:
            self._parse(self._quoted(line))
            return next(self)
        self._before += 1
        line = line.removesuffix("\r")
        return line.split(self._delimiter) if line else []

    def _quoted(self, line: str) -> Iterator[str]:
        """`line` and those after it, up to the one that closes its quotes."""
        quotes = line.count('"')
        yield line + "\n"
        while quotes & 1 and (line := next(self._lines, END)) != END:
            quotes += line.count('"')
            yield line + "\n"

    def _parse(self, lines: Iterable[str]) -> None:
        self._parsed = csv.reader(chain(lines, [END]), delimiter=self._delimiter, strict=True)

    @property
    def line_num(self) -> int:
        """The number of lines read."""
        return self._before + (self._parsed.line_num if self._parsed else 0)
