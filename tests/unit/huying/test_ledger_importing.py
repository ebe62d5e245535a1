"""The importer at a city that answers from memory: parts overlap and stay in order, and memory stays flat."""

import asyncio
import csv
import sys
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from huying.ledger.importing import PART, UNDER_WAY, import_ledger
from huying.ledger.repeated import NumbersRead
from huying.ledger.results import Fate
from services.intake.domain.registration import imported_id
from tests.ledgers import COLUMNS, ledger_row

DONE = {"承办单位": "市政局", "交办时间": "2026/3/2 10:00", "办结时间": "2026/3/4"}
ROWS_OF_SLOW_TEST = 40_000


def ledger(path: Path, rows: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(COLUMNS)
        writer.writerows(ledger_row(f"旧2024第{n:07}号", **DONE) for n in range(rows))
    return path


class CityInMemory(httpx.AsyncBaseTransport):
    """Takes every row, and does no act before the third part is registered."""

    def __init__(self) -> None:
        self.registered: list[str] = []
        self.done: list[str] = []
        self.traces: set[str] = set()
        self.third_part = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.traces.add(request.headers["traceparent"])
        return httpx.Response(200, json=await self._answer(request))

    async def _answer(self, request: httpx.Request) -> dict[str, Any]:
        match request.url.path:
            case "/dispatch/units":
                return {"items": [{"code": "roads", "name": "市政局"}], "next": None}
            case "/intake/import":
                return {"items": [self._register(item) for item in orjson.loads(request.content)["items"]]}
            case "/dispatch/import":
                return await self._act(orjson.loads(request.content)["acts"])
        return {"hold_at": "2026-03-09T00:00:00+08:00", "hold_until": "2026-03-09T00:05:00+08:00"}

    def _register(self, item: dict[str, Any]) -> dict[str, Any]:
        self.registered.append(item["source_id"])
        if len(self.registered) > 2 * PART:
            self.third_part.set()
        appeal_id = str(imported_id("ledger-zh", item["source_id"]))
        number = f"BZ-20260302-{len(self.registered):05}"
        return {"source_id": item["source_id"], "appeal_id": appeal_id, "registration_number": number}

    async def _act(self, acts: list[dict[str, Any]]) -> dict[str, Any]:
        await asyncio.wait_for(self.third_part.wait(), 20)
        ids = list(dict.fromkeys(act["appeal_id"] for act in acts))
        self.done += ids
        return {"items": [{"appeal_id": id_, "already": False, "problem": None} for id_ in ids]}


async def test_a_part_is_registered_while_the_acts_of_those_before_are_done(tmp_path: Path) -> None:
    city, rows = CityInMemory(), 3 * PART
    file, out = ledger(tmp_path / "a.csv", rows), tmp_path / "out.csv"
    counts = await import_ledger(file, "ledger-zh", "http://city", "k", out, dry_run=False, transport=city)
    assert counts == {Fate.IMPORTED: rows}
    with out.open(encoding="utf-8-sig", newline="") as lines:
        results = list(csv.DictReader(lines))
    assert city.registered == [line["原编号"] for line in results], "in the order of the ledger"
    assert [line["挂号编号"][-5:] for line in results] == [f"{n:05}" for n in range(1, rows + 1)]
    assert len(city.done) == rows
    assert {trace[-3:] for trace in city.traces} == {"-00"}, "no trace of an import is kept"


async def test_no_more_parts_are_under_way_than_said(tmp_path: Path) -> None:
    most = 0

    class Counting(CityInMemory):
        async def _act(self, acts: list[dict[str, Any]]) -> dict[str, Any]:
            nonlocal most
            most = max(most, len(self.registered) - len(self.done))
            return await super()._act(acts)

    file, out = ledger(tmp_path / "a.csv", (UNDER_WAY + 3) * PART), tmp_path / "out.csv"
    await import_ledger(file, "ledger-zh", "http://city", "k", out, dry_run=False, transport=Counting())
    assert most <= UNDER_WAY * PART


def test_a_number_that_comes_again_is_told_with_its_first_row() -> None:
    with NumbersRead() as numbers:
        assert [numbers.first_row(number, row) for row, number in enumerate("abcab", 2)] == [2, 3, 4, 2, 3]


PEAK = """
import asyncio, resource, sys
from pathlib import Path
from huying.ledger.importing import import_ledger
from tests.unit.huying.test_ledger_importing import CityInMemory

class Fresh(CityInMemory):
    async def _act(self, acts):
        self.third_part.set()
        answer = await super()._act(acts)
        self.registered.clear(), self.done.clear(), self.traces.clear()
        return answer

file = Path(sys.argv[1])
asyncio.run(import_ledger(file, "ledger-zh", "http://city", "k", file.with_suffix(".xlsx"), dry_run=False,
                          transport=Fresh()))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_memory_of_the_importer_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    async def peak_kib(rows: int) -> int:
        file = ledger(tmp_path / f"{rows}.csv", rows)
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PEAK, str(file), stdout=asyncio.subprocess.PIPE
        )
        said, _ = await program.communicate()
        assert program.returncode == 0
        return int(said)

    few, many = await peak_kib(ROWS_OF_SLOW_TEST // 10), await peak_kib(ROWS_OF_SLOW_TEST)
    assert many - few < 5 * 1024, f"{few} KiB with a tenth of the rows, {many} with all"
