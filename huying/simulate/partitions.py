"""A file of recorded cases, read by several processes: each takes every so many blocks of whole rows.

A block ends at the end of a line, outside quotes. Where quotes do not stand in pairs that is uncertain:
whoever reads such a block finds out and raises `Unpaired`, and the file is read as one share.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

from huying.simulate.profiles import Profile
from huying.simulate.recorded import Case, Rejected, Row, cases, opened

BLOCK = 64 * 1024  # bytes
LONGEST_BLOCK = 16 * 1024 * 1024
LONGEST_FIELD = csv.field_size_limit()  # characters
END = "\x1f"
BOM = b"\xef\xbb\xbf"
_CONTROLS = bytes({*range(32), 127} - {9, 10, 13})
_C1_CONTROLS = re.compile(rb"\xc2[\x80-\x9f]")


class Unpaired(ValueError):
    """A quote stands alone, so rows cannot be told apart without reading all that precedes them."""


@dataclass(frozen=True, slots=True)
class Block:
    """What was found in one block. `number` is its place in the file; lines count from its first, 1."""

    number: int
    lines: int
    cases: list[Case]
    rejected: list[Rejected]


@dataclass(frozen=True, slots=True)
class Share:
    """One of `of` shares of a file: every `of`-th block from the `index`-th on; or the `whole`, as one."""

    file: Path
    profile: Profile
    header: list[str]
    index: int = 0
    of: int = 1
    whole: bool = False

    def blocks(self) -> Iterator[Block]:
        """The share's blocks, with brief cases. Unpaired, or FileRefused."""
        row = Row(self.profile, self.header, brief=True)
        with opened(self.file) as raw:
            if self.whole:
                lines = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
                yield _block(0, csv.reader(lines), row)
                return
            for number, content in enumerate(_contents(raw)):
                if number % self.of == self.index:
                    yield _checked_block(number, content, row)


def _contents(raw: BinaryIO) -> Iterator[bytes]:
    """The file cut where a line ends and quotes stand in pairs so far."""
    held, odd = b"", 0
    while more := raw.read(BLOCK):
        if end := _end(more, odd):
            yield held + more[:end]
            held, odd = more[end:], more.count(b'"', end) & 1
        elif len(held) < LONGEST_BLOCK:
            held, odd = held + more, (odd + more.count(b'"')) & 1
        else:
            raise Unpaired
    if held:
        yield held


def _end(more: bytes, odd: int) -> int:
    """Where the last line of `more` ends that is outside quotes; 0 for none. `odd`: one is open before."""
    end = more.rfind(b"\n") + 1
    odd ^= more.count(b'"', 0, end) & 1
    while end and odd:
        before = more.rfind(b"\n", 0, end - 1) + 1
        odd ^= more.count(b'"', before, end) & 1
        end = before
    return end


def _checked_block(number: int, content: bytes, row: Row) -> Block:
    content = content if number else content.removeprefix(BOM)
    plain = len(content.translate(None, _CONTROLS)) == len(content) and not _C1_CONTROLS.search(content)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text, plain = content.decode("utf-8", "surrogateescape"), False
    return _block(number, _Rows(text), row, plain=plain)


def _block(number: int, rows: Any, row: Row, *, plain: bool = False) -> Block:
    if number == 0:
        next(rows, None)
    found: list[Case] = []
    rejected: list[Rejected] = []
    for one in cases(rows, row, plain=plain):
        (found if isinstance(one, Case) else rejected).append(one)  # type: ignore[arg-type]
    return Block(number, rows.line_num, found, rejected)


class _Rows:
    """The rows of whole lines, as csv.reader gives them. A line without a quote is a row, and soon cut up.

    Unpaired where what quotes enclose does not end with the line that closes them.
    """

    def __init__(self, text: str) -> None:
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
                raise Unpaired
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
        return line.split(",") if line else []

    def _quoted(self, line: str) -> Iterator[str]:
        """`line` and those after it, up to the one that closes its quotes."""
        quotes = line.count('"')
        yield line + "\n"
        while quotes & 1 and (line := next(self._lines, END)) != END:
            quotes += line.count('"')
            yield line + "\n"

    def _parse(self, lines: Iterable[str]) -> None:
        self._parsed = csv.reader(chain(lines, [END]))

    @property
    def line_num(self) -> int:
        """How many lines were read."""
        return self._before + (self._parsed.line_num if self._parsed else 0)
