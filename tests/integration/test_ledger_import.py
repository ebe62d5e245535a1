"""An old ledger comes into a live city row by row: tried first, imported, begun again without doubling."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
import sqlalchemy as sa

from huying.ledger import importing
from huying.ledger.city import ImportFailed
from huying.ledger.importing import import_ledger
from huying.ledger.results import Fate
from shared.service.start import under_one_port
from tests.city import DIGEST, TABLES, WITHOUT_READS, City, refused
from tests.ledgers import ledger_row, workbook

DONE = {"承办单位": "市政局", "联系时间": "2026/11/9", "回复时间": "2026/11/9", "办结时间": "2026/11/9"}


def row(number: str, **more: Any) -> list[Any]:
    return ledger_row(number, 受理时间="2026/11/9 10:00", **more)


class Killed(Exception):
    """The importer is gone: it sends nothing more."""


class Killing(httpx.ASGITransport):
    """Kills the importer at a request: before it is sent, or when its answer is on the way."""

    def __init__(self, app: Any, request: int, *, answered: bool) -> None:
        super().__init__(app)
        self._left, self._answered = request, answered

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._left -= 1
        if self._left == 0 and self._answered:
            await super().handle_async_request(request)
        if self._left <= 0:
            raise Killed
        return await super().handle_async_request(request)


def app_of(city: City) -> Any:
    return under_one_port({name: context.app for name, context in city.services.items()})


async def run(
    city: City,
    file: Path,
    *,
    dry_run: bool = False,
    account: str = "importer",
    profile: str = "ledger-zh",
    transport: httpx.ASGITransport | None = None,
) -> Counter[Fate]:
    out, key = file.with_suffix(".result.xlsx"), city.keys[account]
    transport = transport or httpx.ASGITransport(app_of(city))
    return await import_ledger(file, profile, "http://city", key, out, dry_run=dry_run, transport=transport)


def results(file: Path) -> list[dict[str, Any]]:
    book = openpyxl.load_workbook(file.with_suffix(".result.xlsx"))
    titles, *rows = book.active.iter_rows(values_only=True)
    return [dict(zip(titles, (cell or None for cell in cells), strict=True)) for cells in rows]


async def digests(city: City) -> dict[str, str]:
    """What every table of intake and dispatch holds."""
    held = {}
    for service in ("intake", "dispatch"):
        async with city.services[service].engine.begin() as conn:
            for table in (await conn.execute(sa.text(TABLES))).scalars():
                (line,) = await conn.execute(sa.text(DIGEST.format(table, WITHOUT_READS.get(table, ""))))
                held[f"{service} {table}"] = line[1]
    return held


async def count(city: City) -> int:
    listed = await city.call("office", "GET", "/intake/appeals?format=csv")
    return len(listed.text.splitlines()) - 1


@pytest.fixture(scope="module")
async def city(city: City) -> City:
    """The city with a unit of the ledger's name; its driven clock stands before the times of the ledger."""
    version = {unit["code"]: unit for unit in (await city.ok("office", "GET", "/dispatch/units"))["items"]}[
        "roads"
    ]
    body = {"name": "市政局", "kind": "部门"}
    await city.ok("office", "PUT", "/dispatch/units/roads", body, if_match=f'"{version["version"]}"')
    return city


async def test_a_dry_run_says_what_would_come_of_each_row_and_changes_nothing(
    city: City, tmp_path: Path
) -> None:
    file = workbook(tmp_path / "a.xlsx", [row("d1", **DONE), row("d2", 联系电话="12"), row("d1")])
    await city.drained()
    before = await digests(city)
    counts = await run(city, file, dry_run=True)
    assert await digests(city) == before
    assert counts == {Fate.WOULD_BE: 1, Fate.REFUSED: 2}, results(file)
    first, second, third = results(file)
    assert (first["结果"], first["原因"]) == ("将导入", None)
    assert (first["occurred_at"], first["enterprise.phone"]) == ("2026-11-09T10:00:00+08:00", "13800000000")
    assert (second["行号"], second["结果"]) == ("3", "未导入")
    assert second["原因"].startswith("联系电话：电话号码有误")
    assert third["原因"] == "编号 d1 已见于第 2 行"


async def test_rows_come_in_with_numbers_and_those_of_before_are_said_so(city: City, tmp_path: Path) -> None:
    rows = [row("r1", **DONE), row("r2"), row("r3", 企业名称="=1+1"), row("r4", 来源渠道="无署名意见书")]
    file = workbook(tmp_path / "a.xlsx", rows)
    before = await count(city)
    assert await run(city, file) == {Fate.IMPORTED: 3, Fate.REFUSED: 1}, results(file)
    imported = results(file)
    assert imported[0]["挂号编号"].startswith("BZ-20261109-")
    assert imported[2]["enterprise.name"] == "'=1+1"
    assert "“无署名意见书”不得填写企业信息" in imported[3]["原因"]
    assert await count(city) == before + 3
    await city.drained()
    again = workbook(tmp_path / "b.xlsx", [*rows, row("r5", **DONE)])
    assert await run(city, again) == {Fate.ALREADY: 3, Fate.IMPORTED: 1, Fate.REFUSED: 1}
    assert [line["挂号编号"] for line in results(again)[:3]] == [line["挂号编号"] for line in imported[:3]]
    assert await count(city) == before + 4
    await city.drained()
    items = (await city.ok("office", "GET", "/dispatch/appeals?unit=roads&limit=500"))["items"]
    (done,) = (item for item in items if item["registration_number"] == imported[0]["挂号编号"])
    assert [(leg["unit"], leg["state"], leg["outcome"]) for leg in done["legs"]] == [
        ("roads", "completed", "solved")
    ]


async def test_an_import_that_broke_off_before_the_dispatch_goes_on_there(city: City, tmp_path: Path) -> None:
    registration = {
        "act": "register",
        "source_id": "b1",
        "occurred_at": "2026-11-09T10:00:00+08:00",
        "channel": "热线",
        "kind": "求助",
        "title": "厂区门口道路破损",
        "text": "货车无法进出，请尽快修复。",
        "enterprise": {"name": "示例制造有限公司"},
    }
    await city.ok("importer", "POST", "/intake/import", {"source": "ledger-zh", "items": [registration]})
    await city.drained()
    file = workbook(tmp_path / "a.xlsx", [row("b1", **DONE)])
    assert await run(city, file) == {Fate.ALREADY: 1}
    number = results(file)[0]["挂号编号"]
    await city.drained()
    items = (await city.ok("office", "GET", "/dispatch/appeals?unit=roads&limit=500"))["items"]
    assert number in [item["registration_number"] for item in items]


REPLIED_LATE = """
id: late
zone: Asia/Shanghai
format: '%Y/%m/%d %H:%M'
fields: {source_id: 编号, occurred_at: 受理时间, kind: 诉求类型,
  channel: {column: 来源渠道, values: {电话: 热线}},
  title: 标题, text: 诉求内容,
  enterprise.name: 企业名称, enterprise.phone: 联系电话}
dispatch:
  unit: 承办单位
  acts:
    - {act: complete, at: 办结时间, fields: {text: {words: 已办结}, outcome: {words: 已解决}}}
    - {act: reply, at: 回复时间, fields: {text: {words: 已回复}}}
ignored: [属地, 统一社会信用代码, 联系人, 交办时间, 联系时间, 回复内容, 办理结果]
"""
"""Replies come after the completion, so that dispatch refuses them."""


@pytest.fixture
def late(tmp_path: Path) -> str:
    path = tmp_path / "late.yaml"
    path.write_text(REPLIED_LATE, "utf-8")
    return str(path)


def with_every_fate(prefix: str) -> list[list[Any]]:
    done = {"承办单位": "市政局", "办结时间": "2026/11/9 15:00"}
    return [
        row(f"{prefix}1", **done),
        row(f"{prefix}2", **done, 回复时间="2026/11/9 16:00"),
        row(f"{prefix}3", 联系电话="12"),
        row(f"{prefix}4", 来源渠道="无署名意见书"),
        row(f"{prefix}5", **done),
        row(f"{prefix}6"),
    ]


async def test_a_row_whose_acts_are_refused_is_registered_and_the_others_are_dispatched(
    city: City, tmp_path: Path, late: str
) -> None:
    file = workbook(tmp_path / "a.xlsx", with_every_fate("s"))
    counts = await run(city, file, profile=late)
    assert counts == {
        Fate.IMPORTED: 3,
        Fate.REGISTERED_ONLY: 1,
        Fate.REFUSED: 2,
    }, [line["原因"] for line in results(file)]
    lines = results(file)
    assert [line["结果"] for line in lines[:2]] == ["已导入", "已登记，办理情况未导入"]
    assert lines[1]["原因"] == "回复时间：该承办件现为“已办结”，不能进行此操作"
    await city.drained()
    items = (await city.ok("office", "GET", "/dispatch/appeals?limit=500"))["items"]
    legs = {item["registration_number"]: [leg["state"] for leg in item["legs"]] for item in items}
    assert [legs[line["挂号编号"]] for line in lines if line["挂号编号"]] == [
        ["completed"],
        [],
        ["completed"],
        [],
    ]


async def test_rows_whose_acts_are_refused_share_the_transactions_of_the_others(
    city: City, tmp_path: Path, late: str
) -> None:
    """An act that is refused after another was done undoes that one alone."""
    done = {"承办单位": "市政局", "办结时间": "2026/11/9 15:00"}
    rows = [row(f"v{n}", **done, **({"回复时间": "2026/11/9 16:00"} if n % 2 else {})) for n in range(40)]
    await city.drained()
    before = await transactions(city)
    counts = await run(city, workbook(tmp_path / "a.xlsx", rows), profile=late)
    assert counts == {Fate.IMPORTED: 20, Fate.REGISTERED_ONLY: 20}
    acts = await transactions(city) - before
    assert len(acts) == 1, "one by one they would be twenty"


async def transactions(city: City) -> set[str]:
    """The transactions that wrote the acts of dispatch."""
    async with city.services["dispatch"].engine.begin() as conn:
        return set((await conn.execute(sa.text("select distinct cast(xmin as text) from acts"))).scalars())


async def test_a_dry_run_says_of_every_row_what_the_import_then_does(
    city: City, tmp_path: Path, late: str
) -> None:
    file = workbook(tmp_path / "a.xlsx", [*with_every_fate("t"), *with_every_fate("u")])
    await city.drained()
    before = await digests(city)
    await run(city, file, dry_run=True, profile=late)
    assert await digests(city) == before
    tried = results(file)
    await run(city, file, profile=late)
    done = results(file)
    said = {"将导入": "已导入", "将登记，办理情况不能导入": "已登记，办理情况未导入"}
    assert [(said.get(line["结果"], line["结果"]), line["原因"]) for line in tried] == [
        (line["结果"], line["原因"]) for line in done
    ]
    assert {line["结果"] for line in tried} == {"将导入", "将登记，办理情况不能导入", "未导入"}
    assert not any(line["挂号编号"] for line in tried), "numbers are given by the import alone"
    await run(city, file, dry_run=True, profile=late)
    again = results(file)
    assert [line["挂号编号"] for line in again] == [line["挂号编号"] for line in done]
    assert [line["结果"] for line in again[:2]] == ["以前已导入", "将登记，办理情况不能导入"]


@pytest.mark.slow
async def test_an_import_killed_at_any_request_and_begun_again_doubles_nothing(
    city: City, tmp_path: Path
) -> None:
    many = importing.PART + 1
    file = workbook(tmp_path / "a.xlsx", (row(f"k{n}", **DONE) for n in range(many)))
    before, acts = await count(city), await acts_done(city)
    requests = 3 + 2 * 2  # the units and two holds, then registrations and acts of two parts
    for request in range(4, requests + 1):
        for answered in (False, True):
            with pytest.raises(Killed):
                await run(city, file, transport=Killing(app_of(city), request, answered=answered))
    assert await run(city, file) == {Fate.ALREADY: many}
    assert await count(city) == before + many
    assert await acts_done(city) == acts + 4 * many, "dispatch, contact, reply and completion of each"


async def acts_done(city: City) -> int:
    async with city.services["dispatch"].engine.begin() as conn:
        return int((await conn.execute(sa.text("select count(*) from acts"))).scalar_one())


async def test_a_result_as_csv_runs_no_formula(city: City, tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", [row("f1", 标题="=1+1"), row("=f2")])
    out = tmp_path / "out.csv"
    transport = httpx.ASGITransport(app_of(city))
    key = city.keys["importer"]
    await import_ledger(file, "ledger-zh", "http://city", key, out, dry_run=True, transport=transport)
    with out.open(encoding="utf-8-sig", newline="") as lines:
        first, second = csv.DictReader(lines)
    assert (first["title"], second["原编号"], second["source_id"]) == ("'=1+1", "'=f2", "'=f2")


async def test_many_rows_come_in_part_by_part(city: City, tmp_path: Path) -> None:
    many = 2 * importing.PART + 1
    file = workbook(tmp_path / "a.xlsx", (row(f"m{n}") for n in range(many)))
    assert await run(city, file) == {Fate.IMPORTED: many}
    assert len({line["挂号编号"] for line in results(file)}) == many


async def test_only_an_importer_may(city: City, tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", [row("x1")])
    with pytest.raises(ImportFailed, match="无权进行此操作"):
        await run(city, file, account="office")


async def test_an_item_by_itself_is_answered_by_itself(city: City) -> None:
    item = {
        "act": "register",
        "source_id": "e1",
        "occurred_at": "2026-11-09T10:00:00+08:00",
        "channel": "网上",
        "kind": "咨询",
        "title": "t",
        "text": "t",
        "enterprise": {"name": "n"},
    }
    judged, unknown = (
        item | {"source_id": "e2", "occurred_at": "2026-11-01T00:00:00+08:00"},
        item | {"pack": "no-pack"},
    )
    withdrawn = {"act": "withdraw", "source_id": "e9", "occurred_at": item["occurred_at"], "reason": "r"}
    items = [item, item, judged, unknown | {"source_id": "e3"}, withdrawn]
    body = {"source": "each", "items": items, "each": True}
    answers = (await city.ok("importer", "POST", "/intake/import", body))["items"]
    assert answers[1]["already"]
    assert answers[0]["registration_number"] == answers[1]["registration_number"]
    assert [answer["refused"]["field"] for answer in answers[2:]] == ["occurred_at", "pack", "source_id"]
    assert [answer["refused"]["code"] for answer in answers[2:]] == ["invalid", "invalid", "not_found"]
    refused(
        await city.call("importer", "POST", "/intake/import", body | {"each": False, "items": [item]}),
        409,
        "items.0.source_id",
    )
