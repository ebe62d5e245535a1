"""Brings an old ledger into a live city, part by part, and says of each row what became of it.

A row that came in before is said so and not doubled, so that an import that broke off is begun again.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from huying.ledger import profile as profiles
from huying.ledger.city import LiveCity, Undone
from huying.ledger.profile import LedgerProfile
from huying.ledger.repeated import NumbersRead
from huying.ledger.results import Fate, ResultFile, RowResult, shown
from huying.ledger.rows import LedgerRow, LedgerRows, column_of
from huying.ledger.tables import Table
from huying.simulate.cells import BadRow

PART = 250
"""Rows of one request."""
UNDER_WAY = 4
"""Parts that are registered, and wait for dispatch to hear of them and to do their acts."""
ANSWER_S = 120.0
ReadRow = LedgerRow | RowResult
_DONE = (Fate.IMPORTED, Fate.REGISTERED_ONLY)
_TRIED = (Fate.WOULD_BE, Fate.WOULD_BE_REGISTERED)
"""What becomes of a new row whose acts are done, and of one whose acts are refused."""


async def import_ledger(
    file: Path,
    profile_name: str,
    url: str,
    key: str,
    out: Path,
    *,
    dry_run: bool,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Counter[Fate]:
    """Import a file and write the results to `out`; returns how many rows fared how.

    Raises ProfileError, FileRefused and ImportFailed.
    """
    profile = profiles.load(profile_name)
    table = Table(file, profile)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    async with httpx.AsyncClient(headers=headers, timeout=ANSWER_S, transport=transport) as http:
        city = LiveCity(http, url)
        units = await city.units() if profile.dispatch else {}
        reader = LedgerRows(profile, table.columns, units, table.formats)
        with ResultFile(out, tuple(profile.fields)) as results, NumbersRead() as numbers:
            async with _held(city, dry_run=dry_run):
                importer = _Importer(city, profile, results, dry_run=dry_run)
                await importer.take_all(_read(table, reader, numbers))
    return results.counts


@contextlib.asynccontextmanager
async def _held(city: LiveCity, *, dry_run: bool) -> AsyncIterator[None]:
    if dry_run:
        yield
        return
    async with city.held():
        yield


def _read(table: Table, reader: LedgerRows, numbers: NumbersRead) -> Iterator[ReadRow]:
    """The rows of a table, or why one is none."""
    for number, cells in table:
        try:
            if (place := table.unnamed(cells)) is not None:
                raise BadRow(
                    f"第 {place + 1} 列没有列名，却有内容",
                    f"column {place + 1} holds something without a name",
                )
            row = reader.row(number, cells)
            if (before := numbers.first_row(row.source_id, number)) != number:
                raise BadRow(
                    f"编号 {row.source_id} 已见于第 {before} 行", f"row {before} has this number already"
                )
            yield row
        except BadRow as error:
            yield RowResult(number, reader.source_id(cells), Fate.REFUSED, None, error.zh)


class _Part(NamedTuple):
    """Rows that were registered together, what came of each, and their acts, which are under way."""

    read: Sequence[ReadRow]
    rows: Sequence[LedgerRow]
    answers: Sequence[dict[str, Any]]
    undone: "asyncio.Task[Mapping[str, Undone]]"


class _Importer:
    """Takes rows part by part and writes the result of each, in their order.

    A part is read while the one before it is registered, and its acts are done while the next ones are.
    Parts are registered one after the other: the numbers of a day follow the ledger.
    """

    def __init__(self, city: LiveCity, profile: LedgerProfile, results: ResultFile, *, dry_run: bool) -> None:
        self._city = city
        self._profile = profile
        self._results = results
        self._dry_run = dry_run
        self._fates = _TRIED if dry_run else _DONE
        self._under_way: deque[_Part] = deque()

    async def take_all(self, rows: Iterator[ReadRow]) -> None:
        """Bring in all rows. Raises ImportFailed, and what reading a row raises."""
        reading = _reading(rows)
        try:
            while read := await reading:
                reading = _reading(rows)
                self._under_way.append(await self._registered(read))
                if len(self._under_way) == UNDER_WAY:
                    await self._write(self._under_way.popleft())
            while self._under_way:
                await self._write(self._under_way.popleft())
        finally:
            await _ended(reading, *(part.undone for part in self._under_way))

    async def _registered(self, read: Sequence[ReadRow]) -> _Part:
        rows = [row for row in read if isinstance(row, LedgerRow)]
        sent = [row.registration for row in rows]
        answers = await self._city.register(self._profile.id, sent, dry_run=self._dry_run) if rows else []
        return _Part(read, rows, answers, asyncio.create_task(self._dispatched(rows, answers)))

    async def _write(self, part: _Part) -> None:
        undone = await part.undone
        answered = iter(zip(part.rows, part.answers, strict=True))
        for row in part.read:
            result = row if isinstance(row, RowResult) else self._result(*next(answered), undone)
            self._results.add(result)

    def _result(self, row: LedgerRow, answer: dict[str, Any], undone: Mapping[str, Undone]) -> RowResult:
        is_new = not answer.get("already")
        fate, reason = self._fates[0] if is_new else Fate.ALREADY, ""
        number = None if self._dry_run and is_new else answer["registration_number"]
        if refused := answer.get("refused"):
            fate = Fate.REFUSED
            column = column_of(refused["field"], self._profile.fields)
            reason = f"{column}：{refused['zh']}" if column else refused["zh"]
        elif why := undone.get(str(row.appeal_id)):
            fate, reason = self._fates[1], f"{row.act_columns[why.act]}：{why.zh}"
        return RowResult(row.number, row.source_id, fate, number, reason, shown(row.registration))

    async def _dispatched(
        self, rows: Sequence[LedgerRow], answers: Sequence[dict[str, Any]]
    ) -> Mapping[str, Undone]:
        """Do the acts of the rows that came in; returns those that were refused, by appeal."""
        came_in = [
            (row, answer)
            for row, answer in zip(rows, answers, strict=True)
            if row.acts and not answer.get("refused")
        ]
        acts_of = {str(row.appeal_id): row.acts for row, _ in came_in}
        if not acts_of:
            return {}
        if not self._dry_run:
            return await self._city.act(acts_of)
        return await self._city.try_acts(acts_of, [_as_heard(*pair) for pair in came_in])


def _reading(rows: Iterator[ReadRow]) -> "asyncio.Task[list[ReadRow]]":
    """Reads the next part, while the city works."""
    return asyncio.create_task(asyncio.to_thread(lambda: list(islice(rows, PART))))


async def _ended(reading: "asyncio.Task[list[ReadRow]]", *under_way: "asyncio.Task[Any]") -> None:
    """Wait for the thread that reads; what else is under way is given up."""
    for task in under_way:
        task.cancel()
    await asyncio.gather(reading, *under_way, return_exceptions=True)


def _as_heard(row: LedgerRow, answer: dict[str, Any]) -> dict[str, Any]:
    """What dispatch would hear of a registration, as far as its acts ask for it."""
    return {
        "appeal_id": str(row.appeal_id),
        "kind": row.registration["kind"],
        "received_at": row.registration["occurred_at"],
        "pack": answer["pack"],
        "is_withheld": answer["is_withheld"],
    }
