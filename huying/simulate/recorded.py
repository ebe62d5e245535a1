"""Files of recorded cases, read by a profile.

A row that cannot be read, or that the services would refuse, is `Rejected` with its reason; a file whose
columns do not fit the profile is refused as a whole.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NamedTuple, cast

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from huying.simulate.local_days import WallClock
from huying.simulate.profiles import Done, Profile, Text
from services.dispatch.document import Unit
from services.financing.contract import Yuan
from services.intake import acts as intake
from shared.web import bodies

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

    `line` is where its row starts in the file; `due_at` is the case's own limit for completion; `amount`, of
    a loan request, is in yuan.
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
    amount: str | None = None

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
    with opened(file) as raw:
        lines = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
        rows = csv.reader(lines)
        row = Row(profile, checked_header(file, next(rows, []), profile))
        seen: dict[str, int] = {}
        for one in cases(rows, row):
            if isinstance(one, Case) and (first := seen.setdefault(one.source_id, one.line)) != one.line:
                one = repeated(profile, one.source_id, one.line, first)
            yield one


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked. FileRefused where they cannot be read."""
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as raw:
            yield cast("BinaryIO", raw)
    except (OSError, EOFError, zlib.error) as error:
        raise FileRefused(f"{file}: cannot be read ({error}): give a CSV file, plain or gzipped") from error


def checked_header(file: Path, header: list[str], profile: Profile) -> list[str]:
    """`header` as it is. FileRefused if its columns do not fit the profile."""
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


def cases(rows: Any, row: "Row", *, plain: bool = False) -> Iterator[Case | Rejected]:
    """What `rows`, a reader of csv, gives, also where a case stood before. `plain` as in `Row`."""
    while True:
        line = rows.line_num + 1
        try:
            if cells := next(rows):
                yield row.case(line, cells, plain)
        except StopIteration:
            return
        except (BadRow, csv.Error) as error:
            yield Rejected(line, str(error))


def repeated(profile: Profile, source_id: str, line: int, first: int) -> Rejected:
    """A row whose case stood in line `first` already."""
    return Rejected(line, f"{profile.source_id}: '{source_id}' stands in line {first} already")


class _Said:
    """The rule for a text: not blank, nothing that cannot be shown, no longer than the services take."""

    def __init__(self, rule: Any) -> None:
        self.longest: int = TypeAdapter(rule).json_schema()["maxLength"]
        self._validate = TypeAdapter(Annotated[rule, BeforeValidator(bodies.clean)]).validate_python
        self.words = cache(self.checked)

    def takes(self, words: str) -> bool:
        """Whether the services would take `words`."""
        try:
            return bool(self.words(words, None))
        except BadRow:
            return False

    def checked(self, said: str, column: str | None) -> str:
        """`said`, of `column` or the profile's own, as it is. BadRow where the services would refuse it."""
        try:
            return cast("str", self._validate(said))
        except ValidationError as error:
            why = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise BadRow(f"{column or ascii(said)}: {why.removeprefix('Value error, ')}") from error


_Say = Callable[[list[str], Text, _Said, bool], str]


def _say_nothing(cells: list[str], text: Text, rule: _Said, plain: bool) -> str:
    """For a brief case whose texts are known to be in order."""
    return ""


_SOURCE_ID = _Said(intake.SourceId)
_TITLE = _Said(intake.Name)
_TEXT = _Said(bodies.Text)
_LINE = _Said(bodies.Line)
_ACTS = {"contact": _LINE, "reply": _TEXT, "complete": _TEXT}
_AMOUNT: TypeAdapter[str] = TypeAdapter(Yuan)
DECISIONS = ("approve", "decline")


class Row:
    """Makes cases of rows, and refuses what the services would refuse.

    `brief` cases have no texts and no locality, which no judge asks for. Where a row is known to be
    `plain`, it holds neither control characters nor bytes that are no UTF-8, and they are not looked for.
    """

    def __init__(self, profile: Profile, header: list[str], *, brief: bool = False) -> None:
        self.profile = profile
        self._brief = brief
        self._width = len(header)
        self._place = {name: index for index, name in enumerate(header)}
        self._units: dict[str, Unit] = {}
        self._clock = WallClock(profile.tz)
        self._steps = [
            (column, [(what, _ACTS.get(what.act, _LINE)) for what in acts])
            for column, acts in groupby(profile.acts, key=lambda what: what.columns[0])
        ]
        texts: list[tuple[Text | None, _Said]] = [
            (profile.title, _TITLE),
            (profile.text, _TEXT),
            (profile.enterprise, _TITLE),
            *(act for _, acts in self._steps for act in acts),
        ]
        said = [(text, rule.longest, rule.takes(text.words)) for text, rule in texts if text]
        self._skips = brief and all(text.column or given for text, _, given in said)
        self._texts = [
            (self._place[text.column], longest, given) for text, longest, given in said if text.column
        ]
        pattern = profile.locality and profile.locality.pattern
        self._pattern = re.compile(pattern) if pattern else None

    def case(self, line: int, cells: list[str], plain: bool = False) -> Case:
        """The case in a row. BadRow if there is none."""
        if len(cells) != self._width:
            raise BadRow(f"{len(cells)} fields where the header has {self._width}")
        profile = self.profile
        received_at = self._moment(cells, profile.received_at)
        if received_at is None:
            raise BadRow(f"{profile.received_at}: is blank")
        source_id = self._checked(cells, profile.source_id, "", _SOURCE_ID, plain)
        say = _say_nothing if plain and self._skips and self._in_order(cells) else self._text
        title = say(cells, profile.title, _TITLE, plain)
        text = say(cells, profile.text, _TEXT, plain)
        enterprise = say(cells, profile.enterprise, _TITLE, plain) if profile.enterprise else None
        locality = None if self._brief else self._locality(cells)
        unit = self._unit(cells)
        due_at = self._moment(cells, profile.completion_due_at) if profile.completion_due_at else None
        loan = profile.case == "loan"
        acts = (self._milestones if loan else self._acts)(cells, received_at, say, plain)
        amount = self._amount(cells, profile.amount) if profile.amount else None
        return Case(
            line, source_id, received_at, title, text, enterprise, locality, unit, due_at, acts, amount
        )

    def _moment(self, cells: list[str], column: str) -> datetime | None:
        cell = cells[self._place[column]].strip()
        if not cell:
            return None
        try:
            at = self._clock.read(cell)
        except ValueError as error:
            shown = ascii(cell[:SHOWN])
            raise BadRow(f"{column}: {shown} is no time; write it like 2024-02-14T09:30:00") from error
        except OverflowError:
            at = LAST
        if not FIRST <= at < LAST:
            raise BadRow(f"{column}: {cell[:SHOWN]} lies outside {FIRST:%Y-%m-%d} to {LAST:%Y-%m-%d}")
        return at

    def _in_order(self, cells: list[str]) -> bool:
        """Whether no text is too long, nor blank where the profile has no words for it."""
        for place, longest, given in self._texts:
            cell = cells[place]
            if len(cell) > longest or (not given and not cell.strip()):
                return False
        return True

    def _text(self, cells: list[str], text: Text, rule: _Said, plain: bool) -> str:
        said = self._checked(cells, text.column, text.words, rule, plain)
        return "" if self._brief else said

    def _checked(self, cells: list[str], column: str | None, words: str, rule: _Said, plain: bool) -> str:
        """What `column` says, or `words`. BadRow where `rule` refuses it."""
        if column and (said := cells[self._place[column]].strip()):
            if plain and len(said) <= rule.longest:
                return said
            return rule.checked(said, column)
        return rule.words(words, column)

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
        name = cells[self._place[rule.column]].strip() if rule.column else rule.name or ""
        if name not in self._units:
            _LINE.checked(name, rule.column)
            self._units[name] = Unit(code=rule.code or safe_code(name), name=name, kind=rule.kind)
        return self._units[name]

    def _acts(self, cells: list[str], received_at: datetime, say: _Say, plain: bool) -> tuple[Past, ...]:
        found: list[Past] = []
        before, said_before = received_at, self.profile.received_at
        for column, acts in self._steps:
            at = self._moment(cells, column)
            if at is None:
                continue
            if at < received_at:
                raise BadRow(f"{column}: lies before {self.profile.received_at}")
            if at < before:
                raise BadRow(f"{column}: lies before {said_before}")
            before, said_before = at, column
            found += [Past(what, at, say(cells, what, rule, plain)) for what, rule in acts]
        return tuple(found)

    def _milestones(
        self, cells: list[str], received_at: datetime, say: _Say, plain: bool
    ) -> tuple[Past, ...]:
        """What a bank did of a loan request, in order of time; nothing follows the end of it."""
        found: list[Past] = []
        for what in self.profile.acts:
            moments = [(at, column) for column in what.columns if (at := self._moment(cells, column))]
            if moments:
                at, column = min(moments)
                if at < received_at:
                    raise BadRow(f"{column}: lies before {self.profile.received_at}")
                found.append(Past(what, at, say(cells, what, _LINE, plain)))
        found.sort(key=lambda past: past.occurred_at)
        ended = next((n for n, past in enumerate(found) if past.what.act == "withdraw"), len(found))
        decided = next((n for n, past in enumerate(found) if past.what.act in DECISIONS), len(found))
        return tuple(
            past for n, past in enumerate(found) if n <= min(ended, decided) or (n == ended > decided)
        )

    def _amount(self, cells: list[str], column: str) -> str:
        cell = cells[self._place[column]].strip()
        try:
            return _AMOUNT.validate_python(cell)
        except ValidationError as error:
            raise BadRow(f"{column}: {cell[:SHOWN]!a} is no sum above 0 in yuan, like 500000.00") from error


@cache
def safe_code(name: str) -> str:
    """The code of what a file calls `name`; other names have other codes."""
    safe = re.sub(r"[^A-Za-z0-9_.]+", "-", name)[:30].strip("-")
    return (
        safe if safe == name else f"{safe}-{sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
    )
