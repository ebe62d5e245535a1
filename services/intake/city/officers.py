"""The city's table of officers (为企服务专员): who stands by which enterprise, by its credit code."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.addresses.credit_codes import CreditCode
from shared.files import strict_yaml
from shared.files.yaml_mistakes import Place


class OfficerRow(BaseModel):
    """An officer: the name and the phone at work, the unit, and the credit codes of the enterprises."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100)]
    phone: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    unit: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")] | None = None
    enterprises: tuple[CreditCode, ...]


class OfficerFile(BaseModel):
    """The file of a city's officers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    officers: tuple[OfficerRow, ...]


class Officers:
    """The officers, by the enterprises that they stand by."""

    def __init__(self, rows: Iterable[OfficerRow] = ()) -> None:
        self._by_code: dict[str, list[OfficerRow]] = {}
        for row in rows:
            for code in row.enterprises:
                self._by_code.setdefault(code, []).append(row)

    @classmethod
    def load(cls, path: Path | None) -> "Officers":
        """The table of a file, empty without one. `Mistakes` names file, line and rule."""
        return cls(strict_yaml.read(path, OfficerFile, _contradictions).officers) if path else cls()

    def of(self, credit_code: str) -> list[OfficerRow]:
        """Who stands by the enterprise."""
        return self._by_code.get(credit_code, [])


def _contradictions(file: OfficerFile) -> Iterator[tuple[Place, str]]:
    for index, row in enumerate(file.officers):
        if len(set(row.enterprises)) < len(row.enterprises):
            yield ("officers", index, "enterprises"), "同一企业重复 / an enterprise stands twice"
