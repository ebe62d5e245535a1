"""A query parameter that a route does not know is refused: nobody believes in a filter that was none."""

from collections.abc import Iterator

import pytest

from tests.city import ALL, City
from tests.described import document_of
from tests.integration.test_access import ACCESS, ACCOUNTS, routes

pytestmark = pytest.mark.services(*ALL)

NOBODY = "00000000-0000-4000-8000-000000000000"


def filled(path: str) -> str:
    """The path with some value for each of its parameters."""
    for part in {part.split("}")[0] for part in path.split("{")[1:]}:
        path = path.replace(f"{{{part}}}", NOBODY)
    return path


def account_for(route: str) -> str | None:
    roles = ACCESS[route]
    return next(account for role, account in ACCOUNTS.items() if role in roles)


async def test_every_route_of_every_service_refuses_a_parameter_that_it_does_not_know(city: City) -> None:
    tried = 0
    for route in routes(city):
        method, path = route.split(" ")
        answer = await city.call(account_for(route), method, f"{filled(path)}?banana=true", {})
        assert answer.status_code == 422, route
        errors = {error["field"]: error for error in answer.json()["errors"]}
        error = errors["query.banana"]
        assert "没有查询参数 banana" in error["zh"], route
        assert "no query parameter banana" in error["en"], route
        for name in known(city, route):
            assert name in error["zh"], route
            assert name in error["en"], route
        tried += 1
    assert tried > 130


def known(city: City, route: str) -> Iterator[str]:
    """The query parameters that the OpenAPI document has for a route."""
    method, path = route.split(" ")
    _, service, rest = path.split("/", 2)
    document = document_of(city.services[service])
    for parameter in document["paths"][f"/{rest}"][method.lower()].get("parameters", []):
        if parameter["in"] == "query":
            yield parameter["name"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("overdue=true", "query.overdue"),
        ("overdue", "query.overdue"),
        ("State=received", "query.State"),
        ("limit=5&limit=6", "query.limit"),
        ("state=registered&page=2", "query.page"),
        ("%E7%8A%B6%E6%80%81=1", "query.状态"),
    ],
)
async def test_what_would_be_left_out_in_silence_is_named(city: City, query: str, field: str) -> None:
    answer = await city.call("office", "GET", f"/intake/appeals?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert field in answer.json()["detail"]


async def test_many_unknown_parameters_get_a_short_answer(city: City) -> None:
    query = "&".join(f"{'x' * 50}{number}" for number in range(1000))
    answer = await city.call("office", "GET", f"/intake/appeals?{query}")
    assert answer.status_code == 422
    assert len(answer.content) < 20_000


async def test_who_may_not_read_learns_of_no_parameter(city: City) -> None:
    assert (await city.call(None, "GET", "/intake/appeals?banana=1")).status_code == 401
    assert (await city.call("bank-a", "GET", "/intake/appeals?banana=1")).status_code == 403


async def test_what_a_route_knows_is_taken(city: City) -> None:
    for query in ("state=registered&limit=5", "unheard=true", "limit=1&lead_ended=false", ""):
        assert (await city.call("office", "GET", f"/intake/appeals?{query}")).status_code == 200
