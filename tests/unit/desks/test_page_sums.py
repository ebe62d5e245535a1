"""A sum that somebody types in 万元 becomes yuan to the cent, and what is no sum is told so."""

import pytest

from services.desks.pages.portal_loans import in_wan, yuan_of


@pytest.mark.parametrize(
    ("typed", "yuan"),
    [
        ("300", "3000000.00"),
        ("12.5", "125000.00"),
        ("１２．５", "125000.00"),
        ("1,000", "10000000.00"),
        ("1，000", "10000000.00"),
        ("0.000001", "0.01"),
    ],
)
def test_a_sum_is_yuan_to_the_cent_and_back(typed: str, yuan: str) -> None:
    assert yuan_of(typed) == yuan
    assert yuan_of(in_wan(yuan)) == yuan


@pytest.mark.parametrize(
    "typed", ["", "0", "0.00", "-1", "1e3", "1e999999", "NaN", "Infinity", "三百", "9" * 50, "0.0000001"]
)
def test_what_is_no_sum_above_zero_is_none(typed: str) -> None:
    assert yuan_of(typed) is None
