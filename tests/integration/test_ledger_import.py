"""An old ledger comes into a live city row by row: tried first, imported, begun again without doubling."""

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
from tests.city import DIGEST, TABLES, City, refused
from tests.ledgers import ledger_row, workbook

DONE = {"承办单位": "市政局", "联系时间": "2026/11/9", "回复时间": "2026/11/9", "办结时间": "2026/11/9"}


def row(number: str, **more: Any) -> list[Any]:
    return ledger_row(number, 受理时间="2026/11/9 10:00", **more)


async def run(city: City, file: Path, *, dry_run: bool = False, account: str = "importer") -> Counter[Fate]:
    apps = {name: context.app for name, context in city.services.items()}
    transport = httpx.ASGITransport(under_one_port(apps))
    out = file.with_suffix(".result.xlsx")
    key = city.keys[account]
    return await import_ledger(
        file, "ledger-zh", "http://city", key, out, dry_run=dry_run, transport=transport
    )


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
                (line,) = await conn.execute(sa.text(DIGEST.format(table)))
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
    assert await run(city, file) == {Fate.IMPORTED: 3, Fate.REFUSED: 1}
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


async def test_a_row_whose_acts_are_refused_is_registered_and_the_others_are_dispatched(
    city: City, tmp_path: Path
) -> None:
    late = {"承办单位": "市政局", "办结时间": "2026/11/9 15:00", "联系时间": "2026/11/9 16:00"}
    file = workbook(tmp_path / "a.xlsx", [row("s1", **DONE), row("s2", **late), row("s3", **DONE)])
    profile_order = await run(city, file)
    assert profile_order[Fate.IMPORTED] + profile_order[Fate.REGISTERED_ONLY] == 3
    for line in results(file):
        assert line["挂号编号"]
        assert (line["结果"] == Fate.IMPORTED) == (line["原因"] is None)


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
