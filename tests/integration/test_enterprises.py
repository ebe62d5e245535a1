"""What the window knows of an enterprise: its profile, what came of its requests, and who may see it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE
from tests.city import City, refused
from tests.lending import ask, banks, credit_code, judged, move_to, report, wish

PROFILE = {"name": "皖泽启棠纺织有限公司", "size_class": "small", "industry": "C17", "locality": "qingxun"}


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Financing alone, on Monday 2026-11-09 at 09:00, with three banks."""
    async with City(postgres, broker, services=(SERVICE,)) as city:
        await move_to(city, "2026-11-09 09:00")
        await banks(city)
        yield city


def path(n: int) -> str:
    return f"/financing/enterprises/{credit_code(n)}"


def short(n: int, **more: Any) -> dict[str, Any]:
    """A request that says of its enterprise no more than the credit code."""
    body = wish(enterprise={"credit_code": credit_code(n)}, banks=["bank-a"], **more)
    del body["first_loan"]
    return body


async def test_the_window_writes_a_profile_and_an_old_version_changes_nothing(city: City) -> None:
    first = await city.call("operator", "PUT", path(1), PROFILE)
    assert (first.status_code, first.headers["etag"]) == (200, '"1"')
    refused(await city.call("operator", "PUT", path(1), PROFILE | {"name": "乙"}), 428)
    refused(await city.call("office", "PUT", path(1), PROFILE | {"name": "乙"}, if_match='"9"'), 412)
    enterprise = await city.ok("office", "GET", path(1))
    assert {name: enterprise[name] for name in PROFILE} == PROFILE
    assert enterprise["first_seen_at"].startswith("2026-11-09")
    assert (enterprise["first_loan"], enterprise["requests"]["all"], enterprise["amounts"]) == (True, 0, {})
    again = await city.call("office", "PUT", path(1), PROFILE | {"industry": "I651"}, if_match='"1"')
    assert (again.status_code, again.headers["etag"]) == (200, '"2"')


async def test_a_name_is_kept_as_it_is_seen(city: City) -> None:
    await city.ok("operator", "PUT", path(70), PROFILE | {"name": "\u200b皖泽\u202e启棠\u202c"})
    assert (await city.ok("office", "GET", path(70)))["name"] == "皖泽启棠"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "\u200b\u2060"}, "name"),
        ({"size_class": "huge"}, "size_class"),
        ({"industry": "Z99"}, "industry"),
        ({"locality": "x y"}, "locality"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_bad_profile_is_refused_by_its_field_and_nothing_is_stored(
    city: City, change: dict[str, Any], field: str
) -> None:
    before = await city.stored()
    refused(await city.call("operator", "PUT", path(2), PROFILE | change), 422, field)
    assert await city.stored() == before


@pytest.mark.parametrize("code", ["91350100M000100Y44", "9135", "9135010OM000100Y43", "统一社会信用代码"])
async def test_a_wrong_credit_code_is_named_whether_read_or_written(city: City, code: str) -> None:
    before = await city.stored()
    wrong = f"/financing/enterprises/{code}"
    refused(await city.call("operator", "GET", wrong), 422, "credit_code")
    refused(await city.call("operator", "PUT", wrong, PROFILE), 422, "credit_code")
    assert await city.stored() == before


async def test_an_enterprise_that_never_came_is_not_there(city: City) -> None:
    refused(await city.call("office", "GET", path(3)), 404, "credit_code")


async def test_a_request_of_a_known_enterprise_need_not_repeat_what_is_known(city: City) -> None:
    await city.ok("operator", "PUT", path(4), PROFILE)
    asked = await city.ok("operator", "POST", "/financing/requests", short(4))
    loan = await city.ok("office", "GET", f"/financing/requests/{asked['loan_id']}")
    assert loan["wish"]["enterprise"] == {"name": PROFILE["name"], "credit_code": credit_code(4)}
    assert (loan["wish"]["locality"], loan["wish"]["first_loan"]) == ("qingxun", True)
    elsewhere = await city.ok("operator", "POST", "/financing/requests", short(4, locality="xunqiao"))
    loan = await city.ok("office", "GET", f"/financing/requests/{elsewhere['loan_id']}")
    assert loan["wish"]["locality"] == "xunqiao"


async def test_who_has_credit_through_the_window_is_no_first_borrower_whatever_is_said(city: City) -> None:
    asked = await ask(city, enterprise={"name": "甲", "credit_code": credit_code(5)}, banks=["bank-a"])
    await report(city, "bank-a", asked["legs"][0]["leg"], "approved")
    for more in ({}, {"first_loan": True}):
        assert await is_first_loan(city, 5, **more) is False
    await report(city, "bank-a", asked["legs"][0]["leg"], "withdrawn")
    assert await is_first_loan(city, 5) is False, "the bank's word alone takes no credit back"
    window = f"/financing/requests/{asked['loan_id']}/legs/1/withdrawals"
    await city.ok("operator", "POST", window, {"confirmed": True, "words": "电话确认"})
    assert await is_first_loan(city, 5) is True


async def is_first_loan(city: City, n: int, **fields: Any) -> bool:
    """What the window takes the next request of an enterprise for."""
    asked = await city.ok("operator", "POST", "/financing/requests", short(n) | fields)
    loan = await city.ok("office", "GET", f"/financing/requests/{asked['loan_id']}")
    return bool(loan["wish"]["first_loan"])


async def test_what_is_not_known_must_be_said(city: City) -> None:
    await judged(city)
    before = await city.stored()
    refused(await city.call("operator", "POST", "/financing/requests", short(6)), 422, "enterprise.name")
    named = short(6) | {"enterprise": {"name": "甲", "credit_code": credit_code(6)}}
    refused(await city.call("operator", "POST", "/financing/requests", named), 422, "first_loan")
    assert await city.stored() == before


async def test_the_public_learns_nothing_by_a_foreign_credit_code(city: City) -> None:
    await city.ok("operator", "PUT", path(7), PROFILE)
    known, unknown, _ = await asyncio.gather(
        city.call(None, "POST", "/financing/requests", short(7)),
        city.call(None, "POST", "/financing/requests", short(8)),
        city.call("operator", "POST", "/financing/requests", short(7)),  # of one transaction, maybe
    )
    errors = [refused(answer, 422, "enterprise.name")["errors"] for answer in (known, unknown)]
    assert errors[0] == errors[1]


async def test_what_the_public_says_makes_no_profile(city: City) -> None:
    enterprise = {"name": "自称有限公司", "credit_code": credit_code(9)}
    await city.ok(None, "POST", "/financing/requests", wish(enterprise=enterprise, banks=["bank-a"]))
    answer = await city.call("office", "GET", path(9))
    assert (answer.json()["name"], answer.headers["etag"]) == ("自称有限公司", '"0"')
    refused(await city.call("operator", "POST", "/financing/requests", short(9)), 422, "enterprise.name")


async def test_the_summary_counts_what_came_of_the_requests(city: City) -> None:
    enterprise = {"name": "甲", "credit_code": credit_code(10)}
    for amount in ("300000.00", "3000000.00", "3000000.50", "4000000.00"):
        asked = await ask(city, enterprise=enterprise, banks=["bank-a"], amount=amount)
        if amount == "3000000.00":
            await report(city, "bank-a", asked["legs"][0]["leg"], "approved")
        if amount == "3000000.50":
            await report(city, "bank-a", asked["legs"][0]["leg"], "declined")
        if amount == "4000000.00":
            await city.ok("operator", "POST", f"/financing/requests/{asked['loan_id']}/withdrawals", {})
        complaint = {"bank": "bank-a", "text": "搭售"}
        complained = await city.ok(
            "operator", "POST", f"/financing/requests/{asked['loan_id']}/complaints", complaint
        )
    await judged(city)
    path_of_complaint = f"/financing/complaints/{complained['complaint_id']}"
    version = (await city.ok("regulator", "GET", path_of_complaint))["version"]
    decision = {"founded": True, "finding": "属实", "result": "已整改"}
    await city.ok("regulator", "POST", f"{path_of_complaint}/decisions", decision, if_match=f'"{version}"')
    summary = await city.ok("operator", "GET", path(10))
    assert summary["requests"] == {"all": 4, "open": 3, "approved": 1, "declined": 1}
    assert summary["amounts"] == {
        "below_500k": {"requests": 1, "asked": "300000.00", "approved": "0.00"},
        "below_5m": {"requests": 3, "asked": "10000000.50", "approved": "2000000.00"},
    }
    assert summary["complaints"] == {"all": 4, "open": 3, "founded": 1}
    assert summary["first_loan"] is False


@pytest.mark.parametrize("account", ["bank-a", "regulator", "importer", "ops", "roads", "leader", None])
async def test_only_the_window_and_the_office_see_an_enterprise(city: City, account: str | None) -> None:
    await city.call("operator", "PUT", path(11), PROFILE)
    for method, body in (("GET", None), ("PUT", PROFILE)):
        refused(await city.call(account, method, path(11), body), 403 if account else 401)
