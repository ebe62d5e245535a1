"""A YAML file that people write, read into a model, with mistakes told by file and line.

Of YAML only names, lists and texts are read. Every scalar stays text, so that 12:00, 0551, no and 2026-10-01
mean what they look like. Size, depth, and what aliases add up to, are bounded before anything is built.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, RootModel, ValidationError

from shared.files import bounded
from shared.files.encodings import other_encoding

Place = tuple[int | str, ...]
M = TypeVar("M", bound=BaseModel)
MOST_BYTES = 4 * 1024 * 1024
MOST_NODES = 100_000
"""Names, texts and lists, each counted as often as aliases repeat it."""
DEEPEST = 20
MOST_MISTAKES, LONGEST_NAME, LONGEST_RULE = 100, 80, 800
"""So many are told at once, with so many characters of a name and of a rule that may quote a value."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


class Mistakes(ValueError):
    """A file cannot be used. The message names file, line and rule, one mistake a line."""


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
        _refuse(path, root, _invalid(error))
        raise
    _refuse(path, root, contradictions(content))
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


def document(path: Path) -> yaml.CollectionNode:
    """The one document in the file at `path`: names, lists and texts. Mistakes where it has anything else."""
    root = _Composer(path).compose(_text(path))
    _refuse(path, root, _twice(root))
    return root


def _text(path: Path) -> str:
    try:
        content = bounded.content(path, MOST_BYTES)
    except OSError as error:
        raise Mistakes(
            f"{path}: 无法读取 / cannot be read ({error}): give the path of a YAML file"
        ) from error
    except bounded.FileRefused as error:
        raise Mistakes(str(error)) from error
    if (name := other_encoding(content)) is not None:
        raise Mistakes(
            f"{path}: 编码为 {name}，请另存为 UTF-8 / is written in {name}, not in UTF-8: save it as UTF-8"
        )
    try:
        text = content.decode().lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Mistakes(
            f"{path}, line {line}: 不是 UTF-8 编码 / is not UTF-8: save the file as UTF-8"
        ) from error
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        raise Mistakes(
            f"{path}, line {line}: 含有控制字符，请删除 / holds the control character"
            f" U+{ord(control[0]):04X}: take it out"
        )
    return text


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end is still to come, its anchor, and the key that waits for its value."""

    node: yaml.CollectionNode
    anchor: str | None
    key: yaml.ScalarNode | None = None


class _Composer:
    """Builds the nodes of a document from the parser's events, within the bounds.

    PyYAML's own composer has none: it recurses as deep as a file says, and repeats an alias as often.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._root: yaml.Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, yaml.Node] = {}
        self._sizes: dict[int, tuple[int, int]] = {}
        """By the id of a node with an anchor: how many nodes it holds, and how many levels."""
        self._nodes = 0

    def compose(self, text: str) -> yaml.CollectionNode:
        """The document in `text`. Mistakes."""
        try:
            for event in yaml.parse(text, yaml.CBaseLoader):
                self._take(event)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            reason = getattr(error, "problem", None) or getattr(error, "reason", error)
            line = min(mark.line, text.rstrip().count("\n")) if mark else 0
            raise self._mistake(line, f"不是有效的 YAML / no YAML ({reason})") from error
        if not isinstance(self._root, yaml.CollectionNode):
            raise self._mistake(0, "应为名称和值 / expected a mapping of names to values")
        return self._root

    def _take(self, event: Any) -> None:
        line = event.start_mark.line
        match event:
            case yaml.AliasEvent():
                if (node := self._anchors.get(event.anchor or "")) is None:
                    raise self._mistake(
                        line,
                        f"别名 *{event.anchor} 之前没有所指，请写全"
                        f" / nothing before it has the name of the alias *{event.anchor}: write it out",
                    )
                self._add(node, line)
            case yaml.ScalarEvent():
                self._check_tag(event)
                scalar = yaml.ScalarNode("", event.value, self._mark(event))
                self._add(scalar, line)
                self._remember(scalar, event.anchor)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._check_tag(event)
                mapping = isinstance(event, yaml.MappingStartEvent)
                collection = (yaml.MappingNode if mapping else yaml.SequenceNode)("", [], self._mark(event))
                self._add(collection, line)
                self._anchors.pop(event.anchor or "", None)
                self._open.append(_Open(collection, event.anchor))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                ended = self._open.pop()
                self._remember(ended.node, ended.anchor)
            case yaml.DocumentStartEvent() if self._root is not None:
                raise self._mistake(
                    line,
                    "第二份文档（---）请另存一个文件 / a second document (---): give it a file of its own",
                )

    def _add(self, node: yaml.Node, line: int) -> None:
        """Put a node where it belongs: as the root, an entry, a key or the value of the key before it."""
        nodes, levels = self._measured(node)
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise self._mistake(
                line,
                f"连同别名的重复超过 {MOST_NODES:,} 项 / more than {MOST_NODES:,} names and values, with what"
                " aliases repeat: make the file smaller",
            )
        if len(self._open) + levels > DEEPEST:
            raise self._mistake(
                line, f"嵌套超过 {DEEPEST} 层 / is nested deeper than {DEEPEST} levels: make it flatter"
            )
        if not self._open:
            self._root = node
            return
        above = self._open[-1]
        if isinstance(above.node, yaml.SequenceNode):
            above.node.value.append(node)
        elif above.key is not None:
            above.node.value.append((above.key, node))
            above.key = None
        elif not isinstance(node, yaml.ScalarNode):
            raise self._mistake(line, "键须为文字 / a key is no word: write names as keys")
        elif node.value == "<<":
            raise self._mistake(line, "请把合并键 << 写全 / the merge key << is not read: write it out")
        else:
            above.key = node

    def _remember(self, node: yaml.Node, anchor: str | None) -> None:
        if anchor:
            self._sizes[id(node)] = self._measured(node)
            self._anchors[anchor] = node

    def _measured(self, node: yaml.Node) -> tuple[int, int]:
        """How many nodes `node` holds, itself and what aliases repeat among them, and how many levels."""
        if (known := self._sizes.get(id(node))) is not None:
            return known
        nodes, levels = 1, 0
        for entry in node.value if isinstance(node, yaml.CollectionNode) else ():
            for below in entry if isinstance(entry, tuple) else (entry,):
                more, deep = self._measured(below)
                nodes, levels = nodes + more, max(levels, deep)
        return nodes, levels + 1

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None and event.tag != "!":
            raise self._mistake(
                event.start_mark.line,
                f"请去掉标签 {event.tag} / has the tag {event.tag}: take it out, every value is read as text",
            )

    def _mark(self, event: Any) -> yaml.Mark:
        return yaml.Mark(str(self._path), 0, event.start_mark.line, event.start_mark.column, None, 0)

    def _mistake(self, line: int, rule: str) -> Mistakes:
        return Mistakes(f"{self._path}, line {line + 1}: {rule}")


def _value(node: yaml.Node) -> Any:
    """A node as dicts, lists and texts; of a name that is given twice the last value."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _value(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(entry) for entry in node.value]
    return node.value


def _refuse(path: Path, root: yaml.Node, mistakes: Iterable[tuple[Place, str]]) -> None:
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


def _twice(node: yaml.Node, place: Place = ()) -> Iterator[tuple[Place, str]]:
    seen = set()
    for index, entry in enumerate(node.value if isinstance(node, yaml.CollectionNode) else ()):
        key, value = (entry[0].value, entry[1]) if isinstance(node, yaml.MappingNode) else (index, entry)
        if key in seen:
            yield (*place, key), "is given twice"
        seen.add(key)
        yield from _twice(value, (*place, key))


def _invalid(error: ValidationError) -> Iterator[tuple[Place, str]]:
    plain = {"extra_forbidden": "is not known here: check its spelling", "missing": "is missing"}
    for mistake in error.errors(include_url=False):
        rule = plain.get(mistake["type"], mistake["msg"].removeprefix("Value error, "))
        yield mistake["loc"], rule[0].lower() + rule[1:]
