"""`docs/banks/openapi.json` is the part of the service's document that a bank needs, whole in itself."""

import json
import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from services.financing import bank_openapi
from services.financing.access import ACCESS
from services.financing.app import SERVICE
from services.financing.bank_documents import FOLDER
from shared.events.schemas import text
from shared.roles import BANK
from shared.service.service import description_of
from tests.described import closed

DOCUMENT = bank_openapi.openapi()
REFERENCE = re.compile(r'"#/components/(\w+)/([^"]+)"')


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_the_file_is_what_the_service_says() -> None:
    written = (FOLDER / bank_openapi.OPENAPI).read_text("utf-8")
    assert written == text(DOCUMENT), "write docs/banks anew: python -m services.financing.bank_documents"


def test_it_has_every_route_of_a_bank_and_no_other_as_the_service_describes_it() -> None:
    description = description_of(SERVICE)
    for router in SERVICE.routers:
        description.describe(router)
    whole = description.openapi()["paths"]
    own = {route for route, roles in ACCESS.items() if BANK in roles and None not in roles}
    assert {f"{method.upper()} {path}" for method, path, _ in operations()} == own
    for method, path, operation in operations():
        described = whole[path][method]
        for answer in described["responses"].values():
            if answer.get("headers", {}).pop("ETag", None) and not answer["headers"]:
                del answer["headers"]  # a bank is shown no version
        assert operation == described


def test_every_reference_leads_to_a_component_and_every_component_is_referred_to() -> None:
    referred = set(REFERENCE.findall(json.dumps(DOCUMENT)))
    components = {(kind, name) for kind, parts in DOCUMENT["components"].items() for name in parts}
    assert referred == components - {("securitySchemes", "key")}
    assert len(referred) > 30


def test_every_answer_has_an_example_that_fits_it() -> None:
    tried = 0
    for method, path, operation in operations():
        for status, answer in operation["responses"].items():
            for kind, content in answer.get("content", {}).items():
                if "json" in kind:
                    schema = closed({**content["schema"], "components": DOCUMENT["components"]})
                    mistakes = [
                        error.message
                        for error in Draft202012Validator(schema).iter_errors(content["example"])
                    ]
                    assert not mistakes, f"{method} {path} {status} {kind}"
                    tried += 1
    assert tried > 15


def test_a_report_has_its_answers_as_they_are() -> None:
    answers = DOCUMENT["paths"]["/bank/reports"]["post"]["responses"]
    assert set(answers) == {"200", "400", "401", "403", "408", "409", "413", "415", "422"}
    receipt = {"$ref": "#/components/schemas/ReportReceipt"}
    for status in ("200", "409"):
        assert answers[status]["content"]["application/json"]["schema"] == receipt
    for status in ("400", "422"):
        schema = answers[status]["content"]["application/problem+json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/UnreadReport"}


def test_offsets_have_64_bits() -> None:
    fields = DOCUMENT["components"]["schemas"]["ReadPartition"]["properties"]
    for name in ("last_offset", "log_end", "lag"):
        assert fields[name]["anyOf"][0]["format"] == "int64"
