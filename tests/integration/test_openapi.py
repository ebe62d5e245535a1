"""The OpenAPI documents say how each operation refuses, and the services refuse as they say."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services import SERVICES
from shared.roles import AccountRole
from shared.web import ops
from shared.web.guard import IMPORT_LIMIT, LIMIT
from tests.city import City
from tests.integration.test_access import ACCESS, ACCOUNTS
from tests.integration.test_query_parameters import account_for, filled

OPERATIONS = sorted(ACCESS)


def document(city: City, service: str) -> dict[str, Any]:
    return city.services[service].description.openapi()


def operation(city: City, route: str) -> dict[str, Any]:
    method, path = route.split(" ")
    _, service, rest = path.split("/", 2)
    found: dict[str, Any] = document(city, service)["paths"][f"/{rest}"][method.lower()]
    return found


def refusals(city: City, route: str) -> set[int]:
    """The 4xx that the document of its service has for a route."""
    return {int(status) for status in operation(city, route)["responses"] if status.startswith("4")}


@pytest.mark.parametrize("service", SERVICES)
async def test_every_refusal_has_the_schema_of_problems_and_an_example_of_it(
    city: City, service: str
) -> None:
    told = document(city, service)
    schema = Draft202012Validator(told["components"]["schemas"]["Problem"])
    for name, answer in told["components"]["responses"].items():
        content = answer["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        schema.validate(content["example"])
        assert f"Refused{content['example']['status']}" == name
    for operations in told["paths"].values():
        for described in operations.values():
            for status, answer in described["responses"].items():
                if status.startswith("4"):
                    assert answer == {"$ref": f"#/components/responses/Refused{status}"}
                    assert f"Refused{status}" in told["components"]["responses"]
    assert "HTTPValidationError" not in str(told)


@pytest.mark.parametrize("route", OPERATIONS)
async def test_every_operation_names_the_refusals_that_it_makes(city: City, route: str) -> None:
    method, path = route.split(" ")
    told = refusals(city, route)
    schema = Draft202012Validator(document(city, path.split("/")[1])["components"]["schemas"]["Problem"])
    account = account_for(route)
    others = [ACCOUNTS[role] for role in AccountRole if role not in ACCESS[route]]
    answers = [
        await city.call(None, method, filled(path), authorization="Bearer wrong"),
        await city.call(account, method, f"{filled(path)}?banana=1", {}),
        await city.call(account, method, filled(path)),
        await city.send(account, method, filled(path), b"{"),
        await city.send(account, method, filled(path), b"{}", content_type="text/plain"),
        await city.send(
            account, method, filled(path), b" " * (1 + (IMPORT_LIMIT if path.endswith("/import") else LIMIT))
        ),
        *[await city.call(other, method, filled(path)) for other in others[:1]],
    ]
    assert answers[0].status_code == 401
    assert answers[1].status_code == 422
    for answer in answers:
        if answer.status_code >= 400:
            assert answer.status_code in told, answer.text
            schema.validate(answer.json())
    assert (403 in told) == bool(others)


@pytest.mark.parametrize("service", SERVICES)
async def test_what_every_service_answers_to_those_who_run_it_has_the_schema_of_its_document(
    city: City, service: str
) -> None:
    calls = [route.split(" ") for route in ops.ACCESS if "redrive" not in route]
    for method, path in calls:
        body = {"now": "2026-11-09T09:00:00+08:00"} if path == "/clock" else None
        answer = await city.call(account_for(f"{method} /{service}{path}"), method, f"/{service}{path}", body)
        assert answer.status_code == 200, answer.text
        described = operation(city, f"{method} /{service}{path}")["responses"]["200"]["content"]
        (kind,) = described
        assert answer.headers["content-type"].startswith(kind)
        assert described[kind]["schema"] != {}
        if kind == "application/json":
            whole = {**described[kind]["schema"], "components": document(city, service)["components"]}
            Draft202012Validator(whole).validate(answer.json())
            name = described[kind]["schema"]["$ref"].rpartition("/")[2]
            fields = whole["components"]["schemas"][name]["properties"]
            assert fields.keys() == answer.json().keys()
    redriven = operation(city, f"POST /{service}/parked/{{parked_id}}/redrive")["responses"]["200"]
    assert redriven["content"]["application/json"]["schema"]["$ref"].endswith("/Redriven")


LISTS = [route for route in OPERATIONS if route.startswith("GET ") and "{" not in route]


@pytest.mark.parametrize("route", LISTS)
async def test_what_is_read_part_by_part_has_the_schema_of_a_page(city: City, route: str) -> None:
    method, path = route.split(" ")
    told = operation(city, route)
    if "cursor" not in {parameter["name"] for parameter in told.get("parameters", ())}:
        return
    (kind,) = told["responses"]["200"]["content"]
    answer = await city.call(account_for(route), method, path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    if kind == "application/json":
        schema = told["responses"]["200"]["content"][kind]["schema"]
        whole = {**schema, "components": document(city, path.split("/")[1])["components"]}
        assert schema
        Draft202012Validator(whole).validate(answer.json())
        assert answer.json().keys() == {"items", "next"}
