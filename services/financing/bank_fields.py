"""The fields of the banks' messages as a page for banks, made from their schemas and `bank_fields.yaml`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, RootModel

from shared.events.schemas import Schema
from shared.files import strict_yaml

TEXTS: Final = Path(__file__).parent / "bank_fields.yaml"
_TYPES: Final = {
    "string": "文本 text",
    "integer": "整数 integer",
    "boolean": "true / false",
    "object": "对象 object",
    "array": "数组 array",
}


class _Words(BaseModel):
    """A text in Chinese and English."""

    model_config = ConfigDict(extra="forbid")

    zh: str
    en: str


class Meaning(_Words):
    """What a field means, and why it is passed on, where it holds personal data."""

    passed_on: _Words | None = None


class _File(RootModel[dict[str, Meaning]]):
    """The meanings by message type and field."""


class FieldRow(NamedTuple):
    """A field of a message: its path, its schema, and whether the message always has it."""

    path: str
    schema: Schema
    is_required: bool


def meanings() -> dict[str, Meaning]:
    """The meanings as the file holds them. Mistakes that name file and line."""
    return strict_yaml.read(TEXTS, _File, lambda _: ()).root


def meaning_of(type_: str, path: str, texts: Mapping[str, Meaning]) -> Meaning:
    """The meaning of a field of one message, or of that field of every message. Raises KeyError."""
    own = f"{type_}.{path}"
    return texts[own] if own in texts else texts[f"*.{path}"]


def fields(schema: Schema, defs: Schema, prefix: str = "") -> Iterator[FieldRow]:
    """The fields of a message's schema, those of an object within after it."""
    required = schema.get("required", ())
    for name, property_ in schema.get("properties", {}).items():
        resolved = _resolved(property_, defs)
        yield FieldRow(prefix + name, resolved, name in required)
        yield from fields(resolved, defs, f"{prefix}{name}.")
        if "items" in resolved:
            yield from fields(_resolved(resolved["items"], defs), defs, f"{prefix}{name}[].")


def _resolved(property_: Schema, defs: Schema) -> Schema:
    """The schema of a property that is not null, with what it refers to."""
    schema: Schema = dict(property_)
    if "$ref" in schema:
        schema |= defs[schema["$ref"].rpartition("/")[2]]
    if isinstance(schema["type"], list):
        schema["type"] = schema["type"][0]
        schema["enum"] = [value for value in schema.get("enum", ()) if value is not None]
    return schema


def page(schemas: Mapping[str, Schema], examples: Mapping[str, Schema]) -> str:
    """The page, in Chinese and English; `schemas` and `examples` by message type."""
    return "\n".join(_lines(schemas, examples)) + "\n"


def _lines(schemas: Mapping[str, Schema], examples: Mapping[str, Schema]) -> Iterator[str]:
    texts = meanings()
    yield "# 字段表 / Fields"
    yield ""
    yield "Made by `python -m services.financing.bank_documents` from the code. 时刻为 ISO 8601，带时区。"
    yield "★ 个人信息或企业信息，仅为所列用途传递，需求结束后依授权书处理。"
    yield "★ Personal data and data of the enterprise, passed on for the purpose named alone."
    yield "Moments are ISO 8601 with an offset."
    for type_, schema in schemas.items():
        yield from ("", f"## `{type_}`", "")
        yield "| 字段 field | 类型 type | 必填 required | 长度、取值 bounds | 含义 | meaning | 示例 example |"
        yield "|---|---|---|---|---|---|---|"
        for row in fields(schema, schema.get("$defs", {})):
            yield _line(row, meaning_of(type_, row.path, texts), _example(examples[type_], row.path))


def _line(row: FieldRow, meaning: Meaning, example: str) -> str:
    zh, en, star = meaning.zh, meaning.en, ""
    if meaning.passed_on:
        star, zh, en = " ★", f"{zh}（用途：{meaning.passed_on.zh}）", f"{en} ({meaning.passed_on.en})"
    required = "是 yes" if row.is_required else "否 no"
    kind = _TYPES[row.schema["type"]] if row.schema.get("format") != "date-time" else "时刻 moment"
    return f"| `{row.path}`{star} | {kind} | {required} | {_bounds(row.schema)} | {zh} | {en} | {example} |"


def _bounds(schema: Schema) -> str:
    if schema.get("enum"):
        return "、".join(f"`{value}`" for value in schema["enum"])
    bounds = []
    for least, most, unit in (
        ("minLength", "maxLength", " 字 characters"),
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", " 项 items"),
    ):
        if most in schema:
            bounds.append(f"{schema.get(least, 0)}–{schema[most]}{unit}")
    if "pattern" in schema:
        bounds.append(f"`{schema['pattern'].replace('|', '&#124;')}`".replace("&#124;", "\\|"))
    return "；".join(bounds)


def _example(example: Any, path: str) -> str:
    """The field's value in the example of its message; empty where the example has none, or an object."""
    for name in path.split("."):
        name, _, within = name.partition("[]")
        example = example.get(name) if isinstance(example, dict) else None
        if within == "" and path.find(f"{name}[]") >= 0:
            example = example[0] if example else None
    if example is None or isinstance(example, dict | list):
        return ""
    return f"`{json.dumps(example, ensure_ascii=False)}`"
