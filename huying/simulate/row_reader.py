"""Makes recorded cases of rows, by a profile, and refuses what the services would refuse."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import groupby

from pydantic import TypeAdapter, ValidationError

from huying.simulate.cells import BadRow, TextRule, safe_code, seen, yuan
from huying.simulate.layout import Layout
from huying.simulate.local_days import LocalDays
from huying.simulate.moments import CellMoments, NoTimeOfDay
from huying.simulate.profiles import Profile, ProfileText
from huying.simulate.recorded_case import RecordedAct, RecordedCase
from services.dispatch.document import Unit
from services.financing.contract_fields import Yuan
from services.intake import acts as intake
from services.intake import past_acts
from shared.web import bodies

FIRST = datetime(2000, 1, 2, tzinfo=UTC)  # a driven clock starts one day before
LAST = datetime(2099, 1, 1, tzinfo=UTC)  # the working calendar ends with that year
SHOWN = 40  # characters of a bad cell in a reason
_PLAIN_SUM = re.compile(r"[0-9]+(\.[0-9]{1,2})?")
_LINE_END = re.compile("\r\n|\r|\n")


_ReadText = Callable[[list[str], ProfileText, TextRule, bool], str]


def _read_no_text(cells: list[str], text: ProfileText, rule: TextRule, plain: bool) -> str:
    """The text of a brief case whose texts are known to be valid."""
    return ""


_SOURCE_ID = TextRule(past_acts.SourceId)
_TITLE = TextRule(intake.Name)
_TEXT = TextRule(bodies.Text)
_LINE = TextRule(bodies.Line)
_ACT_RULES = {"contact": _LINE, "reply": _TEXT, "complete": _TEXT}
_AMOUNT: TypeAdapter[str] = TypeAdapter(Yuan)
DECISIONS = ("approve", "decline")


class RowReader:
    """Makes cases of rows, and refuses what the services would refuse.

    `rows` counts the rows that were read. `brief` cases have no texts and no locality, which no judge needs.
    A `plain` row is known to hold no control characters and no bytes outside UTF-8, so these are not looked
    for.
    """

    def __init__(self, profile: Profile, layout: Layout, *, brief: bool = False) -> None:
        self.profile = profile
        self.layout = layout
        self.rows = 0
        self._brief = brief
        columns = layout.columns
        self._width = len(columns)
        self._index = {name: index for index, name in enumerate(columns) if name}
        self._unnamed = [index for index, name in enumerate(columns) if not name]
        self._units: dict[str, Unit] = {}
        self._clock = LocalDays(profile.tz)
        self._written = CellMoments(profile)
        self._steps = [
            (column, [(act, _ACT_RULES.get(act.act, _LINE)) for act in acts])
            for column, acts in groupby(profile.acts, key=lambda act: act.columns[0])
        ]
        texts: list[tuple[ProfileText | None, TextRule]] = [
            (profile.title, _TITLE),
            (profile.text, _TEXT),
            (profile.enterprise, _TITLE),
            *(act for _, acts in self._steps for act in acts),
        ]
        limits = [(text, rule.longest, rule.takes(text.words)) for text, rule in texts if text]
        self._skips = brief and all(text.column or has_words for text, _, has_words in limits)
        self._texts = [
            (self._index[text.column], longest, has_words)
            for text, longest, has_words in limits
            if text.column
        ]
        pattern = profile.locality and profile.locality.pattern
        self._pattern = re.compile(pattern) if pattern else None

    def case(self, line: int, cells: list[str], plain: bool = False) -> RecordedCase:
        """The case of a row. BadRow if it is none."""
        if len(cells) != self._width or self._unnamed:
            cells = self._of_width(cells)
        profile = self.profile
        received_at = self._moment(cells, profile.received_at)
        if received_at is None:
            raise BadRow(f"{profile.received_at}：为空", f"{profile.received_at}: is blank")
        source_id = self._checked(cells, profile.source_id, "", _SOURCE_ID, plain)
        read = _read_no_text if plain and self._skips and self._in_order(cells) else self._text
        title = read(cells, profile.title, _TITLE, plain)
        text = read(cells, profile.text, _TEXT, plain)
        enterprise = read(cells, profile.enterprise, _TITLE, plain) if profile.enterprise else None
        locality = None if self._brief else self._locality(cells)
        unit = self._unit(cells)
        due_at = self._due_at(cells, profile.completion_due_at, received_at)
        loan = profile.case == "loan"
        acts = (self._milestones if loan else self._acts)(cells, received_at, read, plain)
        amount = self._amount(cells, profile.amount) if profile.amount else None
        return RecordedCase(
            line, source_id, received_at, title, text, enterprise, locality, unit, due_at, acts, amount
        )

    def line_that_swallows(self, cells: list[str]) -> int | None:
        """Where a quoted cell opens that holds the start of another row: so many lines below the row's first.

        Such a quote was left open, and the next quote closed it.
        """
        lines = 0
        for index, cell in enumerate(cells):
            _, *below = _LINE_END.split(cell)
            for position, line in enumerate(below, 1):
                rest = cells[index + 1 :] if position == len(below) else []
                if self._starts_row(line, rest):
                    return lines
            lines += len(below)
        return None

    def _starts_row(self, line: str, rest: list[str]) -> bool:
        """Whether `line` and the cells after it are a row with a source id and the time it was received."""
        if not line:
            return False
        try:
            row = [*next(csv.reader([line], delimiter=self.layout.delimiter)), *rest]
            return (
                len(row) == self._width
                and bool(row[self._index[self.profile.source_id]].strip())
                and self._moment(row, self.profile.received_at) is not None
            )
        except (BadRow, IndexError, csv.Error):
            return False

    def _of_width(self, cells: list[str]) -> list[str]:
        """The cells of a row; those that are missing have no named column. BadRow where it does not fit."""
        missing = self.layout.columns[len(cells) :]
        if len(cells) > self._width or any(missing):
            raise BadRow(
                f"有 {len(cells)} 个字段，而表头有 {self._width} 个",
                f"{len(cells)} fields where the header has {self._width}",
            )
        for index in self._unnamed:
            if index < len(cells) and cells[index].strip():
                cell = cells[index][:SHOWN]
                raise BadRow(
                    f"第 {index + 1} 个字段没有列名，却有内容 {cell!r}",
                    f"field {index + 1} holds {cell!r} in a column without a name",
                )
        return [*cells, *missing]

    def _moment(self, cells: list[str], column: str) -> datetime | None:
        cell = cells[self._index[column]].strip()
        if not cell:
            return None
        try:
            try:
                at = self._clock.read(cell)
            except ValueError:
                at = self._written.read(cell, column)
        except NoTimeOfDay as error:
            raise BadRow(
                f"{column}：{cell[:SHOWN]!r} 没有具体时间，请写成 2024-02-14T09:30:00，"
                "或在配置中说明指当天开始还是结束（date_alone）",
                f"{column}: {cell[:SHOWN]!r} has no time of day; write it like 2024-02-14T09:30:00, or say"
                " in the profile whether it means when the day begins or ends (`date_alone`)",
            ) from error
        except ValueError as error:
            raise BadRow(
                f"{column}：{cell[:SHOWN]!r} 不是时间，请写成 2024-02-14T09:30:00，或在配置中给出 format",
                f"{column}: {cell[:SHOWN]!r} is no time; write it like 2024-02-14T09:30:00, or give its"
                " `format` in the profile",
            ) from error
        except OverflowError:
            at = LAST
        if not FIRST <= at < LAST:
            span = f"{FIRST:%Y-%m-%d}", f"{LAST:%Y-%m-%d}"
            raise BadRow(
                f"{column}：{cell[:SHOWN]} 不在 {span[0]} 至 {span[1]} 之间",
                f"{column}: {cell[:SHOWN]} lies outside {span[0]} to {span[1]}",
            )
        return at

    def _not_before(
        self, cells: list[str], column: str, at: datetime, before: datetime, column_before: str
    ) -> datetime:
        """`at` of `column`, or another reading of its cell not before `before`. BadRow without one."""
        if at < before:
            cell = cells[self._index[column]].strip()
            again = self._written.not_before(cell, column, before)
            if again is None:
                raise BadRow(f"{column}：早于 {column_before}", f"{column}: lies before {column_before}")
            return again
        return at

    def _due_at(self, cells: list[str], column: str | None, received_at: datetime) -> datetime | None:
        """The case's own limit, which may lie before its start unless it has another reading."""
        at = self._moment(cells, column) if column else None
        if at and column and at < received_at:
            later = self._written.read(cells[self._index[column]].strip(), column, later=True)
            return later if later >= received_at else at
        return at

    def _in_order(self, cells: list[str]) -> bool:
        """Whether no text is too long, and none is blank for which the profile has no words."""
        for index, longest, has_words in self._texts:
            cell = cells[index]
            if len(cell) > longest or (not has_words and not seen(cell)):
                return False
        return True

    def _text(self, cells: list[str], text: ProfileText, rule: TextRule, plain: bool) -> str:
        checked = self._checked(cells, text.column, text.words, rule, plain)
        return "" if self._brief else checked

    def _checked(self, cells: list[str], column: str | None, words: str, rule: TextRule, plain: bool) -> str:
        """The text of `column`, or `words` where it is blank. BadRow where `rule` refuses it."""
        if column and (text := seen(cells[self._index[column]])):
            if plain and len(text) <= rule.longest:
                return text
            return rule.checked(text, column)
        return rule.words(words, column)

    def _locality(self, cells: list[str]) -> str | None:
        rule = self.profile.locality
        for column in rule.columns if rule else ():
            cell = cells[self._index[column]].strip()
            match = self._pattern.search(cell) if self._pattern else None
            if name := (match and match[0]) if self._pattern else cell:
                return safe_code(name)
        return None

    def _unit(self, cells: list[str]) -> Unit:
        rule = self.profile.unit
        name = cells[self._index[rule.column]].strip() if rule.column else rule.name or ""
        if name not in self._units:
            _LINE.checked(name, rule.column)
            self._units[name] = Unit(code=rule.code or safe_code(name), name=name, kind=rule.kind)
        return self._units[name]

    def _acts(
        self, cells: list[str], received_at: datetime, read: _ReadText, plain: bool
    ) -> tuple[RecordedAct, ...]:
        recorded: list[RecordedAct] = []
        before, column_before = received_at, self.profile.received_at
        for column, acts in self._steps:
            at = self._moment(cells, column)
            if at is None:
                continue
            at = self._not_before(cells, column, at, received_at, self.profile.received_at)
            at = self._not_before(cells, column, at, before, column_before)
            before, column_before = at, column
            recorded += [RecordedAct(act, at, read(cells, act, rule, plain)) for act, rule in acts]
        return tuple(recorded)

    def _milestones(
        self, cells: list[str], received_at: datetime, read: _ReadText, plain: bool
    ) -> tuple[RecordedAct, ...]:
        """A bank's acts on a loan request, in order of time, up to the one that ends it."""
        acts: list[RecordedAct] = []
        for definition in self.profile.acts:
            moments = [(at, column) for column in definition.columns if (at := self._moment(cells, column))]
            if moments:
                at, column = min(moments)
                at = self._not_before(cells, column, at, received_at, self.profile.received_at)
                acts.append(RecordedAct(definition, at, read(cells, definition, _LINE, plain)))
        acts.sort(key=lambda act: act.occurred_at)
        names = [act.definition.act for act in acts]
        ended = next((n for n, name in enumerate(names) if name == "withdraw"), len(acts))
        decided = next((n for n, name in enumerate(names) if name in DECISIONS), len(acts))
        return tuple(act for n, act in enumerate(acts) if n <= min(ended, decided) or (n == ended > decided))

    def _amount(self, cells: list[str], column: str) -> str:
        cell = cells[self._index[column]].strip()
        try:
            return _AMOUNT.validate_python(cell if _PLAIN_SUM.fullmatch(cell) else yuan(cell))
        except ValidationError as error:
            raise BadRow(
                f"{column}：{cell[:SHOWN]!r} 不是大于 0 的金额（元），例如 500000.00",
                f"{column}: {cell[:SHOWN]!r} is no sum above 0 in yuan, like 500000.00",
            ) from error
