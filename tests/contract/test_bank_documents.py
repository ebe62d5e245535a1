"""`docs/banks/` is what the contract says, and its examples fit."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from services.financing import bank_documents, bank_fields, bank_openapi, bank_tables
from services.financing.banks.domain import TRANSITIONS
from services.financing.banks.kafka.topics import receipts, replies, requests
from services.financing.banks.receipts import MEANINGS
from services.financing.banks.slip_words import SLIPS
from services.financing.contract import BANK_MESSAGES, BankReport
from services.financing.contract_receipts import ReceiptCode, ReportReceipt
from shared.events.schemas import text
from shared.states import BankLegState
from shared.web.webhooks import signature
from tests.contract.test_documents import ASYNCAPI_3

DOCUMENTS = bank_documents.documents()
DOCUMENT = DOCUMENTS[bank_documents.ASYNCAPI]
REPORT_SCHEMA = Draft202012Validator(DOCUMENTS["bank.report.v1.json"])
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]


def test_the_files_are_what_the_contract_says() -> None:
    written = {path.name: path.read_text("utf-8") for path in bank_documents.FOLDER.glob("*.json")}
    wanted = {name: text(document) for name, document in DOCUMENTS.items()}
    wanted[bank_openapi.OPENAPI] = text(bank_openapi.openapi())
    stale = sorted(name for name in written.keys() | wanted.keys() if written.get(name) != wanted.get(name))
    assert not stale, f"write docs/banks anew: python -m services.financing.bank_documents ({stale})"
    assert (bank_documents.FOLDER / bank_documents.STATES).read_text("utf-8") == bank_tables.page()
    assert (bank_documents.FOLDER / bank_documents.FIELDS).read_text("utf-8") == bank_documents.field_page()


def test_each_field_of_a_message_says_what_it_means_and_no_text_is_left_over() -> None:
    texts, used = bank_fields.meanings(), set[str]()
    for name, schema in DOCUMENTS.items():
        type_ = name.removesuffix(".json")
        paths = [row.path for row in bank_fields.fields(schema, schema.get("$defs", {}))]
        for path in paths if name != bank_documents.ASYNCAPI else ():
            assert bank_fields.meaning_of(type_, path, texts).zh, path
            used.add(f"{type_}.{path}" if f"{type_}.{path}" in texts else f"*.{path}")
    assert used == set(texts)


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_call_in_the_contract_is_signed_as_it_says(page: str) -> None:
    words = (bank_documents.FOLDER / page).read_text("utf-8")
    call = words.partition("```http\n")[2].partition("\n```")[0]
    head, _, body = call.partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    (secret,) = re.findall(r"`(whsec_\S+)`", words)
    id_, at = headers["webhook-id"], headers["webhook-timestamp"]
    assert headers["webhook-signature"] == signature(secret, id_, at, body.encode())
    assert set(json.loads(body)) == {"type", "timestamp", "data"}
    assert BANK_MESSAGES[json.loads(body)["type"]].model_validate(json.loads(body)["data"])


def test_a_name_and_a_phone_say_why_a_bank_gets_them() -> None:
    texts = bank_fields.meanings()
    starred = {field.rpartition(".")[2] for field, meaning in texts.items() if meaning.passed_on}
    assert starred == {"name", "credit_code", "contact", "phone"}


def test_each_code_of_a_receipt_says_what_it_means_and_what_to_do() -> None:
    assert set(ReceiptCode) == set(MEANINGS) == set(bank_tables.TO_DO)
    assert set(BankLegState) == set(TRANSITIONS)


REPORTS = st.fixed_dictionaries(
    {
        "report_id": st.just("core-1"),
        "leg": st.just("RZ-20260213-00042/1"),
        "state": st.sampled_from([*BankLegState, "asked"]),
        "evidence": st.fixed_dictionaries(
            {"by": st.just("李经理")}, optional={"text": st.sampled_from([None, "", "见附言"])}
        ),
    },
    optional={
        "amount": st.sampled_from(
            [None, "500000.00", " 5 ", "0.00", "10000000000", "10000000000.01", "1.234", 5]
        ),
        "rate_percent": st.sampled_from([None, "3.85", "3.85555", "100", 3.85]),
        "term_months": st.sampled_from([None, 12, 0, 601, "12", True]),
        "reason": st.sampled_from([None, "other", "cash_flow", "none"]),
        "disbursed_on": st.sampled_from(
            [None, "2026-02-13", "2026-2-13", "1989-12-31", "2090-01-01", 20260213]
        ),
    },
)


@given(REPORTS)
@settings(max_examples=600, deadline=None)
def test_the_schema_takes_what_the_window_takes_and_nothing_else(report: dict[str, Any]) -> None:
    try:
        BankReport.model_validate_json(json.dumps(report))
        taken = True
    except ValidationError:
        taken = False
    assert REPORT_SCHEMA.is_valid(report) == taken


def test_no_schema_has_a_choice_of_which_generators_make_an_object() -> None:
    for name, document in DOCUMENTS.items():
        assert "anyOf" not in text(document), name


def test_numbers_say_how_wide_they_are_and_sums_and_rates_their_unit() -> None:
    place = DOCUMENTS["bank.receipt.v1.json"]["$defs"]["Place"]["properties"]
    assert (place["partition"]["format"], place["offset"]["format"]) == ("int32", "int64")
    report = DOCUMENTS["bank.report.v1.json"]["properties"]
    for field, words in (("amount", "Yuan"), ("rate_percent", "Percent a year"), ("term_months", "months")):
        assert words in report[field]["description"]
        assert {"pattern", "maximum"} & report[field].keys()


def test_every_message_is_in_the_document() -> None:
    assert set(MESSAGES) == {*BANK_MESSAGES, BankReport.type, ReportReceipt.type}


def test_the_document_is_asyncapi_3_and_refers_to_what_it_has() -> None:
    Draft202012Validator(ASYNCAPI_3).validate(DOCUMENT)
    for reference in _references(DOCUMENT):
        node: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [ref for child in part.values() for ref in _references(child)]
    if isinstance(part, list):
        return [ref for child in part for ref in _references(child)]
    return []


def test_the_addresses_are_those_of_the_topics() -> None:
    named = {name: channel["address"].format(code="abc") for name, channel in DOCUMENT["channels"].items()}
    wanted = {"requests": requests("abc"), "replies": replies("abc"), "receipts": receipts("abc")}
    assert named == wanted


@pytest.mark.parametrize("type_", MESSAGES)
def test_the_example_fits_its_schema(type_: str) -> None:
    (example,) = MESSAGES[type_]["examples"]
    for part, schema in (("payload", MESSAGES[type_]["payload"]), ("headers", MESSAGES[type_]["headers"])):
        validator = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
        validator.validate(example[part])
    wrong = json.loads(json.dumps(example["headers"])) | {"ce_type": "bank.other.v1"}
    headers = Draft202012Validator({**MESSAGES[type_]["headers"], "components": DOCUMENT["components"]})
    assert not headers.is_valid(wrong)


@pytest.mark.parametrize("type_", [*BANK_MESSAGES, BankReport.type])
def test_the_example_is_what_the_code_reads(type_: str) -> None:
    model = {**BANK_MESSAGES, BankReport.type: BankReport}[type_]
    model.model_validate_json(json.dumps(bank_documents.EXAMPLES[type_]))


def test_each_warning_stands_on_the_page_with_its_field() -> None:
    page = bank_tables.page()
    for code, slip in SLIPS.items():
        assert f"| `{code}` | `{slip.field}` |" in page
        assert slip.field in BankReport.model_fields
