"""Receipt codes: how they look, and how they open however they were typed."""

import pytest

from shared.service.receipts import opens, receipt_code, receipt_hash


def test_a_receipt_code_is_eighty_bits_in_letters_nobody_mistakes() -> None:
    assert receipt_code(bytes(10)) == "0000-0000-0000-0000"
    assert receipt_code(b"\xff" * 10) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    # 00000 00001 00010 … 01111: the first sixteen letters, each once
    assert receipt_code(bytes.fromhex("00443214c74254b635cf")) == "0123-4567-89AB-CDEF"


@pytest.mark.parametrize(
    ("typed", "opened"),
    [
        ("01AB-CDEF-GHJK-MNPQ", True),
        ("o1ab cdef ghjk mnpq", True),
        ("OIABCDEFGHJKMNPQ", True),
        ("olabcdefghjkmnpq", True),
        ("01AB-CDEF-GHJK-MNPR", False),
        ("01AB-CDEF-GHJK-MNP", False),
        ("", False),
    ],
)
def test_a_receipt_code_opens_however_it_was_typed(typed: str, opened: bool) -> None:
    assert opens(typed, receipt_hash("01AB-CDEF-GHJK-MNPQ")) == opened


def test_nothing_opens_an_appeal_that_has_no_receipt_code() -> None:
    assert not opens("", None)
