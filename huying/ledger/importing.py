"""Brings an old ledger into a live city, part by part, and says of each row what became of it.

A row that came in before is said so and not doubled, so that an import that broke off is begun again.
"""

import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from huying.ledger import profile as profiles
from huying.ledger.city import LiveCity, Refusal
from huying.ledger.profile import LedgerProfile
from huying.ledger.results import Fate, ResultFile, RowResult, shown
from huying.ledger.rows import LedgerRow, LedgerRows
from huying.ledger.tables import Table
from huying.simulate.cells import BadRow

PART = 250
"""Rows of one request."""
ANSWER_S = 120.0
_ACT = re.compile(r"acts\.(\d+)")


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
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(headers=headers, timeout=ANSWER_S, transport=transport) as http:
        city = LiveCity(http, url)
        units = await city.units() if profile.dispatch else {}
        spreadsheet = file.suffix.lower() == ".xlsx"
        reader = LedgerRows(profile, table.columns, units, spreadsheet=spreadsheet)
        with ResultFile(out, tuple(profile.fields)) as results:
            async with _held(city, dry_run=dry_run):
                importer = _Importer(city, profile, results, dry_run=dry_run)
                rows = _read(table, reader)
                while part := list(islice(rows, PART)):
                    await importer.take(part)
    return results.counts


@contextlib.asynccontextmanager
async def _held(city: LiveCity, *, dry_run: bool) -> AsyncIterator[None]:
    if dry_run:
        yield
        return
    async with city.held():
        yield


def _read(table: Table, reader: LedgerRows) -> Iterator[LedgerRow | RowResult]:
    """The rows of a table, or why one is none."""
    first: dict[str, int] = {}
    for number, cells in table:
        try:
            if (place := table.unnamed(cells)) is not None:
                raise BadRow(
                    f"第 {place + 1} 列没有列名，却有内容",
                    f"column {place + 1} holds something without a name",
                )
            row = reader.row(number, cells)
            if (before := first.setdefault(row.source_id, number)) != number:
                raise BadRow(
                    f"编号 {row.source_id} 已见于第 {before} 行", f"row {before} has this number already"
                )
            yield row
        except BadRow as error:
            yield RowResult(number, reader.source_id(cells), Fate.REFUSED, None, error.zh)


class _Importer:
    """Takes rows part by part and writes the result of each, in their order."""

    def __init__(self, city: LiveCity, profile: LedgerProfile, results: ResultFile, *, dry_run: bool) -> None:
        self._city = city
        self._source = profile.id
        self._results = results
        self._dry_run = dry_run

    async def take(self, part: Sequence[LedgerRow | RowResult]) -> None:
        rows = [row for row in part if isinstance(row, LedgerRow)]
        sent = [row.registration for row in rows]
        answers = await self._city.register(self._source, sent, dry_run=self._dry_run) if rows else []
        refusals = {} if self._dry_run else await self._dispatched(rows, answers)
        answered = iter(zip(rows, answers, strict=True))
        for row in part:
            result = row if isinstance(row, RowResult) else self._result(*next(answered), refusals)
            self._results.add(result)

    def _result(self, row: LedgerRow, answer: dict[str, Any], refusals: dict[int, Refusal]) -> RowResult:
        number, sent = answer["registration_number"], shown(row.registration)
        if refused := answer.get("refused"):
            reason = f"{refused['field']}：{refused['zh']}" if refused["field"] else refused["zh"]
            return RowResult(row.number, row.source_id, Fate.REFUSED, None, reason, sent)
        if refusal := refusals.get(row.number):
            return RowResult(row.number, row.source_id, Fate.REGISTERED_ONLY, number, refusal.zh, sent)
        fate = Fate.ALREADY if answer.get("already") else Fate.WOULD_BE if self._dry_run else Fate.IMPORTED
        return RowResult(row.number, row.source_id, fate, number, "", sent)

    async def _dispatched(
        self, rows: Sequence[LedgerRow], answers: Sequence[dict[str, Any]]
    ) -> dict[int, Refusal]:
        """Do the acts of the rows that came in; returns the refusals by row."""
        new, refusals = list[LedgerRow](), dict[int, Refusal]()
        for row, answer in zip(rows, answers, strict=True):
            if answer.get("refused") or not row.acts:
                continue
            if not answer.get("already"):
                new.append(row)
            elif (refusal := await self._city.act(row.acts)) and not _done_before(refusal):
                refusals[row.number] = refusal
        while new:
            acts = [(row, act) for row in new for act in row.acts]
            refusal = await self._city.act([act for _, act in acts])
            if refusal is None:
                break
            place = _ACT.match(refusal.field)
            refused, _ = acts[int(place[1]) if place else 0]
            refusals[refused.number] = refusal
            new.remove(refused)
        return refusals


def _done_before(refusal: Refusal) -> bool:
    """Whether the acts of a row came in with an earlier import: its dispatch is refused as a repetition."""
    return refusal.status == 409 and refusal.field.startswith("acts.0")
