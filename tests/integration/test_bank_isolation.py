"""A bank gets nothing of another: every route with its key, every message on its topics."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from huying.commands.access import tables
from services.financing.banks.kafka.topics import receipts, replies, requests
from shared.messaging.encrypted import outbox_body
from shared.roles import AccountRole
from tests.banks import ask, directory, report
from tests.city import DESKS, DISPATCH, FINANCING, NOTIFY, City, refused

pytestmark = pytest.mark.services(DISPATCH, FINANCING, NOTIFY, DESKS)

ACCESS = tables()

FORBIDDEN = "示例制造有限公司"
BODIES: dict[str, Any] = {
    "POST /financing/bank/reports": "report",
    "PUT /financing/banks/{code}/endpoint": {"url": "https://bank.example/hook"},
    "POST /financing/banks/{code}/endpoint/secrets": None,
    "POST /financing/banks/{code}/report-secrets": None,
    "POST /financing/banks/{code}/deliveries/replay": {
        "since": "2026-11-01T00:00:00+08:00",
        "before": "2026-12-01T00:00:00+08:00",
        "all": True,
    },
}
OF_ITS_OWN = {
    "GET /financing/bank/connection",
    "GET /financing/bank/messages",
    "GET /financing/bank/statement",
}
"""Routes that name no bank: they answer about the one that calls."""
OPEN = {
    "GET /financing/banks/{code}/record",
    "GET /desks/bank-legs",
    "GET /financing/bank/requests",
    *OF_ITS_OWN,
    "GET /financing/bank/requests/{registration_number}/{leg}",
    "GET /financing/banks/{code}/endpoint",
    "GET /financing/banks/{code}/deliveries",
    "GET /notify/inbox",
    "POST /notify/inbox/{message_id}/read",
    *BODIES,
}


@pytest.fixture(scope="module")
async def loan(city: City) -> dict[str, Any]:
    """A loan request that bank-a, bank-b and a desk have."""
    await directory(city, bank_a=["desk"], bank_b=["webhook"])
    await city.ok("office", "PUT", "/financing/banks/bank-b/endpoint", {"url": "https://bank.example/hook"})
    asked = await ask(city, "bank-b")
    async with asyncio.timeout(30):
        path = "/financing/banks/bank-b/deliveries?state=waiting"
        while not [
            delivery for delivery in (await city.ok("office", "GET", path))["items"] if delivery["attempts"]
        ]:
            await asyncio.sleep(0.05)
    return asked


async def stored(city: City) -> dict[str, str]:
    """What of the banks is stored."""
    names = {"bank_messages", "bank_deliveries", "bank_endpoints", "bank_report_secrets"}
    names |= {"banks", "legs", "reports", "cases"}
    return {table: rows for table, rows in (await city.stored()).items() if table.partition(".")[2] in names}


def test_every_route_a_bank_may_call_is_tried() -> None:
    own = {route for route, roles in ACCESS.items() if AccountRole.BANK in roles and None not in roles}
    assert own == OPEN


@pytest.mark.parametrize("route", sorted(OPEN))
async def test_a_bank_gets_and_changes_nothing_of_another(
    city: City, loan: dict[str, Any], route: str
) -> None:
    method, path = route.split()
    leg = loan["legs"]["bank-b"]
    number, _, index = leg.partition("/")
    path = path.format(code="bank-b", registration_number=number, leg=index, message_id=loan["loan_id"])
    body = report(leg, "contacted") if BODIES.get(route) == "report" else BODIES.get(route)
    before = await stored(city)
    query = "?date=2026-11-09" if path.endswith("/statement") else ""
    answer = await city.call("bank-a", method, path + query, body)
    for secret in (FORBIDDEN, leg, "bank.example", "whsec_"):
        assert secret not in answer.text or route == "POST /financing/bank/reports"
    if route == "POST /financing/bank/reports":
        assert (answer.status_code, answer.json()["code"]) == (409, "unknown_leg")
    elif route in OF_ITS_OWN:
        assert answer.is_success
        assert "bank-b" not in answer.text
    elif route in ("GET /financing/bank/requests", "GET /notify/inbox", "GET /desks/bank-legs"):
        assert answer.json()["items"] == []
        if "desks" in route:
            assert [item["leg"] for item in (await city.ok("office", "GET", path))["items"]] == [leg]
    else:
        refused(answer, 404)
    assert await stored(city) == before


async def test_a_leg_of_another_is_as_unknown_as_one_that_is_not_there(
    city: City, loan: dict[str, Any]
) -> None:
    answers = []
    for leg in (loan["legs"]["bank-b"], "RZ-20991231-99999/1"):
        answer = (
            await city.call("bank-a", "POST", "/financing/bank/reports", report(leg, "contacted"))
        ).json()
        answers.append({name: value for name, value in answer.items() if name not in ("leg", "report_id")})
    assert {**answers[0], "at": None} == {**answers[1], "at": None}


async def test_a_bank_reads_and_answers_its_own_leg_at_the_desk(city: City) -> None:
    await directory_once(city)
    loan = await ask(city, "bank-a")
    number, index = loan["legs"]["bank-a"].split("/")
    (item,) = (await city.ok("bank-a", "GET", "/financing/bank/requests"))["items"]
    assert item["request"]["enterprise"]["name"] == FORBIDDEN
    receipt = await city.ok("bank-a", "POST", "/financing/bank/reports", report(item["leg"], "contacted"))
    assert receipt["code"] == "accepted"
    again = await city.ok("bank-a", "POST", "/financing/bank/reports", report(item["leg"], "contacted"))
    assert again["outcome"] == "repeated"
    leg = await city.ok("bank-a", "GET", f"/financing/bank/requests/{number}/{index}")
    assert leg["state"] == "contacted"
    assert [each["report_id"] for each in leg["receipts"]] == [receipt["report_id"]]
    await city.ok("operator", "POST", f"/financing/requests/{loan['loan_id']}/consent-withdrawals", {})
    leg = await city.ok("bank-a", "GET", f"/financing/bank/requests/{number}/{index}")
    assert leg["request"] is None
    assert [each["type"] for each in leg["told"]] == ["bank.request_withdrawn.v1"]


async def directory_once(city: City) -> None:
    """bank-a by its desk, where no test before has put it there."""
    known = {bank["code"] for bank in (await city.ok("office", "GET", "/financing/banks"))["items"]}
    if "bank-a" not in known:
        await directory(city, bank_a=["desk"])


@pytest.mark.parametrize(
    "bad", [{"state": "approved"}, {"state": "pushed"}, {"state": "declined"}, {"more": 1}]
)
async def test_a_report_that_is_not_whole_is_refused_and_nothing_is_kept(
    city: City, loan: dict[str, Any], bad: dict[str, Any]
) -> None:
    body = report(loan["legs"]["bank-b"], "contacted") | bad
    before = await stored(city)
    refused(await city.call("bank-b", "POST", "/financing/bank/reports", body), 422)
    assert await stored(city) == before


async def test_a_message_to_one_bank_goes_to_its_own_topic_alone(city: City) -> None:
    await directory(city, kay=["kafka"], lou=["kafka"])
    loan = await ask(city, "kay", "lou")
    for code in ("kay", "lou"):
        values: list[str] = []
        while not values:
            values = [record.value.decode() for record in await city.records(requests(code))]
        other = loan["legs"]["lou" if code == "kay" else "kay"]
        assert other not in str(values)
        assert loan["legs"][code] in str(values)
    names = {requests("kay"), replies("kay"), receipts("kay")} & {requests("kay-2"), replies("lou")}
    assert names == set()
    async with city.services["financing"].engine.connect() as conn:
        query = "select event_id, topic, body from outbox where topic like 'banks.%'"
        for event_id, topic, body in await conn.execute(sa.text(query)):
            told = outbox_body(conn, event_id).decrypt(body)
            assert loan["legs"]["kay" if ".kay." in topic else "lou"] in told


@pytest.mark.parametrize("url", ["http://bank.example/", "https://10.0.0.1/", "ftp://x/yyyyyyy", "nonsense…"])
async def test_an_address_that_may_not_be_called_is_refused(
    city: City, loan: dict[str, Any], url: str
) -> None:
    refused(await city.call("office", "PUT", "/financing/banks/bank-b/endpoint", {"url": url}), 422, "url")


@pytest.mark.parametrize("code", ["a", "A-BANK", "b" * 21, "a.b", "../x", "银行"])
async def test_a_code_that_would_name_another_topic_is_refused(city: City, code: str) -> None:
    answer = await city.call(
        "office", "PUT", f"/financing/banks/{code}", {"name": "某银行", "ways": ["kafka"]}
    )
    assert answer.status_code in (404, 405, 422), answer.text
