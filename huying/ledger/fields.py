"""The fields that a request may have, read from its model: their paths, and the kind of value of each."""

from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Any

from pydantic import BaseModel


class FieldKind(StrEnum):
    """What a field holds, as far as a cell has to be read differently for it."""

    TEXT = "text"
    MOMENT = "moment"
    DAY = "day"
    TRUTH = "truth"
    NUMBER = "number"
    LIST = "list"


_BY_TYPE = {"boolean": FieldKind.TRUTH, "integer": FieldKind.NUMBER, "array": FieldKind.LIST}
_BY_FORMAT = {"date-time": FieldKind.MOMENT, "date": FieldKind.DAY}


def fields_of(model: type[BaseModel], leaving_out: Collection[str] = ()) -> dict[str, FieldKind]:
    """The fields of `model` by their path, like `enterprise.name`."""
    schema = model.model_json_schema()
    return dict(_fields(schema, schema.get("$defs", {}), leaving_out))


def _fields(
    schema: dict[str, Any], known: dict[str, Any], leaving_out: Collection[str], above: str = ""
) -> Iterator[tuple[str, FieldKind]]:
    for name, field in schema.get("properties", {}).items():
        if name in leaving_out:
            continue
        forms = list(_forms(field, known))
        inner = next((form for form in forms if "properties" in form), None)
        if inner is not None:
            yield from _fields(inner, known, (), f"{above}{name}.")
        elif kind := next((kind for form in forms if (kind := _kind(form))), None):
            yield f"{above}{name}", kind


def _forms(field: dict[str, Any], known: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The forms that a field may have, references followed."""
    if "$ref" in field:
        yield from _forms(known[field["$ref"].rpartition("/")[2]], known)
    for form in (*field.get("anyOf", ()), *field.get("allOf", ())):
        yield from _forms(form, known)
    yield field


def _kind(form: dict[str, Any]) -> FieldKind | None:
    if "format" in form and form["format"] in _BY_FORMAT:
        return _BY_FORMAT[form["format"]]
    if form.get("type") == "string":
        return FieldKind.TEXT
    return _BY_TYPE.get(form.get("type", ""))
