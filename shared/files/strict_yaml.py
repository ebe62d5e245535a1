"""A YAML file that people write, read into a model, with mistakes told by file and line."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, RootModel, ValidationError

from shared.files.yaml_mistakes import Mistakes, Place, invalid, refuse
from shared.files.yaml_nodes import document

M = TypeVar("M", bound=BaseModel)
BaseOf = Callable[[Path, dict[str, str]], Path | None]
"""Which file another one amends, by its path and the texts at its top; None for a file that stands alone."""


def read(
    path: Path,
    model: type[M],
    contradictions: Callable[[M], Iterable[tuple[Place, str]]],
    base_of: BaseOf = lambda path, words: None,
) -> M:
    """The file at `path` as a `model`. Mistakes for what is unreadable, invalid or contradicts itself.

    What stands at the top of a file takes the place of what the file that it amends has there.
    """
    root = _amended(path, base_of)
    if not isinstance(root, yaml.MappingNode) and not issubclass(model, RootModel):
        raise Mistakes(f"{path}, line 1: expected a mapping of names to values")
    try:
        content = model.model_validate(_value(root))
    except ValidationError as error:
        refuse(path, root, invalid(error))
        raise
    refuse(path, root, contradictions(content))
    return content


def chain(path: Path, base_of: BaseOf) -> list[Path]:
    """The file at `path`, the one that it amends, and so on."""
    base = base_of(path, _texts_of(document(path)))
    return [path, *(chain(base, base_of) if base else ())]


def _amended(path: Path, base_of: BaseOf) -> yaml.CollectionNode:
    root = document(path)
    base = base_of(path, _texts_of(root))
    if base:
        own = {key.value for key, _ in root.value}
        root.value += [(key, value) for key, value in _amended(base, base_of).value if key.value not in own]
    return root


def _texts_of(root: yaml.CollectionNode) -> dict[str, str]:
    """The texts at the top of a document, by name."""
    entries = root.value if isinstance(root, yaml.MappingNode) else ()
    return {key.value: value.value for key, value in entries if isinstance(value, yaml.ScalarNode)}


def values(path: Path) -> Any:
    """The file at `path` as dicts, lists and texts. Mistakes where it is unreadable."""
    return _value(document(path))


def _value(node: yaml.Node) -> Any:
    """A node as dicts, lists and texts; of a name that is given twice the last value."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _value(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(entry) for entry in node.value]
    return node.value
