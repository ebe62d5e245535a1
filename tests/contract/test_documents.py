"""`docs/events/` is what the classes say, and its AsyncAPI document holds together."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services import SERVICES
from shared.events import CATALOGUE, schemas
from shared.messaging import wire

DOCUMENTS = schemas.documents()
DOCUMENT = DOCUMENTS[schemas.ASYNCAPI]
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]

_REF = {"type": "object", "required": ["$ref"], "maxProperties": 1}
_TEXT = {"type": "string", "minLength": 1}
ASYNCAPI_3 = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations", "components"],
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "info": {"required": ["title", "version"]},
        "channels": {
            "additionalProperties": {
                "required": ["address", "messages"],
                "properties": {"address": _TEXT, "messages": {"additionalProperties": _REF}},
            }
        },
        "operations": {
            "propertyNames": {"pattern": "^[A-Za-z0-9_-]+$"},
            "additionalProperties": {
                "required": ["action", "channel"],
                "properties": {"action": {"enum": ["send", "receive"]}, "channel": _REF},
            },
        },
        "components": {
            "properties": {
                "messages": {
                    "additionalProperties": {
                        "required": ["name", "summary", "description", "headers", "payload", "examples"],
                        "properties": {"summary": _TEXT, "payload": _REF, "examples": {"minItems": 1}},
                    }
                }
            }
        },
    },
}


def test_the_files_are_what_the_classes_say() -> None:
    written = {path.name: path.read_text("utf-8") for path in schemas.FOLDER.glob("*.json")}
    wanted = {name: schemas.text(document) for name, document in DOCUMENTS.items()}
    stale = sorted(name for name in written.keys() | wanted.keys() if written.get(name) != wanted.get(name))
    assert not stale, f"write docs/events anew: python -m shared.events.schemas ({', '.join(stale)})"


@pytest.mark.parametrize("type_", CATALOGUE)
def test_each_schema_is_a_schema_and_says_what_the_event_means(type_: str) -> None:
    schema = DOCUMENTS[f"{type_}.json"]
    Draft202012Validator.check_schema(schema)
    assert schema["description"].endswith(".")
    assert not {"id", "occurred_at"} & schema["properties"].keys()


def test_the_document_has_the_shape_of_asyncapi_3() -> None:
    Draft202012Validator(ASYNCAPI_3).validate(DOCUMENT)


def refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from refs(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from refs(inner)


def test_whatever_the_document_points_at_is_in_it() -> None:
    for ref in set(refs(DOCUMENT)):
        node: Any = DOCUMENT
        for step in ref.removeprefix("#/").split("/"):
            assert step in node, f"{ref} points nowhere"
            node = node[step]


def test_each_event_stands_on_the_topic_of_the_service_that_says_it_and_watermarks_on_all() -> None:
    for source, channel in DOCUMENT["channels"].items():
        assert source in SERVICES
        assert channel["address"] == f"{source}.events"
        own_events = {event.__name__ for event in CATALOGUE.values() if event.source == source}
        assert channel["messages"].keys() == own_events | {"Watermark"}
    assert MESSAGES.keys() == {event.__name__ for event in CATALOGUE.values()} | {"Watermark"}


@pytest.mark.parametrize("name", MESSAGES)
def test_each_example_fits_its_schema_and_can_be_read(name: str) -> None:
    message = MESSAGES[name]
    (example,) = message["examples"]
    for part in ("headers", "payload"):
        Draft202012Validator({**message[part], "components": DOCUMENT["components"]}).validate(example[part])
    headers = [(header, value.encode()) for header, value in example["headers"].items()]
    heard = wire.read(headers, json.dumps(example["payload"]).encode())
    assert type(heard.content).__name__ == name
