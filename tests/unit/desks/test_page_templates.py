"""Templates of pages: each word in both languages, and everything escaped."""

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

TEMPLATES = Path(__file__).parents[3] / "services" / "desks" / "pages" / "templates"
CHINESE = re.compile("[\u4e00-\u9fff]")
NAMES_OF_LANGUAGES = frozenset({"中文"})
"""A language is named in itself."""


def parsed() -> Iterator[tuple[str, nodes.Template]]:
    for file in sorted(TEMPLATES.rglob("*.html")):
        yield file.relative_to(TEMPLATES).as_posix(), Environment().parse(file.read_text("utf-8"))


def chinese_of_t(tree: nodes.Template) -> set[int]:
    """The constants that stand for the Chinese words of `t(zh, en)`."""
    calls = [call for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name)]
    first = [call.args[0] for call in calls if call.node.name == "t" and len(call.args) == 2]
    return {id(const) for words in first for const in (words, *words.find_all(nodes.Const))}


def test_what_a_template_says_in_chinese_it_says_in_english_too() -> None:
    wrong = []
    for name, tree in parsed():
        said = chinese_of_t(tree)
        for const in tree.find_all(nodes.Const):
            is_chinese = isinstance(const.value, str) and CHINESE.search(const.value)
            if is_chinese and id(const) not in said and const.value not in NAMES_OF_LANGUAGES:
                wrong.append(f"{name}:{const.lineno} {const.value}")
        for text in tree.find_all(nodes.TemplateData):
            wrong += [f"{name}:{text.lineno} {text.data}"] * bool(CHINESE.search(text.data))
    assert wrong == []


def test_no_template_takes_anything_for_safe() -> None:
    for name, tree in parsed():
        filters = {each.name for each in tree.find_all(nodes.Filter)}
        assert not filters & {"safe", "forceescape"}, name
        assert not list(tree.find_all(nodes.ScopedEvalContextModifier)), f"{name} changes how it is escaped"
