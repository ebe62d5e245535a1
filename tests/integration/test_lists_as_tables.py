"""Every list can be had as CSV and XLSX: the same rows and cells, and no more than the list shows."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx
import openpyxl
import pytest
from fastapi.routing import APIRoute

from services import SERVICES
from shared.rules.judging.state import CaseState
from shared.web import ops
from shared.web.answers import is_list
from shared.web.tables import Column, columns_of
from tests.city import ALL, City, refused
from tests.integration.test_access import ACCESS, ACCOUNTS, NOBODY
from tests.lending import ask, banks

pytestmark = pytest.mark.services(*ALL)

FORMULA = '=HYPERLINK("http://evil.example";"看")'
NEEDED = {
    "/intake/callers": "?phone=13800000000",
    "/intake/alike": "?title=道路破损",
    "/intake/channels/statistics": "?since=2026-01-01&until=2026-12-31",
}
"""What these lists are asked."""
UNSHOWN = ("/notify/failures", "/intake/mine", "/desks/people/sessions")
"""Lists that none of these callers reads: nothing failed here, and nobody proved who it is or signed in."""
MORE = 510
"""More than the items of the largest page."""
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def lists() -> Iterator[tuple[str, APIRoute]]:
    from huying.local.services import load

    for name in SERVICES:
        for router in (*load(name).routers, ops.router):
            for route in router.routes:
                if isinstance(route, APIRoute) and route.methods == {"GET"} and is_list(route.response_model):
                    yield name, route


LISTS = {f"/{name}{route.path}": (name, route) for name, route in lists()}


@pytest.fixture(scope="module")
async def filled(city: City) -> dict[str, Any]:
    """An appeal with formulas for texts, and a loan request."""
    appeal = await city.register(title=FORMULA, enterprise={"name": "@SUM(A1)", "phone": "13800000000"})
    await city.dispatch(appeal, {"unit": "roads"}, {"unit": "east", "role": "协办"})
    await banks(city)
    loan = await ask(city)
    await city.drained()
    await city.move_to("2026-11-20 09:00")
    return {**NOBODY, **appeal, "loan_id": loan["loan_id"], "case_id": appeal["appeal_id"], "code": "bank-a"}


@pytest.fixture(scope="module")
async def many(city: City, filled: dict[str, Any]) -> dict[str, Any]:
    """Appeals on more than one page beside the others."""
    items = [
        {
            "act": "register",
            "source_id": str(n),
            "occurred_at": "2026-11-20T09:00:01+08:00",
            "channel": "热线",
            "kind": "求助",
            "title": f"诉求 {n}",
            "text": "请协调解决。",
            "enterprise": {"name": "示例制造有限公司"},
        }
        for n in range(MORE)
    ]
    await city.ok("importer", "POST", "/intake/import", {"source": "old", "items": items})
    await city.drained()
    return filled


def columns(path: str) -> list[Column]:
    name, route = LISTS[path]
    from huying.local.services import load

    return columns_of(route.response_model, load(name).titles[f"GET {route.path}"])


@pytest.mark.parametrize("path", LISTS)
def test_every_list_has_columns_with_chinese_titles_of_fields_that_it_has(path: str) -> None:
    titles = [column.title for column in columns(path)]
    assert len(titles) == len(set(titles)) > 1 or path.endswith("/calendars")
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in title) for title in titles)


async def whole(city: City, account: str | None, path: str, **headers: str) -> list[dict[str, Any]] | int:
    """All items of a list, page by page, or the status of the refusal."""
    answer = await city.call(account, "GET", path, **headers)
    items: list[dict[str, Any]] = []
    while answer.status_code == 200:
        content = answer.json()
        items += content["items"]
        if content.get("next") is None:
            return items
        mark = "&" if "?" in path else "?"
        next_page = f"{path}{mark}limit=500&cursor={content['next']}"
        answer = await city.call(account, "GET", next_page, **headers)
    return answer.status_code


def csv_rows(answer: httpx.Response) -> list[list[str]]:
    assert answer.headers["content-type"].startswith(CSV)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def sheet_rows(answer: httpx.Response) -> list[list[Any]]:
    assert answer.headers["content-type"] == XLSX
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True).active.iter_rows())
    assert all(cell.data_type != "f" for row in rows for cell in row)
    return [[cell.value for cell in row] for row in rows]


@pytest.mark.parametrize("path", LISTS)
async def test_a_table_has_what_the_list_has(city: City, filled: dict[str, Any], path: str) -> None:
    """For a role that reads rows and one that is refused. The slow suite asks as every role."""
    readers = [name for role, name in ACCOUNTS.items() if role in ACCESS[f"GET {path}"]]
    for account in sorted(readers, key=lambda name: name != "office"):
        items, table = await same_as_csv(city, filled, path, account)
        if table is not None and len(table) > 1:
            await same_as_xlsx(city, filled, path, account, items, table)
            break
    strangers = [name for role, name in ACCOUNTS.items() if role not in ACCESS[f"GET {path}"]]
    for stranger in strangers[-1:]:  # nobody where everybody reads the list
        items, table = await same_as_csv(city, filled, path, stranger)
        await same_as_xlsx(city, filled, path, stranger, items, table)
        assert table is None


@pytest.mark.slow
@pytest.mark.parametrize("path", LISTS)
async def test_a_table_has_what_the_list_has_for_every_role(
    city: City, filled: dict[str, Any], path: str
) -> None:
    shown = []
    for account in ACCOUNTS.values():
        items, table = await same_as_csv(city, filled, path, account)
        if (items, table) not in shown:  # most roles read what another one reads, or are refused
            await same_as_xlsx(city, filled, path, account, items, table)
            shown.append((items, table))
    hidden = path in UNSHOWN or (path.endswith("/authors/{case_id}") and "dispatch" not in path)
    assert hidden or any(table is not None for _, table in shown)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/intake/appeals", "/dispatch/appeals", "/escalation/cases"])
async def test_a_table_has_all_pages_of_the_list(city: City, many: dict[str, Any], path: str) -> None:
    items, table = await same_as_csv(city, many, path, "office")
    await same_as_xlsx(city, many, path, "office", items, table)
    assert isinstance(items, list)
    assert len(items) == MORE + 1


def asked(filled: dict[str, Any], path: str) -> tuple[str, dict[str, str]]:
    """The address of a list of what there is, and its headers."""
    headers = {"receipt_code": filled["receipt_code"]} if "/status/" in path else {}
    return path.format(**filled) + NEEDED.get(path, ""), headers


async def same_as_csv(
    city: City, filled: dict[str, Any], path: str, account: str | None
) -> tuple[list[dict[str, Any]] | int, list[list[str]] | None]:
    """The items of a list and its rows as CSV, which are the same; or the status of both and None."""
    address, headers = asked(filled, path)
    items = await whole(city, account, address, **headers)
    mark = "&" if "?" in address else "?"
    answer = await city.call(account, "GET", f"{address}{mark}format=csv", **headers)
    if isinstance(items, int):
        assert answer.status_code == items, account
        return items, None
    table = csv_rows(answer)
    cells = [[str(column.cell(item)) for column in columns(path)] for item in items]
    assert table == [[column.title for column in columns(path)], *cells], account
    return items, table


async def same_as_xlsx(
    city: City,
    filled: dict[str, Any],
    path: str,
    account: str | None,
    items: list[dict[str, Any]] | int,
    table: list[list[str]] | None,
) -> None:
    """Assert that the list as XLSX has the rows of its CSV, or is refused as the list was."""
    address, headers = asked(filled, path)
    answer = await city.call(account, "GET", address, accept=XLSX, **headers)
    if isinstance(items, int):
        assert answer.status_code == items, account
        return
    rows = [["" if cell is None else str(cell) for cell in row] for row in sheet_rows(answer)]
    assert rows == table, account


async def test_codes_have_their_names_times_the_offset_and_formulas_do_not_run(
    city: City, filled: dict[str, Any]
) -> None:
    answer = await city.call("office", "GET", "/dispatch/appeals?format=csv")
    titles, first, *_ = csv_rows(answer)
    row = dict(zip(titles, first, strict=True))
    assert (row["渠道"], row["诉求类型"], row["状态"]) == ("热线", "求助", "办理中")
    assert (row["标题"], row["企业名称"]) == (f"'{FORMULA}", "'@SUM(A1)")
    assert (row["承办单位代码"], row["主协办"]) == ("roads；east", "主办；协办")
    assert row["登记时间"].startswith("2026-11-09T09:00:00")
    assert row["登记时间"].endswith("+08:00")
    assert answer.headers["content-disposition"] == 'attachment; filename="appeals-20261120-0900.csv"'


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("format=pdf", "query.format"),
        ("format=csv&limit=5", "query.limit"),
        ("format=xlsx&cursor=abc", "query.cursor"),
        ("format=csv&banana=1", "query.banana"),
        ("format=csv&state=nonsense", "query.state"),
        ("format=csv&format=xlsx", "query.format"),
    ],
)
async def test_a_table_that_cannot_be_is_refused_before_anything_is_sent(
    city: City, filled: dict[str, Any], query: str, field: str
) -> None:
    refused(await city.call("office", "GET", f"/intake/appeals?{query}"), 422, field)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_a_filter_holds_for_the_table_and_takes_the_chinese_name(
    city: City, filled: dict[str, Any], form: str
) -> None:
    appeal = await city.ok("office", "GET", f"/intake/appeals/{filled['registration_number']}")
    state = CaseState(appeal["state"]).zh
    answer = await city.call("office", "GET", f"/intake/appeals?format={form}&state={state}")
    assert answer.status_code == 200
    rows = csv_rows(answer) if form == "csv" else sheet_rows(answer)
    assert [row[0] for row in rows[1:]] == [filled["registration_number"]]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json, text/csv", "application/json"),
        ("text/csv;q=0.9, application/json", CSV),
        (f"text/html, {XLSX}", XLSX),
    ],
)
async def test_accept_asks_for_a_form_and_names_the_first_known_one(
    city: City, accept: str | None, kind: str
) -> None:
    headers = {"accept": accept} if accept else {}
    answer = await city.call("office", "GET", "/dispatch/units", **headers)
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert (await city.call("office", "GET", "/dispatch/units?format=json", accept=CSV)).json()["items"]
