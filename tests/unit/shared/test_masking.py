"""Masked persons show enough to tell one from another, and are refused where they are written back."""

import pytest
from pydantic import BaseModel, ValidationError

from shared.addresses.mail import MailAddress
from shared.addresses.masking import (
    NotMasked,
    masked_contact,
    masked_mail,
    masked_name,
    masked_person,
    masked_phone,
)
from shared.addresses.phones import Phone


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        ("0558-5123456转801", "055****转801"),
        ("+4930901820", "+49****1820"),
        ("12345", "1****45"),
    ],
)
def test_a_phone_keeps_its_ends(phone: str, masked: str) -> None:
    assert masked_phone(phone) == masked


def test_names_and_mail_addresses_keep_their_first_letter() -> None:
    assert masked_name("李小川") == "李**"
    assert masked_mail("wang@example.org") == "w***@example.org"


def test_a_person_is_masked_by_the_names_of_its_fields() -> None:
    person = {"name": "厂", "contact_name": "李小川", "phone": "13812345678", "email": None}
    assert masked_person(person) == {**person, "contact_name": "李**", "phone": "138****5678"}
    contact = {"name": "李小川", "phones": ["13812345678"], "email": "a@b.cn", "remark": "下午"}
    masked = {"name": "李**", "phones": ["138****5678"], "email": "a***@b.cn", "remark": "下午"}
    assert masked_contact(contact) == masked
    assert masked_contact(None) is None


class Person(BaseModel):
    name: str | None = None
    phone: Phone | None = None
    email: MailAddress | None = None


@pytest.mark.parametrize(
    ("field", "value"),
    [("phone", "138****5678"), ("phone", "1****45"), ("email", "w***@example.org")],
)
def test_what_is_masked_is_refused(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Person(**{field: value})
    (mistake,) = refusal.value.errors()
    assert (mistake["type"], mistake["loc"]) == ("in_words", (field,))


@pytest.mark.parametrize(
    ("name", "is_masked"), [("李**", True), ("＊＊＊", True), ("李*", False), ("李小川", False)]
)
def test_a_name_is_masked_as_we_mask_it_and_no_other(name: str, is_masked: bool) -> None:
    if is_masked:
        with pytest.raises(ValueError, match="masked"):
            NotMasked.func(name)  # type: ignore[call-arg]
    else:
        assert NotMasked.func(name) == name  # type: ignore[call-arg]
