"""The clauses of the text that a pack was made from, and what the pack says of each.

A text's clauses stand in `texts/<name>.yaml`, beside the pack or among those shipped; a pack names it as
`source.text`. Of every clause the pack must say what it does with it: a rule, or a line under `outside`.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from shared.files import strict_yaml
from shared.files.yaml_mistakes import Place
from shared.rules.pack.members import parts
from shared.rules.pack.parts import Rule, Strict

if TYPE_CHECKING:
    from shared.rules.pack.pack import Pack

SHIPPED = Path(__file__).parents[1] / "packs"
Ground = Literal["text", "chosen", "outside"]
"""What a pack does with a clause: what it says, with a choice where it is silent, or nothing."""


class Clause(Strict):
    """One clause of a text, with what it demands in our own words."""

    clause: str = Field(min_length=1)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class PolicyText(Strict):
    """The clauses of one text, in its order. Rules cite them as `cited`, then one clause or several."""

    text: str
    cited: str = Field(min_length=1)
    clauses: tuple[Clause, ...] = Field(min_length=1)

    def of(self, citation: str) -> list[str] | None:
        """The clauses that `§1、§4–§6` after `cited` stands for, known or not; None for another text's."""
        if not citation.startswith(self.cited):
            return None
        names = [each.clause for each in self.clauses]
        clauses = []
        for part in citation.removeprefix(self.cited).strip().split("、"):
            first, dash, last = part.partition("–")
            if dash and first in names and last in names:
                clauses += names[names.index(first) : names.index(last) + 1]
            else:
                clauses.append(part)
        return clauses


def of(pack: "Pack", folder: Path) -> PolicyText | None:
    """The text that the pack in `folder` was made from, None where it names none. Mistakes if it is gone."""
    name = pack.source.text
    if name is None:
        return None
    beside = folder / "texts" / f"{name}.yaml"
    return _read(beside if beside.is_file() else SHIPPED / "texts" / f"{name}.yaml")


@cache
def _read(path: Path) -> PolicyText:
    return strict_yaml.read(path, PolicyText, _twice)


def _twice(text: PolicyText) -> Iterator[tuple[Place, str]]:
    names = [each.clause for each in text.clauses]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ("clauses", index, "clause"), f"'{name}' stands twice: keep one"


def citations(pack: "Pack") -> Iterator[tuple[str, Ground]]:
    """Every citation of a clause by a rule of the pack or under `outside`, with what is done with it."""
    for rule in parts(pack, Rule):
        if rule.clause:
            yield rule.clause, "chosen" if rule.choice else "text"
    for each in pack.outside:
        yield each.clause, "outside"


def uncovered(pack: "Pack", text: PolicyText) -> Iterator[tuple[Place, str]]:
    """Clauses of which the pack says nothing, and citations of clauses that the text does not have."""
    names = [each.clause for each in text.clauses]
    cited = [clause for citation, _ in citations(pack) for clause in text.of(citation) or ()]
    for clause in dict.fromkeys(cited):
        if clause not in names:
            yield ("source", "text"), f"'{text.cited} {clause}' is no clause of the text: check its spelling"
    if missing := [name for name in names if name not in cited]:
        listed = "、".join(missing)
        yield (
            ("source", "text"),
            f"says nothing of {listed}: give each a rule, or a line under `outside` with the reason",
        )
