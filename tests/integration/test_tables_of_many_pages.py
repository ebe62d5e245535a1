"""A list that has more than one page is whole as CSV and as XLSX."""

import csv
import io

import openpyxl
import pytest

from tests.city import DISPATCH, INTAKE, City

pytestmark = pytest.mark.services(INTAKE, DISPATCH)

LARGEST_PAGE = 500
APPEALS = LARGEST_PAGE + 10


async def test_a_table_has_all_pages_of_the_list(city: City) -> None:
    items = [
        {
            "act": "register",
            "source_id": str(n),
            "occurred_at": "2026-11-09T09:00:01+08:00",
            "channel": "热线",
            "kind": "求助",
            "title": f"诉求 {n}",
            "text": "请协调解决。",
            "enterprise": {"name": "示例制造有限公司"},
        }
        for n in range(APPEALS)
    ]
    await city.ok("importer", "POST", "/intake/import", {"source": "old", "items": items})
    page = await city.ok("office", "GET", f"/intake/appeals?limit={LARGEST_PAGE}")
    rest = await city.ok("office", "GET", f"/intake/appeals?limit={LARGEST_PAGE}&cursor={page['next']}")
    numbers = [item["registration_number"] for item in page["items"] + rest["items"]]
    assert len(numbers) == APPEALS

    as_csv = await city.call("office", "GET", "/intake/appeals?format=csv")
    table = list(csv.reader(io.StringIO(as_csv.content.decode("utf-8-sig"), newline="")))
    assert [row[0] for row in table[1:]] == numbers

    as_xlsx = await city.call("office", "GET", "/intake/appeals?format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx.content), read_only=True).active
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == numbers
