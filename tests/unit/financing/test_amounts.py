"""Amounts in yuan, and the bands they lie in."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from services.financing.contract_fields import Yuan, fen
from services.financing.loans import domain
from shared.events import AmountBand

YUAN: TypeAdapter[str] = TypeAdapter(Yuan)


@pytest.mark.parametrize(
    ("text", "kept"), [("1", "1.00"), ("0.01", "0.01"), ("007.5", "7.50"), ("10000000000", "10000000000.00")]
)
def test_a_sum_is_kept_in_yuan_with_two_decimals(text: str, kept: str) -> None:
    assert YUAN.validate_python(text) == kept
    assert fen(kept) * 1 == round(float(kept) * 100)


@pytest.mark.parametrize(
    "value", ["0", "-1", "0.001", "1e3", "10000000000.01", "１００", "", 5, 5.0, None, "NaN"]
)
def test_no_sum_is_taken_that_is_none(value: Any) -> None:
    with pytest.raises(ValidationError):
        YUAN.validate_python(value)


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        ("499999.99", AmountBand.BELOW_500K),
        ("500000.00", AmountBand.BELOW_1M),
        ("9999999.99", AmountBand.BELOW_10M),
        ("10000000.00", AmountBand.FROM_10M),
    ],
)
def test_a_band_starts_with_its_sum(amount: str, band: AmountBand) -> None:
    assert domain.band(amount) is band
