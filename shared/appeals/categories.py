"""The city's table of categories (诉求分类): up to four levels, found by code or by Chinese name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.files import strict_yaml
from shared.files.yaml_mistakes import Place
from shared.service.errors import Invalid

SAMPLE = Path(__file__).with_name("categories.yaml")
"""A table for enterprises' matters, for a city that names none of its own."""
DEEPEST = 4
NEAREST = 5
LEAST_ALIKE = 0.3


class CategoryRow(BaseModel):
    """A category as the file has it. Its whole code has those above it before its own, with points."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,20}$")]
    zh: Annotated[str, Field(min_length=1, max_length=50)]
    en: Annotated[str, Field(min_length=1, max_length=100)]
    under: tuple["CategoryRow", ...] = ()


class CategoryFile(BaseModel):
    """The file of a city's categories."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    categories: tuple[CategoryRow, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """A category with its whole code and its names from the top level down."""

    code: str
    level: int
    parent: str | None
    zh: tuple[str, ...]
    en: tuple[str, ...]

    @property
    def path(self) -> str:
        """The Chinese names from the top level down."""
        return "/".join(self.zh)


class Categories:
    """The categories of the city."""

    def __init__(self, rows: Iterable[CategoryRow]) -> None:
        self.all = tuple(_flat(rows, None))
        self._by_code = {category.code: category for category in self.all}
        self._by_name: dict[str, list[Category]] = {}
        for category in self.all:
            for name in {category.path, category.zh[-1]}:
                self._by_name.setdefault(name, []).append(category)

    @classmethod
    def load(cls, path: Path | None) -> "Categories":
        """The table of a file. `Mistakes` names file, line and rule."""
        return cls(strict_yaml.read(path or SAMPLE, CategoryFile, _contradictions).categories)

    def get(self, code: str | None) -> Category | None:
        """The category with this code; None where the table has none, or not any more."""
        return self._by_code.get(code) if code else None

    def named(self, written: str, field: str = "category") -> Category:
        """The category that somebody wrote by its code, its name or its path of names.

        Raises `Invalid`, about `field`, with the nearest ones, for what is none or more than one.
        """
        code = written.strip()
        if (category := self._by_code.get(code)) is not None:
            return category
        candidates = self._by_name.get(code.replace("／", "/").replace(" ", ""), [])
        if len(candidates) == 1:
            return candidates[0]
        nearest = candidates or self._nearest(code)
        zh = "、".join(f"{category.path}（{category.code}）" for category in nearest)
        en = ", ".join(category.code for category in nearest)
        if candidates:
            raise Invalid(f"有多个诉求分类名为“{code}”：{zh}", f"'{code}' may be {en}: write its code", field)
        raise Invalid(
            f"没有诉求分类“{code}”" + (f"；相近的有：{zh}" if zh else "；可查 GET /categories"),
            f"no category '{code}' here" + (f"; the nearest are {en}" if en else ": see GET /categories"),
            field,
        )

    def _nearest(self, written: str) -> list[Category]:
        by_word = {word: category for category in self.all for word in (category.code, category.zh[-1])}
        return [by_word[word] for word in get_close_matches(written, by_word, NEAREST, LEAST_ALIKE)]


def _flat(rows: Iterable[CategoryRow], above: Category | None) -> Iterator[Category]:
    for row in rows:
        category = Category(
            code=f"{above.code}.{row.code}" if above else row.code,
            level=above.level + 1 if above else 1,
            parent=above.code if above else None,
            zh=(*(above.zh if above else ()), row.zh),
            en=(*(above.en if above else ()), row.en),
        )
        yield category
        yield from _flat(row.under, category)


def _contradictions(file: CategoryFile) -> Iterator[tuple[Place, str]]:
    yield from _twice_or_too_deep(file.categories, ("categories",), 1)


def _twice_or_too_deep(
    rows: tuple[CategoryRow, ...], place: Place, level: int
) -> Iterator[tuple[Place, str]]:
    if level > DEEPEST:
        yield place, f"最多 {DEEPEST} 级 / no more than {DEEPEST} levels"
        return
    for field in ("code", "zh"):
        words = [getattr(row, field) for row in rows]
        for index, word in enumerate(words):
            if word in words[:index]:
                yield (*place, index, field), f"{word} 在同级中重复 / stands twice on one level: {word}"
    for index, row in enumerate(rows):
        yield from _twice_or_too_deep(row.under, (*place, index, "under"), level + 1)
