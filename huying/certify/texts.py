"""What each case of a certification asks of the bank and expects, in Chinese and English."""

from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, RootModel

from shared.files import strict_yaml
from shared.rules.wording.words import Bilingual

TEXTS: Final = Path(__file__).parent / "cases.yaml"


class CaseText(BaseModel):
    """The texts of one case."""

    model_config = ConfigDict(extra="forbid")

    title: Bilingual
    do: Bilingual
    expect: Bilingual


class _File(RootModel[dict[str, CaseText]]):
    """The texts by the code of the case, in the order of play."""


@cache
def texts() -> dict[str, CaseText]:
    """The cases in their order. Mistakes that name file and line."""
    return strict_yaml.read(TEXTS, _File, lambda _: ()).root
