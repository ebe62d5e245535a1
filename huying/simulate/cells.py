"""What single cells may hold: texts as the services take them, sums, and codes made of names."""

import re
from decimal import Decimal
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from huying.simulate.moments import normal
from shared.web import bodies
from shared.web.letters import visible
from shared.web.mistakes import mistakes

_SUM = re.compile(r"¥? ?(\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.(\d{1,15}))? ?([万亿]?) ?元?")
_UNITS = {"": 1, "万": 10_000, "亿": 100_000_000}


class BadRow(ValueError):
    """A row is no case. The message names the column and the reason, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh


class TextRule:
    """The services' rule for a text: not blank, no control characters, no longer than they accept."""

    def __init__(self, rule: Any) -> None:
        self.longest: int = TypeAdapter(rule).json_schema()["maxLength"]
        self._validate = TypeAdapter(Annotated[rule, BeforeValidator(bodies.clean)]).validate_python
        self.words = cache(self.checked)

    def takes(self, words: str) -> bool:
        """Whether the services would take `words`."""
        try:
            return bool(self.words(words, None))
        except BadRow:
            return False

    def checked(self, text: str, column: str | None) -> str:
        """`text` unchanged. BadRow, naming `column`, where the services would refuse it."""
        try:
            return cast("str", self._validate(text))
        except ValidationError as error:
            (why, *_) = mistakes(list(error.errors(include_url=False, include_input=False)))
            name, en = column or repr(text), why["en"].removeprefix("Value error, ")
            raise BadRow(f"{name}：{why['zh']}", f"{name}: {en}") from error


def yuan(cell: str) -> str:
    """An amount as people write it, in plain digits: 2万, 20,000.00, ￥20000元; unchanged if it is unclear.

    Three digits after a point may be thousands: 20.000 is unclear.
    """
    match = _SUM.fullmatch(normal(cell))
    if match is None:
        return cell
    whole, fraction, unit = match.groups()
    amount = Decimal(f"{whole.replace(',', '')}.{fraction or '0'}") * _UNITS[unit]
    if amount != round(amount, 2) or (not unit and len(fraction or "") > 2 and len(whole) < 4):
        return cell
    return f"{amount:.2f}"


def seen(cell: str) -> str:
    """`cell` without blanks around it; empty where nothing in it can be seen."""
    cell = cell.strip()
    return cell if cell[:1].isprintable() or visible(cell) else ""


@cache
def safe_code(name: str) -> str:
    """A code for `name`; different names have different codes."""
    safe = re.sub(r"[^A-Za-z0-9_.]+", "-", name)[:30].strip("-")
    return (
        safe if safe == name else f"{safe}-{sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
    )
