"""Words for people beside what programs read: the Chinese names of codes, and what is wrong with a value.

What is stored and published is the code; people may type the name.
"""

from enum import StrEnum
from typing import Self


class Coded(StrEnum):
    """Codes, each with its Chinese name `zh`."""

    zh: str
    names: tuple[str, ...]
    """The names that stand for the code where people type it."""

    def __new__(cls, code: str, zh: str = "", *also: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.zh = zh
        member.names = (zh, *also)
        return member


class Named(Coded):
    """Codes for which people may type the Chinese name: in bodies of requests, filters and imported files."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        typed = value.strip() if isinstance(value, str) else value
        return next((member for member in cls if typed == member.value or typed in member.names), None)


def choices(codes: type[Coded]) -> str:
    """The codes with their names, for people: `咨询（consultation）、求助（help）`."""
    return "、".join(f"{member.zh}（{member.value}）" for member in codes)


def with_codes(codes: frozenset[str], name: str = "") -> type[Coded] | None:
    """The class with these codes and no others, that of this name first; None where there is none."""
    classes = [known for known in _all(Coded) if codes == {member.value for member in known}]
    return min(classes, key=lambda known: known.__name__ != name, default=None)


def of_class(name: str) -> type[Coded]:
    """The class of codes with this name. LookupError where there is none."""
    codes = next((known for known in _all(Coded) if known.__name__ == name), None)
    if codes is None:
        raise LookupError(f"no codes are called {name}")
    return codes


def _all(base: type[Coded]) -> list[type[Coded]]:
    """The classes below `base`."""
    return [deeper for direct in base.__subclasses__() for deeper in (direct, *_all(direct))]


class WrongValue(ValueError):
    """What is wrong with a value that somebody typed, in English and Chinese."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.zh = zh
