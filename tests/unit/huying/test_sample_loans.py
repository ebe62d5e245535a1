"""The sample banks and requests, and the credit codes of all sample enterprises."""

import pytest

from huying.local import samples
from huying.local.sample_loans import samples as loans
from shared.addresses.credit_codes import check_credit_code


@pytest.mark.parametrize(
    "appeal", [appeal for appeal in samples.appeals() if appeal.enterprise], ids=lambda appeal: appeal.id
)
def test_the_credit_code_of_every_sample_appeal_has_its_check_character(appeal: samples.Appeal) -> None:
    assert appeal.enterprise is not None
    assert appeal.enterprise.credit_code is not None
    assert check_credit_code(appeal.enterprise.credit_code)


def test_the_sample_banks_show_all_three_ways() -> None:
    assert {integration for bank in loans().banks for integration in bank.ways} == {
        "kafka",
        "webhook",
        "desk",
    }


def test_every_sample_request_can_be_sent() -> None:
    for request in loans().requests:
        assert check_credit_code(request.wish().enterprise.credit_code)
