"""The nodes of a YAML file that people write.

Of YAML only names, lists and texts are read. Every scalar stays text, so that 12:00, 0551, no and 2026-10-01
mean what they look like. Size, depth, and what aliases add up to, are bounded before anything is built.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from shared.files import bounded
from shared.files.encodings import other_encoding
from shared.files.yaml_mistakes import Mistakes, Place, refuse

MOST_BYTES = 4 * 1024 * 1024
MOST_NODES = 100_000
"""Names, texts and lists, each counted as often as aliases repeat it."""
DEEPEST = 20
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


def document(path: Path) -> yaml.CollectionNode:
    """The one document in the file at `path`: names, lists and texts. Mistakes where it has anything else."""
    root = _Composer(path).compose(_text(path))
    refuse(path, root, _twice(root))
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


def _twice(node: yaml.Node, place: Place = ()) -> Iterator[tuple[Place, str]]:
    seen = set()
    for index, entry in enumerate(node.value if isinstance(node, yaml.CollectionNode) else ()):
        key, value = (entry[0].value, entry[1]) if isinstance(node, yaml.MappingNode) else (index, entry)
        if key in seen:
            yield (*place, key), "is given twice"
        seen.add(key)
        yield from _twice(value, (*place, key))
