"""Keeping from the units who asks: names, phones, mail addresses and credit codes are taken out. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from services.intake.registered import withholds

NAME, PERSON, PHONE, CODE, MAIL = "〔企业〕", "〔联系人〕", "〔电话〕", "〔信用代码〕", "〔邮箱〕"
_LEGAL_FORM = re.compile(r"(?:股份|有限|责任|集团|总)*(?:公司|集团)$|厂$|店$")
_SHORTEST, _LEAST_RUN = 2, 4
_GAP = r"[\s\-－–—·.()（）]*"
_GAPS = re.compile(_GAP)
_DOTTED_AND_DOTLESS = dict.fromkeys(map(ord, "\u0130\u0131"), "i")
"""Letters of Turkish that a pattern takes for an i."""
_ANY_MOBILE = re.compile(rf"(?<![0-9])1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}(?![0-9])")
_ANY_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{18}(?![0-9A-Za-z])")
_ANY_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def is_withheld(document: Mapping[str, Any]) -> bool:
    """Whether the units do not learn who asks, by the document of an appeal."""
    return withholds(document["kind"], document.get("confidentiality"))


def without_persons(document: Mapping[str, Any], persons: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a withheld appeal without what would tell who asks in its texts.

    `persons` has `enterprise`, `contacts` and `formerly` of the appeal.
    """
    hidden = _Hidden(persons)
    return {name: hidden.out_of(value) for name, value in document.items()}


def shown_title(title: str, persons: Mapping[str, Any]) -> str:
    """A title without what would tell who asks."""
    return str(_Hidden(persons).out_of(title))


class _Word(NamedTuple):
    """A word that is taken out: how its pattern begins, folded, the pattern, and what stands in its place."""

    start: str
    pattern: str
    sign: str


class _Hidden:
    """What is taken out of the texts of one appeal.

    A pattern is compiled for a text that has its first letters alone: to compile those of a firm's name costs
    more than to register its appeal.
    """

    def __init__(self, persons: Mapping[str, Any]) -> None:
        self._words = list(_words(persons))

    def out_of(self, value: Any) -> Any:
        """`value` with every text in it, however deep, without what is hidden."""
        if isinstance(value, str):
            return self._out_of_text(value)
        if isinstance(value, Mapping):
            return {name: self.out_of(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.out_of(inner) for inner in value]
        return value

    def _out_of_text(self, text: str) -> str:
        letters = _folded(text)
        for word in self._words:
            if word.start in letters:
                text = re.sub(word.pattern, word.sign, text, flags=re.IGNORECASE)
                letters = _folded(text)
        for pattern, sign in ((_ANY_MAIL, MAIL), (_ANY_CODE, CODE), (_ANY_MOBILE, PHONE)):
            text = pattern.sub(sign, text)
        return text


def _folded(text: str) -> str:
    """A text without blanks and signs, with the same letter where a pattern takes two for the same."""
    return _GAPS.sub("", text.translate(_DOTTED_AND_DOTLESS).casefold())


def _words(persons: Mapping[str, Any]) -> Iterator[_Word]:
    """What tells who asks in one appeal, now and before; the longest of each sort first."""
    now_and_before = [persons, *(persons.get("formerly") or ())]
    enterprises = [known["enterprise"] for known in now_and_before if known.get("enterprise")]
    contacts = [contact for known in now_and_before for contact in known.get("contacts") or ()]
    numbers = [enterprise.get("phone") for enterprise in enterprises]
    numbers += [phone for contact in contacts for phone in contact["phones"]]
    people = [enterprise.get("contact_name") for enterprise in enterprises]
    yield from _each((person.get("email") for person in (*enterprises, *contacts)), MAIL)
    yield from _each((enterprise.get("credit_code") for enterprise in enterprises), CODE)
    yield from _each(map(_digits, numbers), PHONE)
    yield from _each((enterprise.get("name") for enterprise in enterprises), NAME)
    for enterprise in enterprises:
        yield from _parts(enterprise.get("name"))
    yield from _each([*people, *(contact.get("name") for contact in contacts)], PERSON)


def _each(words: Iterable[str | None], sign: str) -> Iterator[_Word]:
    known = {word.strip() for word in words if word and len(word.strip()) >= _SHORTEST}
    for word in sorted(known, key=len, reverse=True):
        yield _Word(_folded(word), _spaced(word), sign)


def _spaced(word: str) -> str:
    """The pattern of a word, with whatever blanks and signs between its letters."""
    return _GAP.join(re.escape(letter) for letter in word if not letter.isspace())


def _digits(phone: str | None) -> str | None:
    return phone and re.sub(r"[^0-9+]", "", phone.partition("转")[0])


def _parts(name: str | None) -> Iterator[_Word]:
    """The parts of a firm's name that tell which firm it is: each run of its letters of some length.

    People write a firm's name without the city before it and the legal form behind it.
    """
    letters = "".join(_LEGAL_FORM.sub("", name or "").split())
    runs = [letters[place:] for place in range(len(letters) - _LEAST_RUN + 1)]
    for run in runs or ([letters] if len(letters) >= _SHORTEST else []):
        longer = run[_LEAST_RUN:]
        more = "".join(f"(?:{_GAP}{re.escape(letter)}" for letter in longer) + ")?" * len(longer)
        yield _Word(_folded(run[:_LEAST_RUN]), _spaced(run[:_LEAST_RUN]) + more, NAME)
