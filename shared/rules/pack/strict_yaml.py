"""A YAML file read into a model, with mistakes told by file and line."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Place = tuple[int | str, ...]
M = TypeVar("M", bound=BaseModel)


class Mistakes(ValueError):
    """A file cannot be used. The message names file, line and rule, one mistake a line."""


def read(path: Path, model: type[M], contradictions: Callable[[M], Iterable[tuple[Place, str]]]) -> M:
    """The file at `path` as a `model`. Mistakes for what is unreadable, invalid or contradicts itself.

    Every scalar reaches the model as text, so 12:00 and no mean what they look like.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise Mistakes(f"{path}: cannot be read ({error}): give the path of a YAML file") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise Mistakes(f"{path}, line {line}: no YAML ({getattr(error, 'problem', error)})") from error
    if not isinstance(root, yaml.MappingNode):
        raise Mistakes(f"{path}, line 1: expected a mapping of names to values")
    try:
        _refuse(path, root, _twice(root))
        made = model.model_validate(yaml.BaseLoader("").construct_document(root))
    except yaml.YAMLError as error:
        raise Mistakes(f"{path}, line 1: a key or an alias (*) is not usable: write it out") from error
    except ValidationError as error:
        _refuse(path, root, _invalid(error))
        raise
    _refuse(path, root, contradictions(made))
    return made


def _refuse(path: Path, root: yaml.Node, mistakes: Iterable[tuple[Place, str]]) -> None:
    sentences = []
    for place, rule in mistakes:
        line, found = _find(root, place)
        sentences.append(f"{path}, line {line}: {_words(found)}{rule}")
    if sentences:
        raise Mistakes("\n".join(sentences)) from None


def _find(node: yaml.Node, place: Place) -> tuple[int, Place]:
    """The line of a place, and the place without what is not in the file: names of a model's variants."""
    line, found = node.start_mark.line + 1, []
    for index, part in enumerate(place):
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode) and part in (keys := [key.value for key, _ in node.value]):
            key, node = node.value[len(keys) - 1 - keys[::-1].index(part)]
            line = key.start_mark.line + 1
        elif index < len(place) - 1:
            continue
        found.append(part)
    return line, tuple(found)


def _words(place: Place) -> str:
    words = [f"entry {part + 1}" if isinstance(part, int) else part for part in place if part != "[key]"]
    return f"{', '.join(words)}: " if words else ""


def _twice(node: yaml.Node, place: Place = ()) -> Iterator[tuple[Place, str]]:
    if len(place) > 20:
        raise yaml.YAMLError("nested without end")
    seen = set()
    for index, entry in enumerate(node.value if isinstance(node, yaml.CollectionNode) else ()):
        key, value = (entry[0].value, entry[1]) if isinstance(node, yaml.MappingNode) else (index, entry)
        if not isinstance(key, int | str):
            raise yaml.YAMLError("a key is no word")
        if key in seen:
            yield (*place, key), "is given twice"
        seen.add(key)
        yield from _twice(value, (*place, key))


def _invalid(error: ValidationError) -> Iterator[tuple[Place, str]]:
    plain = {"extra_forbidden": "is not known here: check its spelling", "missing": "is missing"}
    for found in error.errors(include_url=False):
        rule = plain.get(found["type"], found["msg"].removeprefix("Value error, "))
        yield found["loc"], rule[0].lower() + rule[1:]
