"""The contract of the banks as documents: AsyncAPI 3, OpenAPI 3, a JSON Schema for each message, a page.

`python -m services.financing.bank_documents` writes them to `docs/banks/`.
"""

import importlib.metadata
import inspect
import json
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, Field

from services.financing import bank_fields, bank_openapi, bank_tables
from services.financing.bank_examples import AT, EXAMPLES
from services.financing.contract import BANK_MESSAGES, BankReport
from services.financing.contract_receipts import ReportReceipt
from shared.events.schemas import Schema, text

FOLDER: Final = Path(__file__).parent.parent.parent / "docs" / "banks"
ASYNCAPI: Final = "asyncapi.json"
STATES: Final = "states.md"
FIELDS: Final = "fields.md"
_REF = "#/components/schemas/{model}"


class ReplyPosition(BaseModel):
    """Which reply a receipt answers; `id` is its ce_id, where that could be read."""

    id: str | None
    partition: Annotated[int, Field(ge=0, json_schema_extra={"format": "int32"})]
    offset: Annotated[int, Field(ge=0, le=2**63 - 1, json_schema_extra={"format": "int64"})]


class AnsweredReply(ReportReceipt):
    """The receipt of one record on the bank's replies."""

    reply: ReplyPosition


_MODELS: Final[dict[str, type[BaseModel]]] = {
    **BANK_MESSAGES,
    BankReport.type: BankReport,
    ReportReceipt.type: AnsweredReply,
}
_PUBLISHED_AS: Final = {
    "BankLegState": "LegState",
    "BankReminder": "Reminder",
    "EnterpriseShown": "Enterprise",
    "ReplyPosition": "Place",
    "ReportOutcome": "Outcome",
}
"""The names of classes in the schemas, where banks that generate code know them by another name than ours."""


class _Topic(NamedTuple):
    """One of a bank's topics: what the bank does with it, which messages it has, and their `ce_source`."""

    action: str
    types: list[str]
    description: str
    source: str


_TOPICS: Final = {
    "requests": _Topic(
        "receive",
        list(BANK_MESSAGES),
        "What the window tells this bank, the messages of one loan request in order (key: its number). "
        "A message may come twice: drop a ce_id seen before.",
        "/huying/financing",
    ),
    "replies": _Topic(
        "send",
        [BankReport.type],
        "What this bank reports, timed by the broker. The same report_id again changes nothing. "
        "Give all reports on one leg the same key, so that they keep their order.",
        "/banks/{code}",
    ),
    "receipts": _Topic(
        "receive",
        [ReportReceipt.type],
        "The answer to each record on replies, also to one that cannot be read.",
        "/huying/financing",
    ),
}


def documents() -> dict[str, Schema]:
    """The AsyncAPI document and the schemas of messages by file name."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schemas = {f"{type_}.json": dialect | _schema(model) for type_, model in _MODELS.items()}
    return {**schemas, ASYNCAPI: asyncapi()}


def field_page() -> str:
    """The content of `docs/banks/fields.md`."""
    return bank_fields.page({type_: _schema(model) for type_, model in _MODELS.items()}, EXAMPLES)


def _schema(model: type[BaseModel], ref: str = "#/$defs/{model}") -> Schema:
    """The JSON Schema of a message, its definitions under their published names, sorted."""
    written = json.dumps(model.model_json_schema(ref_template=ref))
    for name, published in _PUBLISHED_AS.items():
        written = written.replace(name, published)
    schema: Schema = json.loads(written)
    schema = _without_choices(schema, schema.get("$defs", {}))
    if "$defs" in schema:
        schema["$defs"] = dict(sorted(schema["$defs"].items()))
    return schema


def _without_choices(part: Any, defs: Schema) -> Any:
    """The schema with `"type": ["string", "null"]` where it had a choice of a string and null.

    Both say the same, but of a choice many generators make a class of its own, or `Object`.
    """
    if isinstance(part, list):
        return [_without_choices(item, defs) for item in part]
    if not isinstance(part, dict):
        return part
    match part.get("anyOf"):
        case [{"$ref": str(ref)}, {"type": "null"}]:
            value = defs[ref.rpartition("/")[2]]
        case [{"type": str()} as value, {"type": "null"}]:
            pass
        case _:
            return {name: _without_choices(inner, defs) for name, inner in part.items()}
    rest = {name: inner for name, inner in part.items() if name != "anyOf"}
    merged = {**value, **rest, "type": [value["type"], "null"]}
    return merged | {"enum": [*value["enum"], None]} if "enum" in value else merged


def _name(model: type[BaseModel]) -> str:
    return _PUBLISHED_AS.get(model.__name__, model.__name__)


def asyncapi() -> Schema:
    """The AsyncAPI document from the side of a bank: it receives requests and receipts, and sends replies."""
    schemas = {_name(model): _schema(model, _REF) for model in _MODELS.values()}
    inner = {
        name: definition
        for schema in schemas.values()
        for name, definition in schema.pop("$defs", {}).items()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Huying for banks",
            "version": importlib.metadata.version("huying"),
            "description": "CloudEvents 1.0 on Kafka, binary mode: attributes in headers, JSON in the value. "
            "A bank's principal may read and write the three topics of its own code, and no others.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(name, topic) for name, topic in _TOPICS.items()},
        "operations": {
            f"{topic.action}_{name}": {"action": topic.action, "channel": {"$ref": f"#/channels/{name}"}}
            for name, topic in _TOPICS.items()
        },
        "components": {
            "parameters": {"code": {"description": "The bank's code: 2 to 20 of a-z, 0-9 and -."}},
            "messages": {
                type_: _message(type_, topic.source) for topic in _TOPICS.values() for type_ in topic.types
            },
            "schemas": {"Headers": _HEADERS, **inner, **schemas},
        },
    }


def _channel(name: str, topic: _Topic) -> Schema:
    return {
        "address": f"banks.{{code}}.{name}",
        "description": topic.description,
        "parameters": {"code": {"$ref": "#/components/parameters/code"}},
        "messages": {type_: {"$ref": f"#/components/messages/{type_}"} for type_ in topic.types},
    }


def _message(type_: str, source: str) -> Schema:
    model = _MODELS[type_]
    headers = {
        "ce_specversion": "1.0",
        "ce_id": "8d0f5c1e-9d55-4f0c-8f54-0d8a6f2f0f11",
        "ce_type": type_,
        "ce_source": source,
        "ce_time": AT,
        "content-type": "application/json",
    }
    needed: Schema = {} if model is BankReport else {"required": ["ce_id"]}
    description = inspect.getdoc(model) or ""
    return {
        "name": type_,
        "title": _name(model),
        "summary": description.splitlines()[0],
        "description": description,
        "contentType": "application/json",
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/Headers"},
                {"type": "object", "properties": {"ce_type": {"const": type_}}, **needed},
            ]
        },
        "payload": {"$ref": _REF.format(model=_name(model))},
        "examples": [{"headers": headers, "payload": EXAMPLES[type_]}],
    }


_ID: Final = (
    "Of the message; drop what comes again. A report has its report_id and needs none; a receipt repeats it."
)
_HEADERS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["ce_specversion", "ce_type"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "description": _ID},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string"},
        "ce_time": {"type": "string", "format": "date-time", "description": "The sender's word alone."},
        "content-type": {"const": "application/json"},
        "traceparent": {"type": "string", "description": "W3C trace context."},
    },
}


def main() -> None:
    """Write `docs/banks/` anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, document in documents().items():
        (FOLDER / name).write_text(text(document), "utf-8")
    (FOLDER / STATES).write_text(bank_tables.page(), "utf-8")
    (FOLDER / FIELDS).write_text(field_page(), "utf-8")
    (FOLDER / bank_openapi.OPENAPI).write_text(text(bank_openapi.openapi()), "utf-8")


if __name__ == "__main__":
    main()
