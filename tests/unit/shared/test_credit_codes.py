"""Credit codes: the last character fits the others, or the code is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.addresses.credit_codes import CreditCode
from tests.lending import credit_code

CODE: TypeAdapter[str] = TypeAdapter(CreditCode)


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110000600037341L", "91440300708461136T"])
def test_a_credit_code_with_its_check_character_is_one(code: str) -> None:
    assert CODE.validate_python(code.lower()) == code


@given(st.integers(0, 9_999_999), st.integers(0, 16), st.integers(1, 30))
def test_no_credit_code_with_one_wrong_character_is_one(n: int, place: int, by: int) -> None:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    right = credit_code(n)
    wrong = alphabet[(alphabet.index(right[place]) + by) % 31]
    with pytest.raises(ValidationError):
        CODE.validate_python(right[:place] + wrong + right[place + 1 :])
