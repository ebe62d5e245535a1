"""Masked persons: enough of a name, phone or mail address to tell it from another. Pure.

A masked value is never stored: whoever writes one back read it in a list.
"""

import re
from typing import Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from shared.encryption.fields import ERASED

SHORT = 8
"""A number of fewer characters shows its two ends less."""


_MASKED = re.compile(r"^.?[*＊]{2,}$|[*＊]{3,}")


def masked_name(name: str) -> str:
    """A name by its first letter: 李**."""
    return name if name == ERASED else f"{name[:1]}**"


def masked_phone(phone: str) -> str:
    """A phone by its first three and last four characters: 138****5678."""
    if phone == ERASED:
        return phone
    return f"{phone[:1]}****{phone[-2:]}" if len(phone) < SHORT else f"{phone[:3]}****{phone[-4:]}"


def masked_mail(address: str) -> str:
    """A mail address by the first letter and the domain: w***@example.org."""
    if address == ERASED:
        return address
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def masked_person(person: Any) -> Any:
    """A person with name, phones and mail address masked, whatever the fields are called here."""
    if not isinstance(person, dict):
        return person
    masked = dict(person)
    for field, mask in _MASKS.items():
        if isinstance(value := person.get(field), str):
            masked[field] = mask(value)
    if isinstance(phones := person.get("phones"), list | tuple):
        masked["phones"] = [masked_phone(phone) for phone in phones]
    return masked


_MASKS = {"contact_name": masked_name, "phone": masked_phone, "email": masked_mail}


def masked_contact(contact: Any) -> Any:
    """A contact, whose name is in the field `name`, masked."""
    masked = masked_person(contact)
    if isinstance(masked, dict) and isinstance(name := masked.get("name"), str):
        masked["name"] = masked_name(name)
    return masked


def not_masked(text: str) -> str:
    """The text, unless somebody writes back what was masked. ValueError for that."""
    if _MASKED.search(text):
        raise PydanticCustomError(
            "in_words",
            "{en}",
            {
                "zh": "这是打码后的内容，不能写回：请先查看完整的联系方式，或留空不改",
                "en": "this is masked: read the contact in full first, or leave the field out",
                "field": "",
            },
        )
    return text


NotMasked = AfterValidator(not_masked)
