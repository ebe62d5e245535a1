"""People may type the Chinese name of a code in every body and filter; what is stored is the code."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from services import SERVICES
from shared.named import Coded, Named, choices, with_codes
from shared.rules.terms import Kind
from shared.rules.wording import words
from shared.web.mistakes import mistakes
from tests.described_routes import operations, schemas

FOR_PROGRAMS = (
    "/bank/reports",
    "POST /financing/import.state",
    "corrections.cleared",
    "POST /notify/codes.purpose",
    "GET /desks/waiting?kind",
    "?sort",
    "answer-templates",
    "releases.to",
)
"""A bank's program reports in codes; names of fields; a service's request; filters that pages send."""
OF_TECHNIQUE = [{"zh-CN", "en"}, {"csv", "json"}, {"csv", "json", "xlsx"}]
"""Languages and forms of files."""
TABLES = {
    "Kind": words.KINDS,
    "Mark": words.MARKS,
    "Rating": words.RATINGS,
    "Rank": words.RANKS,
    "RaisedTo": words.RAISED_TO,
    "UnitKind": words.UNIT_KINDS,
}


def classes(base: type[Coded] = Coded) -> Iterator[type[Coded]]:
    for direct in base.__subclasses__():
        if direct.__module__.startswith(("shared.", "services.")) and list(direct):
            yield direct
        yield from classes(direct)


CLASSES = sorted(set(classes()), key=lambda known: (known.__module__, known.__name__))


@pytest.mark.parametrize("codes", CLASSES, ids=lambda known: f"{known.__module__}.{known.__name__}")
def test_each_name_stands_for_one_code_alone(codes: type[Coded]) -> None:
    names = [name for member in codes for name in member.names]
    assert len(names) == len(set(names))
    assert not set(names) & {member.value for member in codes}
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in member.zh) for member in codes)


@pytest.mark.parametrize(
    "codes", [known for known in CLASSES if issubclass(known, Named)], ids=lambda known: known.__name__
)
def test_a_name_is_taken_for_its_code_wherever_pydantic_reads_one(codes: type[Named]) -> None:
    reader = TypeAdapter(codes | None)
    for member in codes:
        for typed in (member.value, *member.names, f" {member.zh} "):
            assert reader.validate_python(typed) is member
            assert reader.dump_json(reader.validate_python(typed)) == f'"{member.value}"'.encode()
        assert codes(member.zh) is member


def test_what_is_neither_code_nor_name_is_answered_with_both() -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(Kind).validate_python("求救")
    (mistake,) = mistakes(raised.value.errors())
    assert mistake["zh"] == f"不在允许的取值之内，应为：{choices(Kind)}"
    assert "求助（help）" in mistake["zh"]


@pytest.mark.parametrize("name", TABLES)
def test_a_code_has_the_same_name_in_sentences(name: str) -> None:
    (codes,) = (known for known in CLASSES if known.__name__ == name)
    assert {member.value: member.zh for member in codes} == {
        code: word.zh for code, word in TABLES[name].items()
    }


def enumerations(service: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The enumerations in filters and bodies of a service, with their places."""
    for operation, described in operations(service):
        for parameter in described.get("parameters", ()):
            if parameter["in"] == "query":
                yield from schemas(service, parameter["schema"], f"{operation}?{parameter['name']}")
        if "requestBody" in described:
            body = described["requestBody"]["content"].get("application/json", {})
            yield from schemas(service, body.get("schema", {}), operation)


@pytest.mark.parametrize("service", SERVICES)
def test_every_enumeration_that_people_type_takes_names_and_says_them(service: str) -> None:
    tried = 0
    for place, schema in enumerations(service):
        codes = set(schema.get("enum", ()))
        if not codes or codes in OF_TECHNIQUE or any(part in place for part in FOR_PROGRAMS):
            continue
        known = with_codes(frozenset(codes))
        assert known is not None, f"{place}: {sorted(codes)}"
        assert issubclass(known, Named), f"{place}: {known.__name__}"
        assert all(member.zh in schema.get("description", "") for member in known) or "?" in place, place
        tried += 1
    assert tried >= 2 or service == "escalation"
