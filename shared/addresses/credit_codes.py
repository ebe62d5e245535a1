"""The unified social credit code (统一社会信用代码, GB 32100-2015), by which an enterprise is known. Pure."""

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from shared.service.errors import Invalid
from shared.web.letters import plain

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LENGTH = 18


def check_character(first_17: str) -> str:
    """The last character of a unified social credit code (GB 32100-2015, 4.6)."""
    total = sum(_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(first_17))
    return _ALPHABET[-total % 31]


def _credit_code(value: str) -> str:
    value = plain(value).replace(" ", "").upper()
    if len(value) != _LENGTH or set(value) - set(_ALPHABET):
        raise PydanticCustomError(
            "credit_code", "has 18 characters, digits and capitals without I, O, S, V and Z"
        )
    if value[-1] != check_character(value[:-1]):
        raise PydanticCustomError(
            "credit_code", "its last character does not fit the others: check it against the licence"
        )
    return value


CreditCode = Annotated[str, AfterValidator(_credit_code)]
"""A unified social credit code whose check character fits, in capitals."""


def check_credit_code(value: str) -> str:
    """A credit code from a path, in capitals. `Invalid` where it is none."""
    try:
        return _credit_code(value)
    except ValueError as error:
        zh = "统一社会信用代码有误：须为 18 位，校验码须相符"
        raise Invalid(zh, f"credit code: {error}", "credit_code") from error
