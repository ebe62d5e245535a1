"""Mistakes in a YAML file, told by file and line."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from pydantic import ValidationError

Place = tuple[int | str, ...]
MOST_MISTAKES, LONGEST_NAME, LONGEST_RULE = 100, 80, 800
"""So many are told at once, with so many characters of a name and of a rule that may quote a value."""


class Mistakes(ValueError):
    """A file cannot be used. The message names file, line and rule, one mistake a line."""


def refuse(path: Path, root: yaml.Node, mistakes: Iterable[tuple[Place, str]]) -> None:
    """Raise `Mistakes` where there are some, each by its line."""
    sentences = []
    for place, rule in mistakes:
        mark, place_in_file = _find(root, place)
        sentences.append(
            f"{mark.name}, line {mark.line + 1}: {_words(place_in_file)}{_cut(rule, LONGEST_RULE)}"
        )
        if len(sentences) == MOST_MISTAKES:
            sentences.append(f"{path}: 还有更多错误 / has more mistakes: mend these first")
            break
    if sentences:
        raise Mistakes("\n".join(sentences)) from None


def _find(node: yaml.Node, place: Place) -> tuple[yaml.Mark, Place]:
    """Where a place is, and the place without what is not in the file: names of a model's variants."""
    mark, parts = node.start_mark, []
    for index, part in enumerate(place):
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            mark = node.start_mark
        elif isinstance(node, yaml.MappingNode) and part in (keys := [key.value for key, _ in node.value]):
            key, node = node.value[len(keys) - 1 - keys[::-1].index(part)]
            mark = key.start_mark
        elif index < len(place) - 1:
            continue
        parts.append(part)
    return mark, tuple(parts)


def _words(place: Place) -> str:
    words = [
        f"entry {part + 1}" if isinstance(part, int) else _cut(part, LONGEST_NAME)
        for part in place
        if part != "[key]"
    ]
    return f"{', '.join(words)}: " if words else ""


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def invalid(error: ValidationError) -> Iterator[tuple[Place, str]]:
    """What pydantic refuses, in our words."""
    plain = {"extra_forbidden": "is not known here: check its spelling", "missing": "is missing"}
    for mistake in error.errors(include_url=False):
        rule = plain.get(mistake["type"], mistake["msg"].removeprefix("Value error, "))
        yield mistake["loc"], rule[0].lower() + rule[1:]
