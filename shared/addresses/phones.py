"""Phone numbers: cleaned of what is pasted with them, checked, and written in one way. Pure."""

import re
from typing import Annotated

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shared.addresses.masking import NotMasked
from shared.web.letters import plain

HOME, HOME_CODE = "CN", 86
"""Where a number without a country code is at home."""
_EXTENSION = re.compile(
    r" ?(?:,|;|#|转接?|轉接?|内线|分机号?|分機|extension|ext\.?|x)[ :.#]*([0-9]{1,7})$", re.I
)
_NUMBER = re.compile(r"[+(]*[0-9][0-9 ()./-]{3,30}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
"""A mobile number of China; the operators open new ranges between releases of `phonenumbers`."""
_USUAL = re.compile(r"1(?!79)[3-9][0-9]{9}")
"""Most of what people type: a mobile number as it is written here. 179… may be the code of a carrier."""
_TAKE_SMS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def phone(text: str) -> str:
    """The number in one spelling, whatever was typed: 13800138000, 0558-5123456转801, +4930901820.

    ValueError where it is no number that can be called.
    """
    if _USUAL.fullmatch(text):
        return text
    number = _parsed(text)
    if number is None:
        raise PydanticCustomError(
            "phone",
            "is no phone number: write 11 digits for a mobile phone, the area code before a landline, "
            "+ and the country code before a number abroad",
        )
    extension = f"转{number.extension}" if number.extension else ""
    return _written(number) + extension


def mobile(text: str) -> str | None:
    """The number that an SMS can go to, in one spelling; None for a landline and for what is no number."""
    number = _parsed(text)
    if number is None:
        return None
    takes_sms = _is_mobile_of_china(number) or phonenumbers.number_type(number) in _TAKE_SMS
    return _written(number) if takes_sms else None


def _parsed(text: str) -> PhoneNumber | None:
    text = plain(text)
    extension = _EXTENSION.search(text)
    main = text[: extension.start()] if extension else text
    if not _NUMBER.fullmatch(main):
        return None
    try:
        number = phonenumbers.parse(re.sub(r"[()./]", " ", main), HOME)
    except phonenumbers.NumberParseException:
        return None
    if extension:
        number.extension = extension[1]
    return number if _is_mobile_of_china(number) or phonenumbers.is_valid_number(number) else None


def _is_mobile_of_china(number: PhoneNumber) -> bool:
    return number.country_code == HOME_CODE and bool(_MOBILE.fullmatch(str(number.national_number)))


def _written(number: PhoneNumber) -> str:
    if number.country_code != HOME_CODE:
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    national = phonenumbers.national_significant_number(number)
    area = 0 if _is_mobile_of_china(number) else phonenumbers.length_of_geographical_area_code(number)
    return f"0{national[:area]}-{national[area:]}" if area else national


Phone = Annotated[str, Field(max_length=100), NotMasked, AfterValidator(phone)]
"""A phone number; what is kept is its one spelling."""
