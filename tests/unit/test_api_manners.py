"""What the OpenAPI documents say alike of every operation: versions, and sums of money."""

import re

import pytest

from services import SERVICES
from shared.web.sums import IN_YUAN
from tests.described_routes import document, operations, schemas

SUM = re.compile(r"(^|_)(amounts?|sums?|paid|owed|disbursed)$")
NO_SUM = {"paid": "boolean", "sums": "object", "amounts": "object"}
"""Fields of such names that are none: whether an instalment is paid, sums of a statement."""
SOURCE = re.compile(r"`GET ([^`]*)`(, as `version`,)? answers it\.$")


@pytest.mark.parametrize("service", SERVICES)
def test_every_if_match_says_which_read_answers_the_version(service: str) -> None:
    paths = document(service)["paths"]
    for name, described in operations(service):
        for parameter in described.get("parameters", ()):
            if parameter["name"] == "If-Match":
                source = SOURCE.search(parameter["description"])
                assert source, name
                read = paths[source[1]]["get"]
                listed = [schema for _, schema in schemas(service, read["responses"]["200"]["content"], "")]
                assert (
                    "ETag" in read["responses"]["200"].get("headers", {})
                    if source[2] is None
                    else any("version" in schema.get("properties", {}) for schema in listed)
                ), name


@pytest.mark.parametrize("service", SERVICES)
def test_every_sum_of_money_is_a_decimal_string_in_yuan(service: str) -> None:
    for name, described in operations(service):
        contents = [described.get("requestBody", {}), *described["responses"].values()]
        for content in contents:
            for kind, form in content.get("content", {}).items():
                if "json" not in kind:
                    continue
                for place, schema in schemas(service, form["schema"], name):
                    for field, value in schema.get("properties", {}).items():
                        if SUM.search(field) and isinstance(value, dict):
                            check(service, f"{place}.{field}", value)


def check(service: str, place: str, value: dict[str, object]) -> None:
    kinds = {part.get("type") for _, part in schemas(service, value, "")} - {None, "null", "array"}
    if not kinds or kinds & {NO_SUM.get(place.rpartition(".")[2])}:
        return  # a condition of the schema, or no sum
    assert kinds == {"string"}, f"{place}: {value}"
    assert IN_YUAN in str(list(schemas(service, value, ""))), f"{place}: {value}"
