"""Whether a changed schema parts those who say an event from those who read it."""

import re
from collections.abc import Iterator
from typing import Any

_CONSTRAINTS = (
    "format",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
)


Schema = dict[str, Any]
_Defs = tuple[dict[str, Schema], dict[str, Schema]]


def breaks(old: Schema, new: Schema) -> list[str]:
    """What in `new` parts it from `old`, each with its place; empty where nothing does.

    Nothing may be removed, newly required, of another type or otherwise bounded, and no value of an enum
    removed. A new value is no break, nor are words with a pattern that all values of the enum before them
    fit: those who read it are deployed before those who say it.
    """
    return list(_breaks(old, new, "body", (old.get("$defs", {}), new.get("$defs", {}))))


def _breaks(old: Schema, new: Schema, at: str, defs: _Defs) -> Iterator[str]:
    before, after = _variants(old, defs[0]), _variants(new, defs[1])
    if before.keys() != after.keys():
        yield f"{at}: was {' or '.join(sorted(before))}, is {' or '.join(sorted(after))}"
        return
    for kind in before:
        yield from _same_type(before[kind], after[kind], at, defs)


def _variants(schema: Schema, defs: dict[str, Schema]) -> dict[str, Schema]:
    """What a value may be, by type; models that stand side by side are told apart by title."""
    if "$ref" in schema:
        return _variants(defs[schema["$ref"].rsplit("/", 1)[1]], defs)
    if "anyOf" in schema:
        several = [_variants(variant, defs) for variant in schema["anyOf"]]
        objects = sum("object" in variants for variants in several) > 1
        return {
            f"{kind} {variant['title']}"
            if objects and kind == "object" and "title" in variant
            else kind: variant
            for variants in several
            for kind, variant in variants.items()
        }
    return {schema.get("type", "any"): schema}


def _same_type(old: Schema, new: Schema, at: str, defs: _Defs) -> Iterator[str]:
    if _widened(old, new):
        return
    old, new = _plain(old), _plain(new)
    for name in _CONSTRAINTS:
        if old.get(name) != new.get(name):
            yield f"{at}: {name} was {old.get(name)}, is {new.get(name)}"
    if gone := [value for value in _values(old) if value not in _values(new)]:
        yield f"{at}: no longer {', '.join(map(str, gone))}" if _values(new) else f"{at}: no longer an enum"
    elif _values(new) and not _values(old):
        yield f"{at}: only {', '.join(map(str, _values(new)))} now"
    yield from _properties(old, new, at, defs)
    for name in ("items", "additionalProperties", "propertyNames"):
        yield from _inner(old.get(name), new.get(name), f"{at}.{name}", defs)
    first, second = old.get("prefixItems", []), new.get("prefixItems", [])
    for i, (before, after) in enumerate(zip(first, second, strict=False)):
        yield from _breaks(before, after, f"{at}[{i}]", defs)


def _widened(old: Schema, new: Schema) -> bool:
    """Whether what was an enum is now a word of which each of its values is one."""
    pattern, before = new.get("pattern"), _values(old)
    return bool(before and pattern and not _values(new)) and all(
        re.search(pattern, literal) for literal in before
    )


def _plain(schema: Schema) -> Schema:
    """A mapping with a pattern for its names, written like one with a schema for them."""
    if len(named := schema.get("patternProperties", {})) != 1:
        return schema
    ((pattern, values),) = named.items()
    names = {"type": "string", "pattern": pattern}
    return {"propertyNames": names, "additionalProperties": values, **schema}


def _properties(old: Schema, new: Schema, at: str, defs: _Defs) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in sorted(before.keys() - after.keys()):
        yield f"{at}.{name}: removed"
    for name in sorted(set(new.get("required", [])) - set(old.get("required", []))):
        yield f"{at}.{name}: newly required"
    if old.get("additionalProperties") is False:
        for name in sorted(after.keys() - before.keys()):
            yield f"{at}.{name}: added where readers refuse what they do not know"
    for name in sorted(before.keys() & after.keys()):
        yield from _breaks(before[name], after[name], f"{at}.{name}", defs)


def _inner(old: Schema | bool | None, new: Schema | bool | None, at: str, defs: _Defs) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _breaks(old, new, at, defs)
    elif old != new:
        yield f"{at}: was {old}, is {new}"


def _values(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", []))
