"""What the topics carry, as JSON Schemas and an AsyncAPI 3 document, made from `shared/events`.

`python -m shared.events.schemas` writes them to `docs/events/`.
"""

import importlib.metadata
import inspect
import json
from pathlib import Path
from typing import Any, Final

from shared.events import CATALOGUE, Event
from shared.messaging.wire import WATERMARK, Watermark

FOLDER: Final = Path(__file__).parents[2] / "docs" / "events"
ASYNCAPI: Final = "asyncapi.json"
Schema = dict[str, Any]

_MOMENT = "2026-02-13T08:30:00Z"
_ID = "6f1c1d1e-5a52-4b0e-9d5b-1f6f0a1b2c3d"
_TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_HEADER_FIELDS = ("id", "occurred_at")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXAMPLES: dict[str, Any] = {
    "approver": "leader-03",
    "card": "yellow",
    "channel": "inbox",
    "clause": "BZ 3",
    "category": "roads.damage",
    "deadline": "completion",
    "division": "341602",
    "due_at": "2026-02-25T09:30:00Z",
    "en": "Due on 2026-02-25: 3 working days, the starting day not counted.",
    "enterprise": "示例制造有限公司",
    "how": "电话",
    "instruction": "五日内办结",
    "kind": "help",
    "leader": "leader-03",
    "limit": {"number": 3, "unit": "working_days", "roll": False},
    "limits": {"completion": {"limit": {"number": 5, "unit": "working_days"}}},
    "locality": "qiaocheng",
    "met_at": None,
    "office_hours": [["08:30", "12:00"], ["14:30", "17:30"]],
    "pack": "bozhou-2024@1",
    "reason": "情况说明",
    "receipt_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "recipient": "unit:traffic",
    "registration_number": "BZ-20260213-00042",
    "source_id": "12345-20260213-0815",
    "state": "dispatched",
    "task_force": ["交通运输局"],
    "template": "card_issued_unit",
    "title": "厂区门口道路破损",
    "to": "劳动人事争议仲裁委员会",
    "unit": "traffic",
    "unit_name": "交通运输局",
    "zh": "2026-02-25 到期：3 个工作日，起始日不计。",
}


def documents() -> dict[str, Schema]:
    """The content of `docs/events/` by file name: a schema for each event, and the AsyncAPI document."""
    schemas = {f"{type_}.json": {"$schema": _DIALECT, **payload(event)} for type_, event in CATALOGUE.items()}
    return {**schemas, ASYNCAPI: asyncapi()}


def text(document: Schema) -> str:
    """A document as its file holds it."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def payload(event: type[Event], ref: str = "#/$defs/{model}") -> Schema:
    """The schema of an event's body: all fields but those that travel in headers."""
    schema = event.model_json_schema(ref_template=ref)
    for name in _HEADER_FIELDS:
        schema["properties"].pop(name)
    schema["required"] = [name for name in schema["required"] if name not in _HEADER_FIELDS]
    return schema


def asyncapi() -> Schema:
    """All topics with their messages. Every service may read every topic; only its own one writes it."""
    ref = "#/components/schemas/{model}"
    schemas = {event.__name__: payload(event, ref) for event in CATALOGUE.values()}
    schemas["Watermark"] = Watermark.model_json_schema(ref_template=ref)
    shared = {name: inner for schema in schemas.values() for name, inner in schema.pop("$defs", {}).items()}
    components = {"Headers": _headers(), **shared, **schemas}
    emitted = {source: _emitted_by(source) for source in dict.fromkeys(e.source for e in CATALOGUE.values())}
    messages = {event.__name__: _event(event, components) for event in CATALOGUE.values()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Huying events",
            "version": importlib.metadata.version("huying"),
            "description": "CloudEvents 1.0 on Kafka, binary mode: attributes in headers, JSON in the value.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {source: _channel(source, names) for source, names in emitted.items()},
        "operations": {
            f"{action}_{source}": _operation(source, action)
            for source in emitted
            for action in ("send", "receive")
        },
        "components": {
            "messages": {**messages, "Watermark": _watermark(components)},
            "schemas": components,
        },
    }


def _emitted_by(source: str) -> list[str]:
    return [event.__name__ for event in CATALOGUE.values() if event.source == source] + ["Watermark"]


def _channel(source: str, names: list[str]) -> Schema:
    return {
        "address": f"{source}.events",
        "description": f"What {source} says. One case stays in one partition, in order.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"topic": f"{source}.events", "bindingVersion": "0.5.0"}},
    }


def _operation(source: str, action: str) -> Schema:
    who = f"The {source} service writes." if action == "send" else "Any service reads, in its own group."
    return {"action": action, "channel": {"$ref": f"#/channels/{source}"}, "summary": who}


def _event(event: type[Event], schemas: dict[str, Schema]) -> Schema:
    key = {"type": "string", "format": "uuid", "description": "appeal_id"}
    message = _message(event.type, event.__name__, inspect.getdoc(event) or "", schemas, event.source)
    return {**message, "bindings": {"kafka": {"key": key, "bindingVersion": "0.5.0"}}}


def _watermark(schemas: dict[str, Schema]) -> Schema:
    return _message(WATERMARK, "Watermark", inspect.getdoc(Watermark) or "", schemas, None)


def _message(
    type_: str, name: str, description: str, schemas: dict[str, Schema], source: str | None
) -> Schema:
    constant = {"ce_type": type_} | ({"ce_source": f"/huying/{source}"} if source else {})
    headers = {
        "ce_specversion": "1.0",
        "ce_id": _ID,
        "ce_type": type_,
        "ce_source": f"/huying/{source or 'intake'}",
        "ce_time": _MOMENT,
        "content-type": "application/json",
    }
    return {
        "name": type_,
        "title": name,
        "summary": description.splitlines()[0],
        "description": description,
        "contentType": "application/json",
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/Headers"},
                {
                    "type": "object",
                    "properties": {header: {"const": constant[header]} for header in constant},
                },
            ]
        },
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "examples": [{"headers": headers, "payload": _example(schemas[name], name, schemas)}],
    }


def _headers() -> Schema:
    described: dict[str, Schema] = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid", "description": "Of the event; readers drop repeats."},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string", "description": "/huying/ and the service that says it."},
        "ce_time": {"type": "string", "format": "date-time", "description": "When it occurred."},
        "content-type": {"const": "application/json"},
    }
    trace = {"type": "string", "description": "W3C trace context.", "examples": [_TRACEPARENT]}
    return {
        "type": "object",
        "required": [*described],
        "properties": {**described, "traceparent": trace},
    }


def _example(schema: Schema, name: str, schemas: dict[str, Schema]) -> Any:
    """An example value for a schema, chosen by the name of the field that holds it."""
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].rsplit("/", 1)[1]], name, schemas)
    values = _values(schema)
    fits = schema.get("type") != "object" or isinstance(_EXAMPLES.get(name), dict)
    if name in _EXAMPLES and fits and (not values or _EXAMPLES[name] in values):
        return _EXAMPLES[name]
    if values:
        return values[0]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], name, schemas)
    match schema["type"]:
        case "object":
            return _example_object(schema, schemas)
        case "array":
            return [_example(schema["items"], name, schemas)]
        case "string":
            formats = {"uuid": _ID, "date-time": _MOMENT, "date": _MOMENT[:10]}
            return formats.get(schema.get("format", ""), name)
        case "boolean":
            return False
        case _:
            return 1


def _example_object(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    if "properties" in schema:
        return {name: _example(inner, name, schemas) for name, inner in schema["properties"].items()}
    return {key: _example(schema["additionalProperties"], key, schemas) for key in ("zh", "en")}


def _values(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", []))


def main() -> None:
    """Write `docs/events/` anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    written = documents()
    for old in FOLDER.glob("*.json"):
        if old.name not in written:
            old.unlink()
    for name, document in written.items():
        (FOLDER / name).write_text(text(document), "utf-8")


if __name__ == "__main__":
    main()
