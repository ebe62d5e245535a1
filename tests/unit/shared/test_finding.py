"""Words and phone numbers as they are indexed: folded, cut into bigrams, hashed under a key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.finding.hashes import Hashes, digits
from shared.finding.words import bigrams, folded, searched_words

HASHES = Hashes("a key")


@pytest.mark.parametrize(
    ("text", "as_searched"),
    [
        ("BZ-20260213-00042", "bz2026021300042"),
        ("示例制造（集团）有限公司", "示例制造集团有限公司"),
        ("ＡＢＣ　１２３", "abc123"),
        ("道路，破损。", "道路破损"),
        ("——！", ""),
    ],
)
def test_a_text_is_searched_by_its_letters_and_digits(text: str, as_searched: str) -> None:
    assert folded(text) == as_searched


def test_usual_letters_are_folded_like_all_others() -> None:
    letters = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    unusual = "·"  # dropped like all punctuation, but a text that has it is normalised
    assert [letter for letter in letters if folded(f"a{letter}路") != folded(f"a{letter}路{unusual}")] == []


def test_bigrams_do_not_reach_across_two_texts() -> None:
    assert bigrams(["道路", "破损", None]) == ["破损", "道路"]


def test_what_a_person_types_is_parted_by_blanks() -> None:
    assert searched_words("示例　道路 ！") == ["示例", "道路"]


@given(st.text("道路破损货车 BZ-012，（）Ａé", max_size=40), st.integers(0, 40), st.integers(2, 40))
def test_a_text_has_the_bigrams_of_every_part_of_it(text: str, start: int, length: int) -> None:
    part = folded(text)[start : start + length]
    assert set(bigrams([part])) <= set(bigrams([text]))
    assert set(HASHES.words(part)) <= set(HASHES.words(text))


def test_every_end_of_a_number_from_four_digits_on_is_found() -> None:
    tails = HASHES.tails(["13800138000", None])
    assert len(tails) == 8
    assert {HASHES.tail(end) for end in ("8000", "38000", "13800138000")} <= set(tails)
    assert HASHES.tail("000") not in tails
    assert HASHES.tail("1380") not in tails


@pytest.mark.parametrize(
    ("phone", "number"),
    [("0558-5123456转801", "05585123456"), ("+86 138 0013 8000", "13800138000"), ("+49301820", "49301820")],
)
def test_a_number_is_its_digits(phone: str, number: str) -> None:
    assert digits(phone) == number


def test_what_was_hashed_by_an_earlier_release_is_found() -> None:
    hashes = [*HASHES.words("道路"), HASHES.tail("8000"), HASHES.whole("name", "示例公司")]
    assert hashes == [5667810010129061313, -7646680589758668408, 4690451704661062700]


def test_another_key_makes_other_hashes_and_words_are_no_phones() -> None:
    assert not set(Hashes("another").words("道路破损")) & set(HASHES.words("道路破损"))
    assert HASHES.words("12") != [HASHES.tail("12")]
    assert all(-(2**63) <= word < 2**63 for word in HASHES.words("道路破损 ABC 123"))
