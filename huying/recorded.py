"""Files of recorded cases, read by a profile.

A row that cannot be read, or that the services would refuse, is `Rejected` with its reason; a file whose
columns do not fit the profile is refused as a whole.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from huying.profiles import Done, Profile, Text
from services.dispatch import acts as dispatch
from services.dispatch.domain import Unit
from services.intake import acts as intake
from shared.web.text import clean

FIRST = datetime(2000, 1, 2, tzinfo=UTC)  # a driven clock stands one day before when its service starts
LAST = datetime(2099, 1, 1, tzinfo=UTC)  # the working calendar ends with that year
SHOWN = 40  # characters of a bad cell in a reason


class FileRefused(ValueError):
    """A file of cases cannot be used at all. The message names it and what to do."""


class BadRow(ValueError):
    """A row is no case. The message says which column and why."""


class Past(NamedTuple):
    """An act that happened, and what the unit said with it."""

    what: Done
    occurred_at: datetime
    said: str


class Case(NamedTuple):
    """One recorded case: registered and dispatched at `received_at`, then `acts` in order. Times in UTC.

    `line` is where its row starts in the file; `due_at` is the case's own limit for completion.
    """

    line: int
    source_id: str
    received_at: datetime
    title: str
    text: str
    enterprise: str | None
    locality: str | None
    unit: Unit
    due_at: datetime | None
    acts: tuple[Past, ...]

    @property
    def ends_at(self) -> datetime:
        """When the last act happened."""
        return self.acts[-1].occurred_at if self.acts else self.received_at


class Rejected(NamedTuple):
    """A row that is left out; `line` is where it starts in the file."""

    line: int
    reason: str


@dataclass(slots=True)
class Recorded:
    """A file's cases in the order of their registration (time, then place in the file), and the rest."""

    cases: list[Case] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def ends_at(self) -> datetime:
        """The last act's time. There must be a case."""
        return max(case.ends_at for case in self.cases)


def read_all(file: Path, profile: Profile) -> Recorded:
    """All of a file. FileRefused as in `read`."""
    found = Recorded()
    for one in read(file, profile):
        if isinstance(one, Case):
            found.cases.append(one)
        else:
            found.rejected.append(one)
    found.cases.sort(key=lambda case: case.received_at)
    return found


def read(file: Path, profile: Profile) -> Iterator[Case | Rejected]:
    """The rows of a CSV file in UTF-8, plain or gzipped, in their order.

    FileRefused if it cannot be read, or if a column is missing, given twice, or neither mapped nor ignored.
    """
    try:
        with closing(_opened(file)) as lines:
            rows = csv.reader(lines)
            yield from _cases(rows, _Row(profile, _header(file, next(rows, []), profile)))
    except (OSError, EOFError, zlib.error) as error:
        raise FileRefused(f"{file}: cannot be read ({error}): give a CSV file, plain or gzipped") from error


def _opened(file: Path) -> io.TextIOWrapper:
    """Bytes that are no UTF-8 become lone surrogates, which every model refuses."""
    raw = gzip.open(file) if file.suffix == ".gz" else file.open("rb")  # noqa: SIM115 - `read` closes it
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _header(file: Path, header: list[str], profile: Profile) -> list[str]:
    columns = set(header)
    mistakes = [
        ("has no column", profile.mapped - columns, "map another one in the profile"),
        ("has an unknown column", columns - profile.mapped - profile.ignored, "map or ignore it"),
        ("has two columns", {name for name in columns if header.count(name) > 1}, "rename one"),
    ]
    for what, names, remedy in mistakes:
        if names:
            named = ", ".join(f"'{name}'" for name in sorted(names))
            named = named.encode("utf-8", "backslashreplace").decode()
            raise FileRefused(f"{file}, line 1: {what} {named}: {remedy} (profile '{profile.id}')")
    return header


def _cases(rows: Any, row: "_Row") -> Iterator[Case | Rejected]:
    seen: dict[str, int] = {}
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows)
            if not cells:
                continue
            case = row.case(line, cells)
            if (first := seen.setdefault(case.source_id, line)) != line:
                raise BadRow(f"{row.profile.source_id}: '{case.source_id}' stands in line {first} already")
            yield case
        except StopIteration:
            return
        except (BadRow, csv.Error) as error:
            yield Rejected(line, str(error))


_SOURCE_ID: TypeAdapter[str] = TypeAdapter(Annotated[intake.SourceId, BeforeValidator(clean)])
_TITLE: TypeAdapter[str] = TypeAdapter(Annotated[intake.Name, BeforeValidator(clean)])
_TEXT: TypeAdapter[str] = TypeAdapter(Annotated[intake.Text, BeforeValidator(clean)])
_LINE: TypeAdapter[str] = TypeAdapter(Annotated[dispatch.Line, BeforeValidator(clean)])
_SAID = {"contact": _LINE, "reply": _TEXT, "complete": _TEXT}


class _Row:
    """Makes cases of rows, and refuses what the services would refuse."""

    def __init__(self, profile: Profile, header: list[str]) -> None:
        self.profile = profile
        self._width = len(header)
        self._place = {name: index for index, name in enumerate(header)}
        self._units: dict[str, Unit] = {}
        pattern = profile.locality and profile.locality.pattern
        self._pattern = re.compile(pattern) if pattern else None

    def case(self, line: int, cells: list[str]) -> Case:
        """The case in a row. BadRow if there is none."""
        if len(cells) != self._width:
            raise BadRow(f"{len(cells)} fields where the header has {self._width}")
        profile = self.profile
        received_at = self._moment(cells, profile.received_at)
        if received_at is None:
            raise BadRow(f"{profile.received_at}: is blank")
        return Case(
            line,
            self._checked(cells, profile.source_id, "", _SOURCE_ID),
            received_at,
            self._text(cells, profile.title, _TITLE),
            self._text(cells, profile.text, _TEXT),
            self._text(cells, profile.enterprise, _TITLE) if profile.enterprise else None,
            self._locality(cells),
            self._unit(cells),
            self._moment(cells, profile.completion_due_at) if profile.completion_due_at else None,
            self._acts(cells, received_at),
        )

    def _moment(self, cells: list[str], column: str) -> datetime | None:
        cell = cells[self._place[column]].strip()
        if not cell:
            return None
        try:
            at = datetime.fromisoformat(cell)
            at = (at if at.tzinfo else at.replace(tzinfo=self.profile.tz)).astimezone(UTC)
        except ValueError as error:
            shown = ascii(cell[:SHOWN])
            raise BadRow(f"{column}: {shown} is no time; write it like 2024-02-14T09:30:00") from error
        except OverflowError:
            at = LAST
        if not FIRST <= at < LAST:
            raise BadRow(f"{column}: {cell[:SHOWN]} lies outside {FIRST:%Y-%m-%d} to {LAST:%Y-%m-%d}")
        return at

    def _text(self, cells: list[str], text: Text, rule: TypeAdapter[str]) -> str:
        return self._checked(cells, text.column, text.words, rule)

    def _checked(self, cells: list[str], column: str | None, words: str, rule: TypeAdapter[str]) -> str:
        """What `column` says, or `words`. BadRow where `rule` refuses it."""
        said = (cells[self._place[column]].strip() if column else "") or words
        try:
            return rule.validate_python(said)
        except ValidationError as error:
            why = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise BadRow(f"{column or ascii(words)}: {why.removeprefix('Value error, ')}") from error

    def _locality(self, cells: list[str]) -> str | None:
        rule = self.profile.locality
        for column in rule.columns if rule else ():
            cell = cells[self._place[column]].strip()
            found = self._pattern.search(cell) if self._pattern else None
            if name := (found and found[0]) if self._pattern else cell:
                return safe_code(name)
        return None

    def _unit(self, cells: list[str]) -> Unit:
        rule = self.profile.unit
        name = self._checked(cells, rule.column, rule.name or "", _LINE)
        if name not in self._units:
            self._units[name] = Unit(code=rule.code or safe_code(name), name=name, kind=rule.kind)
        return self._units[name]

    def _acts(self, cells: list[str], received_at: datetime) -> tuple[Past, ...]:
        found = []
        for what in self.profile.acts:
            at = self._moment(cells, what.at)
            if at is not None:
                if at < received_at:
                    raise BadRow(f"{what.at}: lies before {self.profile.received_at}")
                found.append(Past(what, at, self._text(cells, what, _SAID[what.act])))
        for earlier, later in pairwise(found):
            if later.occurred_at < earlier.occurred_at:
                raise BadRow(f"{later.what.at}: lies before {earlier.what.at}")
        return tuple(found)


@cache
def safe_code(name: str) -> str:
    """The code of what a file calls `name`; other names have other codes."""
    safe = re.sub(r"[^A-Za-z0-9_.]+", "-", name)[:30].strip("-")
    return (
        safe if safe == name else f"{safe}-{sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
    )
