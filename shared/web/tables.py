"""Lists as tables: the columns of each list, with their Chinese titles, and the cells of an item.

A service says in `columns.yaml` which fields of an item are columns; codes are shown by their Chinese names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from shared.files.spreadsheets import harmless
from shared.named import of_class, with_codes

Cell = str | int
BETWEEN = "；"
"""Stands between the values of a list in one cell."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, the path to its field, and the Chinese names where the field holds codes."""

    title: str
    path: tuple[str, ...]
    names: Mapping[str, str]

    def cell(self, item: Any) -> Cell:
        """The cell of an item: empty without a value, and no formula."""
        values = [self._shown(value) for value in _values(item, self.path)]
        if len(values) == 1 and isinstance(values[0], int):
            return values[0]
        return harmless(BETWEEN.join(str(value) for value in values))

    def _shown(self, value: Any) -> Cell:
        match value:
            case None:
                return ""
            case bool():
                return "是" if value else "否"
            case int():
                return value
            case dict():
                return str(value.get("zh", "、".join(f"{name}：{part}" for name, part in value.items())))
        return self.names.get(str(value), str(value))


def columns_of(model: type[BaseModel], titles: Mapping[str, str]) -> list[Column]:
    """The columns of a list of which `model` describes a page; `titles` by the path of each field.

    After `/` a title names the class of the codes, where the schema does not tell them. LookupError for a
    field that the items do not have.
    """
    schema = model.model_json_schema(mode="serialization")
    known = schema.get("$defs", {})
    item = _resolved(schema["properties"]["items"]["items"], known)
    columns = []
    for path, title in titles.items():
        parts = tuple(path.split("."))
        codes = _codes(item, parts, known)
        title, _, name = title.partition("/")
        names = of_class(name) if name else with_codes(frozenset(codes)) if codes else None
        columns.append(Column(title, parts, {code.value: code.zh for code in names or ()}))
    return columns


def _values(item: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """The values at a path, through the lists on its way; None where there is none in an item."""
    if isinstance(item, list):
        for part in item:
            yield from _values(part, path)
    elif not path:
        yield item
    elif isinstance(item, dict):
        yield from _values(item.get(path[0]), path[1:])
    else:
        yield None


def _codes(schema: Mapping[str, Any], path: tuple[str, ...], known: Mapping[str, Any]) -> list[str]:
    """The codes that the field at a path may hold; none for a field that holds something else."""
    forms = list(_forms(schema, known))
    if not path:
        return next((form["enum"] for form in forms if "enum" in form), [])
    inner = next(
        (form["properties"][path[0]] for form in forms if path[0] in form.get("properties", {})), None
    )
    if inner is None:
        raise LookupError(f"no field {path[0]} in {schema.get('title')}")
    return _codes(inner, path[1:], known)


def _forms(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The forms that a value may have, lists taken apart and references followed."""
    schema = _resolved(schema, known)
    yield schema
    for form in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _forms(form, known)
    if isinstance(schema.get("items"), dict):
        yield from _forms(schema["items"], known)


def _resolved(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    return schema


def file_name(path: str, now: datetime, form: str) -> str:
    """The name of the file with a list: its path and the time."""
    words = [word for word in path.split("/") if word and not word.startswith("{")]
    return f"{'-'.join(words)}-{now:%Y%m%d-%H%M}.{form}"
