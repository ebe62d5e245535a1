"""The statement of a day: what both sides compare, in both forms, for the bank's own data alone."""

import asyncio
import csv
import io
import json
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE
from services.financing.banks.statement import queries, writing
from services.financing.banks.statement.queries import Span
from tests.banks import KafkaBank, ask, directory, report
from tests.city import ZONE, City, refused

STATEMENT = "/financing/bank/statement?date=2026-11-09"
REPORTS = "/financing/bank/reports"


@pytest.fixture
async def city(postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[City]:
    """Financing alone, on a broker of its own."""
    async with EmbeddedBroker(tmp_path) as broker, City(postgres, broker, services=(SERVICE,)) as city:
        await city.move_to("2026-11-09 09:00")
        yield city


async def a_day(city: City) -> dict[str, Any]:
    """Two requests to two banks: bank-a reports on its legs, rightly and wrongly, until after midnight."""
    await directory(city, bank_a=["desk"], bank_b=["desk"])
    first, second = await ask(city, "bank-a", "bank-b"), await ask(city, "bank-a")
    legs = first["legs"]["bank-a"], second["legs"]["bank-a"]
    await city.drained()
    await city.ok("bank-a", "GET", "/financing/bank/messages")
    for leg, state in ((legs[0], "received"), (legs[0], "received"), (legs[1], "disbursed")):
        await city.call("bank-a", "POST", REPORTS, report(leg, state))
    await city.call("bank-a", "POST", REPORTS, report(legs[1], "asked", report_id="=1+1"))
    city.set_clocks("2026-11-09 23:59:59.999999")
    await city.call("bank-a", "POST", REPORTS, report(legs[0], "contacted"))
    city.set_clocks("2026-11-10 00:00")
    await city.call("bank-a", "POST", REPORTS, report(legs[0], "under_review"))
    await city.move_to("2026-11-10 09:00")
    return {"legs": legs, "other": first["legs"]["bank-b"]}


async def test_it_tells_legs_reports_and_messages_of_the_day_with_their_sums(city: City) -> None:
    day = await a_day(city)
    statement = await city.ok("bank-a", "GET", STATEMENT)
    first, second = day["legs"]
    assert [(leg["leg"], leg["state"]) for leg in statement["legs"]] == [
        (first, "contacted"),
        (second, "pushed"),
    ]
    assert [(item["report_id"], item["code"]) for item in statement["reports"]] == [
        (report(first, "received")["report_id"], "accepted"),
        (report(first, "received")["report_id"], "repeated"),
        (report(second, "disbursed")["report_id"], "out_of_order"),
        ("=1+1", "malformed"),
        (report(first, "contacted")["report_id"], "accepted"),
    ]
    assert [(item["type"], item["leg"]) for item in statement["messages"]] == [
        ("bank.request.v1", first),
        ("bank.request.v1", second),
    ]
    assert statement["sums"] == {
        "legs": {"count": 2, "by_state": {"contacted": 1, "pushed": 1}},
        "reports": {
            "count": 5,
            "by_code": {"accepted": 2, "malformed": 1, "out_of_order": 1, "repeated": 1},
        },
        "messages": {"count": 2, "by_type": {"bank.request.v1": 2}},
    }
    assert (statement["date"], statement["zone"]) == ("2026-11-09", "Asia/Shanghai")
    assert statement["complete"] is True
    assert (statement["since"], statement["before"]) == (
        "2026-11-09T00:00:00+08:00",
        "2026-11-10T00:00:00+08:00",
    )
    assert day["other"] not in json.dumps(statement)
    assert await city.ok("office", "GET", "/financing/banks/bank-a/statement?date=2026-11-09") == statement
    next_day = await city.ok("bank-a", "GET", STATEMENT.replace("09", "10"))
    assert [item["code"] for item in next_day["reports"]] == ["accepted"]
    assert next_day["legs"][0]["state"] == "under_review"
    assert next_day["complete"] is False


@pytest.mark.parametrize(
    ("query", "accept", "kind"),
    [
        ("", None, "application/json"),
        ("", "text/csv", "text/csv"),
        ("", "text/csv, application/json;q=0.5", "text/csv"),
        ("", "application/json, text/csv", "application/json"),
        ("", "image/png", "application/json"),
        ("&format=csv", "application/json", "text/csv"),
        ("&format=json", "text/csv", "application/json"),
    ],
)
async def test_its_form_is_the_one_asked_for(city: City, query: str, accept: str | None, kind: str) -> None:
    await directory(city, bank_a=["desk"])
    headers = {} if accept is None else {"accept": accept}
    answer = await city.call("bank-a", "GET", STATEMENT + query, **headers)
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert answer.headers["vary"] == "Accept"


async def test_as_csv_it_says_the_same_and_runs_no_formula(city: City) -> None:
    await a_day(city)
    statement = await city.ok("bank-a", "GET", STATEMENT)
    answer = await city.call("bank-a", "GET", f"{STATEMENT}&format=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="statement-bank-a-2026-11-09.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    reports = [(row["id"].removeprefix("'"), row["code"]) for row in rows if row["record"] == "report"]
    assert reports == [(item["report_id"], item["code"]) for item in statement["reports"]]
    assert "'=1+1" in {row["id"] for row in rows}
    sums = {row["id"]: int(row["count"]) for row in rows if row["record"] == "sum" and not row["code"]}
    assert sums["reports"] == statement["sums"]["reports"]["count"]
    assert rows[-1]["record"] == "sum"
    assert (await city.call("bank-a", "GET", f"{STATEMENT}&format=csv")).content == answer.content


@pytest.mark.parametrize(
    "date", ["2026-11-10", "2026-02-30", "1989-12-31", "20261109", "0", "2026-11-09T00:00"]
)
async def test_a_day_that_is_none_or_has_not_begun_is_refused(city: City, date: str) -> None:
    await directory(city, bank_a=["desk"])
    answer = await city.call("bank-a", "GET", f"/financing/bank/statement?date={date}")
    problem = refused(answer, 422)
    assert problem["errors"][0]["field"].endswith("date")


async def test_a_day_is_complete_once_all_replies_on_kafka_were_read(city: City) -> None:
    await directory(city, bank_a=["kafka"])
    loan = await ask(city, "bank-a")
    async with KafkaBank(city, "bank-a") as bank:
        await bank.report(loan["legs"]["bank-a"], "contacted")
        city.set_clocks("2026-11-10 09:00")
        async with asyncio.timeout(30):
            while not (statement := await city.ok("bank-a", "GET", STATEMENT))["complete"]:
                await asyncio.sleep(0.05)
        assert [(item["integration"], item["code"]) for item in statement["reports"]] == [
            ("kafka", "accepted")
        ]
    async with city.services["financing"].engine.begin() as conn:  # as if some were still to be read
        query = "update bank_replies set complete_upto = '2026-11-09T15:59:59Z' where partition = 0"
        await conn.execute(sa.text(query))
    assert (await city.ok("bank-a", "GET", STATEMENT))["complete"] is False


MANY = """
insert into reports (bank, report_id, leg, fingerprint, source_id, reported_at, receipt)
select 'bank-a', 'core-' || n, 'RZ-20261109-00001/1', 'x', 'kafka:c/t/0/' || n,
  cast(:since as timestamptz) + n / 3 * interval '1 second',
  jsonb_build_object('report_id', 'core-' || n, 'leg', 'RZ-20261109-00001/1', 'code', 'accepted',
    'outcome', 'accepted', 'at', :since, 'state', 'contacted')
from generate_series(1, 20000) n
"""
SINCE = datetime(2026, 11, 8, 16, 0, tzinfo=UTC)


@pytest.mark.slow
async def test_a_day_of_20_000_reports_is_written_in_bounded_memory(city: City) -> None:
    await directory(city, bank_a=["desk"])
    context = city.services["financing"]
    async with context.engine.begin() as conn:
        await conn.execute(sa.text(MANY.replace(":since", f"'{SINCE.isoformat()}'")))
    sections = {
        "reports": queries.reports(context.reader.reading(), Span("bank-a", SINCE, SINCE + timedelta(days=1)))
    }
    size, largest, lines = 0, 0, 0
    tracemalloc.start()
    try:
        async for chunk in writing.as_csv(sections, ZONE):
            size, largest, lines = size + len(chunk), max(largest, len(chunk)), lines + chunk.count(b"\n")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert lines == 20_000 + 1 + 4  # the header, and sums: three sections, one code
    assert largest < size / 30
    assert peak < 4_000_000
    await city.move_to("2026-11-10 09:00")
    statement = await city.ok("bank-a", "GET", STATEMENT)
    assert statement["sums"]["reports"] == {"count": 20_000, "by_code": {"accepted": 20_000}}
    assert len({item["report_id"] for item in statement["reports"]}) == 20_000
